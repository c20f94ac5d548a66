"""Decks, piece by piece: out of the ring that is heard, past inserts, through the deck's mixer, into the master's
(masterstage).

The deck's thread renders a song ahead of the callback. When somebody presses something, it renders again from where the
callback is, onto the ring that is not heard, and wants a swap: the callback crossfades to it. The ring that was heard
belongs to the deck again once that is over.

    even  ────────────┐ swap
    odd        ┌──────┴───────────────────▶   position = frame + shift

A ring that is anchored goes on where the other one is; one that is not is heard from its first frame on, whenever that
is, so that nothing of a cue's attack is lost.

[audio-thread]
"""

from typing import Any

import numpy as np
from numba import cfunc, njit
from numba.core.ccallback import CFunc

from dsp.console import AWAY, DRY, HEARD, STEM, WET, WET_NOW, strip
from dsp.ramp import fade, ramp
from stream.callback.header import DECK, HEADER, NEVER, REEL, RING, counter, frames
from stream.callback.masterstage import add_cue, begin_master, clear, finish, join, mix_master, wait
from stream.callback.mixstage import begin, hear_inserts, meter, mix_rows, state, weigh, work
from stream.callback.outputstage import tap_buses
from stream.native.atomics import fence_release, load_acquire, pointer, store_release
from stream.native.memory import integers, record_at
from stream.native.signature import STAGE

DECK_BYTES, RING_BYTES = DECK.itemsize, RING.itemsize


@njit(error_model="numpy", inline="always")
def _deck(h: Any, number: Any) -> Any:
    return record_at(pointer(h.deck_records + number * DECK_BYTES), DECK)


def _stage(own: Any, position: Any, n: Any, begins: Any) -> None:
    h = record_at(pointer(own), HEADER)
    if begins:
        _begin(h, position, n)
    else:
        _play_all(h, position, n)
        if h.tap_pairs > 0:
            tap_buses(h, position, n)


@njit(error_model="numpy")
def _begin(h: Any, position: Any, n: Any) -> None:
    """Once for the block at a position: changes of mixers and swaps are taken over."""
    begin_master(h.master, position, n)
    for number in range(h.decks):
        d = _deck(h, number)
        begin(d.player, position, n)
        _swap(d, position)
        d.late_counted = 0


@njit(error_model="numpy")
def _swap(d: Any, position: Any) -> None:
    """Begin to hear the other ring, if that is wanted and the last change is over."""
    wanted = load_acquire(integers(d.wanted, (8,)), 0)
    if d.fade_from == NEVER and wanted != d.swaps:
        anchor = integers(d.anchors, (2,))[wanted & 1]
        d.fade_from = position if anchor == NEVER else max(position, anchor)
        d.next_shift = position if anchor == NEVER else anchor
        d.fade = integers(d.fades, (2,))[wanted & 1]


@njit(error_model="numpy")
def _play_all(h: Any, at: Any, n: Any) -> None:
    """The piece at a position: all decks, and the input where it is heard, onto the master's buses."""
    clear(h.master, n)
    for number in range(h.decks):
        d = _deck(h, number)
        _play(d, at, n)
        join(h.master, number, d.player, n)
    if h.live:
        join(h.master, h.decks, h.player, n)
    mix_master(h.master, n)
    for number in range(h.decks):
        _leave(h, number, _deck(h, number).player, n)
    if h.live:
        _leave(h, h.decks, h.player, n)
    finish(h, n)


@njit(error_model="numpy")
def _leave(h: Any, number: Any, player: Any, n: Any) -> None:
    """A player's own buses: what is cued of it, and then all of them later."""
    add_cue(h.master, number, player, n)
    wait(h, player, n)


@njit(error_model="numpy")
def _play(d: Any, at: Any, n: Any) -> None:
    """A deck onto its own buses."""
    p = d.player
    rows = work(p)
    late = _fetch(d, rows, at, n)
    d.late_frames += late
    if late > 0 and not d.late_counted:
        d.late_blocks, d.late_counted = d.late_blocks + 1, 1
    if p.behind > 0:
        _send(d, rows, at, n)
    ramp(state(p), rows, p.ramp_left, n)
    if p.has_inserts:
        hear_inserts(p, at - p.behind, n)
    mix_rows(p, n)
    meter(p, n)


@njit(error_model="numpy")
def _fetch(d: Any, rows: Any, at: Any, n: Any) -> Any:
    """The song as it is heard and its stems, out of the deck's rings; how many frames of the piece are late."""
    p = d.player
    fading = d.fade_from != NEVER and at + n > d.fade_from
    for c in range(REEL + 2 * p.stems):
        row = rows[_row(c, p.stems)]
        _copy(_ring(d, d.swaps), REEL + 2 * p.stems, (at - d.shift, c), row, n)
        if fading:
            _cross(d, (at, c), row, n)
    late = _quiet(d, rows, at, n)
    for s in range(p.stems):
        weigh(rows, strip(s, p.stems), n)
    if fading and at + n >= d.fade_from + d.fade:
        d.swaps, d.shift, d.fade_from = d.swaps + 1, d.next_shift, NEVER
        store_release(integers(d.taken, (8,)), 0, d.swaps)
    return late


@njit(error_model="numpy")
def _send(d: Any, rows: Any, at: Any, n: Any) -> None:
    """Let inserts have a piece as it is heard, swaps and all, and hear in its place what they were given before."""
    p, mask = d.player, d.sent.mask
    columns, data = REEL + 2 * p.stems, frames(d.sent, REEL + 2 * p.stems)
    fence_release()  # as in stream.callback.ring
    for c in range(columns):
        row = rows[_row(c, p.stems)]
        for i in range(n):
            data[(at + i) & mask, c] = row[i]
        for i in range(n):
            row[i] = data[(at + i - p.behind) & mask, c]
    store_release(counter(d.sent), 0, at + n)
    for s in range(p.stems):
        first = strip(s, p.stems)
        for side in range(2):
            for i in range(n):
                rows[first + HEARD + side, i] = rows[first + STEM + side, i]


@njit(error_model="numpy", inline="always")
def _ring(d: Any, number: Any) -> Any:
    return record_at(pointer(d.rings + (number & 1) * RING_BYTES), RING)


@njit(error_model="numpy")
def _row(c: Any, stems: Any) -> Any:
    """The row that a column of a deck's ring belongs to."""
    if c < REEL:
        return DRY + c if c < 2 else WET
    return strip((c - REEL) // 2, stems) + STEM + (c - REEL) % 2


@njit(error_model="numpy")
def _copy(ring: Any, columns: Any, place: Any, row: Any, n: Any) -> None:
    """A column of a ring from a frame on."""
    data = frames(ring, columns)
    frame, c = place
    for i in range(n):
        row[i] = data[(frame + i) & ring.mask, c]


@njit(error_model="numpy")
def _cross(d: Any, place: Any, row: Any, n: Any) -> None:
    """From what a row has to what the other ring has; where both are the same nothing changes, bit for bit."""
    ring = _ring(d, d.swaps + 1)
    data = frames(ring, REEL + 2 * d.player.stems)
    at, c = place
    for i in range(max(0, d.fade_from - at), n):
        other = data[(at + i - d.next_shift) & ring.mask, c]
        part = np.float32(at + i - d.fade_from + 1) / np.float32(d.fade)
        row[i] = row[i] + part * (other - row[i]) if part < np.float32(1) else other


@njit(error_model="numpy")
def _quiet(d: Any, rows: Any, at: Any, n: Any) -> Any:
    """Have a deck fade out before its ring runs dry, and in when it goes on; how many frames lack something."""
    p = d.player
    there = load_acquire(counter(_ring(d, d.swaps)), 0) + d.shift
    if d.fade_from != NEVER:
        other = load_acquire(counter(_ring(d, d.swaps + 1)), 0) + d.next_shift
        there = other if there >= d.fade_from + d.fade else min(there, other)
    now, here, late = state(p)[WET_NOW, 0], rows[AWAY], 0
    now[0] = fade(now[0], there - p.fade_frames - at, p.fade_frames, here, n)
    for i in range(n):
        late += here[i] < np.float32(1)
    if late > 0:
        for c in range(REEL + 2 * p.stems):
            row = rows[_row(c, p.stems)]
            for i in range(n):
                row[i] *= here[i] if c != 2 else np.float32(1)
    return late


stage: CFunc = cfunc(STAGE, error_model="numpy", cache=True)(_stage)
"""Its `.address` is for the callback, which begins a block with it, and then has each piece played. [audio-thread]"""
