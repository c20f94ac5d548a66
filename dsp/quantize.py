"""Samples on a grid so coarse that FLAC packs them tightly, and so fine that nobody hears it (-119 dBFS).

A multiple of 2**-18 between -2 and 2 has 20 significant bits: float32 holds it exactly, and so does an integer of 24
bits whose four lowest are zero, which FLAC calls wasted bits and does not store.
"""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Integer = NDArray[np.int32]

STEP = 2.0**-18
MOST = 2.0 - STEP
_SCALE = np.float32(1 / STEP)
_LOW_BITS = 12  # of an int32 below those that count: eight below 24 bits, and four of these


def quantize(frames: Float) -> Float:
    """Round samples to multiples of 2**-18, in place, and clip them at ±2; the same array."""
    frames *= _SCALE
    np.rint(frames, out=frames)
    np.clip(frames, np.float32(-2 / STEP), np.float32(MOST / STEP), out=frames)
    frames *= np.float32(STEP)
    return frames


def to_integers(frames: Float) -> Integer:
    """Quantized samples as integers of full scale ±2, of which a 24-bit file keeps every bit: int32, new."""
    return (frames * _SCALE).astype(np.int32) << _LOW_BITS


def from_integers(samples: Integer) -> Float:
    """What `to_integers` was given: float32, new."""
    return (samples >> _LOW_BITS).astype(np.float32) * np.float32(STEP)
