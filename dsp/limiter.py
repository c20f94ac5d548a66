"""A look-ahead peak limiter for a stereo bus, and the delay that keeps other buses beside it.

    x ──┬── delay, `frames` ───────────────────────────────────────────────────────────── × ──▶
        └── reduction that a peak needs ── most of frames + 1 ── release ── mean of frames + 1 ──┘

The most of a window and then its mean (R. Bristow-Johnson and others: a "hold and box" limiter): the gain falls in a
straight line, which has arrived when the peak that asked for it comes out, and rises slowly behind it. Both sides have
the same gain.

Up to full scale, which is 1, nothing is reduced: a song that is mastered to 0 dB leaves as it came. A peak above that
comes out as 1, and nothing comes out above it.

Reductions are whole numbers, 2**30 to one. So their sum comes back to nothing exactly, and then what comes out is what
went in, bit for bit; and no number depends on where a signal is cut into blocks.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from dsp.clean import sane

LOOKAHEAD_S, RELEASE_S = 0.0015, 0.08
_ONE = 1 << 30
# of a state: where in the delay; frames so far; the reduction after the release; the sum of the mean; which candidates
# for the most there are, first and behind the last; what is left of a reduction after a frame, of 2**32
AT, COUNT, HELD, SUM, FIRST, BEHIND, KEPT = range(7)
HEAD = 7


def lookahead(samplerate: float) -> int:
    """Frames that a bus comes later, whether it is limited or not."""
    return round(LOOKAHEAD_S * samplerate)


def limiter_state(frames: int, samplerate: float) -> npt.NDArray[np.int64]:
    """Of a bus that nothing has come from yet. frames: of the look-ahead, 1 or more."""
    state = np.zeros(HEAD + 3 * (frames + 1), np.int64)
    state[KEPT] = round(math.exp(-1 / (RELEASE_S * samplerate)) * (1 << 32))
    return state


def limiter_line(frames: int, rows: int = 2) -> npt.NDArray[np.float32]:
    """What is on its way through a bus, or several: float32 (rows, frames)."""
    return np.zeros((rows, frames), np.float32)


@njit(error_model="numpy")
def limit(state: Any, line: Any, signal: Any) -> None:
    """A bus, in its place: later, and nowhere above 0 dB.

    state: int64, of `limiter_state`      line: float32 (2, frames)      signal: float32 (2, n), the same memory
    """
    n = signal.shape[1]
    if state[HELD] == 0 and state[SUM] == 0 and _fits(signal):
        state[AT] = delay(line, signal, state[AT])
        state[FIRST] = state[BEHIND] = 0
        state[COUNT] += n
    else:
        for i in range(n):
            _limit_frame(state, line, signal, i)


@njit(error_model="numpy")
def _fits(signal: Any) -> Any:
    """Whether all of it may leave as it is."""
    fits = True
    for side in range(2):
        row = signal[side]
        for i in range(len(row)):
            fits &= abs(row[i]) <= np.float32(1)  # what is no number does not
    return fits


@njit(error_model="numpy")
def _limit_frame(state: Any, line: Any, signal: Any, i: Any) -> None:
    frames, at = line.shape[1], state[AT]
    left, right = sane(signal[0, i]), sane(signal[1, i])
    total = _reduction(state, _needed(max(abs(left), abs(right))), frames + 1)
    later_left, later_right = line[0, at], line[1, at]
    line[0, at], line[1, at] = left, right
    if total > 0:
        gain = 1.0 - total / ((frames + 1) * _ONE)
        later_left, later_right = np.float32(later_left * gain), np.float32(later_right * gain)
    signal[0, i], signal[1, i] = later_left, later_right
    state[AT] = at + 1 if at + 1 < frames else 0


@njit(error_model="numpy")
def delay(line: Any, signal: Any, at: Any) -> Any:
    """Buses beside those that are limited, in their place: as much later, and otherwise what they are.

    line: float32 (rows, frames)      signal: float32 (rows, n)      at: where in the line; gives where it is afterwards
    """
    frames, n, done = line.shape[1], signal.shape[1], 0
    while done < n:
        count = min(n - done, frames - at)
        for r in range(line.shape[0]):
            on_its_way, row = line[r, at : at + count], signal[r, done : done + count]
            for i in range(count):
                on_its_way[i], row[i] = row[i], on_its_way[i]
        at, done = (at + count) % frames, done + count
    return at


@njit(error_model="numpy")
def reduced(state: Any, frames: int) -> Any:
    """The gain that a bus has now: 1 is nothing taken away. For meters."""
    return 1.0 - state[SUM] / ((frames + 1) * _ONE)


@njit(error_model="numpy")
def _needed(peak: Any) -> Any:
    """The reduction that brings a peak to full scale, rounded up."""
    return 0 if peak <= 1 else math.ceil((1.0 - 1.0 / peak) * _ONE)


@njit(error_model="numpy")
def _reduction(state: Any, needed: Any, window: Any) -> Any:
    """The sum over a window of reductions that are held and released, with one that is needed `window - 1` later."""
    most = _most(state, needed, window)
    state[HELD] = max(most, (state[HELD] * state[KEPT]) >> 32)
    mean = HEAD + 2 * window + state[COUNT] % window
    state[SUM] += state[HELD] - state[mean]
    state[mean] = state[HELD]
    state[COUNT] += 1
    return state[SUM]


@njit(error_model="numpy")
def _most(state: Any, needed: Any, window: Any) -> Any:
    """The most that was needed in a window: candidates wait in a queue that falls, each with when it is over."""
    first, behind, count = state[FIRST], state[BEHIND], state[COUNT]
    while behind > first and state[HEAD + (behind - 1) % window] <= needed:
        behind -= 1
    state[HEAD + behind % window], state[HEAD + window + behind % window] = needed, count + window
    behind += 1
    while state[HEAD + window + first % window] <= count:
        first += 1
    state[FIRST], state[BEHIND] = first, behind
    return state[HEAD + first % window]
