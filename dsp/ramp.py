"""What moves at a console (dsp.console): gains on their way to what is wanted, and fades of what comes late."""

from typing import Any

import numpy as np
from numba import njit

from dsp.console import AHEAD, CURRENT, FILTER, GOAL, HEARD, INSERT, STEM, STEP, WET, strip


@njit(error_model="numpy")
def aim(state: Any, wanted: Any, frames: int) -> None:
    """Take what is wanted as the goals, so many frames away.

    wanted: float32 (stems, WIDTH), or of another width, as the state has it
    """
    for s in range(state.shape[1]):
        for p in range(state.shape[2]):
            state[GOAL, s, p] = wanted[s, p]
            state[STEP, s, p] = (wanted[s, p] - state[CURRENT, s, p]) / np.float32(frames)


@njit(error_model="numpy")
def ramp(state: Any, rows: Any, left: int, n: int) -> None:
    """The gains of the next frames, where `left` are left of a ramp; counted from its end, so it arrives exactly."""
    for i in range(n):
        rows[AHEAD, i] = max(0, left - 1 - i)
    for s in range(state.shape[1]):
        first = strip(s, state.shape[1])
        for p in range(FILTER):
            goal, step = state[GOAL, s, p], state[STEP, s, p]
            for i in range(n):
                rows[first + p, i] = goal - rows[AHEAD, i] * step


@njit(error_model="numpy")
def move(state: Any, left: int, n: int) -> int:
    """Be where a ramp is after frames; gives how many are left of it."""
    if left > 0:
        left = max(0, left - n)
        for s in range(state.shape[1]):
            for p in range(state.shape[2]):
                state[CURRENT, s, p] = state[GOAL, s, p] - np.float32(left) * state[STEP, s, p]
    return left


@njit(error_model="numpy")
def fade(part: Any, there: int, frames: int, row: Any, n: int) -> Any:
    """Frames of the fade between what is there, `there` frames of it, and what is late; gives the last.

    part: the frame before, from 0 to 1      frames: of a whole fade      row: float32, n of it written
    """
    step = np.float32(1) / np.float32(frames)
    if (part == 1 and there >= n) or (part == 0 and there <= 0):
        for i in range(n):
            row[i] = part
        return part
    for i in range(n):
        part = min(np.float32(1), part + step) if i < there else max(np.float32(0), part - step)
        row[i] = part
    return part


@njit(error_model="numpy")
def blend(rows: Any, first: int, part: Any, n: int) -> None:
    """Where a stem's insert is late, or switched past, hear the stem itself.

    rows: HEARD of the strip has what the insert has made, and is written      first: the strip
    part: float32 (PIECE,), how much of that is there
    """
    for side in range(2):
        for i in range(n):
            much = part[i] * rows[first + INSERT, i]
            x, y = rows[first + STEM + side, i], rows[WET, i] * rows[first + HEARD + side, i]
            rows[first + HEARD + side, i] = y if much == 1 else x + much * (y - x) if much > 0 else x
