"""The way from one device's clock to another's (dsp.drift), and what compiled callbacks do at its two ends.

    other input ──▶ `capture` ──▶ ring ──▶ `draw` in the host's callback
    host's callback ──▶ `stamp` ──▶ ring ──▶ `playback` ──▶ other output        (stream.callback.bridgecallbacks)

All buses of a device go the same way in the same frames, so they stay together sample for sample.

Whoever writes stamps each block with the time, so that whoever reads knows how far the writer is between blocks.
Everything is reached from one record, as in stream.callback.header.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numba.np.numpy_support import carray

from dsp.clean import sane, unsound
from dsp.drift import GAPS, PLAYING, POSITION, STATE, TAPS, latency, pull, state, table
from stream.callback.header import RING, connect, counter, frames
from stream.callback.ring import Ring
from stream.callback.routes import bus, pairs, placed
from stream.mixer.route import Route
from stream.native.atomics import fence_acquire, fence_release, load_acquire, pointer, store_release
from stream.native.cpuclock import ticks, ticks_per_second
from stream.native.memory import Record, fill, floats, integers, layout

HEADER = layout(
    # counters, one writer: the other device's callback
    "calls", "underflows", "overflows",
    "cleaned",  # samples that could not be sound
    # parameters
    "channels",  # of the other device
    "width",  # of the ring, float32 (frames, width): twice the buses
    "max_block",  # frames that are drawn at once
    "tick_rate",  # ticks a second
    # addresses: of stamps, int64 (KEPT, 2), and of their counter, int64 (8,); of the reader's state, float64 (STATE,)
    "stamps", "stamp_counter", "reader_state",
    "sinc", "sinc_rows",  # address of the reader's table, and its length
    "drawn",  # address of what was drawn, float32 (max_block, width)
    # addresses of the numbers of the buses, int64 (width / 2,), and of what each channel of the other device has of a
    # frame, int64 (channels,)
    "buses", "route",
    ring=RING)
KEPT = 8  # stamps, a power of two
TRIES = 3  # to read the last stamp, for a reader that was kept waiting in between
SLACK_S = 0.006  # by which a device may call late
ROOM_S = 1.0


@njit(error_model="numpy")
def write_pair(b: Any, at: Any, pair: Any, left: Any, right: Any) -> None:
    """Put a pair of channels, rows of samples, at a position; they are there once `stamp` has counted them.

    The writer's callback calls it.
    [audio-thread]
    """
    mask, data = b.ring.mask, frames(b.ring, b.width)
    cleaned = 0
    for i in range(len(left)):
        cleaned += unsound(left[i]) + unsound(right[i])
        data[(at + i) & mask, 2 * pair], data[(at + i) & mask, 2 * pair + 1] = sane(left[i]), sane(right[i])
    b.cleaned += cleaned


@njit(error_model="numpy")
def written(b: Any) -> Any:
    """The position of the next frame, which may be written now, for the writer's callback. [audio-thread]"""
    # NB: no barrier as in stream.callback.ring: nobody looks at the counter again after reading, for the frames that
    # are written over are ROOM_S older than those that `draw` reads, and one who is LOST_S late (dsp.drift) begins anew
    return counter(b.ring)[0]


@njit(error_model="numpy")
def stamp(b: Any, until: Any) -> None:
    """Count the frames up to a position, and say when; for the writer's callback. [audio-thread]"""
    store_release(counter(b.ring), 0, until)
    fence_release()  # a stamp is written over an older one
    stamped, stamps = integers(b.stamp_counter, (8,)), integers(b.stamps, (KEPT, 2))
    number = stamped[0]
    stamps[number & (KEPT - 1), 0] = until
    stamps[number & (KEPT - 1), 1] = ticks()
    store_release(stamped, 0, number + 1)


@njit(error_model="numpy")
def _last_stamp(b: Any) -> Any:
    """How far the writer had come, and how long ago that was, in seconds.

    A seqlock of KEPT places: a stamp is whole if fewer than KEPT - 1 were counted while it was read. Frames are counted
    before the stamp that says so, so all up to its position are there.
    """
    stamped, stamps = integers(b.stamp_counter, (8,)), integers(b.stamps, (KEPT, 2))
    number, at, when = load_acquire(stamped, 0), np.int64(0), ticks()
    for _ in range(TRIES):  # one that was written over while it was read is none
        at, when = stamps[(number - 1) & (KEPT - 1), 0], stamps[(number - 1) & (KEPT - 1), 1]
        fence_acquire()
        seen, number = number, load_acquire(stamped, 0)
        if number - seen < KEPT - 1:
            break
    return (at, (ticks() - when) / b.tick_rate) if number > 0 else (np.int64(0), 0.0)


@njit(error_model="numpy")
def draw(b: Any, n: Any) -> Any:
    """The next frames at the reader's pace, float32 (n, width), n at most max_block. [audio-thread]"""
    out = floats(b.drawn, (b.max_block, b.width))[:n]
    at, since = _last_stamp(b)
    reader, sinc = carray(pointer(b.reader_state), (STATE,), np.float64), floats(b.sinc, (b.sinc_rows, TAPS))
    pull(frames(b.ring, b.width), at, since, reader, sinc, out)
    return out


class Bridge:
    """The way of stereo signals from one clock to another: what comes in, or buses that leave by another device.

    buses: their names; none for an input, which is one signal
    """

    def __init__(self, rates: tuple[int, int], block: int, channels: int, routes: Sequence[Route] = ()) -> None:
        """Make all arrays. Raises ValueError for a channel that is wanted twice.

        rates: of the writer and of the reader, Hz      block: of both, frames
        channels: of the other device      routes: to them
        [main-thread]
        """
        self.buses = tuple(dict.fromkeys(route.bus for route in routes))
        blocks, width = (block, block), 2 * max(1, len(self.buses))
        self._ring = Ring(int(ROOM_S * rates[0]), width, blocks[0])
        self._sizes = rates, blocks
        self._state, self._sinc = state(*rates, blocks, int(SLACK_S * rates[0])), table(rates[0] / rates[1])
        self._stamps, self._stamped = np.zeros((KEPT, 2), np.int64), np.zeros(8, np.int64)
        self._drawn = np.zeros((blocks[1], width), np.float32)
        self._numbers, self._route = np.zeros(width // 2, np.int64), placed(routes, pairs(self.buses), channels)
        self.header: Record = np.zeros((), HEADER)
        fill(self.header, channels=channels, width=width, max_block=block, tick_rate=ticks_per_second(),
             stamps=self._stamps.ctypes.data, stamp_counter=self._stamped.ctypes.data,
             reader_state=self._state.ctypes.data, sinc=self._sinc.ctypes.data, sinc_rows=len(self._sinc),
             drawn=self._drawn.ctypes.data, buses=self._numbers.ctypes.data, route=self._route.ctypes.data)
        connect(self.header["ring"], self._ring.data, self._ring.counter)

    def carry(self, sources: Sequence[str]) -> None:
        """Find the buses. Raises ValueError for one that is not here. Before callbacks run. [main-thread]"""
        self._numbers[:] = [bus(name, sources) for name in self.buses]

    def rest(self) -> None:
        """Have its reader begin anew, faded in, from what is newest then; it does not call now. [devices-thread]"""
        self._state[PLAYING] = 0

    def change(self, rates: tuple[int, int], block: int) -> None:
        """Carry between these rates, Hz, and blocks of so many frames, from now on.

        While the writer or the reader does not call: its reader gives silence then, and touches nothing of this.
        [devices-thread]
        """
        sizes = rates, (max(block, self._sizes[1][0]),) * 2
        if sizes != self._sizes:
            self._sizes = sizes
            at = self._state[[POSITION, GAPS]]
            self._state[:] = state(*rates, sizes[1], int(SLACK_S * rates[0]))
            self._state[[POSITION, GAPS]] = at
            self._sinc[:] = table(rates[0] / rates[1])

    @property
    def latency(self) -> int:
        """How late a frame comes out of it, in frames of the reader's. [any-thread]"""
        return round(latency(self._state))

    @property
    def gaps(self) -> int:
        """How often it had no frames to give, and faded to silence. [any-thread]"""
        return int(self._state[GAPS])

    @property
    def cleaned(self) -> int:
        """Samples that could not be sound, and are silence. [any-thread]"""
        return int(self.header["cleaned"])

    @property
    def xruns(self) -> int:
        """What PortAudio has flagged of the other device. [any-thread]"""
        return int(self.header["underflows"] + self.header["overflows"])
