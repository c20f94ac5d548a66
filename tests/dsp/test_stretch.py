"""Another tempo, the same key: exact where nothing changes, stems that still sum, attacks in time, no hidden past."""

import math
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp import stretch
from dsp.splices import Anchors
from dsp.stretch import Stretcher

RATE = 44_100
Float = NDArray[np.float32]
NONE = stretch.anchors(np.zeros(0, np.int64), np.zeros(0))


@lru_cache(None)
def made(seconds: float, seed: int = 0) -> Float:
    """Song, and its two stems: float32 (frames, 6). Attacks every eighth of a second, over a chord."""
    n = int(seconds * RATE)
    t, rng = np.arange(n) / RATE, np.random.default_rng(seed)
    chord = sum(0.1 * np.sin(2 * np.pi * hz * t + hz) for hz in (55.0, 220.3, 331.7, 443.1))
    drums = rng.normal(0, 0.2, n) * np.exp(-40 * (t % 0.125))
    stems = np.column_stack([chord, 0.7 * chord, drums, 0.5 * drums]).astype(np.float32)
    return np.column_stack([stems[:, :2] + stems[:, 2:], stems])


def music(seconds: float) -> Float:
    """A copy of it."""
    return made(seconds).copy()


def attacks(seconds: float, apart: float = 0.125) -> Anchors:
    frames = np.arange(0, int(seconds * RATE), int(apart * RATE))
    return stretch.anchors(frames, np.ones(len(frames)))


def rendered(song: Float, rates: list[float], anchors: Anchors = NONE, state: Float | None = None, block: int = 512,
             windowed: bool = False) -> Float:
    """A block at each of these rates. windowed: nothing but what `need` asks for can be read"""
    state = stretch.start(0, rates[0]) if state is None else state
    stretcher, out = Stretcher(RATE), np.empty((len(rates), block, song.shape[1]), np.float32)
    for rate, frames in zip(rates, out, strict=True):
        first, last = stretcher.need(state, block, rate) if windowed else (0, len(song))
        begin = max(0, first)
        stretcher.render((song[begin : max(begin, last)], begin), state, rate, anchors, frames)
    return out.reshape(-1, song.shape[1])


@pytest.mark.parametrize("rate", [1.0, -1.0])
def test_at_its_own_tempo_the_song_is_the_song(rate: float) -> None:
    song = music(2)
    out = rendered(song, [rate] * 100, attacks(2), stretch.start(0 if rate > 0 else len(song) - 1, rate))
    assert np.array_equal(out, (song if rate > 0 else song[::-1])[: len(out)])


@pytest.mark.parametrize("away", [0.5, 0.92, 1.03, 1.08, 1.5, 2.0, -1.03])
def test_back_at_its_own_tempo_it_is_the_song_again_and_in_time(away: float) -> None:
    song, back, state = music(12), math.copysign(1.0, away), stretch.start(5 * RATE, away)
    rendered(song, [away] * 100, attacks(12), state)
    rendered(song, [back] * 60, attacks(12), state)  # 0.7 s
    due = stretch.position(state)
    assert due == round(due)
    out = rendered(song, [back] * 20, attacks(12), state)
    assert np.array_equal(out, song[int(due) :: int(back)][: len(out)])


@pytest.mark.parametrize("rate", [0.5, 0.92, 1.06, 1.5, -1.06])
def test_stems_sum_to_the_song(rate: float) -> None:
    song = music(6)
    out = rendered(song, [rate] * 200, attacks(6), stretch.start(0 if rate > 0 else len(song), rate)).astype(np.float64)
    error = out[:, :2] - out[:, 2:4] - out[:, 4:6]
    assert not np.array_equal(out[: 10 * RATE], song[: 10 * RATE])
    assert 10 * np.log10(np.mean(out[:, :2] ** 2) / np.mean(error**2)) > 100


@pytest.mark.parametrize("rate", [0.92, 1.08, -1.08])
def test_any_block_sizes_give_the_same_bits(rate: float) -> None:
    song, start = music(3), 0 if rate > 0 else 3 * RATE
    whole = rendered(song, [rate], attacks(3), stretch.start(start, rate), 2 * RATE)
    for block in (1, 17, 512, 4096):
        out = rendered(song, [rate] * (RATE // 2 // block), attacks(3), stretch.start(start, rate), block)
        assert np.array_equal(out, whole[: len(out)])


def test_a_state_that_is_put_back_gives_the_same_bits() -> None:
    song, state = music(6), stretch.start(0, 1.05)
    for _ in range(60):
        rendered(song, [1.05, 0.97], attacks(6), state)
        copy = state.copy()
        out = rendered(song, [1.05] * 3, attacks(6), state)
        assert np.array_equal(rendered(song, [1.05] * 3, attacks(6), copy), out)
        assert np.array_equal(copy, state)


@pytest.mark.parametrize("apart", [0.011, 0.03, 0.125, 1.1])
@pytest.mark.parametrize("rate", [0.5, 0.92, 1.08, 1.5, 2.0, -0.5, -1.06, -2.0])
def test_what_is_needed_is_all_that_is_read(rate: float, apart: float) -> None:
    song, start = music(12), 6 * RATE
    rates = [rate] * 150 + [rate * 0.99 if abs(rate) > 0.6 else rate] * 20 + [math.copysign(1, -rate)] * 20
    out = rendered(song, rates, attacks(12, apart), stretch.start(start, rate))
    assert np.array_equal(rendered(song, rates, attacks(12, apart), stretch.start(start, rate), windowed=True), out)


@pytest.mark.parametrize("rate", [0.84, 0.92, 0.96, 1.04, 1.08, 1.16])
@pytest.mark.parametrize("apart", [0.071, 0.1251, 0.5003])
def test_attacks_come_in_time_and_untouched(apart: float, rate: float) -> None:
    song, clicks = music(8)[:, 2:4].copy(), attacks(8, apart)
    rng = np.random.default_rng(1)
    for at in clicks.frames[1:-1]:
        song[at : at + 400] += (rng.normal(0, 0.5, (400, 1)) * np.exp(-np.arange(400) / 100)[:, None])
    out, late = rendered(song, [rate] * int(7.5 * RATE / rate / 512), clicks), []
    for at in clicks.frames[2:-8]:
        due = round(at / rate)
        found = [abs(at_out - due) for at_out in range(due - 400, due + 401)
                 if np.array_equal(out[at_out : at_out + 400], song[at : at + 400])]
        late.append(min(found, default=math.inf) / RATE)
    assert np.quantile(late, 0.9) < 0.003


@pytest.mark.parametrize("rate", [0.92, 1.08, 1.5])
def test_backwards_is_the_mirror(rate: float) -> None:
    song, anchors = music(5), attacks(5)
    mirrored = Anchors((len(song) - 1 - anchors.frames[::-1]).copy(), anchors.weights[::-1].copy())
    out = rendered(song, [-rate] * 200, anchors, stretch.start(len(song) - 1, -rate))
    assert np.array_equal(out, rendered(song[::-1].copy(), [rate] * 200, mirrored))


@pytest.mark.parametrize("rate", [0.92, 1.0, 1.08, -1.08])
def test_beyond_both_ends_there_is_silence(rate: float) -> None:
    song = music(1)
    state = stretch.start(-RATE if rate > 0 else 2 * RATE, rate)
    out = rendered(song, [rate] * int(3 * RATE / 512 / abs(rate)), attacks(1), state)
    quiet = int(RATE * 0.9 / abs(rate))
    assert not out[:quiet].any()
    assert not out[-quiet + 1024 :].any()
    assert out[quiet : 2 * quiet].any()


def test_silence_stays_silence() -> None:
    assert not rendered(np.zeros((5 * RATE, 2), np.float32), [1.08] * 300).any()


def test_bends_add_up_to_where_the_song_should_be() -> None:
    song, state = music(9), stretch.start(0, 1.0)
    rates = list(1 + 0.08 * np.sin(np.arange(500) / 9))
    rendered(song, rates, attacks(9), state)
    assert stretch.position(state) == pytest.approx(512 * sum(rates), abs=1.5)  # at 1 it may be rounded
    assert abs(state[stretch.POSITION] - stretch.position(state)) < 0.02 * RATE


@pytest.mark.parametrize("apart", [0.011, 0.03, 0.125])
@pytest.mark.parametrize("rate", [0.5, 0.92, 1.08, 2.0])
def test_however_dense_the_attacks_are_nothing_drifts_away(rate: float, apart: float) -> None:
    song, state, most = music(6), stretch.start(0, rate), RATE * (0.02 + 0.3 * abs(rate - 1))
    for _ in range(int(5 * RATE / 512 / rate)):
        rendered(song, [rate], attacks(6, apart), state)
        assert abs(state[stretch.POSITION] - stretch.position(state)) < most


def test_turning_round_has_no_click() -> None:
    n = np.arange(9 * RATE)
    song = np.column_stack([0.5 * np.sin(2 * np.pi * 220 * n / RATE)] * 2).astype(np.float32)
    out = rendered(song, [1.06] * 101 + [-1.06] * 57 + [1.02] * 80, NONE, stretch.start(3 * RATE, 1.06))
    assert np.abs(np.diff(out[:, 0])).max() < 0.025  # a sine's own steepest step is 0.0157


@pytest.mark.parametrize("rate", [0.0, 0.49, 2.1, -2.1, math.nan, math.inf])
def test_rates_that_no_key_lock_can_hold_are_refused(rate: float) -> None:
    state, out = stretch.start(0, 1.0), np.zeros((512, 2), np.float32)
    with pytest.raises(ValueError, match="rate must be within"):
        Stretcher(RATE).need(state, 512, rate)
    with pytest.raises(ValueError, match="rate must be within"):
        Stretcher(RATE).render((out, 0), state, rate, NONE, out)
    with pytest.raises(ValueError, match="rate must be within"):
        stretch.start(0, rate)


def test_channels_must_fit() -> None:
    with pytest.raises(ValueError, match="out must have 2 channels, not 4"):
        Stretcher(RATE).render((np.zeros((9, 2), np.float32), 0), stretch.start(0, 1.0), 1.0, NONE,
                               np.zeros((9, 4), np.float32))
