"""The STFT of a whole window and its inverse, with HTDemucs' conventions (see dsp/columns.py)."""

import numpy as np
from numpy.typing import NDArray

from dsp.columns import BINS, FFT_HOP, GROUP, LEAD, N_FFT, Analysis
from dsp.sliding import RangeIstft

__all__ = ["BINS", "FFT_HOP", "N_FFT", "istft", "stft"]


def stft(mix: NDArray[np.float32], out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Transform a window into the model's spectrogram.

    mix: float32 (channels, frames); filled up to whole hops by reflection, as demucs does
    out: what to write it into, as it is returned; made if None
    Returns float32 (2 * channels, 2048, T): left re, left im, right re, right im; T hops of 1024 frames
    ValueError: no frames at all
    """
    channels, frames = mix.shape
    if frames < 1:
        raise ValueError("mix must have 1 frame or more, not 0")
    columns = -(-frames // FFT_HOP)
    # too short to be mirrored: zeros at the end first (demucs.hdemucs.pad1d)
    reach = LEAD + columns * FFT_HOP - frames
    window = np.zeros((channels, max(frames, reach + 1)), np.float32)
    window[:, :frames] = mix
    spec = np.empty((2 * channels, BINS, columns), np.float32) if out is None else out
    Analysis(channels, min(GROUP, columns)).transform(window, np.arange(columns), spec)
    return spec


def istft(spec: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Turn spectrograms back into frames.

    spec: float32 (stems, 2 * channels, 2048, T)
    length: frames, with T whole hops or the last one cut short
    Returns float32 (stems, channels, length)
    ValueError: a length that T columns do not hold
    """
    stems, parts, _, columns = spec.shape
    if -(-length // FFT_HOP) != columns:
        raise ValueError(f"length must be within the last of {columns} hops of {FFT_HOP} frames, not {length}")
    out = np.zeros((stems, parts // 2, length), np.float32)
    RangeIstft(stems, parts // 2, columns, 0, length).add(np.ascontiguousarray(spec, np.float32), out)
    return out
