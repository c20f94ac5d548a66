"""The spectrogram is demucs' own, and turns back into what it was made from."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp.stft import BINS, FFT_HOP, N_FFT, istft, stft

LENGTHS = [1, 100, 1023, 1024, 2559, 2560, 2561, 5000, 16 * 1024, 44 * 1024 - 1, 44 * 1024, 43 * 1024 + 1, 343_980]


def noise(seed: int, *shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.torch
@pytest.mark.parametrize("frames", LENGTHS)
def test_agrees_with_demucs(frames: int) -> None:
    torch = pytest.importorskip("torch")
    htdemucs = pytest.importorskip("demucs.htdemucs").HTDemucs

    class Sizes:
        hop_length = FFT_HOP
        nfft = N_FFT

    mix = noise(0, 2, frames)
    theirs = htdemucs._spec(Sizes, torch.from_numpy(mix)[None])[0]
    as_channels = torch.view_as_real(theirs).permute(0, 3, 1, 2).reshape(4, BINS, -1)
    spec = stft(mix)
    np.testing.assert_allclose(spec, as_channels.numpy(), rtol=0, atol=1e-5)
    inverse = htdemucs._ispec(Sizes, theirs[None], frames)[0]
    np.testing.assert_allclose(istft(spec[None], frames)[0], inverse.numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_inverse_undoes_the_transform_away_from_the_edges(channels: int) -> None:
    # smoothed, because the Nyquist bin is not kept, which also tells where frames are mirrored; and at the edges some
    # of the four columns that overlap are not kept
    mix = noise(1, channels, 20 * FFT_HOP)
    for _ in range(4):
        mix = 0.25 * np.roll(mix, -1, axis=1) + 0.5 * mix + 0.25 * np.roll(mix, 1, axis=1)
    mix = mix.astype(np.float32)
    back = istft(stft(mix)[None], mix.shape[1])[0]
    inner = slice(4 * FFT_HOP, -4 * FFT_HOP)
    np.testing.assert_allclose(back[:, inner], mix[:, inner], rtol=0, atol=2e-6)


@pytest.mark.parametrize("frames", LENGTHS)
def test_columns_are_whole_hops_rounded_up(frames: int) -> None:
    spec = stft(noise(2, 2, frames))
    assert spec.shape == (4, BINS, -(-frames // FFT_HOP))
    assert spec.dtype == np.float32
    assert spec.flags.c_contiguous
    assert np.isfinite(spec).all()


def test_each_stem_is_inverted_by_itself() -> None:
    spec = noise(3, 3, 4, BINS, 5)
    together = istft(spec, 5 * FFT_HOP)
    for s in range(3):
        assert np.array_equal(together[s], istft(spec[s : s + 1], 5 * FFT_HOP)[0])


def test_a_sine_at_a_bin_fills_that_bin() -> None:
    mix = np.cos(2 * np.pi * 100 * np.arange(8 * FFT_HOP) / N_FFT).astype(np.float32)[None]
    # a Hann taper halves the amplitude, a real signal shows half of it, and the scale is 1 / sqrt(n_fft)
    magnitude = np.hypot(*stft(mix)[:, 100, 4])
    assert magnitude == pytest.approx(N_FFT / 4 / np.sqrt(N_FFT), rel=1e-5)


def test_no_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="1 frame or more"):
        stft(np.empty((2, 0), np.float32))


@pytest.mark.parametrize("length", [0, 4 * FFT_HOP, 5 * FFT_HOP + 1])
def test_length_of_another_number_of_columns_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"not {length}"):
        istft(np.zeros((1, 4, BINS, 5), np.float32), length)
