"""A hand on a jog wheel, at no clock: where the song is beside where the wheel is, and that nothing clicks."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from stream.decks.transport import VERBS, Transport, loaded
from stream.decks.wheel import INERTIA_S, MOST_RATE, MOST_TURN_S, PUSH
from stream.tracks.track import Track
from tests.stream.decks.places import Counting, Places, counted
from tests.stream.decks.rig import BLOCK, RATE, Frames, Rig, track
from tests.stream.decks.test_clicks import CALM, LOUD, PITCH, sine

Way = Callable[[float], float]  # seconds of a record that a wheel was turned by, after so many seconds
START = 5 * RATE


def swings(amplitude: float, hz: float) -> Way:
    return lambda t: amplitude * (1 - math.cos(2 * math.pi * hz * t))


def steady(rate: float) -> Way:
    return lambda t: rate * t


def stops(rate: float, after: float) -> Way:
    """As hands do: within a fiftieth of a second."""
    return lambda t: rate * (min(t, after) + 0.02 * (1 - math.exp(-max(0.0, t - after) / 0.02)))


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Track]:
    made = track(tmp_path_factory.mktemp("song") / "song.wav", counted())
    yield made
    made.close()


@pytest.fixture(scope="module")
def low(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Track]:
    made = track(tmp_path_factory.mktemp("low") / "low.wav", sine())
    yield made
    made.close()


def turned(rig: Rig, way: Way, blocks: int) -> Frames:
    """What is heard while a wheel that is touched goes a way, and is told of before each block."""
    heard, block_s = list[Frames](), rig.block / RATE
    for number in range(blocks):
        now = number * block_s
        rate = (way(now + 1e-4) - way(now - 1e-4)) / 2e-4
        rig.booth.press("a", "turn", way(now) - (way(now - block_s) if number else way(0)), rate)
        heard.append(rig.hear())
    return np.concatenate(heard)


def stands(deck: Counting) -> float:
    """A hand is on a song that plays; the frame at which it stands then."""
    deck.play(START)
    deck.press("touch_press")
    deck.hear(30)
    return float(deck.a.state.position)


def beside(found: Places, way: Way, at: float, late: int = 0) -> Places:
    """Frames by which what is heard is beside the wheel, or beside where it was so lately; 0 where it is silent."""
    times = (np.arange(-late, len(found) + late) / RATE).tolist()
    wheel = at + RATE * np.array([way(time) for time in times])
    if late:
        around = np.lib.stride_tricks.sliding_window_view(wheel, 2 * late + 1)
        off = np.maximum(found - around.max(axis=1), around.min(axis=1) - found).clip(0)
    else:
        off = np.abs(found - wheel)
    return np.where(found == 0, 0, off)


@pytest.mark.parametrize("way", [
    steady(1), steady(-1), steady(0.05), steady(-0.3), swings(0.1, 2), swings(0.02, 4), swings(-0.5, 0.5),
    swings(0.3, 1), stops(1, 0.4), stops(-1.5, 0.4)],
    ids=["forwards", "backwards", "slowly", "slowly back", "two swings a second", "four short swings", "far", "wide",
         "stops", "stops going back"])
def test_the_song_is_within_a_block_of_the_wheel(song: Track, way: Way) -> None:
    deck = Counting(song)
    at = stands(deck)
    found = turned(deck, way, 90)[:, 0].astype(np.float64) * 2**19
    assert np.count_nonzero(found) > len(found) / 3
    assert beside(found, way, at).max() <= BLOCK


@pytest.mark.parametrize("way", [
    steady(5), steady(-4), swings(0.2, 3), swings(0.1, 5), stops(4, 0.2), stops(-4, 0.3)],
    ids=["spun", "spun back", "three far swings a second", "five swings", "stops", "stops going back"])
def test_however_it_is_thrown_the_song_is_where_the_wheel_is_within_a_block(song: Track, way: Way) -> None:
    deck = Counting(song)
    at = stands(deck)
    found = turned(deck, way, 60)[:, 0].astype(np.float64) * 2**19
    assert beside(found, way, at, late=BLOCK).max() <= BLOCK / 2


@pytest.mark.parametrize("way", [steady(1), swings(0.1, 2), stops(2, 0.3)], ids=["steady", "swings", "stops"])
def test_where_it_stands_in_the_end_is_where_the_wheel_does(song: Track, way: Way) -> None:
    deck = Counting(song)
    at = stands(deck)
    turned(deck, way, 60)
    last = way(59 * BLOCK / RATE)
    deck.press("turn", 0, 0)
    deck.hear(40)
    assert deck.a.state.position == pytest.approx(at + RATE * last, abs=5)
    assert not deck.a.state.moving
    assert not deck.hear(2).any()


def test_a_wheel_that_nobody_tells_of_any_more_stands_soon(song: Track) -> None:
    deck = Counting(song)
    at = stands(deck)
    turned(deck, steady(1), 40)
    deck.hear(60)
    assert deck.a.state.position == pytest.approx(at + 39 * BLOCK, abs=5)
    assert not deck.a.state.moving


@pytest.mark.parametrize("block", [64, 512, 2048])
@pytest.mark.parametrize("way", [swings(0.1, 2), swings(0.02, 6), stops(3, 0.2), steady(-2)],
                         ids=["swings", "quick swings", "stops", "backwards"])
def test_nothing_clicks_under_a_hand(low: Track, block: int, way: Way) -> None:
    rig = Rig(block)
    rig.a.load(low)
    rig.booth.press("a", "seek", 4 * RATE)
    rig.booth.press("a", "play")
    heard = [rig.hear(max(1, 8192 // block))]
    rig.booth.press("a", "touch_press")
    heard += [rig.hear(max(1, 8192 // block)), turned(rig, way, 32_768 // block)]
    rig.booth.press("a", "touch_release")
    heard.append(rig.hear(32_768 // block))
    left = np.concatenate(heard)[:, 0].astype(np.float64)
    assert rig.engine.counts()["underruns"] == 0
    assert np.abs(left).max() > LOUD / 2
    assert np.abs(np.diff(left)).max() < CALM * 2  # it goes at up to 3, and not once
    assert np.abs(np.diff(left, n=2)).max() < LOUD / 64  # where a sound begins out of nothing; a cut has up to 2 LOUD


@pytest.mark.parametrize("block", [64, 512, 1024])
def test_while_it_moves_the_sound_bends_no_more_than_the_wheel(low: Track, block: int) -> None:
    """The second difference of A sin(w p) is A (w² v² + w a): of the rate and of what bends it, and of no step."""
    rig, way = Rig(block), swings(0.1, 2)
    rig.a.load(low)
    rig.booth.press("a", "seek", 4 * RATE)
    rig.booth.press("a", "touch_press")
    rig.hear(4)
    left = turned(rig, way, RATE // block)[:, 0].astype(np.float64)[4096:]
    turn, rate, bend = 2 * np.pi * PITCH / RATE, 1.6, 0.5 / (0.008 * RATE)
    assert np.abs(np.diff(left, n=2)).max() < LOUD * (turn**2 * rate**2 + turn * bend)


def test_a_song_that_is_let_go_of_comes_to_its_speed_and_is_the_record_again(song: Track) -> None:
    deck = Counting(song)
    stands(deck)
    deck.press("touch_release")
    found = deck.hear(40)[:, 0].astype(np.float64) * 2**19
    rates = np.diff(found[600 : int(INERTIA_S * RATE)])
    assert np.abs(np.diff(rates)).max() < 0.01
    assert rates[0] < 0.1 < 0.9 < rates[-1]
    assert (np.diff(found[-2 * BLOCK :]) == 1).all()
    assert float(found[-1]).is_integer()


def test_a_song_that_is_thrown_back_and_let_go_of_turns_round_by_itself(song: Track) -> None:
    deck = Counting(song)
    stands(deck)
    found = turned(deck, steady(-3), 20)[:, 0]
    deck.press("touch_release")
    found = np.concatenate([found, deck.hear(100)[:, 0]]).astype(np.float64) * 2**19
    rates = np.diff(found)[20 * BLOCK + 500 :]
    assert rates[0] == pytest.approx(-3, abs=0.2)
    assert (rates[-BLOCK:] == 1).all()
    assert np.abs(np.diff(rates)).max() < 0.05
    turns = int(np.argmax(rates > 0))
    assert turns == pytest.approx(3 * INERTIA_S * RATE, rel=0.1)


@pytest.mark.parametrize("rate", [0.0, 2.0, -2.0])
def test_one_that_was_paused_runs_out_and_stands(song: Track, rate: float) -> None:
    deck = Counting(song)
    deck.stand(START)
    deck.press("touch_press")
    turned(deck, steady(rate), 20)
    deck.press("touch_release")
    deck.hear(80)
    assert not deck.a.state.moving
    away = deck.a.state.position - START
    assert away == pytest.approx(rate * RATE * 20 * BLOCK / RATE + rate * abs(rate) * INERTIA_S * RATE / 2,
                                 abs=abs(rate) * BLOCK)


def test_with_slip_it_is_where_it_would_be_without_a_hand(song: Track) -> None:
    deck = Counting(song)
    deck.press("slip", True)
    at = deck.play(START)
    deck.press("touch_press")
    turned(deck, swings(-0.2, 2), 50)
    deck.press("touch_release")
    deck.hear(4)
    assert deck.a.state.position == at + 54 * BLOCK
    deck.wait(4)
    deck.follows((4 * BLOCK, at + 54 * BLOCK, 1))


@pytest.mark.parametrize("key_lock", [False, True])
@pytest.mark.parametrize("seconds", [0.2, -0.2])
def test_without_a_hand_a_song_that_plays_is_pushed_by_a_tenth_and_plays_on(
        song: Track, seconds: float, key_lock: bool) -> None:
    deck = Counting(song)
    deck.press("key_lock", key_lock)
    at = deck.play(START)
    for _ in range(20):
        deck.press("turn", seconds / 20)
        deck.hear()
        assert abs(deck.a.state.head.rate_after(0) - 1) < 0.2
    deck.hear(60)
    state = deck.a.state
    assert state.wheel is None
    assert state.position == pytest.approx(at + 80 * BLOCK + seconds / PUSH * RATE, abs=2)
    assert state.head.exact


def test_one_that_stands_is_moved_without_a_sound(song: Track) -> None:
    deck = Counting(song)
    deck.stand(START)
    deck.press("turn", 0.01)
    deck.press("turn", -0.03)
    assert not deck.hear(4).any()
    assert deck.a.state.position == pytest.approx(START - 0.02 * RATE)
    deck.press("turn", -10)
    deck.hear(4)
    assert deck.a.state.position == 0


def test_what_is_pressed_under_a_hand_counts_when_it_lets_go(song: Track) -> None:
    deck = Counting(song)
    at = stands(deck)
    deck.press("hot_cue_set", 0)
    for name, *values in (("pause",), ("play",), ("tempo", 0.5), ("reverse",), ("reverse",), ("spin_time", 0.0)):
        deck.press(name, *values)
        assert not deck.hear(4).any()
        assert deck.a.state.position == at
    deck.press("beat_jump", 2)
    deck.hear(4)
    assert not deck.a.state.moving
    assert deck.a.state.position == at + RATE
    deck.press("hot_cue_press", 0)
    deck.hear(4)
    assert deck.a.state.position == at
    deck.press("touch_release")
    deck.hear(60)
    assert deck.a.state.head.rate_after(0) == pytest.approx(1.05)


def test_a_loop_goes_round_under_a_hand_both_ways(song: Track) -> None:
    deck = Counting(song)
    deck.play(START)
    deck.press("auto_loop", 0.25)
    deck.press("touch_press")
    deck.hear(30)
    loop = deck.a.state.looping
    for rate in (2, -3):
        found = turned(deck, steady(rate), 60)[:, 0].astype(np.float64) * 2**19
        inside = (found >= loop.start / 2**32 - 1) & (found <= loop.end / 2**32 + 1)
        assert np.count_nonzero(inside) > 0.9 * len(found)
        assert deck.a.state.looping == loop


@pytest.mark.parametrize(("at", "rate"), [(2000, -3), (11 * RATE - 3000, 3)], ids=["beginning", "end"])
def test_at_the_songs_ends_the_wheel_slips_and_comes_back_at_once(song: Track, at: int, rate: float) -> None:
    deck = Counting(song)
    deck.stand(at)
    deck.press("touch_press")
    turned(deck, steady(rate), 20)
    end = deck.a.state.position
    assert end == (0 if rate < 0 else 11 * RATE)
    assert not deck.a.over
    turned(deck, steady(-rate / 3), 20)
    assert abs(deck.a.state.position - end) == pytest.approx(19 * BLOCK, abs=BLOCK)


@pytest.mark.parametrize("seed", range(8))
def test_the_same_is_planned_again_wherever_it_is_cut_under_a_hand(seed: int) -> None:
    choose = np.random.default_rng(seed)
    whole, cut = (Transport(loaded(400_000, RATE, cues=(200_000,))) for _ in range(2))
    for each in (whole, cut):
        each.press(0, VERBS["play"])
        each.press(700, VERBS["touch_press"])
    for frame in range(1000, 30_000, 700):
        given = choose.uniform(-0.05, 0.05), choose.uniform(-5, 5)
        for each in (whole, cut):
            each.press(frame, VERBS["turn"], *given)
        at = frame
        while at < frame + 700:
            n = int(min(choose.integers(1, 300), frame + 700 - at))
            cut.plan(at, n)
            at += n
        whole.plan(frame, 9000)
        assert cut.state(frame + 700) == whole.state(frame + 700)


@pytest.mark.parametrize("seconds", [MOST_TURN_S + 1, -MOST_TURN_S - 1])
def test_a_turn_beyond_all_measure_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="a wheel must be turned by up to 10 s at once"):
        VERBS["turn"](loaded(400_000, RATE), seconds)


def test_a_rate_that_no_song_is_read_at_is_followed_as_far_as_one_is() -> None:
    deck = Transport(loaded(40_000_000, RATE, cues=(20_000_000,)))
    deck.press(0, VERBS["touch_press"])
    for frame in range(512, 44_100, 512):
        deck.press(frame, VERBS["turn"], 0.5, 1e300)
        assert all(abs(piece.rate_end) <= MOST_RATE for piece in deck.plan(frame, 512))
    assert deck.position(44_000) > 20_000_000 + 6 * 40_000


def test_a_hand_on_a_deck_without_a_song_does_no_harm(tmp_path: Path) -> None:
    rig = Rig()
    for name, *values in (("touch_press",), ("turn", 0.1, 1.0), ("touch_release",), ("turn", 0.1)):
        rig.booth.press("a", name, *values)
        assert not rig.hear(4).any()
    assert rig.said == []
