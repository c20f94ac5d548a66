"""Mixing frames out of a dry signal and stems that sum to it, with ramped gains and equalizers.

    mix = m · dry + Σ (g_s · F_s(x_s) - m · x_s) + (1 - wet) · (late - m) · dry        x_s = wet · stem_s,  m = min g_s

What all stems share is taken from the dry signal, what differs from the stems. So with equal gains and equalizers F at
rest the dry signal comes out bit for bit, whatever the stems are; muting one stem leaves the rest; and muting all
leaves exact silence. `wet` runs from 1 to 0 before stems are missing; `late` is max g_s where the dry signal shall
step in, else m. A pan is a gain for each side: in the middle both are the stem's own.

The bus of a stem is the stem as it is in the mix; the cue bus is before mutes and faders. Late stems are replaced there
by equal parts of the dry signal, so that stems which somebody else mixes still sum to the mix.

A stem may be heard as an insert has made it: F_s has that instead of x_s, and what all share is still x_s.

No number depends on where a signal was cut into pieces: what is mixed again offline is the same, bit for bit.
"""

from typing import Any

import numpy as np
from numba import njit

from dsp.console import (
    AWAY,
    BUS,
    BUSES,
    CUE,
    CUED,
    DRY,
    FILTER,
    GOAL,
    HEARD,
    LEAST_GAIN,
    MOST_GAIN,
    STEM,
    STEP,
    VOICE,
    WET,
    strip,
)
from dsp.equalizer import equalize


@njit(error_model="numpy")
def mix(state: Any, memory: Any, rows: Any, how: Any, n: int) -> None:
    """A piece onto all buses.

    memory: float32 (stems, 2, MEMORY), of equalizers; zeros where one is at rest
    rows: DRY and WET, and of each strip the gains, STEM and HEARD, are those of the frames; the rest is written
    how: frames that are left of a ramp, and whether the dry signal steps in for late stems
    """
    left, late_dry = how
    for s in range(state.shape[1]):
        first = strip(s, state.shape[1])
        for side in range(2):
            for i in range(n):
                rows[first + VOICE + side, i] = rows[first + HEARD + side, i]
        equalize(state[GOAL, s, FILTER:], state[STEP, s, FILTER:], left, memory[s],
                 rows[first + VOICE : first + VOICE + 2, :n])
    _bounds(rows, state.shape[1], CUE, n)
    for i in range(n):
        rows[CUED, i] = rows[MOST_GAIN, i]
    for side in range(2):
        _bounds(rows, state.shape[1], side, n)
        _share(rows, state.shape[1], side, late_dry, n)
        for s in range(state.shape[1]):
            _add(rows, state.shape[1], s, side, n)
        _finish(rows, side, n)


@njit(error_model="numpy")
def _bounds(rows: Any, stems: int, p: int, n: int) -> None:
    """The lowest and the highest gain of any stem."""
    for i in range(n):
        rows[LEAST_GAIN, i] = rows[MOST_GAIN, i] = rows[strip(0, stems) + p, i]
    for s in range(1, stems):
        gain = strip(s, stems) + p
        for i in range(n):
            rows[LEAST_GAIN, i] = np.minimum(rows[LEAST_GAIN, i], rows[gain, i])
        for i in range(n):
            rows[MOST_GAIN, i] = np.maximum(rows[MOST_GAIN, i], rows[gain, i])


@njit(error_model="numpy")
def _share(rows: Any, stems: int, side: int, late_dry: int, n: int) -> None:
    """What all stems share, and what late ones lack, if the dry signal shall step in."""
    for i in range(n):
        wet = rows[WET, i]
        rows[AWAY, i] = (np.float32(1) - wet) * rows[DRY + side, i] if late_dry and wet < 1 else np.float32(0)
    for i in range(n):
        rows[BUS + side, i] = (rows[LEAST_GAIN, i] * rows[DRY + side, i]
                               + (rows[MOST_GAIN, i] - rows[LEAST_GAIN, i]) * rows[AWAY, i])
    cue = BUS + 2 * (stems + BUSES - 1) + side
    for i in range(n):
        rows[cue, i] = rows[CUED, i] * rows[AWAY, i]
        rows[AWAY, i] /= np.float32(stems)


@njit(error_model="numpy")
def _add(rows: Any, stems: int, s: int, side: int, n: int) -> None:
    """A stem: to the mix what differs from the share of all."""
    first = strip(s, stems)
    gain, stem, voice = first + side, first + STEM + side, first + VOICE + side
    own, cue = BUS + 2 * (1 + s) + side, BUS + 2 * (stems + BUSES - 1) + side
    for i in range(n):
        x, y, g, m = rows[stem, i], rows[voice, i], rows[gain, i], rows[LEAST_GAIN, i]
        rows[BUS + side, i] += (g - m) * x if x == y else g * y - m * x
    for i in range(n):
        rows[own, i] = rows[gain, i] * (rows[voice, i] + rows[AWAY, i])
    for i in range(n):
        rows[cue, i] += rows[first + CUE, i] * rows[voice, i]


@njit(error_model="numpy")
def _finish(rows: Any, side: int, n: int) -> None:
    for i in range(n):
        share = rows[LEAST_GAIN, i] * rows[DRY + side, i]
        mixed = share if rows[BUS + side, i] == share else rows[BUS + side, i]  # zeros keep their sign
        rows[BUS + side, i] = mixed if rows[MOST_GAIN, i] > 0 else np.float32(0)  # silence, whatever comes in


@njit(error_model="numpy")
def loudest(rows: Any, row: int, n: int) -> Any:
    """The highest magnitude of a row."""
    most = np.float32(0)
    for i in range(n):
        most = max(most, abs(rows[row, i]))
    return most
