"""A deck's three bands, each of which can be turned down to nothing: what DJs call an isolator.

    x ─┬─ low-pass² ─── all-pass ───────────── × low  ─┐
       └─ high-pass² ─┬─ low-pass² ─────────── × mid  ─┼─▶
                      └─ high-pass² ────────── × high ─┘      ² twice: 24 dB an octave

Crossovers after S. Linkwitz and R. Riley, "Active crossover networks for noncoincident drivers" (JAES 24, 1976): the
bands add up to what went in with its phase turned, so no gain of equal bands is heard; the filters are those of
dsp.equalizer (A. Simper). Where all three are flat there is nothing: what goes in comes out, bit for bit. On the way
from there the crossovers come in from the ends of what can be heard, where they turn no phase yet: to blend what has
its phase turned by half a circle with what has not would be heard as a hole.

A strip's equalizer and its filter of one knob are dsp.equalizer.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

LOW_HZ, HIGH_HZ = 250.0, 2500.0
LOW, MID, HIGH, ENTRY = range(4)  # what is ramped; ENTRY: how far the crossovers have come
ISOLATOR_WIDTH = 4
ISOLATOR_MEMORY = 14  # of a side: two of each of seven filters
MOST_GAIN = 4.0  # 12 dB
_BLEND = np.float32(0.2)  # of their entry, on which they are blended in
_WIDEST = np.float32(1 / math.tan(0.45 * math.pi))
_K = np.float32(math.sqrt(2))
_INAUDIBLE = np.float32(1e-20)  # denormals take a hundred times as long


def isolator_gains(low: float, mid: float, high: float) -> npt.NDArray[np.float32]:
    """What the bands are to be ramped to, float32 (ISOLATOR_WIDTH,).

    low, mid, high: gains, 0 to 4; 1 is flat
    ValueError: beyond these
    """
    for name, gain in (("low", low), ("mid", mid), ("high", high)):
        if not 0 <= gain <= MOST_GAIN:
            raise ValueError(f"{name} must be 0 to {MOST_GAIN:g}, not {gain}")
    return np.array([low, mid, high, not low == mid == high == 1], np.float32)


def crossovers(samplerate: float) -> npt.NDArray[np.float32]:
    """Of the low and the high one, as `isolate` wants them: float32 (2,)."""
    low, high = (math.tan(math.pi * hz / samplerate) for hz in (LOW_HZ, HIGH_HZ))
    return np.array([low, 1 / high], np.float32)


@njit(error_model="numpy")
def isolate(goal: Any, step: Any, left: int, crossing: Any, memory: Any, signal: Any) -> None:
    """Frames through the bands, in their place.

    goal, step: float32 (ISOLATOR_WIDTH,), where the gains will be in `left` frames, and what they move by at each
    crossing: float32 (2,), of `crossovers`      memory: float32 (2, ISOLATOR_MEMORY), zeros where it is flat
    signal: float32 (2, n)
    """
    n = signal.shape[1]
    if goal[ENTRY] == 0 and (left == 0 or step[ENTRY] == 0):
        return
    low_a, high_a = _entered(crossing, goal[ENTRY])
    for i in range(n):
        before = np.float32(max(0, left - 1 - i))
        gains = goal[LOW] - before * step[LOW], goal[MID] - before * step[MID], goal[HIGH] - before * step[HIGH]
        entry = goal[ENTRY] - before * step[ENTRY]
        if step[ENTRY] != 0 and left - i > 0:
            low_a, high_a = _entered(crossing, entry)
        for side in range(2):
            x = signal[side, i]
            low, mid, high = _bands(x, low_a, high_a, memory[side])
            mixed = gains[0] * low + gains[1] * mid + gains[2] * high
            signal[side, i] = x if entry == 0 else mixed if entry >= _BLEND else x + entry / _BLEND * (mixed - x)
    if goal[ENTRY] == 0 and left <= n:
        memory[:] = 0  # whoever begins remembers nothing


@njit(error_model="numpy")
def _entered(crossing: Any, entry: Any) -> Any:
    """The coefficients of crossovers that are on their way in from the ends."""
    high = np.float32(1) / (entry * crossing[1] + (np.float32(1) - entry) * _WIDEST)
    return _coefficients(entry * crossing[0]), _coefficients(high)


@njit(error_model="numpy")
def _bands(x: Any, low_a: Any, high_a: Any, kept: Any) -> Any:
    under, above = _split(x, low_a, kept, 0)
    low, _ = _split(under, low_a, kept, 2)
    _, upper = _split(above, low_a, kept, 4)
    under, above = _split(upper, high_a, kept, 6)
    mid, _ = _split(under, high_a, kept, 8)
    _, high = _split(above, high_a, kept, 10)
    return _turn(low, high_a, kept), mid, high


@njit(error_model="numpy", inline="always")
def _coefficients(g: Any) -> Any:
    a1 = np.float32(1) / (np.float32(1) + g * (g + _K))
    return a1, g * a1, g * g * a1


@njit(error_model="numpy", inline="always")
def _split(x: Any, a: Any, kept: Any, at: Any) -> Any:
    """What is under a crossover and above it, 12 dB an octave."""
    v1, v2 = _step(x, a, kept, at)
    return v2, x - _K * v1 - v2


@njit(error_model="numpy", inline="always")
def _turn(x: Any, a: Any, kept: Any) -> Any:
    """The phase that the two bands above have."""
    v1, _ = _step(x, a, kept, 12)
    return x - np.float32(2) * _K * v1


@njit(error_model="numpy", inline="always")
def _step(x: Any, a: Any, kept: Any, at: Any) -> Any:
    first, second = kept[at], kept[at + 1]
    v3 = x - second
    v1 = a[0] * first + a[1] * v3
    v2 = second + a[1] * first + a[2] * v3
    first, second = np.float32(2) * v1 - first, np.float32(2) * v2 - second
    kept[at] = first if abs(first) > _INAUDIBLE else np.float32(0)
    kept[at + 1] = second if abs(second) > _INAUDIBLE else np.float32(0)
    return v1, v2
