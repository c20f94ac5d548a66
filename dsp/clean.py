"""Samples that cannot be sound: what is no number, or is louder than any music, is silence before it gets anywhere.

A single one would stay for ever in whatever remembers: filters, resamplers, networks, meters, reverbs. In a file
louder sound may stand, for it is brought to a level before it is separated: there only what no sample of any format can
be is no sound.
"""

from typing import Any

import numpy as np
from numba import njit

from dsp.limits import LOUDEST

_LOUDEST = np.float32(LOUDEST)


@njit(error_model="numpy", inline="always")
def sane(x: Any) -> Any:
    """The sample itself, bit for bit, or 0 for one that cannot be sound."""
    return x if abs(x) <= _LOUDEST else np.float32(0)


@njit(error_model="numpy", inline="always")
def unsound(x: Any) -> Any:
    """Whether a sample cannot be sound."""
    return not abs(x) <= _LOUDEST


@njit(cache=True, nogil=True, error_model="numpy")
def clean(frames: Any, loudest: Any = _LOUDEST) -> int:
    """Silence what cannot be sound, in its place; how many samples that were.

    frames: float32 (frames, channels)      loudest: float32, what still is sound
    """
    found = 0
    for i in range(frames.shape[0]):
        for c in range(frames.shape[1]):
            if not abs(frames[i, c]) <= loudest:
                frames[i, c] = 0
                found += 1
    return found
