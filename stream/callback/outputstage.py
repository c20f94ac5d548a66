"""A piece out of the mixer: to the device's channels, to other devices' bridges, and to the tap for recordings.

[audio-thread]
"""

from typing import Any

import numpy as np
from numba import njit

from dsp.console import BUS, DRY, HEARD, PIECE, STEM, strip
from stream.callback import bridge
from stream.callback.header import MONO, counter, frames, part
from stream.native.atomics import pointer, store_release
from stream.native.memory import floats, integers, record_at


@njit(error_model="numpy")
def buses(h: Any) -> Any:
    """What devices can hear, float32 (bus_rows, PIECE)."""
    return floats(h.buses, (h.bus_rows, PIECE))


@njit(error_model="numpy")
def fade_buses(h: Any, way: Any, done: Any, n: Any, count: Any) -> None:
    """A piece on its way to devices, faded in (way 1) or out (-1).

    done: frames of the block before the piece      n: of the block      count: of the piece
    """
    length, rows = min(n, h.player.fade_frames), buses(h)
    for row in range(len(rows)):
        for i in range(count):
            part = min(np.float32(1), np.float32(done + i + 1) / np.float32(length))
            rows[row, i] *= part if way > 0 else np.float32(1) - part


@njit(error_model="numpy")
def put_out(h: Any, y: Any, n: Any) -> None:
    """To the device: every channel has the bus that it is routed to.

    y: float32 (n · out_channels,), written
    """
    route_rows(buses(h), integers(h.route, (h.out_channels,)), y, n)


@njit(error_model="numpy")
def route_rows(rows: Any, route: Any, y: Any, n: Any) -> None:
    """Rows of samples to channels, each what it is routed to.

    rows: float32 (rows, n), two of each bus      route: int64 (channels,), as `stream.callback.routes.placed` makes it
    y: float32 (n · channels,), written
    """
    outs = len(route)
    for c in range(outs):
        if route[c] >= 0:
            row = rows[route[c]]
            for i in range(n):
                y[i * outs + c] = row[i]
        elif route[c] <= MONO:
            left, right = rows[MONO - route[c]], rows[MONO - route[c] + 1]
            for i in range(n):
                y[i * outs + c] = (left[i] + right[i]) * np.float32(0.5)
        else:
            for i in range(n):
                y[i * outs + c] = np.float32(0)


@njit(error_model="numpy")
def put_across(h: Any, at: Any, n: Any) -> None:
    """To other devices; `at` is the position of the input."""
    others, rows = integers(h.output_bridges, (h.other_outputs,)), buses(h)
    for o in range(len(others)):
        b = record_at(pointer(others[o]), bridge.HEADER)
        wanted = integers(b.buses, (b.width // 2,))
        for pair in range(len(wanted)):
            row = 2 * wanted[pair]
            bridge.write_pair(b, at, pair, rows[row, :n], rows[row + 1, :n])


@njit(error_model="numpy")
def stamp(h: Any, until: Any) -> None:
    """Let other devices have what was put across, up to a position of the input."""
    others = integers(h.output_bridges, (h.other_outputs,))
    for o in range(len(others)):
        bridge.stamp(record_at(pointer(others[o]), bridge.HEADER), until)


@njit(error_model="numpy")
def tap(p: Any, work: Any, at: Any, n: Any) -> None:
    """For recordings: what was heard, the stems that were there, what came in, and what inserts made."""
    stems = p.stems
    to = part(p.tap_ring, 4 + 2 * stems * (2 if p.has_inserts else 1), at, n)
    _join(work, BUS, to, 0)
    _join(work, DRY, to, 1 + stems)
    for s in range(stems):
        _join(work, strip(s, stems) + STEM, to, 1 + s)
        if p.has_inserts:
            _join(work, strip(s, stems) + HEARD, to, 2 + stems + s)


@njit(error_model="numpy")
def tap_buses(h: Any, at: Any, n: Any) -> None:
    """For recordings of decks: the master's buses, by device positions."""
    rows, mask = buses(h), h.tap_ring.mask
    to = frames(h.tap_ring, 2 * h.tap_pairs)
    for channel in range(2 * h.tap_pairs):
        row = rows[BUS + channel]
        for i in range(n):
            to[(at + i) & mask, channel] = row[i]
    store_release(counter(h.tap_ring), 0, at + n)


@njit(error_model="numpy")
def _join(work: Any, row: Any, frames: Any, pair: Any) -> None:
    """Two rows as a pair of channels."""
    left, right = work[row], work[row + 1]
    for i in range(len(frames)):
        frames[i, 2 * pair], frames[i, 2 * pair + 1] = left[i], right[i]
