"""Mixing one frame out of a dry signal and stems that sum to it, with ramped gains and equalizers.

    mix = m · dry + Σ (g_s · F_s(x_s) - m · x_s) + (1 - wet) · (late - m) · dry        x_s = wet · stem_s,  m = min g_s

What all stems share is taken from the dry signal, what differs from the stems. So with equal gains and equalizers F at
rest the dry signal comes out bit for bit, whatever the stems are; muting one stem leaves the rest; and muting all
leaves exact silence. `wet` runs from 1 to 0 before stems are missing; `late` is max g_s where the dry signal shall
step in, else m. A pan is a gain for each side: in the middle both are the stem's own.

The buses of a frame, float32 (2 · stems + BUSES,), left and right of each: the mix; every stem as it is in the mix; the
cue bus, what is listened to apart, before mutes and faders. Late stems are replaced there by equal parts of the dry
signal, so that stems which somebody else mixes still sum to the mix.

A stem may be heard as an insert has made it: F_s has that instead of x_s, and what all share is still x_s.
"""

from typing import Any

import numpy as np
from numba import njit

from dsp.equalizer import COEFFICIENTS, FILTERS, at_rest, equalize

# the rows of the mixing state, float32 (ROWS, stems, WIDTH)
GOAL, CURRENT, STEP, WET = range(4)  # WET uses [0, 0], and [s, INSERT] for what s's insert has made
ROWS = 4
# what is ramped of each stem
LEFT, RIGHT, CUE, INSERT, FILTER = range(5)
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
    state[WET, 0, 0] = _faded(state[WET, 0, 0], there, fade)


@njit(error_model="numpy")
def insert_step(state: Any, stem: int, there: bool, fade: int, made: Any, faded: Any, heard: Any) -> None:
    """One frame of the fade between a stem that its insert has made and itself, where that is late. [audio-thread]

    made: float32 (2,)      faded, heard: float32 (2 · stems,), as for `mix_frame`; `heard` is written for this stem
    """
    state[WET, stem, INSERT] = _faded(state[WET, stem, INSERT], there, fade)
    part = state[WET, stem, INSERT] * state[CURRENT, stem, INSERT]
    for side in range(2):
        x, y = faded[2 * stem + side], state[WET, 0, 0] * made[side]
        heard[2 * stem + side] = y if part == 1 else x + part * (y - x) if part > 0 else x


@njit(error_model="numpy")
def _faded(part: Any, there: bool, fade: int) -> Any:
    step = np.float32(1) / np.float32(fade)
    return min(np.float32(1), part + step) if there else max(np.float32(0), part - step)


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
def mix_frame(state: Any, memory: Any, shaped: int, late_dry: int, dry: Any, faded: Any, heard: Any,
              bus: Any) -> None:
    """One frame onto all buses. [audio-thread]

    memory: float32 (stems, 2, MEMORY)      shaped: what `listen` gave
    dry: float32 (2,)      faded: float32 (2 · stems,), wet · stem, left and right of each
    heard: as `faded`, as inserts have made it; the same where there are none
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
        mix, cue, altered = least * dry[side] + (most - least) * away, cued * away, shaped != 0
        for s in range(count):
            x, y, gain = faded[2 * s + side], heard[2 * s + side], state[CURRENT, s, side]
            if y != x or shaped >> s & 1:
                if shaped >> s & 1:
                    y = equalize(state[CURRENT, s, FILTER:], memory[s, side], y)
                mix += gain * y - least * x
                altered = True
            else:
                mix += (gain - least) * x
            bus[STEM_BUS + 2 * s + side] = gain * (y + away / np.float32(count))
            cue += state[CURRENT, s, CUE] * y
        if least == most and not altered:
            mix = least * dry[side]
        bus[MIX_BUS + side] = mix if most > 0 else np.float32(0)  # silence, whatever comes in
        bus[STEM_BUS + 2 * count + side] = cue
