"""A block through the mixer (dsp.console), piece by piece: the stems that are there, their inserts, buses and peaks.

All of it is of one player (`p`, stream.callback.header).

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
from stream.callback.header import INSERT as INSERT_LAYOUT
from stream.callback.header import STEMS_PRESENT, TARGETS_TAKEN, counter, frames, log_event, part
from stream.native.atomics import load_acquire, pointer
from stream.native.memory import floats, record_at

FALL = 1.0  # decades a second by which a peak falls
INSERT_BYTES = INSERT_LAYOUT.itemsize


@njit(error_model="numpy")
def state(p: Any) -> Any:
    """The console's state."""
    return floats(p.mixer_state, (PARTS, p.stems, WIDTH))


@njit(error_model="numpy")
def work(p: Any) -> Any:
    """The console's rows."""
    return floats(p.rows, (rows(p.stems), PIECE))


@njit(error_model="numpy", inline="always")
def _insert(p: Any, s: Any) -> Any:
    return record_at(pointer(p.inserts + s * INSERT_BYTES), INSERT_LAYOUT)


@njit(error_model="numpy")
def begin(p: Any, position: Any, n: Any) -> None:
    """Once for the block at a position: wants are taken over, inserts looked at, and peaks fall."""
    targets = p.target_ring
    number = load_acquire(counter(targets), 0)
    if number != p.targets_taken:
        wanted = floats(targets.data, (targets.mask + 1, p.stems, WIDTH))[number & targets.mask]
        aim(state(p), wanted, p.ramp_frames)
        p.targets_taken, p.ramp_left = number, p.ramp_frames
        log_event(p, TARGETS_TAKEN, number, position)
    if p.has_inserts:
        _see_inserts(p, position + n - p.behind)
    loud, fallen = peaks(p), np.float32(10 ** (-FALL * n / p.device_rate))
    for row in range(len(loud)):
        loud[row] *= fallen


@njit(error_model="numpy")
def _see_inserts(p: Any, end: Any) -> None:
    """How far inserts have come; one that is wanted and late is counted. `end`: of the block."""
    for s in range(p.stems):
        insert = _insert(p, s)
        if insert.ring.data != 0:
            insert.ready = load_acquire(counter(insert.ring), 0)
            late = end > 0 and insert.ready < end + p.fade_frames
            p.insert_misses += late and state(p)[CURRENT, s, INSERT] > np.float32(0)


@njit(error_model="numpy")
def play(p: Any, at: Any, ready: Any, n: Any) -> Any:
    """The piece at a position onto all buses; whether any of its stems are late.

    ready: how far the stem ring has been written
    """
    ramp(state(p), work(p), p.ramp_left, n)
    late = _fade(p, at, ready, n)
    _fetch(p, work(p), at, n)
    if p.has_inserts:
        hear_inserts(p, at, n)
    mix_rows(p, n)
    return late


@njit(error_model="numpy")
def mix_rows(p: Any, n: Any) -> None:
    """What the rows have onto all buses."""
    memory = floats(p.equalizer_memory, (p.stems, 2, MEMORY))
    mix(state(p), memory, work(p), (p.ramp_left, p.dry_when_late), n)
    p.ramp_left = move(state(p), p.ramp_left, n)


@njit(error_model="numpy")
def rest(p: Any, n: Any) -> None:
    """A piece before anything has come in that would come out here."""
    silent = work(p)
    for row in range(BUS, strip(0, p.stems)):
        for i in range(n):
            silent[row, i] = 0
    p.ramp_left = move(state(p), p.ramp_left, n)


@njit(error_model="numpy")
def _fade(p: Any, at: Any, ready: Any, n: Any) -> Any:
    """How much of the stems is there at each frame; whether some are late."""
    there = min(n, max(0, ready - p.fade_frames - at))
    if there > 0 and not p.stems_present:
        p.stems_present = 1
        log_event(p, STEMS_PRESENT, 1, at)
    if there < n:
        _miss(p, at + there + p.fade_frames, at + n - 1 + p.fade_frames)
        if p.stems_present:
            p.stems_present = 0
            log_event(p, STEMS_PRESENT, 0, at + there)
    now, wet, late = state(p)[WET_NOW, 0], work(p)[WET], 0
    now[0] = fade(now[0], there, p.fade_frames, wet, n)
    for i in range(n):
        late += wet[i] < np.float32(1)
    p.late_frames += late
    return there < n


@njit(error_model="numpy")
def _miss(p: Any, first: Any, last: Any) -> None:
    """Count the hops that frames belong to, each once."""
    start, end = _hop(p, first), _hop(p, last)
    p.misses += max(0, end - max(p.last_missed_hop, start - 1))
    p.last_missed_hop = max(p.last_missed_hop, end)


@njit(error_model="numpy")
def _hop(p: Any, position: Any) -> Any:
    return (position * p.model_rate // p.device_rate + p.separator_latency) // p.hop


@njit(error_model="numpy")
def _fetch(p: Any, work: Any, at: Any, n: Any) -> None:
    """The dry signal and the stems out of their rings."""
    stems = p.stems
    _split(part(p.dry_ring, 2, at, n), 0, work, DRY)
    there = part(p.stem_ring, 2 * stems, at, n)
    for s in range(stems):
        first = strip(s, stems)
        _split(there, s, work, first + STEM)
        weigh(work, first, n)


@njit(error_model="numpy")
def weigh(work: Any, first: Any, n: Any) -> None:
    """As much of a stem as is there, which is heard as it is until an insert has made it; `first` row of its strip."""
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
def hear_inserts(p: Any, at: Any, n: Any) -> None:
    """The stems that have inserts as these have made them; the gains are those of the frames."""
    made = work(p)
    there = made[AWAY]
    for s in range(p.stems):
        insert = _insert(p, s)
        if insert.ring.data != 0:
            first, now = strip(s, p.stems), state(p)[WET_NOW, s]
            data, mask = frames(insert.ring, 2), insert.ring.mask
            for side in range(2):
                for i in range(n):
                    made[first + HEARD + side, i] = data[(at + i) & mask, side]
            ready = insert.ready - p.fade_frames - at
            now[INSERT] = fade(now[INSERT], ready, p.fade_frames, there, n)
            blend(made, first, there, n)


@njit(error_model="numpy")
def meter(p: Any, n: Any) -> None:
    """Let the peaks rise to a piece."""
    for row in range(len(peaks(p))):
        meter_row(p, row, n)


@njit(error_model="numpy")
def meter_row(p: Any, row: Any, n: Any) -> None:
    """Let the peak of a side of a bus rise to a piece."""
    loud = peaks(p)
    loud[row] = max(loud[row], loudest(work(p), BUS + row, n))


@njit(error_model="numpy")
def peaks(p: Any) -> Any:
    """Of its buses, left and right of each."""
    return floats(p.peaks, (2 * (p.stems + BUSES),))
