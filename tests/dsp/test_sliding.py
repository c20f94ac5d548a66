"""A sliding window's spectrogram, and a range of the inverse, are those of the whole, bit for bit."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp.sliding import RangeIstft, SlidingStft
from dsp.stft import BINS, FFT_HOP, istft, stft


def noise(seed: int, *shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def windows(mix: NDArray[np.float32], columns: int, hop_columns: int) -> list[NDArray[np.float32]]:
    starts = range(0, mix.shape[1] - FFT_HOP * columns + 1, FFT_HOP * hop_columns)
    return [np.ascontiguousarray(mix[:, start : start + FFT_HOP * columns]) for start in starts]


@pytest.mark.parametrize(
    ("columns", "hop_columns", "channels"),
    [(3, 1, 2), (5, 1, 2), (6, 1, 2), (6, 2, 2), (16, 1, 2), (16, 5, 1), (16, 11, 2), (16, 12, 2), (16, 13, 2),
     (16, 16, 2), (44, 8, 2), (44, 17, 3), (88, 28, 2), (120, 70, 2)],
)  # fmt: skip
def test_sliding_equals_whole(columns: int, hop_columns: int, channels: int) -> None:
    steps = 12
    mix = noise(0, channels, FFT_HOP * (columns + hop_columns * (steps - 1)))
    sliding = SlidingStft(columns, hop_columns, channels)
    spec = np.full((2 * channels, BINS, columns), np.nan, np.float32)
    for window in windows(mix, columns, hop_columns):
        sliding.advance(window, spec)
        assert np.array_equal(spec, stft(window))


def test_reset_forgets_the_previous_window() -> None:
    one, other = noise(1, 2, 16 * FFT_HOP), noise(2, 2, 16 * FFT_HOP)
    sliding = SlidingStft(16, 2)
    spec = np.empty((4, BINS, 16), np.float32)
    sliding.advance(one, spec)
    sliding.reset()
    sliding.advance(other, spec)
    assert np.array_equal(spec, stft(other))


def test_columns_out_of_reach_of_the_new_frames_are_only_moved() -> None:
    sliding = SlidingStft(16, 2)
    spec = np.zeros((4, BINS, 16), np.float32)
    sliding.advance(noise(3, 2, 16 * FFT_HOP), spec)
    spec[:, :, 4:14] = np.arange(4, 14)
    sliding.advance(noise(4, 2, 16 * FFT_HOP), spec)
    assert (spec[:, :, 2:12] == np.arange(4, 14)).all()


@pytest.mark.parametrize("spoil", ["shape", "dtype", "order"])
def test_arrays_that_do_not_fit_are_refused(spoil: str) -> None:
    window, spec = noise(5, 2, 16 * FFT_HOP), np.zeros((4, BINS, 16), np.float32)
    wrong = {"shape": window[:, :-1], "dtype": window.astype(np.float64), "order": np.asfortranarray(window)}[spoil]
    with pytest.raises(ValueError, match=r"window must be contiguous float32 \(2, 16384\)"):
        SlidingStft(16, 2).advance(wrong, spec)


@pytest.mark.parametrize(("columns", "hop_columns"), [(2, 1), (16, 0), (16, 17)])
def test_sizes_that_cannot_be_are_refused(columns: int, hop_columns: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        SlidingStft(columns, hop_columns)


@pytest.mark.parametrize(
    ("columns", "start", "frames"),
    [(16, 0, 16 * FFT_HOP), (16, 0, 1), (16, 16 * FFT_HOP - 1, 1), (16, 511, 2), (16, 1535, 1026), (16, 1536, 1024),
     (16, 5000, 3333), (44, 34 * FFT_HOP, 9 * FFT_HOP), (100, 100, 99 * FFT_HOP)],
)  # fmt: skip
def test_range_equals_that_part_of_the_whole(columns: int, start: int, frames: int) -> None:
    spec = noise(6, 2, 4, BINS, columns)
    whole = istft(spec, columns * FFT_HOP)[..., start : start + frames]
    wave = noise(7, 2, 2, frames)
    part = RangeIstft(2, 2, columns, start, frames)
    for _ in range(2):  # the second time, memory is not fresh
        out = wave.copy()
        part.add(spec, out)
        assert np.array_equal(out, wave + whole)


@pytest.mark.parametrize(("start", "frames"), [(-1, 10), (0, 0), (0, 16 * FFT_HOP + 1), (16 * FFT_HOP, 1)])
def test_range_outside_the_window_is_refused(start: int, frames: int) -> None:
    with pytest.raises(ValueError, match="within the window"):
        RangeIstft(4, 2, 16, start, frames)
