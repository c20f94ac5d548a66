"""A deck with sync is in tempo and phase with whoever leads, whatever either does, and gets there without a click."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from dsp.beatgrid import BeatGrid
from dsp.onsets import Onsets
from stream.decks.sync import LeadBeat, beats_off, ratio_of
from stream.decks.tappedbeat import TappedBeat
from stream.tracks.track import Track
from tests.stream.decks.rig import BLOCK, RATE, Frames, Rig, track

SECONDS = 60
BPM = {"a": 124.0, "b": 128.3}
FIRST = {"a": 1000.0, "b": 7777.25}


class Grid:
    """A song's beats, known beforehand."""

    def __init__(self, bpm: float, first: float, onsets: Onsets | None = None) -> None:
        self.grid: BeatGrid | None = BeatGrid(first, 60 * RATE / bpm, confidence=0.9)
        self.done = self.by_drums = True
        self.onsets = onsets or Onsets(np.zeros(0, np.int64), np.zeros(0, np.float32))
        self.refined: tuple[BeatGrid, ...] = ()

    def refine(self, _tapped: BeatGrid, _taps: tuple[float, ...]) -> None:
        """They are known."""


def sine(hz: float) -> Frames:
    return np.repeat(0.2 * np.sin(2 * np.pi * hz / RATE * np.arange(SECONDS * RATE, dtype=np.float64))[:, None], 2,
                     axis=1).astype(np.float32)


def two_sines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Track]]:
    """Of deck a and b, until they are needed no more."""
    folder = tmp_path_factory.mktemp("songs")
    made = {name: track(folder / f"{name}.wav", sine(hz)) for name, hz in (("a", 200.0), ("b", 300.0))}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Track]]:
    yield from two_sines(tmp_path_factory)


class Pair(Rig):
    """Both play, a since a while; b is heard by itself."""

    def __init__(self, songs: dict[str, Track], bpm: dict[str, float] = BPM) -> None:
        super().__init__(routes=("b=1-2",))
        for name in "ab":
            self.booth.deck(name).load(songs[name], Grid(bpm[name], FIRST[name]))  # type: ignore[arg-type]
        self.hear(4)
        for name, blocks in (("a", 30), ("b", 20)):
            self.press(name, "play")
            self.hear(blocks)

    def press(self, deck: str, name: str, *values: Any) -> None:
        self.booth.press(deck, name, *values)

    def synced(self, blocks: int = 20) -> Frames:
        self.press("b", "sync", True)
        return self.hear(blocks)

    @property
    def off(self) -> float:
        """Frames by which b is ahead, of its own song, where b plays next."""
        at, b = self.engine.position, self.b.state
        led, own = self.a.beat_at(at), self.b.beat_at(at)
        assert led is not None
        assert own is not None
        assert led.beat is not None
        assert own.beat is not None
        assert b.grid is not None
        period = b.grid.period_at(b.position)
        return beats_off(own.beat - b.nudge, led.beat, ratio_of(led.pace, period)) * period

    @property
    def heard_off(self) -> float:
        """The same of what is heard of it, above what goes on below."""
        at, b = self.engine.position, self.b.state
        led = self.a.beat_at(at)
        assert led is not None
        assert led.beat is not None
        assert b.grid is not None
        return beats_off(b.grid.at(b.head.now / 2**32) - b.nudge, led.beat, 1.0) * b.grid.period

    @property
    def in_phase(self) -> bool:
        return abs(self.off) < (0.52 if self.b.state.head.exact else 0.01)


@pytest.fixture
def pair(songs: dict[str, Track]) -> Pair:
    return Pair(songs)


def test_tempo_and_phase_are_the_leaders(pair: Pair) -> None:
    assert pair.booth.leader.name == "a"
    assert not pair.in_phase
    pair.synced()
    assert pair.in_phase
    assert pair.b.state.bpm(RATE) == pytest.approx(124)
    assert pair.b.settings.tempo == pytest.approx((124 / 128.3 - 1) / 0.1)
    assert (pair.b.state.follows, pair.a.state.follows) == ("a", "")
    assert pair.a.state.settings.tempo == 0
    found = pair.booth.leader.following("b")
    assert found is not None
    assert found.phase == pytest.approx(0, abs=1e-5)
    assert found.tempo_off == pytest.approx(0, abs=1e-9)
    assert pair.booth.leader.following("a") is None


def leaps(frames: Frames) -> float:
    """The largest change from step to step, in those of the sine itself."""
    own = 0.2 * (2 * np.pi * 300 / RATE) ** 2
    return float(np.abs(np.diff(frames[:, 0].astype(np.float64), n=2)).max() / own)


CHANGES: dict[str, list[tuple[str, str, tuple[Any, ...]]]] = {
    "the leader's tempo": [("a", "tempo", (0.5,)), ("a", "tempo", (-0.4,))],
    "the leader's range": [("a", "tempo", (0.5,)), ("a", "tempo_range", (6,))],
    "the leader is bent": [("a", "bend", (0.03,)), ("a", "bend", (0,))],
    "the leader jumps": [("a", "seek", (20.3 * RATE,)), ("a", "skip", (3.21,))],
    "the leader jumps by beats": [("a", "beat_jump", (4,)), ("a", "beat_jump", (0.5,))],
    "the leader loops": [("a", "auto_loop", (1,)), ("a", "leave_loop", ())],
    "the leader rolls": [("a", "auto_loop", (1 / 8,)), ("a", "leave_loop", ())],
    "the leader slips": [("a", "slip", (True,)), ("a", "auto_loop", (0.25,)), ("a", "leave_loop", ())],
    "the leader is censored": [("a", "censor_press", ()), ("a", "censor_release", ())],
    "the leader's grid": [("a", "grid_move", (30,)), ("a", "grid_double", ()), ("a", "grid_halve", ())],
    "it jumps": [("b", "seek", (9.87 * RATE,)), ("b", "skip", (-1.23,)), ("b", "beat_jump", (8,))],
    "it is cued": [("b", "hot_cue_set", (0,)), ("b", "skip", (5.1,)), ("b", "hot_cue_press", (0,))],
    "it loops": [("b", "auto_loop", (2,)), ("b", "halve_loop", ()), ("b", "leave_loop", ())],
    "it rolls": [("b", "auto_loop", (1 / 16,)), ("b", "leave_loop", ())],
    "it slips": [("b", "slip", (True,)), ("b", "auto_loop", (1 / 8,)), ("b", "leave_loop", ())],
    "it is paused": [("b", "pause", ()), ("b", "play", ())],
    "its motor": [("b", "brake_time", (0.2,)), ("b", "spin_time", (0.2,)), ("b", "pause", ()), ("b", "play", ())],
    "it is locked": [("b", "key_lock", (True,)), ("a", "tempo", (0.2,)), ("b", "key_lock", (False,))],
    "its range": [("b", "tempo_range", (6,)), ("b", "tempo_range", (50,))],
    "its grid": [("b", "grid_move", (-7,)), ("b", "grid_here", ()), ("b", "grid_move", (1,))],
    "a hand is on its wheel": [("b", "touch_press", ()), ("b", "turn", (0.02, 0)), ("b", "touch_release", ())],
    "it is pushed": [("b", "turn", (0.4,))],
    "the leader is pushed": [("a", "turn", (0.3,))],
    "it is reversed": [("b", "reverse", ()), ("b", "reverse", ())]}


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_in_phase_again_after(pair: Pair, change: str) -> None:
    pair.synced()
    for deck, name, values in CHANGES[change]:
        pair.press(deck, name, *values)
        pair.hear(37)
    pair.hear(40)
    assert pair.in_phase, pair.off
    assert pair.b.state.follows == "a"
    assert pair.said == []
    assert all(deck.settings == deck.state.settings for deck in (pair.a, pair.b))


@pytest.mark.parametrize("change", [change for change in CHANGES if change != "it is reversed"])  # which is a corner
def test_nothing_of_it_clicks(pair: Pair, change: str) -> None:
    """The corners of fades are some times as steep as the sine itself; a cut is some hundred times."""
    heard = [pair.synced()]
    for deck, name, values in CHANGES[change]:
        pair.press(deck, name, *values)
        heard.append(pair.hear(37))
    assert leaps(np.concatenate(heard)) < 12


@pytest.mark.parametrize("beats", [1.5, 3.97])
def test_a_loop_that_is_no_whole_number_of_beats_turns_in_phase(pair: Pair, beats: float) -> None:
    pair.synced()
    pair.press("b", "auto_loop", beats)
    offs = []
    for _ in range(300):
        pair.hear(1)
        offs.append(pair.off)
    late = np.abs(offs) > 0.01 * RATE
    assert late.mean() < 0.05
    assert pair.b.state.looping is not None


def test_a_deck_that_is_started_begins_in_phase(songs: dict[str, Track]) -> None:
    pair = Pair(songs)
    pair.press("b", "pause")
    pair.press("b", "sync", True)
    pair.hear(10)
    assert pair.b.settings.tempo == pytest.approx((124 / 128.3 - 1) / 0.1)  # also while it stands
    pair.press("b", "play")
    pair.hear(2)
    assert pair.in_phase


@pytest.mark.parametrize(("bpm", "tempo"), [(64.0, 62 / 64), (250.0, 248 / 250), (124.0, 1), (131.0, 124 / 131)])
def test_half_and_twice_the_tempo_are_matched_to_the_nearer(songs: dict[str, Track], bpm: float, tempo: float) -> None:
    pair = Pair(songs, {"a": 124.0, "b": bpm})
    pair.synced()
    assert pair.b.settings.speed == pytest.approx(tempo)
    assert pair.in_phase


def test_a_tempo_beyond_the_slider_is_refused_in_a_line(songs: dict[str, Track]) -> None:
    pair = Pair(songs, {"a": 124.0, "b": 100.0})
    before = pair.b.state.settings.tempo
    pair.synced()
    assert pair.said == ["deck b: it cannot follow a: its tempo would have to be +24.0 %, and the slider leads to 10 %"]
    assert (pair.b.settings.sync, pair.b.state.settings.sync, pair.b.state.follows) == (False, False, "")
    assert pair.b.settings.tempo == before


def test_a_leader_that_goes_beyond_the_slider_is_left_in_a_line(pair: Pair) -> None:
    pair.press("b", "tempo_range", 6)
    pair.synced()
    before = pair.b.settings.tempo
    for tempo in (1, -1):
        pair.press("a", "tempo", tempo)
        pair.hear(10)
    assert pair.said == ["deck b: it cannot follow a: its tempo would have to be +6.3 %, and the slider leads to 6 %"]
    assert not pair.b.settings.sync
    assert pair.b.state.settings.tempo == before


def test_what_follows_has_no_tempo_of_its_own_until_sync_is_off(pair: Pair) -> None:
    pair.synced()
    tempo = pair.b.settings.tempo
    pair.press("b", "tempo", 0.9)
    pair.hear(4)
    assert pair.said == ["deck b: it follows a: its tempo is the leader's until sync is off"]
    assert pair.b.settings.tempo == tempo
    pair.press("b", "sync", False)
    pair.hear(4)
    assert pair.b.state.settings.tempo == tempo
    pair.press("b", "tempo", 0.9)
    pair.hear(4)
    assert pair.b.state.settings.tempo == 0.9


def test_what_is_nudged_stays_as_far_from_the_leader_until_sync_is_pressed_again(pair: Pair) -> None:
    pair.synced()
    pair.press("b", "bend", 0.02)
    pair.hear(10)
    pair.press("b", "bend", 0)
    pair.hear(10)
    nudge = pair.b.state.nudge
    assert nudge * 60 * RATE / 128.3 == pytest.approx(0.02 * 10 * BLOCK, rel=0.3)
    assert pair.in_phase
    pair.hear(200)
    pair.press("b", "skip", 3.3)
    pair.hear(20)
    assert pair.b.state.nudge == nudge
    assert pair.in_phase
    pair.press("b", "sync", True)
    pair.hear(20)
    assert pair.b.state.nudge == 0
    assert pair.in_phase


def test_who_plays_longest_leads_and_who_was_stopped_has_to_ask(pair: Pair) -> None:
    """What goes on playing is not moved when a song begins beside it."""
    leader = pair.booth.leader
    pair.synced()
    pair.press("a", "pause")
    pair.hear(10)
    assert (leader.name, pair.b.state.follows) == ("b", "")
    tempo = pair.b.state.settings.tempo
    pair.press("a", "play")
    pair.hear(10)
    assert (leader.name, pair.b.state.follows) == ("b", "")
    pair.press("a", "sync", True)
    pair.hear(10)
    assert (leader.name, pair.a.state.follows, pair.b.state.follows) == ("b", "b", "")
    leader.ask("a")
    pair.hear(10)
    assert (leader.name, pair.a.state.follows, pair.b.state.follows) == ("a", "", "a")
    assert pair.b.state.settings.tempo == pytest.approx(tempo)
    with pytest.raises(ValueError, match="clock cannot lead; there is a, b"):
        leader.ask("clock")


def test_a_leader_whose_sync_is_pressed_follows_the_other_where_that_does_not_follow(pair: Pair) -> None:
    leader = pair.booth.leader
    pair.press("a", "sync", True)
    pair.hear(20)
    assert (leader.name, pair.a.state.follows, pair.b.state.follows) == ("b", "b", "")
    pair.press("b", "sync", True)  # then both have it, and whoever leads goes on to
    pair.hear(20)
    assert (leader.name, pair.a.state.follows, pair.b.state.follows) == ("b", "b", "")
    assert abs(pair.off) < 1
    pair.press("a", "sync", False)
    pair.hear(10)
    assert (leader.name, pair.a.state.follows, pair.b.state.follows) == ("b", "", "")
    assert pair.said == []


SCRATCH = [("touch_press", ()), ("turn", (-0.2, -1)), ("touch_release", ())]


def scratched(pair: Pair) -> tuple[set[int], str]:
    """How many frames b went on by in each of the blocks while somebody scratches a; who leads then."""
    places = [pair.b.state.head.now]
    for name, values in SCRATCH:
        pair.press("a", name, *values)
        for _ in range(40):
            pair.hear(1)
            places.append(pair.b.state.head.now)
    return {round(step / 2**32) for step in np.diff(places)}, pair.booth.leader.name


def test_scratching_the_leader_does_not_move_who_plays_on(pair: Pair) -> None:
    pair.synced()
    steps, leads = scratched(pair)
    assert max(steps) - min(steps) <= 1
    assert leads == "b"
    assert pair.a.state.follows == ""


def test_who_is_scratched_with_sync_comes_back_in_phase(pair: Pair) -> None:
    pair.synced()
    pair.press("a", "sync", True)
    pair.hear(10)
    assert pair.booth.leader.name == "a"
    steps, leads = scratched(pair)
    assert max(steps) - min(steps) <= 1
    assert leads == "b"
    assert pair.a.state.follows == "b"
    pair.hear(20)
    assert abs(pair.off) < 1


class Metronome:
    """A beat from outside."""

    changes = 0

    def __init__(self, bpm: float) -> None:
        self.period = 60 * RATE / bpm

    def beat_at(self, position: int) -> LeadBeat:
        return LeadBeat("metronome", position / self.period, 1 / self.period)


def test_a_beat_from_outside_leads_both_decks(pair: Pair) -> None:
    pair.booth.leader.add("metronome", Metronome(126.0))
    pair.booth.leader.ask("metronome")
    for deck in "ab":
        pair.press(deck, "sync", True)
    pair.hear(20)
    assert {pair.a.state.follows, pair.b.state.follows} == {"metronome"}
    assert pair.in_phase
    assert pair.a.state.bpm(RATE) == pytest.approx(126)


def test_a_beat_is_tapped_from_the_fourth_tap_on() -> None:
    beat = TappedBeat("live", RATE)
    made = [beat.tap(1000 + 0.5 * RATE * number) for number in range(6)]
    assert made == [False] * 3 + [True] * 3
    found = beat.beat_at(1000 + 3 * RATE)
    assert found is not None
    assert (found.name, found.beat, found.pace * RATE) == ("live", pytest.approx(6), pytest.approx(2))
    assert beat.changes == 3
    assert beat.tap(100 * RATE) is False  # anew; what was tapped goes on until there is another beat
    assert beat.beat_at(RATE) is not None


@pytest.mark.parametrize("step", [0.01 * RATE, 5 * RATE])
def test_what_nobody_plays_is_no_beat(step: float) -> None:
    beat = TappedBeat("live", RATE)
    for number in range(3):
        beat.tap(number * step)
    with pytest.raises(ValueError, match="a beat must have 20 to 500 beats a minute, not"):
        beat.tap(3 * step)
    assert beat.beat_at(0) is None


LANDS = [("hot_cue_press", (0,)), ("hot_cue_press", (1,)), ("beat_jump", (4,)), ("beat_jump", (-1,)),
         ("auto_loop", (1,)),
         ("auto_loop", (4,)), ("halve_loop", ()), ("double_loop", ()), ("leave_loop", ()), ("reloop", ()),
         ("move_loop", (1,)), ("seek", (7.7 * RATE,)), ("skip", (-2.3,)), ("loop_in", ()), ("loop_out", ()),
         ("hot_cue_set", (1,)), ("jump_on", ()), ("jump_back", ()), ("quantize", (True,)), ("slip", (True,)),
         ("slip", (False,)), ("hot_cue_release", (0,)), ("hot_cue_release", (1,))]


@pytest.mark.parametrize("seed", range(6))
def test_cues_loops_and_jumps_land_in_phase_whatever_is_pressed(pair: Pair, seed: int) -> None:
    """Where a press leads to is in phase at once; loops by hand turn in phase too, if they have a beat."""
    rng = np.random.default_rng(seed)
    pair.press("b", "hot_cue_set", 0)
    pair.synced()
    late = []
    for _ in range(60):
        name, values = LANDS[rng.integers(len(LANDS))]
        pair.press("b", name, *values)
        for _ in range(8):
            pair.hear(1)
            loop, grid, state = pair.b.state.looping, pair.b.state.grid, pair.b.state
            assert grid is not None
            if state.moving and not (loop and loop.length < grid.period * 2**32 * (1 - 1e-6)):
                late.append(abs(pair.heard_off))
        if not pair.b.state.playing or pair.b.state.seconds_left < 10:
            pair.press("b", "seek", 3 * RATE)
            pair.press("b", "play")
            pair.hear(8)
    assert len(late) > 200
    assert np.mean(np.array(late) > 1) < 0.02
    assert max(late[-8:]) < 1
