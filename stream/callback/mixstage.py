"""A block through the mixer (dsp.console), piece by piece: the stems that are there, their inserts, buses and peaks.

[audio-thread]
"""

from typing import Any

import numpy as np
from numba import njit

from dsp.console import (
    AWAY,
    BUS,
    BUSES,
    CURRENT,
    DRY,
    HEARD,
    INSERT,
    MEMORY,
    PARTS,
    PIECE,
    STEM,
    WET,
    WET_NOW,
    WIDTH,
    rows,
    strip,
)
from dsp.mix import loudest, mix
from dsp.ramp import aim, blend, fade, move, ramp
from stream.callback import header as hd
from stream.callback.header import counter, floats, integers, note, part
from stream.native.atomics import load_acquire

FALL = 1.0  # decades a second by which a peak falls


@njit(error_model="numpy")
def state(h: Any) -> Any:
    """The console's state."""
    return floats(h, hd.STATE, (PARTS, h[hd.STEMS], WIDTH))


@njit(error_model="numpy")
def work(h: Any) -> Any:
    """The console's rows."""
    return floats(h, hd.WORK, (rows(h[hd.STEMS]), PIECE))


@njit(error_model="numpy")
def begin(h: Any, position: Any, n: Any) -> None:
    """Once for the block at a position: wants are taken over, inserts looked at, and peaks fall."""
    number, mask = load_acquire(counter(h, hd.WANTED), 0), h[hd.WANTED + 2]
    if number != h[hd.TAKEN]:
        aim(state(h), floats(h, hd.WANTED, (mask + 1, h[hd.STEMS], WIDTH))[number & mask], h[hd.RAMP])
        h[hd.TAKEN], h[hd.RAMP_LEFT] = number, h[hd.RAMP]
        note(h, hd.AIMED, number, position)
    if h[hd.INSERTED]:
        _see_inserts(h, position + n)
    peaks, fallen = _peaks(h), np.float32(10 ** (-FALL * n / h[hd.DEVICE_RATE]))
    for row in range(len(peaks)):
        peaks[row] *= fallen


@njit(error_model="numpy")
def _see_inserts(h: Any, end: Any) -> None:
    """How far inserts have come; one that is wanted and late is counted. `end`: of the block."""
    inserts = integers(h, hd.INSERTS, (h[hd.STEMS], 4))
    for s in range(len(inserts)):
        if inserts[s, hd.RING_DATA] != 0:
            inserts[s, hd.RING_READY] = load_acquire(integers(inserts[s], hd.RING_COUNTER, (8,)), 0)
            late = end > 0 and inserts[s, hd.RING_READY] < end + h[hd.FADE]
            h[hd.INSERT_MISSES] += late and state(h)[CURRENT, s, INSERT] > np.float32(0)


@njit(error_model="numpy")
def play(h: Any, at: Any, ready: Any, n: Any) -> Any:
    """The piece at a position onto all buses; whether any of its stems are late.

    ready: how far the stem ring has been written
    """
    ramp(state(h), work(h), h[hd.RAMP_LEFT], n)
    late = _fade(h, at, ready, n)
    _fetch(h, work(h), at, n)
    if h[hd.INSERTED]:
        _hear(h, work(h), at, n)
    memory = floats(h, hd.MEMORY, (h[hd.STEMS], 2, MEMORY))
    mix(state(h), memory, work(h), (h[hd.RAMP_LEFT], h[hd.LATE_DRY]), n)
    h[hd.RAMP_LEFT] = move(state(h), h[hd.RAMP_LEFT], n)
    return late


@njit(error_model="numpy")
def rest(h: Any, n: Any) -> None:
    """A piece before anything has come in that would come out here."""
    silent = work(h)
    for row in range(BUS, strip(0, h[hd.STEMS])):
        for i in range(n):
            silent[row, i] = 0
    h[hd.RAMP_LEFT] = move(state(h), h[hd.RAMP_LEFT], n)


@njit(error_model="numpy")
def _fade(h: Any, at: Any, ready: Any, n: Any) -> Any:
    """How much of the stems is there at each frame; whether some are late."""
    there = min(n, max(0, ready - h[hd.FADE] - at))
    if there > 0 and not h[hd.THERE]:
        h[hd.THERE] = 1
        note(h, hd.STEMS_THERE, 1, at)
    if there < n:
        _miss(h, at + there + h[hd.FADE], at + n - 1 + h[hd.FADE])
        if h[hd.THERE]:
            h[hd.THERE] = 0
            note(h, hd.STEMS_THERE, 0, at + there)
    now, wet, late = state(h)[WET_NOW, 0], work(h)[WET], 0
    now[0] = fade(now[0], there, h[hd.FADE], wet, n)
    for i in range(n):
        late += wet[i] < np.float32(1)
    h[hd.LATE_FRAMES] += late
    return there < n


@njit(error_model="numpy")
def _miss(h: Any, first: Any, last: Any) -> None:
    """Count the hops that frames belong to, each once."""
    start, end = _hop(h, first), _hop(h, last)
    h[hd.MISSES] += max(0, end - max(h[hd.LAST_MISSED], start - 1))
    h[hd.LAST_MISSED] = max(h[hd.LAST_MISSED], end)


@njit(error_model="numpy")
def _hop(h: Any, position: Any) -> Any:
    return (position * h[hd.MODEL_RATE] // h[hd.DEVICE_RATE] + h[hd.SEPARATOR_LATENCY]) // h[hd.HOP]


@njit(error_model="numpy")
def _fetch(h: Any, work: Any, at: Any, n: Any) -> None:
    """The dry signal and the stems out of their rings."""
    stems = h[hd.STEMS]
    _split(part(h, hd.INPUT, 2, at, n), 0, work, DRY)
    there = part(h, hd.STEM, 2 * stems, at, n)
    for s in range(stems):
        first = strip(s, stems)
        _split(there, s, work, first + STEM)
        for side in range(2):
            own, heard = work[first + STEM + side], work[first + HEARD + side]
            for i in range(n):
                own[i] *= work[WET, i]
            for i in range(n):
                heard[i] = own[i]


@njit(error_model="numpy")
def _split(frames: Any, pair: Any, work: Any, row: Any) -> None:
    """A pair of channels as two rows."""
    left, right = work[row], work[row + 1]
    for i in range(len(frames)):
        left[i], right[i] = frames[i, 2 * pair], frames[i, 2 * pair + 1]


@njit(error_model="numpy")
def _hear(h: Any, work: Any, at: Any, n: Any) -> None:
    """The stems that have inserts as these have made them."""
    inserts, there = integers(h, hd.INSERTS, (h[hd.STEMS], 4)), work[AWAY]
    for s in range(len(inserts)):
        if inserts[s, hd.RING_DATA] != 0:
            first, now = strip(s, h[hd.STEMS]), state(h)[WET_NOW, s]
            _split(part(inserts[s], hd.RING_DATA, 2, at, n), 0, work, first + HEARD)
            ready = inserts[s, hd.RING_READY] - h[hd.FADE] - at
            now[INSERT] = fade(now[INSERT], ready, h[hd.FADE], there, n)
            blend(work, first, there, n)


@njit(error_model="numpy")
def meter(h: Any, n: Any) -> None:
    """Let the peaks rise to a piece."""
    peaks = _peaks(h)
    for row in range(len(peaks)):
        peaks[row] = max(peaks[row], loudest(work(h), BUS + row, n))


@njit(error_model="numpy")
def _peaks(h: Any) -> Any:
    return floats(h, hd.PEAKS, (2 * (h[hd.STEMS] + BUSES),))
