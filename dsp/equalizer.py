"""A stem's three-band equalizer and filter sweep: state-variable filters whose coefficients may move at every frame.

    out = m0 · x + m1 · v1 + m2 · v2        v1, v2: the band-pass and low-pass of the filter

Trapezoidal integration keeps them stable while they move, and the three weights make of one structure every shape:
A. Simper, "Linear trapezoidal integrated state variable filter with low noise optimisation" (Cytomic, 2013), and
"SvfLinearTrapOptimised2" there for the shapes. At rest m1 and m2 are zero and m0 is one: what goes in comes out, bit
for bit. So a filter at rest is left out, and one that begins does so from silence and without weight: nothing clicks.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

FILTERS = 4  # low, mid, high, sweep
G, K, M0, M1, M2 = range(5)
COEFFICIENTS = 5
LOW_HZ, MID_HZ, HIGH_HZ = 250.0, 1000.0, 4000.0
SHELF_Q, MID_Q, SWEEP_Q = math.sqrt(0.5), 0.7, 1.0
# how far a sweep goes: from an open filter to a closed one
LOW_PASS_HZ, HIGH_PASS_HZ = (20_000.0, 80.0), (20.0, 8_000.0)
ENTRY = 0.05  # of a sweep, over which the filter comes in
INAUDIBLE = np.float32(1e-20)  # what decays below it is nothing: denormals take a hundred times as long

Coefficients = npt.NDArray[np.float32]


def coefficients(low_db: float, mid_db: float, high_db: float, sweep: float, samplerate: int) -> Coefficients:
    """Of the four filters, float32 (FILTERS, COEFFICIENTS).

    low_db, mid_db, high_db: gains of the shelf below 250 Hz, of the bell at 1 kHz, of the shelf above 4 kHz
    sweep: -1 to 0 is a low-pass that opens, 0 to 1 a high-pass that closes
    """
    low, mid, high = (10 ** (db / 40) for db in (low_db, mid_db, high_db))
    g_low, g_mid, g_high = (_warped(hz, samplerate) for hz in (LOW_HZ, MID_HZ, HIGH_HZ))
    k, bell = 1 / SHELF_Q, 1 / (MID_Q * mid)
    return np.array([
        (g_low / math.sqrt(low), k, 1, k * (low - 1), low * low - 1),
        (g_mid, bell, 1, bell * (mid * mid - 1), 0),
        (g_high * math.sqrt(high), k, high * high, k * (1 - high) * high, 1 - high * high),
        _sweep(sweep, samplerate),
    ], np.float32)


def _sweep(sweep: float, samplerate: int) -> tuple[float, ...]:
    first, last = LOW_PASS_HZ if sweep < 0 else HIGH_PASS_HZ
    there, damping = min(1.0, abs(sweep) / ENTRY), 1 / SWEEP_Q
    shape = (0.0, 0.0, 1.0) if sweep < 0 else (1.0, -damping, -1.0)
    weights = [there * part + (1 - there) * rest for part, rest in zip(shape, (1, 0, 0), strict=True)]
    return _warped(first * (last / first) ** abs(sweep), samplerate), damping, *weights


def _warped(hz: float, samplerate: int) -> float:
    return math.tan(math.pi * min(hz / samplerate, 0.45))


@njit(error_model="numpy")
def equalize(goal: Any, step: Any, left: int, memory: Any, signal: Any) -> None:
    """Frames through all filters that are not at rest, in their place.

    goal, step: float32 (FILTERS · COEFFICIENTS,), where the coefficients will be in `left` frames, and what they move
        by at each until then
    memory: float32 (2, FILTERS · 2), what the filters remember of each side; zeros where one is at rest
    signal: float32 (2, n)
    """
    for f in range(FILTERS):
        at, kept, rests = f * COEFFICIENTS, f * 2, at_rest(goal, f)
        if not (rests and (left == 0 or _still(step, f))):
            _filter(goal[at : at + COEFFICIENTS], step[at : at + COEFFICIENTS], left, memory[:, kept : kept + 2],
                    signal)
            if rests and left <= signal.shape[1]:
                memory[:, kept : kept + 2] = 0  # whoever begins remembers nothing


@njit(error_model="numpy")
def at_rest(filters: Any, f: int) -> bool:
    """Whether a filter leaves everything as it is. filters: float32 (FILTERS · COEFFICIENTS,)."""
    at = f * COEFFICIENTS
    return bool(filters[at + M0] == 1 and filters[at + M1] == 0 and filters[at + M2] == 0)


@njit(error_model="numpy")
def _still(step: Any, f: int) -> bool:
    at = f * COEFFICIENTS
    return bool(step[at + M0] == 0 and step[at + M1] == 0 and step[at + M2] == 0)


@njit(error_model="numpy")
def _filter(goal: Any, step: Any, left: int, memory: Any, signal: Any) -> None:
    """A filter over both sides at once: each value waits for the one before, so a side alone would take as long."""
    (first, second), (other_first, other_second) = memory[0], memory[1]
    for i in range(signal.shape[1]):
        before = np.float32(max(0, left - 1 - i))
        g, k = goal[G] - before * step[G], goal[K] - before * step[K]
        weights = goal[M0] - before * step[M0], goal[M1] - before * step[M1], goal[M2] - before * step[M2]
        a1 = np.float32(1) / (np.float32(1) + g * (g + k))
        a2 = g * a1
        signal[0, i], first, second = _frame(signal[0, i], first, second, (a1, a2, g * a2), weights)
        signal[1, i], other_first, other_second = _frame(
            signal[1, i], other_first, other_second, (a1, a2, g * a2), weights)
    memory[0, 0], memory[0, 1], memory[1, 0], memory[1, 1] = first, second, other_first, other_second


@njit(error_model="numpy")
def _frame(x: Any, first: Any, second: Any, a: Any, m: Any) -> Any:
    v3 = x - second
    v1 = a[0] * first + a[1] * v3
    v2 = second + a[1] * first + a[2] * v3
    out = m[0] * x + m[1] * v1 + m[2] * v2
    return out, _audible(np.float32(2) * v1 - first), _audible(np.float32(2) * v2 - second)


@njit(error_model="numpy")
def _audible(value: Any) -> Any:
    return value if abs(value) > INAUDIBLE else np.float32(0)
