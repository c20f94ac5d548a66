"""Beats one by one: the path through a pulse that meets its peaks at steps near a period (dynamic programming).

After D. P. W. Ellis, "Beat tracking by dynamic programming", J. New Music Research 36 (2007), with a period that moves.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_TIGHT = 100.0  # what the squared logarithm of a step over its period costs, in units of the pulse


def track(pulse: NDArray[np.float64], periods: NDArray[np.float64]) -> NDArray[np.int64]:
    """Columns of beats, ascending, from the pulse's beginning to its end.

    pulse, periods: float64 (columns,), what is met and columns per beat
    """
    came = np.empty(len(pulse), np.int64)
    total = np.empty(len(pulse))
    _forward(pulse, periods, total, came)
    last = max(0, len(pulse) - round(periods[-1]))
    at, beats = last + int(total[last:].argmax()), []
    while at >= 0:
        beats.append(at)
        at = int(came[at])
    return np.array(beats[::-1], np.int64)


@njit(cache=True, nogil=True, error_model="numpy")
def _forward(pulse: Any, periods: Any, total: Any, came: Any) -> None:
    """total: the best that a beat at each column can have had; came: where the beat before it was, or -1."""
    costs = np.empty(1)
    period = 0.0
    for t in range(len(pulse)):
        if periods[t] != period:
            period = periods[t]
            costs = np.empty(int(2 * period) + 1)
            for step in range(1, len(costs)):
                costs[step] = _TIGHT * np.log(step / period) ** 2
        best, where = -np.inf, -1
        for step in range(max(1, int(period / 2)), min(t, len(costs) - 1) + 1):
            found = total[t - step] - costs[step]
            if found > best:
                best, where = found, t - step
        if t < period and best < 0:  # no beat before it
            best, where = 0.0, -1
        total[t], came[t] = pulse[t] + best, where
