"""Mixing one frame out of a dry signal and stems that sum to it, with ramped gains and equalizers.

    mix = m · dry + Σ (g_s · F_s(x_s) - m · x_s) + (1 - wet) · (late - m) · dry        x_s = wet · stem_s,  m = min g_s

What all stems share is taken from the dry signal, what differs from the stems. So with equal gains and equalizers F at
rest the dry signal comes out bit for bit, whatever the stems are; muting one stem leaves the rest; and muting all
leaves exact silence. `wet` runs from 1 to 0 before stems are missing; `late` is max g_s where the dry signal shall
step in, else m. A pan is a gain for each side: in the middle both are the stem's own.

The buses of a frame, float32 (2 · stems + BUSES,), left and right of each: the mix; every stem as it is in the mix; the
cue bus, what is listened to apart, before mutes and faders. Late stems are replaced there by equal parts of the dry
signal, so that stems which somebody else mixes still sum to the mix.
"""

from typing import Any

import numpy as np
from numba import njit

from dsp.equalizer import COEFFICIENTS, FILTERS, at_rest, equalize

# the rows of the mixing state, float32 (ROWS, stems, WIDTH)
GOAL, CURRENT, STEP, WET = range(4)  # WET uses [0, 0] only
ROWS = 4
# what is ramped of each stem
LEFT, RIGHT, CUE, FILTER = range(4)
WIDTH = FILTER + FILTERS * COEFFICIENTS
MEMORY = 2 * FILTERS  # of each stem and side: what its equalizer remembers, float32 (stems, 2, MEMORY)
MIX_BUS, STEM_BUS = 0, 2
BUSES = 4  # numbers that a frame has on the mix and the cue bus


@njit(error_model="numpy")
def aim(state: Any, wanted: Any, ramp: int) -> None:
    """Take what is wanted as the goals, `ramp` frames away. [audio-thread]

    wanted: float32 (stems, WIDTH)
    """
    for s in range(state.shape[1]):
        for p in range(WIDTH):
            state[GOAL, s, p] = wanted[s, p]
            state[STEP, s, p] = (wanted[s, p] - state[CURRENT, s, p]) / np.float32(ramp)


@njit(error_model="numpy")
def ramp_step(state: Any, left: int) -> None:
    """One frame towards the goals, with `left` to go after it; the last one arrives exactly. [audio-thread]"""
    for s in range(state.shape[1]):
        for p in range(WIDTH):
            state[CURRENT, s, p] = state[GOAL, s, p] if left == 0 else state[CURRENT, s, p] + state[STEP, s, p]


@njit(error_model="numpy")
def fade_step(state: Any, there: bool, fade: int) -> None:
    """One frame of the fade between stems that are there (1) and stems that are late (0). [audio-thread]"""
    step = np.float32(1) / np.float32(fade)
    if there:
        state[WET, 0, 0] = min(np.float32(1), state[WET, 0, 0] + step)
    else:
        state[WET, 0, 0] = max(np.float32(0), state[WET, 0, 0] - step)


@njit(error_model="numpy")
def listen(state: Any, memory: Any, shaped: int) -> int:
    """Which stems have an equalizer that is not at rest, a bit each; one that begins remembers nothing. [audio-thread]

    shaped: what the last call gave
    """
    now = 0
    for s in range(state.shape[1]):
        if not (at_rest(state[CURRENT, s, FILTER:]) and at_rest(state[GOAL, s, FILTER:])):
            now |= 1 << s
            if not shaped >> s & 1:
                memory[s, :, :] = 0
    return now


@njit(error_model="numpy")
def mix_frame(state: Any, memory: Any, shaped: int, late_dry: int, dry: Any, faded: Any, bus: Any) -> None:
    """One frame onto all buses. [audio-thread]

    memory: float32 (stems, 2, MEMORY)      shaped: what `listen` gave
    dry: float32 (2,)      faded: float32 (2 · stems,), wet · stem, left and right of each
    bus: float32 (2 · stems + BUSES,), written
    """
    count, wet = state.shape[1], state[WET, 0, 0]
    for side in range(2):
        least = most = state[CURRENT, 0, side]
        cued = state[CURRENT, 0, CUE]
        for s in range(1, count):
            least, most = min(least, state[CURRENT, s, side]), max(most, state[CURRENT, s, side])
            cued = max(cued, state[CURRENT, s, CUE])
        away = (np.float32(1) - wet) * dry[side] if late_dry and wet < 1 else np.float32(0)
        mix, cue = least * dry[side] + (most - least) * away, cued * away
        for s in range(count):
            x, gain = faded[2 * s + side], state[CURRENT, s, side]
            if shaped >> s & 1:
                y = equalize(state[CURRENT, s, FILTER:], memory[s, side], x)
                mix += gain * y - least * x
            else:
                y = x
                mix += (gain - least) * x
            bus[STEM_BUS + 2 * s + side] = gain * (y + away / np.float32(count))
            cue += state[CURRENT, s, CUE] * y
        if least == most and shaped == 0:
            mix = least * dry[side]
        bus[MIX_BUS + side] = mix if most > 0 else np.float32(0)  # silence, whatever comes in
        bus[STEM_BUS + 2 * count + side] = cue
