"""How loud a song is to ears: integrated loudness after ITU-R BS.1770-4, and its highest sample.

    samples ─▶ shelf ─▶ high-pass ─▶ mean squares of 100 ms ─▶ of 400 ms ─▶ those above -70 LUFS, and
                                                                            above 10 LU below the mean of these

The filters are the Recommendation's, whose table is for 48 kHz, at any samplerate: the analogue filters behind it, by
the bilinear transform.
"""

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

PART_S, PARTS = 0.1, 4  # of a gating block; parts in it
OFFSET = -0.691  # so that a sine of 997 Hz at full scale in one channel is -3.01 LUFS
SILENCE_LUFS, GATE_LU = -70.0, -10.0
SHELF_HZ, SHELF_DB, SHELF_Q, SHELF_BEND = 1681.974450955533, 3.999843853973347, 0.7071752369554196, 0.4996667741545416
HIGH_PASS_HZ, HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773
_TOTAL, _COUNT, _PEAK, _FILTERS = 0, 1, 2, 3  # in a state: of the part so far; then delays
_INAUDIBLE = 1e-20  # what decays below it is nothing: denormals take a hundred times as long


def weighting(samplerate: float) -> NDArray[np.float64]:
    """The two filters of the K-weighting, float64 (2, 5): b0, b1, b2, a1, a2, where a0 is 1."""
    k, high = math.tan(math.pi * SHELF_HZ / samplerate), 10 ** (SHELF_DB / 20)
    middle, low = high**SHELF_BEND, 1 + k / SHELF_Q + k * k
    shelf = ((high + middle * k / SHELF_Q + k * k) / low, 2 * (k * k - high) / low,
             (high - middle * k / SHELF_Q + k * k) / low, 2 * (k * k - 1) / low, (1 - k / SHELF_Q + k * k) / low)
    k = math.tan(math.pi * HIGH_PASS_HZ / samplerate)
    low = 1 + k / HIGH_PASS_Q + k * k
    return np.array([shelf, (1.0, -2.0, 1.0, 2 * (k * k - 1) / low, (1 - k / HIGH_PASS_Q + k * k) / low)])


class LoudnessMeter:
    """Listens to a song, block by block."""

    def __init__(self, samplerate: float) -> None:
        """Nothing has come yet."""
        self._part = round(PART_S * samplerate)
        self._filters, self._state = weighting(samplerate), np.zeros(_FILTERS + 2 * 2 * 2)
        self._energies: list[NDArray[np.float64]] = []  # of parts

    def add(self, block: NDArray[np.float32]) -> None:
        """Take the next frames: float32 (n, 2), finite."""
        energies = np.zeros(len(block) // self._part + 1)
        count = _listen(block, self._filters, self._state, self._part, energies)
        self._energies.append(energies[:count])

    @property
    def peak(self) -> float:
        """The highest sample so far; full scale is 1."""
        return float(self._state[_PEAK])

    @property
    def lufs(self) -> float | None:
        """The integrated loudness of all that has come; None for silence, and for less than 0.4 s."""
        parts = np.concatenate([*self._energies, np.zeros(0)])
        if len(parts) < PARTS:
            return None
        blocks = np.lib.stride_tricks.sliding_window_view(parts, PARTS).mean(axis=1)
        loud = blocks[blocks > _energy(SILENCE_LUFS)]
        if not len(loud):
            return None
        return _lufs(float(loud[loud > loud.mean() * 10 ** (GATE_LU / 10)].mean()))


def _energy(lufs: float) -> float:
    return float(10 ** ((lufs - OFFSET) / 10))


def _lufs(energy: float) -> float:
    return OFFSET + 10 * math.log10(energy)


@njit(cache=True, nogil=True, error_model="numpy")
def _listen(block: Any, filters: Any, state: Any, part: Any, energies: Any) -> Any:
    """Gives how many parts have ended, whose mean squares, of both channels together, are in `energies` then."""
    total, count, peak, found = state[_TOTAL], state[_COUNT], state[_PEAK], 0
    for at in range(len(block)):
        for channel in range(2):
            value = np.float64(block[at, channel])
            peak = max(peak, abs(value))
            for number in range(2):
                delay = _FILTERS + 4 * channel + 2 * number
                out = filters[number, 0] * value + state[delay]
                state[delay] = filters[number, 1] * value - filters[number, 3] * out + state[delay + 1]
                state[delay + 1] = filters[number, 2] * value - filters[number, 4] * out
                value = out
            total += value * value
        count += 1
        if count >= part:
            energies[found] = total / part
            found += 1
            total, count = 0.0, 0.0
    for delay in range(_FILTERS, len(state)):
        if abs(state[delay]) < _INAUDIBLE:
            state[delay] = 0.0
    state[_TOTAL], state[_COUNT], state[_PEAK] = total, count, peak
    return found
