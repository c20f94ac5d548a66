"""Every verb of a deck is pressed and heard: the frames of the song that come are those that ought to come.

What verbs do in every state is in test_verbs.py; here each is rendered. One that nobody hears here fails.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from stream.decks.sync import LeadBeat
from stream.decks.transport import VERBS
from stream.tracks.track import Track
from tests.stream.decks.places import BEAT, MARGIN, SCALE, START, Counting, counted, silent, turns, winding
from tests.stream.decks.rig import BLOCK, RATE, track
from tests.stream.decks.test_wheel import turned

HEARD: dict[str, Callable[[Counting], None]] = {}
FAR = 6 * RATE
RAMP = round(0.02 * RATE)  # frames from a rate to another one
NEAR = 4.0  # frames, for what is interpolated: a thirty-thousandth of full scale


def hears(*verbs: str) -> Callable[[Callable[[Counting], None]], Callable[[Counting], None]]:
    def of(heard: Callable[[Counting], None]) -> Callable[[Counting], None]:
        HEARD.update(dict.fromkeys(verbs, heard))
        return heard

    return of


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Track]:
    made = track(tmp_path_factory.mktemp("song") / "song.wav", counted())
    yield made
    made.close()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_heard(song: Track, verb: str) -> None:
    assert verb in HEARD, f"nobody hears {verb}"
    deck = Counting(song)
    HEARD[verb](deck)
    assert deck.engine.counts()["underruns"] == 0
    assert deck.said == []


def test_no_verb_is_heard_that_there_is_not() -> None:
    assert HEARD.keys() <= VERBS.keys()


# play, pause, motors


@hears("play")
def _(deck: Counting) -> None:
    deck.stand()
    deck.wait(1)
    deck.press("play")
    deck.wait(8)
    deck.follows(silent(BLOCK), (8 * BLOCK, START, 1))


@hears("pause")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.wait(2)
    deck.press("pause")
    deck.wait(4)
    deck.press("play")
    deck.wait(4)
    stood = 2 * BLOCK + MARGIN
    deck.follows((stood, now, 1), silent(4 * BLOCK - MARGIN), (4 * BLOCK, now + stood, 1))


@hears("play_pause")
def _(deck: Counting) -> None:
    now = deck.play()
    for _ in range(3):
        deck.wait(4)
        deck.press("play_pause")
    deck.follows((4 * BLOCK, now, 1), silent(4 * BLOCK), (4 * BLOCK, now + 4 * BLOCK, 1))


def slowing(deck: Counting, frames: int, now: float, after: float) -> None:
    """It stands within so many frames, of which the first is so long after `now`."""
    deck.follows((after, now, 1), winding(frames, now + after, 1, 0), silent(20_000), within=NEAR)


@hears("brake")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.wait(1)
    deck.press("brake", 0.5)
    deck.wait(60)
    slowing(deck, RATE // 2, now, BLOCK + MARGIN)


@hears("brake_time")
def _(deck: Counting) -> None:
    deck.press("brake_time", 0.25)
    now = deck.play()
    deck.wait(1)
    deck.press("pause")
    deck.wait(40)
    slowing(deck, RATE // 4, now, BLOCK + MARGIN)


@hears("spin_time")
def _(deck: Counting) -> None:
    deck.press("spin_time", 0.25)
    deck.stand()
    deck.wait(1)
    deck.press("play")
    deck.wait(40)
    frames = RATE // 4
    deck.follows(silent(BLOCK), winding(frames, START, 0, 1), (40 * BLOCK, START + frames / 2, 1), within=NEAR)


@hears("reverse")
def _(deck: Counting) -> None:
    now = deck.play()
    for _ in range(3):
        deck.wait(6)
        deck.press("reverse")
    turned = now + 6 * BLOCK + MARGIN
    deck.follows((6 * BLOCK + MARGIN, now, 1), (6 * BLOCK, turned, -1), (6 * BLOCK, turned - 6 * BLOCK, 1))


@hears("touch_press", "touch_release", "turn")
def _(deck: Counting) -> None:
    """More of it in test_wheel.py."""
    deck.play()
    deck.press("touch_press")
    deck.hear(30)
    deck.wait(2)
    assert not deck.places.any()
    at, turns_at = deck.a.state.position, 20 * BLOCK
    heard = turned(deck, lambda seconds: min(seconds, 2 * turns_at / RATE - seconds), 40)
    found = heard[:, 0].astype(np.float64) * SCALE
    wheel = at + turns_at - np.abs(np.arange(40 * BLOCK) - turns_at)
    sounding = [*range(2 * BLOCK, 19 * BLOCK), *range(25 * BLOCK, 40 * BLOCK)]
    assert np.abs(found - wheel)[sounding].max() <= BLOCK
    deck.press("touch_release")
    deck.hear(60)
    deck.heard = []
    now = deck.a.state.position
    deck.wait(4)
    deck.follows((4 * BLOCK, now, 1))


@hears("censor_press", "censor_release")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.wait(4)
    deck.press("censor_press")
    deck.wait(8)
    deck.press("censor_release")
    deck.wait(4)
    turned = now + 4 * BLOCK + MARGIN
    deck.follows((4 * BLOCK + MARGIN, now, 1), (8 * BLOCK, turned, -1), (4 * BLOCK, turned + 8 * BLOCK, 1))


# cues


@hears("cue_press")
def _(deck: Counting) -> None:
    deck.stand()
    deck.press("cue_press")  # it is set here
    deck.press("cue_release")
    now = deck.play(FAR)
    deck.wait(4)
    deck.press("cue_press")
    deck.wait(4)
    deck.press("cue_release")
    deck.press("play")
    deck.wait(4)
    deck.follows((4 * BLOCK, now, 1), silent(4 * BLOCK), (4 * BLOCK, START, 1))


@hears("cue_release")
def _(deck: Counting) -> None:
    deck.stand()
    deck.press("cue_press")
    deck.press("cue_release")
    deck.wait(1)
    deck.press("cue_press")  # it plays while it is held
    deck.wait(6)
    deck.press("cue_release")
    deck.wait(4)
    deck.press("play")
    deck.wait(4)
    deck.follows(silent(BLOCK), (6 * BLOCK + MARGIN, START, 1), silent(4 * BLOCK - MARGIN), (4 * BLOCK, START, 1))


@hears("hot_cue_press")
def _(deck: Counting) -> None:
    now = deck.play()
    for _ in range(3):  # the first sets it
        deck.wait(4)
        deck.press("hot_cue_press", 5)
    deck.follows((8 * BLOCK, now, 1), (4 * BLOCK, now + 4 * BLOCK, 1))


@hears("hot_cue_set")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.wait(4)
    deck.press("hot_cue_set", 2)
    deck.wait(4)
    deck.press("hot_cue_press", 2)
    deck.wait(4)
    deck.follows((8 * BLOCK, now, 1), (4 * BLOCK, now + 4 * BLOCK + MARGIN, 1))


@hears("hot_cue_delete")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("hot_cue_set", 7)
    deck.wait(4)
    deck.press("hot_cue_delete", 7)
    deck.wait(4)
    deck.press("hot_cue_press", 7)  # it is set anew
    deck.wait(4)
    deck.press("hot_cue_press", 7)
    deck.wait(4)
    deck.follows((12 * BLOCK, now, 1), (4 * BLOCK, now + 8 * BLOCK, 1))


@hears("hot_cue_release")
def _(deck: Counting) -> None:
    deck.press("slip", True)
    now = deck.play()
    deck.press("hot_cue_set", 0)
    deck.wait(2)
    deck.press("seek", FAR)
    deck.wait(4)
    deck.press("hot_cue_press", 0)
    deck.wait(6)
    deck.press("hot_cue_release", 0)
    deck.wait(4)
    held, cue = 6 * BLOCK + MARGIN, now + MARGIN
    deck.follows((2 * BLOCK, now, 1), (4 * BLOCK, FAR, 1), (held, cue, 1), (4 * BLOCK, FAR + 4 * BLOCK + held, 1))


# loops


@hears("loop_in", "loop_out")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("loop_in")
    deck.wait(9)
    deck.press("loop_out")
    deck.wait(30)
    deck.follows((9 * BLOCK + MARGIN, now, 1), turns(30 * BLOCK, now + MARGIN, 9 * BLOCK))


@hears("auto_loop")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("auto_loop", 0.5)
    deck.wait(60)
    deck.follows((MARGIN, now, 1), turns(60 * BLOCK, now + MARGIN, BEAT // 2))


@hears("halve_loop")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("auto_loop", 1)
    deck.wait(4)
    deck.press("halve_loop")
    deck.wait(60)
    deck.follows((MARGIN, now, 1), turns(64 * BLOCK, now + MARGIN, BEAT // 2))


@hears("double_loop")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("auto_loop", 0.5)
    deck.wait(30)
    deck.press("double_loop")
    deck.wait(100)
    first, half, loop = 30 * BLOCK, BEAT // 2, now + MARGIN
    deck.follows((MARGIN, now, 1), turns(first, loop, half), turns(100 * BLOCK, loop, BEAT, first % half))


@hears("move_loop")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("auto_loop", 0.5)
    deck.wait(10)
    deck.press("move_loop", 2)
    deck.wait(60)
    loop, first = now + MARGIN, 10 * BLOCK
    deck.follows((MARGIN, now, 1), turns(first, loop, BEAT // 2), turns(60 * BLOCK, loop + 2 * BEAT, BEAT // 2, first))


@hears("leave_loop")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("auto_loop", 0.5)
    deck.wait(50)
    deck.press("leave_loop")
    deck.wait(60)
    loop, first = now + MARGIN, 50 * BLOCK
    deck.follows((MARGIN, now, 1), turns(first, loop, BEAT // 2), (60 * BLOCK, loop + first % (BEAT // 2), 1))


@hears("reloop")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("auto_loop", 0.5)
    deck.wait(4)
    deck.press("leave_loop")
    deck.wait(40)
    deck.press("reloop")
    deck.wait(40)
    deck.follows((44 * BLOCK + MARGIN, now, 1), turns(40 * BLOCK, now + MARGIN, BEAT // 2))


# jumps


@hears("seek")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.wait(4)
    deck.press("seek", FAR + 7)
    deck.wait(4)
    deck.follows((4 * BLOCK, now, 1), (4 * BLOCK, FAR + 7, 1))


@hears("skip")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.wait(4)
    deck.press("skip", -1)
    deck.wait(4)
    before = 4 * BLOCK + MARGIN
    deck.follows((before, now, 1), (4 * BLOCK, now + before - RATE, 1))


@hears("beat_jump")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.wait(4)
    deck.press("beat_jump", 4)
    deck.wait(4)
    before = 4 * BLOCK + MARGIN
    deck.follows((before, now, 1), (4 * BLOCK, now + before + 4 * BEAT, 1))


def jumped(deck: Counting, verb: str, beats: float) -> None:
    now = deck.play()
    deck.wait(4)
    deck.press(verb)
    deck.wait(4)
    before = 4 * BLOCK + MARGIN
    deck.follows((before, now, 1), (4 * BLOCK, now + before + beats * BEAT, 1))


@hears("jump_size", "jump_on")
def _(deck: Counting) -> None:
    deck.press("jump_size", 1.5)
    jumped(deck, "jump_on", 1.5)


@hears("jump_back")
def _(deck: Counting) -> None:
    deck.press("jump_size", 2)
    jumped(deck, "jump_back", -2)


@hears("halve_jump")
def _(deck: Counting) -> None:
    deck.press("halve_jump")
    jumped(deck, "jump_on", 2)


@hears("double_jump")
def _(deck: Counting) -> None:
    deck.press("double_jump")
    jumped(deck, "jump_on", 8)


@hears("slip")
def _(deck: Counting) -> None:
    deck.press("slip", True)
    now = deck.play()
    deck.press("auto_loop", 0.5)
    deck.wait(50)
    deck.press("leave_loop")
    deck.wait(10)
    first = 50 * BLOCK
    deck.follows((MARGIN, now, 1), turns(first, now + MARGIN, BEAT // 2), (10 * BLOCK, now + MARGIN + first, 1))


# speed


def at_rate(deck: Counting, now: float, rate: float) -> None:
    """From a rate of 1 to another one, which was pressed in the first block."""
    ramp = winding(RAMP, now + MARGIN, 1, rate)
    deck.follows((MARGIN, now, 1), ramp, (40_000, now + MARGIN + RAMP * (1 + rate) / 2, rate), within=NEAR)


@hears("tempo")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("tempo", -0.5)  # of 10 percent
    deck.wait(40)
    at_rate(deck, now, 0.95)


@hears("tempo_range")
def _(deck: Counting) -> None:
    deck.press("tempo_range", 50)
    now = deck.play()
    deck.press("tempo", -0.5)
    deck.wait(40)
    at_rate(deck, now, 0.75)


@hears("bend")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("bend", -0.04)
    deck.wait(20)
    at_rate(deck, now, 0.96)
    deck.press("bend", 0)
    deck.wait(20)
    back = deck.places[-10 * BLOCK :]
    assert np.array_equal(np.diff(back), np.ones(len(back) - 1))  # the record again, bit for bit
    assert back[0] == int(back[0])


@hears("key_lock")
def _(deck: Counting) -> None:
    """The song goes on as fast, made of pieces that are as they are in the record."""
    deck.press("tempo", -0.5)
    deck.press("key_lock", True)
    now = deck.play()
    deck.wait(100)
    found = deck.places
    as_recorded = np.abs(np.diff(found) - 1) < 0.01
    assert as_recorded.mean() > 0.5
    ideal = START + 0.95 * (4 * BLOCK + np.arange(len(found)))
    assert np.abs(found - ideal).max() < 0.05 * RATE
    assert now > ideal[0]
    deck.press("key_lock", False)
    deck.wait(20)
    slower = np.diff(deck.places[-10 * BLOCK :])
    assert slower.mean() == pytest.approx(0.95, abs=1e-3)
    assert (np.abs(slower - 1) < 0.01).mean() < 0.3


class Metronome:
    """A beat from outside, a little faster than the song's."""

    changes, period = 0, BEAT / 1.02

    def beat_at(self, position: int) -> LeadBeat:
        return LeadBeat("metronome", position / self.period, 1 / self.period)


@hears("sync")
def _(deck: Counting) -> None:
    """Its beats, at its tempo."""
    led = Metronome()
    deck.booth.leader.add("metronome", led)
    deck.booth.leader.ask("metronome")
    deck.play()
    deck.press("sync", True)
    deck.wait(40)
    found = deck.places[-20 * BLOCK :]
    positions = deck.engine.position - len(found) + np.arange(len(found))
    late = (found / BEAT - positions / led.period + 0.5) % 1 - 0.5
    assert np.abs(late * BEAT).max() < NEAR


# beats: with quantize a loop of one beat lies on the grid


def on_beats(deck: Counting, now: float, first: float, length: float) -> None:
    """A loop of a beat is pressed and heard: it lies here."""
    deck.press("auto_loop", 1)
    deck.wait(120)
    deck.follows((first + length - now, now, 1), first + np.arange(80_000) % length, within=1)  # a part of a frame


@hears("quantize")
def _(deck: Counting) -> None:
    now = deck.play()
    deck.press("quantize", True)
    on_beats(deck, now, START, BEAT)


def beats_are_put_right(deck: Counting, name: str, *values: float) -> float:
    """Pressed when `START` comes; the frame that comes next."""
    deck.press("quantize", True)
    deck.play(START - 4 * BLOCK)
    deck.press(name, *values)
    deck.hear(4)
    deck.heard = []
    return START + 4 * BLOCK - MARGIN  # with quantize all presses stay in time


@hears("grid_double")
def _(deck: Counting) -> None:
    on_beats(deck, beats_are_put_right(deck, "grid_double"), START, BEAT / 2)


@hears("grid_halve")
def _(deck: Counting) -> None:
    on_beats(deck, beats_are_put_right(deck, "grid_halve"), START, 2 * BEAT)


@hears("grid_three_quarters")
def _(deck: Counting) -> None:
    on_beats(deck, beats_are_put_right(deck, "grid_three_quarters"), START, BEAT * 4 / 3)


@hears("grid_four_thirds")
def _(deck: Counting) -> None:
    on_beats(deck, beats_are_put_right(deck, "grid_four_thirds"), 5 * BEAT * 3 / 4, BEAT * 3 / 4)


@hears("grid_move")
def _(deck: Counting) -> None:
    on_beats(deck, beats_are_put_right(deck, "grid_move", -20), START - 0.02 * RATE, BEAT)


@hears("grid_here")
def _(deck: Counting) -> None:
    now = beats_are_put_right(deck, "grid_here")
    on_beats(deck, now, START - deck.a.state.late, BEAT)  # where the song is heard by whoever presses


@hears("grid_tap")
def _(deck: Counting) -> None:
    now, apart = beats_are_put_right(deck, "grid_tap"), 40 * BLOCK
    for _ in range(3):
        deck.hear(36)
        deck.press("grid_tap")
        deck.hear(4)
    on_beats(deck, now + 3 * apart, START - deck.a.state.late + 3 * apart, apart)


@hears("grid_reset")
def _(deck: Counting) -> None:
    deck.press("grid_move", 60)
    on_beats(deck, beats_are_put_right(deck, "grid_reset"), START, BEAT)


@hears("grid_downbeat")
def _(deck: Counting) -> None:
    """No beat moves, so nothing sounds otherwise; but another one begins a bar."""
    now = deck.play(START + BEAT)
    deck.press("quantize", True)
    deck.press("grid_downbeat")
    on_beats(deck, now, START + BEAT, BEAT)
    grid = deck.a.state.grid
    assert grid is not None
    assert (grid.at(START + BEAT) % 4, grid.at(0) % 4) == (0, 3)


# the song goes


@hears("eject")
def _(deck: Counting) -> None:
    with TemporaryDirectory() as folder:
        deck.b.load(track(Path(folder) / "song.wav", counted()[: 2 * START]))
        deck.b.press("seek", START)
        deck.b.press("play")
        deck.hear(4)
        deck.heard = []
        for name in ("pause", "eject", "play"):
            deck.wait(4)
            deck.b.press(name)
        deck.wait(4)
        deck.follows((4 * BLOCK + MARGIN, START + 4 * BLOCK, 1), silent(12 * BLOCK))
        assert deck.b.track is None
