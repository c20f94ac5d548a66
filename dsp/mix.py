"""Mixing one frame out of a dry signal and stems that sum to it, with ramped gains.

    out = m · dry + wet · Σ (g_s - m) · stem_s + (1 - wet) · (late - m) · dry        m = min g_s

What all stems share is taken from the dry signal, what differs from the stems. So with equal gains the dry signal comes
out bit for bit, whatever the stems are; muting one stem leaves the rest; and muting all leaves exact silence.
`wet` runs from 1 to 0 before stems are missing; `late` is max g_s where the dry signal shall step in, else m.
"""

from typing import Any

import numpy as np
from numba import njit

# the rows of the mixing state, float32 (ROWS, stems)
TARGET, GOAL, CURRENT, STEP, WET = range(5)  # WET uses column 0 only
ROWS = 5


@njit(error_model="numpy")
def retarget(state: Any, ramp: int) -> bool:
    """Take new targets over as goals, `ramp` frames away; True if there are any. [audio-thread]

    The targets are plain float32 that another thread stores: one number each, at worst seen a block later.
    """
    stems = state.shape[1]
    changed = False
    for s in range(stems):
        changed |= state[TARGET, s] != state[GOAL, s]
    if changed:
        for s in range(stems):
            state[GOAL, s] = state[TARGET, s]
            state[STEP, s] = (state[GOAL, s] - state[CURRENT, s]) / np.float32(ramp)
    return changed


@njit(error_model="numpy")
def ramp_step(state: Any, left: int) -> None:
    """One frame towards the goals, with `left` to go after it; the last one arrives exactly. [audio-thread]"""
    for s in range(state.shape[1]):
        state[CURRENT, s] = state[GOAL, s] if left == 0 else state[CURRENT, s] + state[STEP, s]


@njit(error_model="numpy")
def fade_step(state: Any, there: bool, fade: int) -> None:
    """One frame of the fade between stems that are there (1) and stems that are late (0). [audio-thread]"""
    step = np.float32(1) / np.float32(fade)
    if there:
        state[WET, 0] = min(np.float32(1), state[WET, 0] + step)
    else:
        state[WET, 0] = max(np.float32(0), state[WET, 0] - step)


@njit(error_model="numpy")
def mix_frame(state: Any, late_dry: int, left: Any, right: Any, stems: Any) -> Any:
    """One stereo frame. [audio-thread]

    stems: float32 (2 · stems,), left and right of each
    """
    count = state.shape[1]
    least = most = state[CURRENT, 0]
    for s in range(1, count):
        least = min(least, state[CURRENT, s])
        most = max(most, state[CURRENT, s])
    if most == 0:  # silence, whatever comes in
        return np.float32(0), np.float32(0)
    if least == most:
        return least * left, least * right
    wet = state[WET, 0]
    instead = (np.float32(1) - wet) * (most - least) if late_dry else np.float32(0)
    out_left, out_right = (least + instead) * left, (least + instead) * right
    for s in range(count):
        gain = wet * (state[CURRENT, s] - least)
        out_left += gain * stems[2 * s]
        out_right += gain * stems[2 * s + 1]
    return out_left, out_right
