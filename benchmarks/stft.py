"""What do a hop's transforms cost, beside torch, librosa and scipy on the same windows, and beside the model?"""

from collections.abc import Callable
from typing import Any

import librosa
import numpy as np
import scipy.fft
import torch
from numpy.typing import NDArray

from benchmarks.report import Report, interleave, parse
from dsp.columns import LEAD, hann
from dsp.crossfade import Crossfade
from dsp.sliding import RangeIstft, SlidingStft
from dsp.stft import BINS, FFT_HOP, N_FFT, istft, stft

QUESTION = (__doc__ or "").strip()
STEMS = 4
SIZES = ((44, 8), (88, 16), (336, 28))
"""Columns of a window, columns of a hop."""

Float = NDArray[np.float32]
Run = Callable[[], Any]

taper = hann().astype(np.float32)
torch_taper = torch.from_numpy(taper)


def as_channels(complex_spec: NDArray[np.complexfloating]) -> Float:
    """Lay a complex (channels, 2049, T) spectrogram out as the model wants it."""
    spec = complex_spec[:, :BINS]
    return np.stack([spec.real, spec.imag], axis=1).reshape(-1, BINS, spec.shape[-1])


def forward_peers(window: Float) -> dict[str, Run]:
    padded = np.pad(window, ((0, 0), (LEAD, LEAD)), mode="reflect")
    scaled = taper / np.float32(np.sqrt(N_FFT))

    def with_torch() -> Float:
        spec = torch.stft(torch.from_numpy(padded), N_FFT, FFT_HOP, window=torch_taper, normalized=True,
                          center=False, return_complex=True)  # fmt: skip
        return torch.view_as_real(spec[:, :BINS]).permute(0, 3, 1, 2).reshape(-1, BINS, spec.shape[-1]).numpy()

    def with_librosa() -> Float:
        return as_channels(librosa.stft(padded, n_fft=N_FFT, hop_length=FFT_HOP, window=scaled, center=False))

    def with_scipy() -> Float:
        columns = np.lib.stride_tricks.sliding_window_view(padded, N_FFT, axis=1)[:, ::FFT_HOP]
        return as_channels(scipy.fft.rfft(columns * scaled, axis=-1, workers=1).transpose(0, 2, 1))

    return {"torch.stft": with_torch, "librosa.stft": with_librosa, "scipy.fft": with_scipy}


def inverse_peers(spec: Float) -> dict[str, Run]:
    """Without the two columns either side that demucs fills with zeros: slightly less work than ours, if anything."""
    lines = spec.reshape(-1, 2, BINS, spec.shape[-1])
    complex_spec = np.zeros((len(lines), BINS + 1, spec.shape[-1] + 4), np.complex64)
    complex_spec[:, :BINS, 2:-2] = lines[:, 0] + 1j * lines[:, 1]
    kept = slice(LEAD, LEAD + FFT_HOP * spec.shape[-1])
    length = FFT_HOP * spec.shape[-1] + 2 * LEAD

    def with_torch() -> Float:
        frames = torch.istft(torch.from_numpy(complex_spec), N_FFT, FFT_HOP, window=torch_taper, normalized=True,
                             center=True, length=length)  # fmt: skip
        return frames.numpy()[:, kept]

    def with_librosa() -> Float:
        frames = librosa.istft(complex_spec, n_fft=N_FFT, hop_length=FFT_HOP, window=taper, length=length)
        return np.asarray(frames * np.float32(np.sqrt(N_FFT)))[:, kept]

    return {"torch.istft": with_torch, "librosa.istft": with_librosa}


def agree(ours: Float, contenders: dict[str, Run]) -> None:
    """Check that all compute the same thing before any is timed."""
    for name, run in contenders.items():
        error = float(np.abs(run().reshape(ours.shape) - ours).max())
        if not error < 1e-5:
            raise SystemExit(f"{name} does not agree: {error:.2g}")


def compare(report: Report, columns: int, hop: int, rounds: int) -> None:
    rng = np.random.default_rng(0)
    window = rng.uniform(-1, 1, (2, FFT_HOP * columns)).astype(np.float32)
    forward = forward_peers(window)
    sliding, spec = SlidingStft(columns, hop), np.empty((2 * 2, BINS, columns), np.float32)
    sliding.advance(window, spec)
    agree(spec, forward)
    contenders = {"ours, sliding": lambda: sliding.advance(window, spec), "ours, whole": lambda: stft(window)}
    title = f"STFT of {columns} columns, hop {hop}, stereo"
    report.table(title, interleave(contenders | forward, rounds), ours="ours, sliding")

    spec_out = rng.uniform(-1, 1, (STEMS, 4, BINS, columns)).astype(np.float32)
    whole = istft(spec_out, FFT_HOP * columns)
    inverse = inverse_peers(spec_out)
    agree(whole, inverse)
    crossfade = FFT_HOP
    frames = FFT_HOP * hop + crossfade
    start = FFT_HOP * (columns - 2) - frames
    delivered = RangeIstft(STEMS, 2, columns, start, frames)
    part, out = np.zeros((STEMS, 2, frames), np.float32), np.empty((STEMS, 2, FFT_HOP * hop), np.float32)
    delivered.add(spec_out, part)
    agree(part, {"ours, range": lambda: whole[..., start : start + frames]})
    join = Crossfade(STEMS, 2, crossfade)

    def deliver() -> None:
        part[:] = 0
        delivered.add(spec_out, part)
        join.join(part, out)

    contenders = {"ours, range and crossfade": deliver, "ours, whole": lambda: istft(spec_out, FFT_HOP * columns)}
    title = f"inverse STFT of {columns} columns, {hop} delivered, {STEMS} stereo stems"
    report.table(title, interleave(contenders | inverse, rounds), ours="ours, range and crossfade")


def main() -> None:
    options = parse(QUESTION)
    torch.set_num_threads(1)
    report = Report(QUESTION, 1, ("numpy", "numba", "scipy", "torch", "librosa"), n_fft=N_FFT, fft_hop=FFT_HOP)
    for columns, hop in SIZES[: 1 if options.quick else None]:
        compare(report, columns, hop, rounds=5 if options.quick else 100)
    report.save(options.json)


if __name__ == "__main__":
    main()
