"""Decks are told to screens as they are heard, and what screens say is done, in the words of keys and OSC."""

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsp.beatgrid import BeatGrid
from dsp.musicalkey import MusicalKey
from stream.decks.marks import HotCue
from stream.decks.songfacts import DeckPress
from stream.decks.songhead import UNIT
from stream.decks.songmarks import SongMarks, with_marks
from stream.decks.transport import VERBS, Transport
from stream.link.deckwaveform import FAR_AT_ONCE, NEAR_AT_ONCE
from stream.link.slices import CHUNK, COLUMNS_PER_S
from tests.rig.attached import Rig as LiveRig
from tests.rig.attached import rig, until
from tests.rig.attacheddecks import DeckRig, deck_rig
from tests.stream.decks.rig import RATE, STEMS, noise, track


@pytest.fixture
def made(tmp_path: Path) -> Iterator[DeckRig]:
    with deck_rig([tmp_path / f"{name}.wav" for name in ("one", "two", "three")]) as found:
        yield found


@pytest.fixture
def playing(made: DeckRig) -> DeckRig:
    """With a song of 6 s on deck a."""
    made.decks.booth.next_song("a")
    made.decks.hear(2)
    made.decks.a.press("play")
    made.decks.hear(2)
    return made


def test_who_comes_in_is_told_of_both_decks_and_of_the_mixer_between_them(made: DeckRig) -> None:
    with made.attach() as attached:
        state = attached.state
    assert state["players"] == {"a": list(STEMS), "b": list(STEMS)}
    assert state["decks"] == ["a", "b"]
    strips = [f"{player}/{stem}" for player in "ab" for stem in STEMS]
    assert state["sources"] == strips
    assert {*state["strips"]} == {"a", "b", "master", *strips}
    assert {*state["peaks"]} == {"mix", "cue", "a", "b", *strips}
    assert (state["crossfader"], state["chosen"], state["waiting"], state["done"]) == (0.5, "a", 3, 0)
    assert not any(state["songs"][deck]["loaded"] for deck in "ab")
    assert state["key_help"]


def test_a_head_says_what_is_heard(playing: DeckRig) -> None:
    deck = playing.decks.a
    before = playing.snapshot.now()["heads"]["a"]
    playing.decks.hear(86)
    now = playing.snapshot.now()
    head, song = now["heads"]["a"], now["songs"]["a"]
    assert head["position_s"] - before["position_s"] == pytest.approx(86 * 512 / RATE, abs=0.011)
    assert head["position_s"] + head["left_s"] == pytest.approx(6, abs=0.06)
    assert (song["title"], song["length_s"], song["loading"], song["playing"]) == ("one.made", 6, False, True)
    assert (song["stems"], song["bpm"], head["beat"]) == ([], None, None)
    assert now["peaks"]["a"][0] > 0
    assert now["peaks"]["b"] == [0, 0]
    deck._waiting.append(deck_grid(BeatGrid(RATE / 2, RATE / 2)))
    deck.press("tempo", 0.4)
    for switch in ("key_lock", "quantize", "slip"):
        deck.press(switch, True)
    deck.press("hot_cue_set", 2)
    deck.press("auto_loop", 4)
    playing.decks.hear(4)
    now = playing.snapshot.now()
    song = now["songs"]["a"]
    assert (song["tempo_percent"], song["tempo_range"], song["bpm"]) == (4, 10, 124.8)
    assert all(song[switch] for switch in ("key_lock", "quantize", "slip"))
    assert song["loop"]["beats"] == 4
    assert song["loop"]["active"]
    assert song["loop"]["length_s"] == 2
    assert song["hot_cues_s"][2] % 0.5 == pytest.approx(0, abs=1e-3)
    assert now["heads"]["a"]["rate"] == pytest.approx(1.04, abs=0.05)
    assert 0 <= now["heads"]["a"]["beat"] < 4


def test_hot_cues_of_a_library_have_their_names_and_colours(playing: DeckRig) -> None:
    deck = playing.decks.a
    cues = (HotCue(UNIT * RATE, 0, "Drop", 0xFF8), HotCue(UNIT * 2 * RATE), *[None] * 6)
    deck._waiting.append(DeckPress("marks", with_marks, (SongMarks(0, cues),)))
    playing.decks.hear(2)
    song = playing.snapshot.now()["songs"]["a"]
    assert song["hot_cues_s"] == [1, 2, *[None] * 6]
    assert song["hot_cue_names"] == ["Drop", "", *[""] * 6]
    assert song["hot_cue_colours"] == ["#000ff8", *[None] * 7]


def test_a_song_has_its_key_by_name_and_by_its_place_on_the_wheel(playing: DeckRig) -> None:
    track = playing.decks.a.track
    assert track is not None
    for key, names in ((MusicalKey(9, minor=True), ("Am", "8A")), (None, (None, None))):
        track.key = key
        song = playing.snapshot.now()["songs"]["a"]
        assert (song["key"], song["camelot"]) == names


def test_a_head_is_where_the_song_is_heard_and_not_where_it_is_rendered(playing: DeckRig) -> None:
    deck, late = playing.decks.a, RATE // 2
    playing.decks.hear(86)
    there = playing.snapshot.now()["heads"]["a"]["position_s"]
    deck._transport = Transport(replace(deck.state, late=late))
    assert playing.snapshot.now()["heads"]["a"]["position_s"] == pytest.approx(there - 0.5, abs=0.02)


def deck_grid(grid: BeatGrid) -> Any:
    """What a deck's thread does when beats are found."""
    from stream.decks.songfacts import DeckPress

    return DeckPress("grid", lambda state: replace(state, grid=grid))


def test_who_leads_is_told_and_how_each_deck_is_beside_him(made: DeckRig) -> None:
    rig = made.decks
    for name, bpm in (("a", 120), ("b", 124)):
        rig.booth.next_song(name)
        rig.hear(2)
        rig.booth.deck(name)._waiting.append(deck_grid(BeatGrid(1000, 60 * RATE / bpm)))
        rig.booth.press(name, "play")
        rig.hear(10)
    now = made.snapshot.now()
    assert now["leads"] == "a"
    assert [now["heads"]["a"][name] for name in ("follows", "phase", "tempo_off_percent")] == ["", None, None]
    head = now["heads"]["b"]
    assert (head["follows"], head["tempo_off_percent"]) == ("", pytest.approx(100 * (124 / 120 - 1), abs=1e-3))
    assert 0.05 < abs(head["phase"]) <= 0.5
    rig.booth.press("b", "sync", True)
    rig.hear(10)
    now = made.snapshot.now()
    head = now["heads"]["b"]
    assert (head["follows"], head["phase"], head["tempo_off_percent"]) == ("a", 0, 0)
    assert [now["songs"][name]["sync"] for name in "ab"] == [False, True]
    rig.booth.press("a", "pause")
    rig.hear(10)
    now = made.snapshot.now()
    assert (now["leads"], now["heads"]["b"]["follows"], now["heads"]["a"]["phase"]) == ("b", "", None)


def test_what_is_separated_is_told_in_seconds_as_it_comes(playing: DeckRig) -> None:
    track = playing.decks.a.track
    assert track is not None
    stems = np.zeros((RATE, 6), np.float32)
    track.put(RATE, stems)
    track.put(3 * RATE, stems, draft=True)
    song = playing.snapshot.now()["songs"]["a"]
    assert (song["stems"], song["drafts"]) == ([[1, 2]], [[3, 4]])
    track.put(0, stems)
    assert playing.snapshot.now()["songs"]["a"]["stems"] == [[0, 2]]


def test_only_what_moves_is_told_again(playing: DeckRig) -> None:
    with playing.attach() as attached:
        playing.decks.hear(8)
        told: set[str] = set()
        while "heads" not in told:
            news = attached.wait()
            assert news is not None
            told |= {*news}
    assert told <= {"heads", "peaks", "heard_s", "slices"}


@pytest.mark.parametrize(("message", "there"), [
    (["set", {"a/vocals": {"gain": -6}, "b": {"gain": -3}}], lambda rig: (
        rig.mixers["a"].get("vocals", "gain"), rig.booth.master.get("b", "gain")) == (-6, -3)),
    (["flip", "b/drums", "mute"], lambda rig: rig.mixers["b"].on("drums", "mute")),
    (["crossfade", 0.25], lambda rig: rig.booth.master.crossfader == 0.25),
    (["key", "v"], lambda rig: rig.mixers["a"].on("vocals", "mute")),
    (["key", "<"], lambda rig: rig.booth.master.crossfader == 0.4),
    (["flip", "a", "cue"], lambda rig: rig.booth.master.on("a", "cue")),
    (["set", {"b": {"cue": 1}}], lambda rig: rig.booth.master.on("b", "cue")),
    (["act", "a/beat_jump", 4], lambda rig: rig.a._waiting),
    (["press", "a", "seek", 2 * RATE], lambda rig: rig.a._waiting),
    (["press", "b", "key_lock", True], lambda rig: rig.b._waiting)],
    ids=lambda value: None if callable(value) else str(value))
def test_what_a_screen_says_is_done(made: DeckRig, message: list[Any], there: Any) -> None:
    with made.attach() as attached:
        attached.say(*message)
        until(lambda: bool(there(made.decks)))


def test_the_keys_act_on_the_deck_that_a_screen_has_chosen(made: DeckRig) -> None:
    with made.attach() as attached, made.attach() as other:
        attached.say("choose", "b")
        until(lambda: made.keys.chosen == "b")
        attached.say("key", "d")
        until(lambda: made.decks.mixers["b"].on("drums", "mute"))
        while (news := other.wait()) is not None and news.get("chosen") != "b":
            pass
        attached.say("key", "/")
        until(lambda: made.keys.chosen == "a")


@pytest.mark.parametrize(("message", "says"), [
    (["press", "c", "play"], "there is no deck c; the decks are a, b"),
    (["press", "a", "fly"], "there is nothing called fly on a deck"),
    (["press", "a", "play", 1], "play takes no value, not (1,)"),
    (["press", "a", "seek"], "seek takes frame, not ()"),
    (["press", "a", "seek", "x"], "frame of seek must be a number, not 'x'"),
    (["press", "a", "seek", None], "frame of seek must be a number, not None"),
    (["press", "a", "hot_cue_press", 1.5], "number of hot_cue_press must be a whole number, not 1.5"),
    (["press", "a", "key_lock", "no"], "on of key_lock must be true or false, not 'no'"),
    (["press", "a", ["play"]], "cannot be done"), (["press"], "cannot be done"),
    (["choose", "c"], "there is no player c; the players are a, b"), (["choose", ["a"]], "there is no player"),
    (["crossfade", 2], "2"), (["act", "a/fly"], "there is no action a/fly"), (["recall", "x"], "there is no scene x"),
    (["set", {"c/vocals": {"gain": 0}}], "there is no strip c/vocals"),
    (["set", {"vocals": {"gain": 0}}], "there is no strip vocals"),
    (["flip", "a/kazoo", "mute"], "there is no strip a/kazoo; there are a/drums, "),
    (["key", " x"], ""), (["key", {}], "cannot be done")],
    ids=str)
def test_what_cannot_be_done_is_a_line_and_the_decks_play_on(made: DeckRig, message: Any, says: str) -> None:
    before = json.dumps(made.snapshot.now())
    found = made.link.obey(message)
    assert says in found
    assert bool(found) == bool(says)
    made.decks.hear(2)  # nothing of it has reached a deck's thread
    assert json.dumps(made.snapshot.now()["strips"]) == json.dumps(json.loads(before)["strips"])


def test_a_scene_of_which_one_part_is_wrong_sets_nothing(made: DeckRig) -> None:
    assert "there is no strip b/kazoo" in made.link.obey(["set", {"a/vocals": {"gain": -6}, "b/kazoo": {"gain": 0}}])
    assert made.decks.mixers["a"].get("vocals", "gain") == 0


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_is_refused_with_values_that_it_does_not_take(name: str, made: DeckRig) -> None:
    for values in (("x",), (1, 2, 3), ([],), ({},), (float("nan"),), (float("inf"),)):
        assert made.link.obey(["press", "a", name, *values])
    made.decks.hear(1)
    assert made.decks.said == []


def test_the_only_player_of_a_run_has_a_name_too() -> None:
    with rig() as live, live.attach() as attached:
        assert attached.state["players"] == {"live": attached.state["sources"]}
        attached.say("set", {"live/vocals": {"gain": -6}, "bass": {"gain": -3}})
        attached.say("flip", "live/drums", "mute")
        until(lambda: live.desk.mixer.on("drums", "mute"))
        assert gains(live) == (-6, -3)


def gains(live: LiveRig) -> tuple[float, float]:
    return live.desk.mixer.get("vocals", "gain"), live.desk.mixer.get("bass", "gain")


def test_scenes_and_recording_are_told_and_done_by_screens_too(made: DeckRig) -> None:
    made.desk.offer("record", lambda: made.recording.append(True))
    with made.attach() as attached:
        assert (attached.state["scenes"], attached.state["recording"]) == ([], False)
        assert "record" in attached.state["acts"]
        attached.say("set", {"b/vocals": {"gain": -6}})
        attached.say("store", "quiet")
        until(lambda: list(made.desk.scenes) == ["quiet"])
        attached.say("set", {"b/vocals": {"gain": 0}})
        attached.say("recall", 0)
        until(lambda: made.decks.mixers["b"].get("vocals", "gain") == -6)
        attached.say("act", "record")
        told: dict[str, Any] = {}
        while not told.get("recording"):
            news = attached.wait()
            assert news is not None
            told |= news
    assert told["scenes"] == ["quiet"]


@pytest.mark.parametrize(("message", "says"), [
    (["recall", 3], "there is no scene 3"), (["recall", {}], "cannot be done"),
    (["store", " "], "a scene needs a name"), (["act", "dance"], "there is no action dance"),
    (["act", "a/beat_jump", 1, 2], "a/beat_jump takes 1 values")], ids=str)
def test_what_a_desk_refuses_is_a_line(made: DeckRig, message: Any, says: str) -> None:
    assert says in made.link.obey(message)


def test_a_song_is_told_around_where_it_is_heard_and_again_with_its_stems(playing: DeckRig) -> None:
    waveform, frames = playing.snapshot.waveform(), RATE // COLUMNS_PER_S
    track = playing.decks.a.track
    assert track is not None
    found = drained(waveform)
    assert {row[0] for row in found} == {0}
    assert found[0] == [0]
    numbers = [row[1] for row in found[1:]]
    assert sorted(numbers) == [*range(15)]  # all 6 s, once each
    assert numbers[0] == int(playing.decks.a.state.position) // (CHUNK * frames)
    song = np.zeros((15 * CHUNK * frames, 2), np.float32)
    track.read_dry(0, song)
    peaks = np.rint(255 * np.sqrt(np.abs(song).reshape(-1, 2 * frames).max(axis=1)))
    assert (np.concatenate([levels(found, number) for number in range(15)])[:, 0] == peaks).all()
    assert levels(found, 7).shape == (CHUNK, 1)  # no stems yet
    assert waveform.new() == []
    stems = np.zeros((5 * CHUNK * frames, 6), np.float32)
    stems[:, 1] = -0.25
    track.put(0, stems)
    found = drained(waveform)
    assert sorted(row[1] for row in found) == [*range(5)]
    for number in range(5):
        shown = levels(found, number)
        assert shown.shape == (CHUNK, 5)
        assert (shown[:, 0] == peaks[number * CHUNK : (number + 1) * CHUNK]).all()
        assert (shown[:, 1] == 128).all()  # drums
        assert (shown[:, [2, 4]] == 0).all()
    rest = song[:CHUNK * frames].copy()
    rest[:, 1] += 0.25
    wanted = np.rint(255 * np.sqrt(np.abs(rest).reshape(-1, 2 * frames).max(axis=1)))
    assert np.abs(levels(found, 0)[:, 3] - wanted).max() <= 1  # other, which is what they leave
    playing.decks.booth.next_song("a")
    playing.decks.hear(2)
    assert waveform.new()[0] == [0]


def levels(rows: list[list[Any]], number: int) -> Any:
    """Of a chunk, as it was told last: uint8 (columns, signals)."""
    text = [row[2] for row in rows if len(row) > 1 and row[1] == number][-1]
    return np.frombuffer(b64decode(text), np.uint8).reshape(CHUNK, -1).astype(int)


def test_a_jump_is_told_from_its_goal_on_and_nothing_is_told_twice(made: DeckRig, tmp_path: Path) -> None:
    deck, waveform = made.decks.a, made.snapshot.waveform()
    deck.load(track(tmp_path / "long.wav", noise(60)))
    made.decks.hear(2)
    told = waveform.new()
    assert [row[1] for row in told[1:9]] == [*range(8)]
    deck.press("seek", 40 * RATE)
    made.decks.hear(2)
    after = waveform.new()
    assert after[0][1] == int(deck.state.position) // (CHUNK * RATE // COLUMNS_PER_S) == 100
    numbers = [row[1] for row in (*told[1:], *after, *drained(waveform))]
    assert sorted(numbers) == [*range(150)]
    deck.press("seek", RATE)
    made.decks.hear(2)
    assert drained(waveform) == []


def test_a_song_is_looked_at_once_however_many_screens_there_are(
        playing: DeckRig, monkeypatch: pytest.MonkeyPatch) -> None:
    track = playing.decks.a.track
    assert track is not None
    read, reads = track.read_dry, list[int]()

    def counted(first: int, dry: Any) -> None:
        if len(dry) == CHUNK * RATE // COLUMNS_PER_S:  # nobody else reads so much at once
            reads.append(first)
        read(first, dry)

    monkeypatch.setattr(track, "read_dry", counted)
    told = [drained(playing.snapshot.waveform()) for _ in range(3)]
    assert told[0] == told[1] == told[2]
    assert len(reads) == len({*reads}) == 15


def test_a_scratch_disk_that_has_gone_ends_no_screen(playing: DeckRig, monkeypatch: pytest.MonkeyPatch) -> None:
    track = playing.decks.a.track
    assert track is not None
    assert track.dry is not None

    def gone(*_what: object) -> None:
        raise OSError(5, "the disk has gone")

    monkeypatch.setattr(track.dry, "read", gone)
    assert playing.snapshot.waveform().new() == [[0]]


def drained(waveform: Any) -> list[list[Any]]:
    """All that is told until there is nothing more."""
    found: list[list[Any]] = []
    while rows := waveform.new():
        assert len(rows) <= 2 * (NEAR_AT_ONCE + FAR_AT_ONCE + 1)
        found += rows
    return found
