"""The way from one device's clock to another's (dsp.drift), and what compiled callbacks do at its two ends.

    other input ──▶ `capture` ──▶ ring ──▶ `draw` in the host's callback
    host's callback ──▶ `stamp` ──▶ ring ──▶ `playback` ──▶ other output        (stream.callback.bridgecallbacks)

All buses of a device go the same way in the same frames, so they stay together sample for sample.

Whoever writes stamps each block with the time, so that whoever reads knows how far the writer is between blocks.
Everything is reached from one int64 header, as in stream.callback.header.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.np.numpy_support import carray

from dsp.clean import sane, unsound
from dsp.drift import GAPS, PLAYING, POSITION, STATE, TAPS, latency, pull, state, table
from stream.callback.header import counter, floats, frames, integers
from stream.callback.ring import Ring
from stream.callback.routes import bus, placed
from stream.mixer.route import Route
from stream.native.atomics import fence_acquire, fence_release, load_acquire, pointer, store_release
from stream.native.cpuclock import ticks, ticks_per_second

HEADER = 32
# counters, and of what code it is, one writer: the other device's callback
UNDERFLOWS, OVERFLOWS, CODE, CLEANED, CALLS = range(5)
# parameters: CHANNELS of the other device, WIDTH of the way, twice its buses; MOST frames are drawn at once
CHANNELS, WIDTH, MOST, TICKS = range(8, 12)
# addresses: the ring's data, counter, and frames - 1; of stamps, int64 (KEPT, 2), and their counter; of the reader's
# state, of its table and how many rows that has, and of what it has drawn, float32 (MOST, WIDTH); of the numbers of
# the buses, int64 (WIDTH / 2,), and of what each channel of the other device has of a frame, int64 (CHANNELS,)
RING, STAMPS, STAMPED, READER, SINC, SINC_ROWS, DRAWN, BUSES, ROUTE = 16, 19, 20, 21, 22, 23, 24, 25, 26
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
    mask, data = b[RING + 2], frames(b, RING, b[WIDTH])
    cleaned = 0
    for i in range(len(left)):
        cleaned += unsound(left[i]) + unsound(right[i])
        data[(at + i) & mask, 2 * pair], data[(at + i) & mask, 2 * pair + 1] = sane(left[i]), sane(right[i])
    b[CLEANED] += cleaned


@njit(error_model="numpy")
def written(b: Any) -> Any:
    """The position of the next frame, which may be written now, for the writer's callback. [audio-thread]"""
    # NB: no barrier as in stream.callback.ring: nobody looks at the counter again after reading, for the frames that
    # are written over are ROOM_S older than those that `draw` reads, and one who is LOST_S late (dsp.drift) begins anew
    return counter(b, RING)[0]


@njit(error_model="numpy")
def stamp(b: Any, until: Any) -> None:
    """Count the frames up to a position, and say when; for the writer's callback. [audio-thread]"""
    store_release(counter(b, RING), 0, until)
    fence_release()  # a stamp is written over an older one
    stamped, stamps = integers(b, STAMPED, (8,)), integers(b, STAMPS, (KEPT, 2))
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
    stamped, stamps = integers(b, STAMPED, (8,)), integers(b, STAMPS, (KEPT, 2))
    number, at, when = load_acquire(stamped, 0), np.int64(0), ticks()
    for _ in range(TRIES):  # one that was written over while it was read is none
        at, when = stamps[(number - 1) & (KEPT - 1), 0], stamps[(number - 1) & (KEPT - 1), 1]
        fence_acquire()
        seen, number = number, load_acquire(stamped, 0)
        if number - seen < KEPT - 1:
            break
    return (at, (ticks() - when) / b[TICKS]) if number > 0 else (np.int64(0), 0.0)


@njit(error_model="numpy")
def draw(b: Any, n: Any) -> Any:
    """The next frames at the reader's pace, float32 (n, WIDTH), n at most MOST. [audio-thread]"""
    out = floats(b, DRAWN, (b[MOST], b[WIDTH]))[:n]
    at, since = _last_stamp(b)
    reader, sinc = carray(pointer(b[READER]), (STATE,), np.float64), floats(b, SINC, (b[SINC_ROWS], TAPS))
    pull(frames(b, RING, b[WIDTH]), at, since, reader, sinc, out)
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
        self._numbers, self._route = np.zeros(width // 2, np.int64), placed(routes, self.buses, channels)
        self.header: npt.NDArray[np.int64] = np.zeros(HEADER, np.int64)
        h = self.header
        h[[CHANNELS, WIDTH, MOST, TICKS]] = channels, width, block, ticks_per_second()
        h[RING : RING + 3] = self._ring.data.ctypes.data, self._ring.counter.ctypes.data, len(self._ring.data) - 1
        h[[STAMPS, STAMPED, READER]] = (self._stamps.ctypes.data, self._stamped.ctypes.data, self._state.ctypes.data)
        h[[SINC, SINC_ROWS, DRAWN]] = self._sinc.ctypes.data, len(self._sinc), self._drawn.ctypes.data
        h[[BUSES, ROUTE]] = self._numbers.ctypes.data, self._route.ctypes.data

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
        return int(self.header[CLEANED])

    @property
    def xruns(self) -> int:
        """What PortAudio has flagged of the other device. [any-thread]"""
        return int(self.header[UNDERFLOWS] + self.header[OVERFLOWS])
