"""What was set in a song is there when it is loaded again, through the store that `play` has."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import soundfile as sf

from stream.common.claim import Claim
from stream.decks import markkeeper
from stream.decks.songhead import UNIT
from stream.decks.songvoice import RISE
from stream.library.knownsongs import marks_note
from stream.library.librarysong import LibraryCue, LibrarySong, TempoMark
from stream.separators.opening import Opening
from stream.tracks.separator import TrackSeparator
from stream.tracks.songnotes import SongNotes
from stream.tracks.store import StemStore
from stream.tracks.track import Track
from tests.stream.decks.rig import BLOCK, RATE, Rig, noise
from tests.stream.tracks.tracked import until


class Evening(Rig):
    """Decks whose songs come from a separator, with its store; all is written when it is over."""

    def __init__(self, separator: TrackSeparator, songs: list[Path]) -> None:
        super().__init__(songs=songs)
        self.booth._load = separator.load

    def load(self, deck: str = "a", known: bool = True) -> Track:
        """Put the next song on a deck, and wait until it is known what was kept of it."""
        self.booth.next_song(deck)
        self.hear(2)
        track = self.booth.decks[deck].track
        assert track is not None
        if known:
            until(lambda: track.notes is not None and track.ended)
        self.hear(4)
        return track


@pytest.fixture
def song(tmp_path: Path) -> Path:
    sf.write(tmp_path / "song.wav", noise(4), RATE, "FLOAT")
    return tmp_path / "song.wav"


@pytest.fixture
def store(tmp_path: Path) -> StemStore:
    return StemStore(folder=tmp_path / "store")


@contextmanager
def evening(store: StemStore, *songs: Path) -> Iterator[Evening]:
    with TrackSeparator(Opening("center"), RATE, store) as separator:
        made = Evening(separator, list(songs))
        try:
            yield made
        finally:
            made.booth.close()


def set_something(rig: Evening) -> None:
    rig.a.press("seek", 30_000)
    rig.hear(2)
    rig.a.press("cue_press")
    rig.a.press("hot_cue_set", 4)
    rig.a.press("seek", 50_000)
    rig.hear(2)
    rig.a.press("play")
    for _ in range(4):
        rig.hear(40)
        rig.a.press("grid_tap")
    rig.a.press("auto_loop", 1)
    rig.a.press("hot_cue_set", 7)
    rig.hear(4)


def marks(store: StemStore) -> Path:
    (found,) = (store.folder / "songs").glob("*/marks.json")
    return found


def test_a_song_that_is_loaded_again_has_its_cues_and_the_grid_that_was_tapped(song: Path, store: StemStore) -> None:
    with evening(store, song) as first:
        first.load()
        set_something(first)
        before = first.a.state
    with evening(store, song.rename(song.with_name("renamed.wav"))) as second:
        second.load()
        found = second.a.state
        assert (found.cue, found.hot_cues, found.grid) == (before.cue, before.hot_cues, before.grid)
        assert before.hot_cues[4] is not None
        assert before.hot_cues[7] is not None
        assert before.grid is not None
        assert (found.position, found.moving) == (30_000, False)
        second.a.press("hot_cue_press", 4)
        heard = second.hear(4)
        assert (heard == noise(4)[30_000 : 30_000 + 4 * BLOCK])[RISE:].all()
        assert second.said == []


def test_a_folder_of_stems_has_its_cues_again(tmp_path: Path, store: StemStore) -> None:
    folder = tmp_path / "stems"
    folder.mkdir()
    for name in ("drums", "vocals"):
        sf.write(folder / f"{name}.wav", noise(4) / 2, RATE, "FLOAT")
    with evening(store, folder) as first:
        assert first.load().origin == "file"
        set_something(first)
    with evening(store, folder.rename(tmp_path / "elsewhere")) as second:
        second.load()
        assert second.a.state.cue == 30_000 * UNIT


def test_what_is_deleted_and_reset_is_gone_the_next_time(song: Path, store: StemStore) -> None:
    with evening(store, song) as first:
        first.load()
        set_something(first)
    with evening(store, song) as second:
        second.load()
        second.a.press("hot_cue_delete", 7)
        second.a.press("grid_reset")
        second.hear(4)
    with evening(store, song) as third:
        third.load()
        found = third.a.state
        assert (found.hot_cues[7], found.grid, found.cue) == (None, None, 30_000 * UNIT)
        assert found.hot_cues[4] is not None


def test_what_is_set_while_the_disk_is_slow_is_written_as_it_was_last(song: Path, store: StemStore) -> None:
    with evening(store, song) as first:
        first.load()
        set_something(first)
    with evening(store, song) as second:
        notes = second.load().notes
        assert notes is not None
        claim = Claim(notes.folder / "marks.json")
        for presses in ([("hot_cue_delete", 4), ("hot_cue_set", 0)], [("hot_cue_delete", 7), ("hot_cue_delete", 0)]):
            for press in presses:
                second.a.press(*press)
            second.hear(4)
        claim.drop()
    with evening(store, song) as third:
        third.load()
        assert third.a.state.hot_cues == (None,) * 8
        assert third.a.state.cue == 30_000 * UNIT


def test_it_is_on_the_disk_soon_after_the_press(song: Path, store: StemStore) -> None:
    with evening(store, song) as rig:
        rig.load()
        rig.a.press("hot_cue_set", 2)
        rig.hear(4)
        until(lambda: list((store.folder / "songs").glob("*/marks.json")))
        assert json.loads(marks(store).read_text())["hot_cues"][2]["frame"] == 0


def test_what_was_set_before_it_was_known_what_was_kept_stays(
        song: Path, store: StemStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with evening(store, song) as first:
        first.load()
        set_something(first)
        before = first.a.state
    held, real = threading.Event(), StemStore.notes

    def slow(self: StemStore, name: str) -> SongNotes:
        held.wait(60)
        return real(self, name)

    monkeypatch.setattr(StemStore, "notes", slow)
    with evening(store, song) as second:
        track = second.load(known=False)
        until(lambda: track.ended)  # what is pressed before anything is decoded waits for that
        second.hear(4)
        second.a.press("play")
        second.hear(10)
        second.a.press("hot_cue_set", 4)
        second.hear(10)
        held.set()
        until(lambda: track.notes is not None)
        second.hear(4)
        found = second.a.state
        assert found.moving
        assert found.hot_cues[4] != before.hot_cues[4]
        assert (found.hot_cues[7], found.cue) == (before.hot_cues[7], before.cue)
        mine = found.hot_cues
    with evening(store, song) as third:
        third.load()
        assert third.a.state.hot_cues == mine


def test_two_who_play_one_song_keep_what_both_have_set(song: Path, store: StemStore) -> None:
    with evening(store, song) as one, evening(StemStore(folder=store.folder), song) as other:
        one.load()
        other.load()
        for rig, number in ((one, 1), (other, 2)):
            rig.a.press("hot_cue_set", number)
            rig.hear(4)
    with evening(store, song) as third:
        third.load()
        assert [cue is not None for cue in third.a.state.hot_cues[:4]] == [False, True, True, False]


def test_what_cannot_be_written_is_one_line_and_the_song_plays_on(song: Path, store: StemStore) -> None:
    store.folder.mkdir()
    (store.folder / "songs").write_text("a file in its way")
    with evening(store, song) as rig:
        rig.load()
        rig.a.press("play")
        for number in range(3):
            rig.a.press("hot_cue_set", number)
            rig.hear(8)
            until(lambda: rig.said)
        assert rig.a.state.playing
    assert len(rig.said) == 1
    assert rig.said[0].startswith("cues and grids are not kept for the next time: ")


def test_what_a_newer_version_has_kept_stays_and_that_is_said(song: Path, store: StemStore) -> None:
    with evening(store, song) as first:
        first.load()
        set_something(first)
    newer = '{"format": 2, "cue": "elsewhere"}'
    marks(store).write_text(newer)
    with evening(store, song) as second:
        second.load()
        assert second.a.state.cue == 0
        second.a.press("hot_cue_set", 2)
        second.hear(4)
    assert marks(store).read_text() == newer
    assert second.said == ["cues and grids are not kept for the next time: a newer version has kept something there, "
                           "which stays as it is"]


def test_a_deck_goes_on_while_another_process_writes_the_same_note(
        song: Path, store: StemStore, monkeypatch: pytest.MonkeyPatch) -> None:
    written = threading.Event()
    real: Callable[..., None] = markkeeper.MarkKeeper._write

    def write(*given: object) -> None:
        real(*given)
        written.set()

    monkeypatch.setattr(markkeeper.MarkKeeper, "_write", write)
    with evening(store, song) as rig:
        rig.load()
        notes = rig.a.track.notes
        claim = Claim(notes.folder / "marks.json")
        rig.a.press("play")
        rig.a.press("hot_cue_set", 2)
        heard = rig.hear(40)  # all the while
        assert (heard == noise(4)[: 40 * BLOCK]).all()
        assert not written.is_set()
        claim.drop()
        assert written.wait(60)
    assert json.loads(marks(store).read_text())["hot_cues"][2] is not None


def test_a_store_without_room_for_stems_keeps_cues(song: Path, store: StemStore) -> None:
    store.limit = 0
    with evening(store, song) as first:
        assert first.load().origin == "model"
        set_something(first)
    with evening(store, song) as second:
        second.load()
        assert second.a.state.cue == 30_000 * UNIT
    assert not (store.folder / "stems").exists()


# eject


def test_a_song_that_plays_is_not_ejected_and_one_that_stands_leaves_nothing(song: Path, store: StemStore) -> None:
    with evening(store, song, song) as rig:
        track = rig.load()
        rig.a.press("play")
        rig.hear(8)
        rig.a.press("eject")
        heard = rig.hear(8)
        assert (heard == noise(4)[8 * BLOCK : 16 * BLOCK]).all()
        assert rig.said == ["deck a: the song plays; pause it, then it can be ejected"]
        rig.a.press("pause")
        rig.a.press("eject")
        rig.hear(2)
        assert not rig.hear(4).any()
        assert (rig.a.track, rig.a.state.length, rig.a.state.grid, rig.a.over) == (None, 0, None, True)
        assert track.closing.is_set()
        assert track.dry is None
        rig.a.press("eject")
        rig.a.press("play")
        assert not rig.hear(4).any()
        assert len(rig.said) == 1
        rig.load()
        rig.a.press("play")
        assert (rig.hear(4) == noise(4)[: 4 * BLOCK]).all()


@pytest.mark.skipif(sys.platform != "linux", reason="open files are told by /proc")
def test_what_is_ejected_lets_go_of_its_scratch_files(song: Path, store: StemStore) -> None:
    def scratch() -> int:
        found = 0
        for file in Path("/proc/self/fd").iterdir():
            with suppress(OSError):  # it was closed meanwhile
                found += "(deleted)" in str(file.readlink())
        return found

    with evening(store, song) as rig:
        before = scratch()
        rig.load()
        assert scratch() > before
        rig.a.press("eject")
        rig.hear(2)
        until(lambda: scratch() == before)


@pytest.mark.parametrize("presses", [("pause", "eject"), ("cue_press", "eject")], ids=" ".join)
def test_pause_and_eject_at_once_is_no_click(song: Path, store: StemStore, presses: tuple[str, ...]) -> None:
    sf.write(song, noise(4) * 0 + 0.5, RATE, "FLOAT")
    with evening(store, song) as rig:
        rig.load()
        rig.a.press("play")
        rig.hear(8)
        for press in presses:
            rig.a.press(press)
        heard = rig.hear(4)
        assert rig.a.track is None
        assert heard[0, 0] == pytest.approx(0.5, abs=0.01)
        assert heard[-1, 0] == 0
        assert abs(heard[1:, 0] - heard[:-1, 0]).max() < 0.01


def test_a_librarys_cues_and_beats_are_on_a_deck_until_something_is_set_here(song: Path, store: StemStore) -> None:
    def load(path: Path) -> Track:
        track = separator.load(path)
        track.library_marks = marks_note(known, RATE)
        return track

    known = LibrarySong(song, tempo=(TempoMark(0.25, 125.0),), cues=(
        LibraryCue(1.0), LibraryCue(2.0, 0.0, 3, "Drop"), LibraryCue(3.0, 0.5, 5)))
    for evening_ in range(3):
        with TrackSeparator(Opening("center"), RATE, store) as separator:
            made = Evening(separator, [song])
            made.booth._load = load
            made.load()
            found = made.a.state
            assert found.grid is not None
            assert (found.grid.first, found.grid.bpm(RATE)) == pytest.approx((0.25 * RATE, 125.0))
            assert (found.position, found.cue) == (RATE, RATE * UNIT)
            places = {at: (one.place, one.length) for at, one in enumerate(found.hot_cues) if one}
            if evening_ < 2:
                assert places == {3: (2 * RATE * UNIT, 0), 5: (3 * RATE * UNIT, RATE * UNIT // 2)}
            else:
                assert places == {5: (3 * RATE * UNIT, RATE * UNIT // 2)}
            assert list((store.folder / "songs").glob("*/marks.json")) == [] or evening_ == 2
            if evening_ == 1:
                made.a.press("hot_cue_delete", 3)
                made.hear(4)
            made.booth.close()
