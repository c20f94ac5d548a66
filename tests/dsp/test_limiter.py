"""The limiter does nothing up to full scale, lets nothing over 0 dB and clicks nowhere, in blocks of any size."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp.limiter import RELEASE_S, delay, limit, limiter_line, limiter_state, lookahead, reduced

Float = NDArray[np.float32]
RATE = 44_100


class Bus:
    def __init__(self, rate: float = RATE, limited: bool = True) -> None:
        self.frames = lookahead(rate)
        self.state, self.line = limiter_state(self.frames, rate), limiter_line(self.frames)
        self.limited, self.at = limited, 0

    def play(self, signal: Float, block: int = 512) -> Float:
        out = signal.copy()
        for at in range(0, signal.shape[1], block):
            if self.limited:
                limit(self.state, self.line, out[:, at : at + block])
            else:
                self.at = delay(self.line, out[:, at : at + block], self.at)
        return out


def noise(level: float, frames: int = 20_000, seed: int = 0) -> Float:
    return np.random.default_rng(seed).uniform(-level, level, (2, frames)).astype(np.float32)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("limited", [True, False])
def test_up_to_full_scale_it_is_only_later_bit_for_bit(rate: float, limited: bool) -> None:
    bus, signal = Bus(rate, limited), noise(1)
    signal[:, :4] = np.array([[1, -0.0, 1e-45, -1]], np.float32)
    signal[:, 5000:6000] = 1
    out = bus.play(signal)
    assert out[:, bus.frames :].tobytes() == signal[:, : -bus.frames].tobytes()
    assert not out[:, : bus.frames].any()
    assert reduced(bus.state, bus.frames) == 1


@pytest.mark.parametrize("level", [0.9, 1.0, 1.5, 8.0, 900.0])
@pytest.mark.parametrize("kind", ["noise", "steps", "single"])
def test_nothing_is_ever_above_full_scale(level: float, kind: str) -> None:
    signal = noise(level)
    if kind == "steps":
        signal = np.sign(signal) * np.repeat(np.random.default_rng(1).uniform(0, level, 200), 100).astype(np.float32)
    if kind == "single":
        loud = np.random.default_rng(2).uniform(size=signal.shape) > 0.999
        signal = np.where(loud, signal, np.float32(0.01) * signal)
    out = Bus().play(signal.astype(np.float32))
    assert np.abs(out).max() <= 1
    assert np.isfinite(out).all()


def test_what_is_barely_too_loud_comes_out_at_full_scale_and_is_not_pushed_below() -> None:
    tone = (1.001 * np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE)).astype(np.float32)
    out = np.abs(Bus().play(np.stack([tone, tone])))
    assert 0.999 < out[:, RATE // 2 :].max() <= 1


def test_both_sides_have_one_gain() -> None:
    bus, signal = Bus(), noise(0.5)
    signal[0] *= 6
    out = bus.play(signal)
    before = signal[:, : -bus.frames]
    loud = np.abs(before) > 0.01
    gains = np.where(loud, out[:, bus.frames :] / np.where(loud, before, 1), np.nan)
    both = loud.all(axis=0)
    assert np.allclose(gains[0, both], gains[1, both], rtol=1e-5)
    assert gains[0, both].min() < 0.5


def test_the_gain_is_there_when_a_peak_comes_out_and_moves_without_a_step() -> None:
    bus, signal = Bus(), np.full((2, 30_000), 0.1, np.float32)
    signal[:, 10_000] = 4
    gain = bus.play(signal)[0] / np.roll(signal[0], bus.frames)
    gain[: bus.frames] = 1
    peak = 10_000 + bus.frames
    assert gain[:10_000].min() == 1
    assert gain[peak] == pytest.approx(1 / 4, abs=1e-3)
    assert np.abs(np.diff(gain)).max() < 1.01 * 0.75 / bus.frames
    assert (np.diff(gain[peak + bus.frames + 1 :]) > -1e-7).all()
    later = peak + bus.frames + round(RELEASE_S * RATE)
    assert 1 - gain[later] == pytest.approx(0.75 / np.e, rel=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_the_most_that_is_needed_is_held_for_its_window(seed: int) -> None:
    """Against a reduction that is computed for each frame from all frames around it."""
    bus, signal = Bus(), noise(2.0, 3000, seed) ** 5
    out = bus.play(signal)[0, bus.frames :]
    before = signal[0, : -bus.frames]
    gain = np.where(np.abs(before) > 0.05, out / np.where(before == 0, 1, before), 0)
    needed = np.minimum(1, 1 / np.maximum(1e-9, np.abs(signal).max(axis=0)))[: -bus.frames]
    assert (gain <= needed + 1e-6).all()


@pytest.mark.parametrize("block", [1, 17, 67, 4096, 500_000])
def test_blocks_of_any_size_are_the_same_bits(block: int) -> None:
    signal = noise(3.0, 110_000)
    signal[:, 3000:6000] *= 0.01
    signal[:, 9000:100_000] *= 0.3  # long enough that nothing is held any more
    assert Bus().play(signal, block).tobytes() == Bus().play(signal, 512).tobytes()


def test_after_a_loud_passage_it_is_bit_for_bit_again() -> None:
    bus, signal = Bus(), noise(1, 4 * RATE)
    signal[:, : RATE // 2] *= 10
    out = bus.play(signal)
    assert out[:, 3 * RATE + bus.frames :].tobytes() == signal[:, 3 * RATE : -bus.frames].tobytes()


def test_what_is_no_sound_is_silence_and_stays_nowhere() -> None:
    bus, signal = Bus(), noise(0.5, 4000)
    signal[0, 100:103] = np.nan, np.inf, -3e38
    out = bus.play(signal)
    assert not out[0, 100 + bus.frames : 103 + bus.frames].any()
    assert out[:, 110 + bus.frames :].tobytes() == signal[:, 110 : -bus.frames].tobytes()
