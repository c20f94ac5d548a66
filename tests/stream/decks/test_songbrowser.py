"""Songs are searched, selected and put on decks by all hands alike, and what plays is not cut by mistake."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from dsp.beatgrid import BeatGrid
from dsp.musicalkey import MusicalKey
from stream.control.deckkeys import DeckKeys
from stream.decks import songbrowser
from stream.decks.deckdesk import deck_desk
from stream.decks.songbrowser import SongBrowser
from stream.library.librarysong import LibrarySong
from stream.library.prepared import PreparedSongs
from stream.library.songcollection import SongCollection
from stream.link.client import Attached
from stream.link.decksnapshot import DeckSnapshot
from stream.link.deckverbs import DeckHands, deck_verbs
from stream.link.server import Link
from stream.mixer.desk import Desk
from stream.separators.opening import Opening
from stream.tracks.separator import TrackSeparator
from stream.tracks.store import StemStore
from stream.tracks.track import Track
from tests.rig.attacheddecks import FACTS
from tests.stream.decks.rig import RATE, Rig, noise
from tests.stream.link.test_decklink import deck_grid
from tests.stream.tracks.tracked import until

A_MINOR, C_MAJOR, E_FLAT = MusicalKey(9, True), MusicalKey(0), MusicalKey(3)
KEYS = {"amy": A_MINOR, "ben": E_FLAT, "cat": C_MAJOR}


class KnownKeys(TrackSeparator):
    """Songs have the keys that a library says, as in a run."""

    def load(self, path: Path) -> Track:
        track = super().load(path)
        track.key = KEYS.get(path.stem)
        return track


class Evening:
    """Two decks, a library of songs that are there, and its browser on a desk and a link. said: what the run prints"""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, list[str]()
        for name in ("amy", "ben", "cat"):
            sf.write(folder / f"{name}.wav", noise(4, seed=len(name)), RATE, "FLOAT")
        self.store = StemStore(folder=folder / "store")
        self.separator = KnownKeys(Opening("center"), RATE, self.store, lambda: False, self.said.append)
        self.waiting = [folder / "ben.wav", folder / "cat.wav"]
        self.rig = Rig(songs=self.waiting, separated=self.separator)
        self.booth = self.rig.booth
        songs = [LibrarySong(folder / "amy.wav", "Sun", "Amy", bpm=120.0, key=A_MINOR, duration_s=4.0),
                 LibrarySong(folder / "ben.wav", "Sea", "Ben", bpm=140.0, key=E_FLAT),
                 LibrarySong(folder / "cat.wav", "Sand", "Cat", bpm=60.5, key=C_MAJOR),
                 LibrarySong(folder / "gone.wav")]
        self.collection = SongCollection(songs, PreparedSongs(self.store, "center", RATE))
        self.browser = SongBrowser(self.booth, self.collection, RATE, self.said.append)
        self.desk: Desk = deck_desk(self.booth, RATE, browser=self.browser)
        self.hands = DeckHands(DeckKeys(self.desk, self.said.append), self.desk, self.browser)
        until(lambda: self.collection.version > 0)

    def found(self, text: str = "") -> list[str]:
        return [song.title or song.path.stem for song in self.browser.search(text).found.songs]

    def on(self, deck: str) -> str:
        track = self.booth.decks[deck].track
        return "" if track is None else track.path.name

    def comes(self, deck: str, name: str) -> None:
        """Wait until a song is on a deck."""
        def there() -> bool:
            self.rig.hear(1)
            return self.on(deck) == name

        until(there)

    def rests(self, deck: str, name: str) -> None:
        """Wait until all that was asked for is done; the deck has this song all the same."""
        until(lambda: not self.loading())
        self.rig.hear(4)
        assert self.on(deck) == name

    @staticmethod
    def loading() -> bool:
        return any(thread.name == "loading" for thread in threading.enumerate())

    def play(self, deck: str = "a") -> None:
        self.booth.press(deck, "play")
        self.rig.hear(4)
        self.booth.look()

    def close(self) -> None:
        self.collection.close()
        self.booth.close()
        self.separator.close()


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    made = Evening(tmp_path)
    yield made
    made.close()


def test_all_songs_are_found_and_those_that_fit_what_plays_come_first(evening: Evening) -> None:
    assert evening.found() == ["gone", "Sun", "Sea", "Sand"]
    assert evening.found("amy") == ["Sun"]
    evening.browser.load("a", evening.folder / "amy.wav")
    evening.comes("a", "amy.wav")
    assert evening.found() == ["gone", "Sun", "Sea", "Sand"]  # it stands
    before = evening.browser.state().version
    evening.play()
    assert evening.found() == ["Sun", "Sand", "gone", "Sea"]
    assert evening.browser.state().version > before
    result = evening.browser.search()
    playing = result.playing
    fits = {song.path.stem: (songbrowser.tempo_percent(song, playing), songbrowser.key_fits(song, playing))
            for song in result.found.songs}
    assert fits["amy"] == (0, True)
    assert fits["cat"] == (pytest.approx(-100 / 121), True)  # half of it
    assert fits["ben"] == (pytest.approx(-100 / 7), False)
    assert fits["gone"] == (None, False)


def test_tempo_and_key_are_those_that_are_heard(evening: Evening) -> None:
    evening.browser.load("a", evening.folder / "amy.wav")
    evening.comes("a", "amy.wav")
    evening.booth.press("a", "tempo_range", 50)
    evening.booth.press("a", "tempo", 2 * (2 ** (3 / 12) - 1))
    evening.play()
    evening.found()
    assert evening.browser.search().playing == (pytest.approx(120 * 2 ** (3 / 12)), MusicalKey(0, True))
    evening.booth.press("a", "key_lock", True)
    evening.rig.hear(4)
    assert evening.browser.search().playing.key == A_MINOR
    evening.booth.decks["a"]._waiting.append(deck_grid(BeatGrid(0.0, RATE / 3)))
    evening.rig.hear(4)
    assert evening.browser.search().playing.bpm == pytest.approx(180 * 2 ** (3 / 12))  # what the deck knows goes first


def test_what_a_deck_finds_of_a_song_is_known_from_then_on(evening: Evening) -> None:
    evening.booth.put("a", evening.separator.load(evening.folder / "ben.wav"))
    evening.comes("a", "ben.wav")
    track = evening.booth.decks["a"].track
    assert track is not None
    until(lambda: track.ended)
    version = evening.collection.version
    evening.booth.decks["a"]._waiting.append(deck_grid(BeatGrid(0.0, RATE / 3)))
    evening.rig.hear(4)
    evening.found()
    until(lambda: evening.collection.version > version)
    song = evening.collection.index.find(evening.folder / "ben.wav")
    assert song is not None
    assert (song.title, song.bpm, song.duration_s) == ("Sea", 140.0, 4.0)  # what the library says stays


def test_songs_are_marked_when_their_stems_are_kept(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.library.songcollection.STORE_S", 0.05)
    assert not any(evening.browser.search().found.prepared)
    evening.browser.load("b", evening.folder / "cat.wav")
    evening.comes("b", "cat.wav")

    def marked() -> list[str]:
        found = evening.browser.search().found
        return [song.path.stem for song, prepared in zip(found.songs, found.prepared, strict=True) if prepared]

    until(lambda: marked() == ["cat"])
    for model, samplerate, there in (("center", RATE, True), ("another", RATE, False), ("center", 48_000, False)):
        looked = PreparedSongs(evening.store, model, samplerate)
        assert looked.look() == bool(looked.songs) == there
        assert not looked.look()  # nothing has changed since
    later = time.time() + 60
    os.utime(evening.folder / "cat.wav", (later, later))  # changed since its stems were made
    assert not PreparedSongs(evening.store, "center", RATE).look()


def test_a_song_is_on_its_deck_once_it_can_be_heard_and_waits_no_longer(evening: Evening) -> None:
    assert evening.booth.waiting == 2
    evening.browser.load("b", evening.folder / "cat.wav")
    evening.comes("b", "cat.wav")
    assert evening.booth.waiting == 1
    assert not evening.booth.decks["b"].state.moving
    track = evening.booth.decks["b"].track
    assert track is not None
    assert track.decoded
    evening.booth.next_song("a")
    evening.comes("a", "ben.wav")
    assert evening.said == []


def test_a_song_that_plays_is_replaced_only_when_it_is_asked_for_twice(
        evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    evening.booth.next_song("a")
    evening.comes("a", "ben.wav")
    evening.play()
    amy, cat = evening.folder / "amy.wav", evening.folder / "cat.wav"
    with pytest.raises(ValueError, match=r"deck a plays: load amy.wav once more within 3 s"):
        evening.browser.load("a", amy)
    with pytest.raises(ValueError, match=r"load cat.wav once more"):
        evening.browser.load("a", cat)
    with pytest.raises(ValueError, match=r"load amy.wav once more"):  # the other one was asked for in between
        evening.browser.load("a", amy)
    evening.rests("a", "ben.wav")
    assert evening.booth.decks["a"].state.moving
    evening.browser.load("b", amy)
    evening.comes("b", "amy.wav")
    evening.browser.load("a", amy)
    evening.comes("a", "amy.wav")
    evening.play()
    with pytest.raises(ValueError, match="once more"):
        evening.browser.load("a", cat)
    monkeypatch.setattr(songbrowser, "AGAIN_S", -1.0)
    with pytest.raises(ValueError, match="once more"):  # too late
        evening.browser.load("a", cat)
    evening.booth.press("a", "pause")
    evening.rig.hear(4)
    evening.browser.load("a", cat)
    evening.comes("a", "cat.wav")


def test_a_song_that_plays_when_the_other_one_is_there_stays(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    evening.booth.next_song("a")
    evening.comes("a", "ben.wav")
    opened, amy = evening.booth.opened, evening.folder / "amy.wav"

    def late(path: Path) -> Any:
        evening.play()
        return opened(path)

    monkeypatch.setattr(evening.booth, "opened", late)
    evening.browser.load("a", amy)
    until(lambda: bool(evening.said))
    evening.rests("a", "ben.wav")
    assert evening.said == ["deck a plays by now: amy.wav is not put there"]


def test_of_two_songs_the_one_that_was_asked_for_last_is_on_the_deck(
        evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, amy, cat = evening.booth.opened, evening.folder / "amy.wav", evening.folder / "cat.wav"
    held = [True]

    def slow(path: Path) -> Any:
        while path == amy and held:
            time.sleep(0.001)
        return opened(path)

    monkeypatch.setattr(evening.booth, "opened", slow)
    evening.browser.load("a", amy)
    evening.browser.load("a", cat)
    evening.comes("a", "cat.wav")
    held.clear()
    evening.rests("a", "cat.wav")
    assert evening.said == []


@pytest.mark.parametrize(("name", "says"), [
    ("nowhere.wav", "nowhere.wav is not there"), ("amy.wav/within.wav", "cannot be read: Not a directory"),
    ("x" * 300, "cannot be read: File name too long"), ("a\0b", "cannot be read: embedded null"),
    ("~nobody-of-this-name/x.wav", "is not there")], ids=lambda text: text[:20])
def test_a_song_that_is_not_there_is_refused_in_a_line(evening: Evening, name: str, says: str) -> None:
    path = Path(name) if name.startswith("~") else evening.folder / name
    with pytest.raises(ValueError, match=says) as error:
        evening.browser.load("a", path)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="there is no deck c"):
        evening.browser.load("c", evening.folder / "amy.wav")
    assert evening.on("a") == ""


@pytest.mark.parametrize("what", ["text", "nothing", "folder", "playlist"])
def test_what_is_no_song_is_a_line_and_the_deck_keeps_its_song(evening: Evening, what: str) -> None:
    evening.booth.next_song("a")
    evening.comes("a", "ben.wav")
    path = evening.folder / f"{what}.wav"
    if what == "folder":
        path.mkdir()
    elif what == "nothing":
        sf.write(path, noise(0), RATE)
    else:
        path.write_text("no sound" if what == "text" else "#EXTM3U\namy.wav\n")
    evening.browser.load("a", path)
    until(lambda: bool(evening.said))
    evening.rests("a", "ben.wav")
    assert len(evening.said) == 1, evening.said
    assert path.name in evening.said[0]
    assert [track.path.name for track in evening.booth.loaded] == ["ben.wav"]  # it does not end the run with a failure


def test_a_knob_selects_and_a_button_loads(evening: Evening) -> None:
    desk, browser = evening.desk, evening.browser
    desk.act("browse", 1)
    assert browser.state().selected == evening.folder / "amy.wav"  # behind the first
    desk.act("browse", 10)
    assert browser.state().selected == evening.folder / "cat.wav"
    desk.act("browse", -1)
    state = browser.state()
    assert (state.selected, state.turned, state.loaded) == (evening.folder / "ben.wav", 3, 0)
    desk.act("b/load")
    evening.comes("b", "ben.wav")
    assert browser.state().loaded == 1
    desk.act("a/load", str(evening.folder / "amy.wav"))
    evening.comes("a", "amy.wav")
    assert browser.state().loaded == 1
    desk.act("browse", 0)
    assert browser.state().turned == 3
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="no number of songs"):
            desk.act("browse", wrong)
    with pytest.raises(ValueError, match="takes no text"):
        desk.act("browse", "one")


def test_what_a_screen_selects_a_button_loads(evening: Evening) -> None:
    evening.found("s")
    evening.browser.select(evening.folder / "cat.wav")
    evening.desk.act("a/load")
    evening.comes("a", "cat.wav")
    evening.browser.select(evening.folder / "nowhere.wav")
    assert evening.browser.state().selected == evening.folder / "cat.wav"
    assert evening.found("gone") == ["gone"]
    assert evening.browser.state().selected == evening.folder / "gone.wav"
    with pytest.raises(ValueError, match="is not there"):
        evening.desk.act("b/load")
    assert evening.found("zzz") == []
    with pytest.raises(ValueError, match="no song is selected"):
        evening.desk.act("b/load")


@pytest.fixture
def link(evening: Evening) -> Iterator[Link]:
    with Link() as made:
        made.open(DeckSnapshot(evening.rig.engine, evening.booth, evening.hands, FACTS, lambda: False),
                  deck_verbs(evening.booth, evening.hands))
        yield made


def test_a_screen_asks_selects_and_loads_by_its_link(evening: Evening, link: Link) -> None:
    with Attached(link.door) as attached:
        assert attached.state["library"] == {"songs": 4, "version": 1, "text": "", "selected": None, "turned": 0,
                                             "loaded": 0}
        for text in ("x", "s", "sun"):
            attached.say("search", text)
        found: dict[str, Any] = {}
        while found.get("text") != "sun":
            news = attached.wait()
            assert news is not None
            found = news.get("search", found)
        assert found["count"] == 1
        assert found["songs"] == [{"path": str(evening.folder / "amy.wav"), "title": "Sun", "artist": "Amy",
                                   "prepared": False, "bpm": 120.0, "length_s": 4.0, "tempo_percent": None,
                                   "key": "Am", "camelot": "8A", "key_fits": False}]
        attached.say("load", "b", found["songs"][0]["path"])
        evening.comes("b", "amy.wav")
        evening.play("b")
        attached.say("load", "b", str(evening.folder / "cat.wav"))
        while "error" not in (news := attached.wait() or {}):
            pass
        assert "deck b plays: load cat.wav once more" in news["error"]
        while news.get("library", {}).get("version", 1) == 1:  # the order is another one by now
            news = attached.wait() or {}


@pytest.mark.parametrize(("message", "says"), [
    (["search", 1], "what is searched must be a text"), (["search", "x" * 201], "of up to 200 characters"),
    (["search"], "cannot be done"), (["search", "a", 1], "cannot be done"), (["search", None], "must be a text"),
    (["load", "c", "/x"], "there is no deck c"), (["load", "a"], "cannot be done"),
    (["load", "a", 1], "cannot be done"), (["load", [], "/x"], "cannot be done"),
    (["load", "a", "/nowhere"], "/nowhere is not there"),
    (["select", 1], "cannot be done"), (["select", "/nowhere"], "")], ids=str)
def test_what_cannot_be_done_is_a_line(link: Link, message: list[Any], says: str) -> None:
    found = link.obey(message)
    assert says in found
    assert bool(found) == bool(says)
