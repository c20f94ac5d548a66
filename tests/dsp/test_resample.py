"""Streamed resampling equals the whole, nothing is shifted, and the lag that is named holds."""

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from dsp.resample import Resampler

MODEL_RATE = 44_100
RATES = [8000, 22_050, 48_000, 88_200, 96_000, 192_000]
PAIRS = [(rate, MODEL_RATE) for rate in RATES] + [(MODEL_RATE, rate) for rate in RATES]
CHUNKS = [1, 17, 512, 4096]
# frame by frame, which takes longest: the widest ratios each way, and the usual pair
SLOW = [(8000, MODEL_RATE), (192_000, MODEL_RATE), (MODEL_RATE, 192_000), (48_000, MODEL_RATE), (MODEL_RATE, 48_000)]


def noise(seed: int, frames: int, channels: int = 2) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, (frames, channels)).astype(np.float32)


def streamed(resampler: Resampler, whole: NDArray[np.float32], chunk: int) -> NDArray[np.float32]:
    parts = [resampler.feed(whole[i : i + chunk]) for i in range(0, len(whole), chunk)]
    return np.concatenate([*parts, resampler.finish()])


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_streamed_equals_oneshot(from_rate: int, to_rate: int, chunk: int) -> None:
    whole = noise(0, min(24_000, from_rate // 2) + 1 if chunk == 1 else from_rate // 2 + 1)
    oneshot = soxr.resample(whole, from_rate, to_rate, quality="HQ")
    resampler = Resampler(from_rate, to_rate, 2)
    assert np.array_equal(streamed(resampler, whole, chunk), oneshot)
    resampler.reset()
    assert np.array_equal(streamed(resampler, whole, chunk), oneshot)


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_impulse_stays_at_its_time(from_rate: int, to_rate: int) -> None:
    mix = np.zeros((from_rate, 1), np.float32)
    mix[from_rate // 2] = 1
    out = streamed(Resampler(from_rate, to_rate, 1), mix, 512)[:, 0].astype(np.float64)
    assert len(out) == to_rate
    centre = np.sum(np.arange(to_rate) * out**2) / np.sum(out**2)
    assert centre == pytest.approx(to_rate // 2, abs=1e-3)


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_never_further_behind_than_the_lag(from_rate: int, to_rate: int, chunk: int) -> None:
    resampler = Resampler(from_rate, to_rate, 1)
    silence = np.zeros((chunk, 1), np.float32)
    behind, fed, given = 0.0, 0, 0
    enough = {1: 200_000 if (from_rate, to_rate) in SLOW else 40_000, 17: 500_000}.get(chunk, 2_000_000)
    while fed < enough:
        given += len(resampler.feed(silence))
        fed += chunk
        behind = max(behind, fed * to_rate / from_rate - given)
    assert behind <= resampler.lag()
    if chunk == 1:  # nor is more named than is needed: an input frame's worth to spare, rounded up
        assert resampler.lag() - behind < to_rate / from_rate + 2


def test_equal_rates_pass_through_untouched() -> None:
    resampler = Resampler(MODEL_RATE, MODEL_RATE, 2)
    block = noise(1, 100)
    assert resampler.feed(block) is block
    assert resampler.finish().shape == (0, 2)
    assert resampler.lag() == 0


def test_empty_and_strided_blocks_are_taken() -> None:
    resampler = Resampler(48_000, MODEL_RATE, 2)
    assert resampler.feed(np.empty((0, 2), np.float32)).shape == (0, 2)
    whole = noise(2, 5000)
    out = np.concatenate([resampler.feed(np.asfortranarray(whole)), resampler.finish()])
    assert np.array_equal(out, soxr.resample(whole, 48_000, MODEL_RATE, quality="HQ"))


def test_nothing_can_be_fed_after_the_end() -> None:
    resampler = Resampler(48_000, MODEL_RATE, 2)
    resampler.finish()
    with pytest.raises(RuntimeError):
        resampler.feed(noise(3, 10))


def test_other_channel_counts_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(frames, 2\)"):
        Resampler(48_000, MODEL_RATE, 2).feed(noise(4, 10, channels=3))


@pytest.mark.parametrize("sizes", [(0, 44_100, 2), (44_100, -1, 2), (44_100, 48_000, 0)])
def test_sizes_that_cannot_be_are_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="must be 1 or more"):
        Resampler(*sizes)
