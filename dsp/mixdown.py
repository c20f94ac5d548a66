"""Frames through the mixer in one go, as the audio callback takes them one by one (stream.live.callback)."""

from typing import Any

import numpy as np
from numba import njit

from dsp.mix import MIX_BUS, WET, fade_step, listen, mix_frame, ramp_step


@njit(nogil=True, error_model="numpy")
def mixdown(arrays: Any, running: Any, how: Any, dry: Any, stems: Any, heard: Any, out: Any) -> Any:
    """The mix of frames; gives `running` as it is after them. [one thread]

    arrays: the mixing state, what equalizers remember, and a frame on all buses (dsp.mix)
    running: frames of a ramp that are left, and which stems are shaped
    how: whether stems are there, frames of the fade, whether late ones are replaced by the dry signal,
        and whether they are whole
    dry, out: float32 (n, 2)      stems: float32 (n, 2 · stems), faded as they were heard, or whole (then written to)
    heard: as stems, with what inserts made; the same array where there are none
    """
    state, memory, bus = arrays
    left, shaped = running
    there, fade, late_dry, whole = how
    for i in range(len(dry)):
        if left > 0:
            left -= 1
            ramp_step(state, left)
            if left == 0:
                shaped = listen(state, memory, shaped)
        fade_step(state, there, fade)
        if whole:
            for c in range(stems.shape[1]):
                stems[i, c] = state[WET, 0, 0] * stems[i, c]
        mix_frame(state, memory, shaped, late_dry, dry[i], stems[i], heard[i], bus)
        for side in range(2):
            out[i, side] = bus[MIX_BUS + side]
    return np.int64(left), np.int64(shaped)
