"""Frames through the mixer in one go, as the audio callback takes them block by block (stream.callback.mixstage)."""

from typing import Any

import numpy as np
from numba import njit

from dsp.console import BUS, DRY, HEARD, PIECE, STEM, WET, WET_NOW, strip
from dsp.mix import mix
from dsp.ramp import fade, move, ramp


@njit(cache=True, nogil=True, error_model="numpy")
def mixdown(arrays: Any, left: int, how: Any, dry: Any, stems: Any, heard: Any, out: Any) -> int:
    """The mix of frames; gives how many frames of a ramp are left after them.

    arrays: a console's state, memory and rows (dsp.console)      left: before them
    how: whether stems are there, frames of the fade, whether late ones are replaced by the dry signal,
        and whether they are whole
    dry, out: float32 (n, 2)      stems: float32 (n, 2 · stems), faded as they were heard, or whole
    heard: as stems, with what inserts made; the same array where there are none
    """
    state, memory, rows = arrays
    available, frames, late_dry, unfaded = how
    for at in range(0, len(dry), PIECE):
        n = min(PIECE, len(dry) - at)
        ramp(state, rows, left, n)
        state[WET_NOW, 0, 0] = fade(state[WET_NOW, 0, 0], n if available else 0, frames, rows[WET], n)
        for i in range(n):
            wet = rows[WET, i] if unfaded else np.float32(1)
            for side in range(2):
                rows[DRY + side, i] = dry[at + i, side]
                for s in range(state.shape[1]):
                    first = strip(s, state.shape[1]) + side
                    rows[first + STEM, i] = wet * stems[at + i, 2 * s + side]
                    rows[first + HEARD, i] = wet * heard[at + i, 2 * s + side]
        mix(state, memory, rows, (left, late_dry), n)
        left = move(state, left, n)
        for i in range(n):
            for side in range(2):
                out[at + i, side] = rows[BUS + side, i]
    return left
