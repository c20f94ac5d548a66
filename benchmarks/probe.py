"""A stopwatch in compiled code between PortAudio and a callback: when each call came, and when it returned.

PortAudio calls the probe, the probe calls the contender, whatever that is made of: what a Python callback waits for the
GIL lies between the two readings too. JACK's own clock says which block each call was for. Linux only (clock_gettime).
"""

import ctypes
import time
from dataclasses import dataclass
from typing import Any

import jack
import numpy as np
import numpy.typing as npt
from numba import carray, cfunc  # type: ignore[attr-defined]

from stream.native.atomics import pointer
from stream.native.signature import SIGNATURE

# the header, int64
CALLS, CAPACITY, CLIENT, USER, FLAGGED, ROWS, CLOCK = range(7)  # CLOCK takes two
HEAD = 16
# the rows, int64: the frame that JACK's cycle began at, and when (us); when the call came and when it returned (ns)
FRAME, CYCLE_US, CAME_NS, LEFT_NS = range(4)
WIDTH = 4

Callback = Any  # a ctypes function pointer of PortAudio's signature

_libc = ctypes.CDLL(None)
_clock_gettime = _libc.clock_gettime
_clock_gettime.argtypes, _clock_gettime.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_int
_libjack = ctypes.CDLL(jack._libname)  # the library that JACK-Client has loaded already
_last_frame_time = _libjack.jack_last_frame_time  # addresses as integers: they come out of the header
_last_frame_time.argtypes, _last_frame_time.restype = [ctypes.c_size_t], ctypes.c_uint32
_frames_to_time = _libjack.jack_frames_to_time
_frames_to_time.argtypes, _frames_to_time.restype = [ctypes.c_size_t, ctypes.c_uint32], ctypes.c_uint64
_RAW = time.CLOCK_MONOTONIC_RAW  # JACK's clock as well; CLOCK_MONOTONIC was 0.25 s off it after 45 min here
_pointer: Any = pointer  # to a type checker an intrinsic takes its compiler's arguments too


def around(contender: Callback) -> Any:
    """The contender with a probe around it, as a numba cfunc; both must be kept while they are called."""

    @cfunc(SIGNATURE, error_model="numpy")
    def probe(indata: Any, outdata: Any, frames: Any, timeinfo: Any, flags: Any, user: Any) -> Any:
        head = carray(user, (HEAD,), np.int64)
        rows = carray(_pointer(head[ROWS]), (head[CAPACITY], WIDTH), np.int64)
        clock = head[CLOCK : CLOCK + 2]
        row = rows[head[CALLS] % head[CAPACITY]]
        frame = _last_frame_time(np.uint64(head[CLIENT]))
        _clock_gettime(_RAW, clock.ctypes)
        came = clock[0] * 1_000_000_000 + clock[1]
        done = contender(indata, outdata, frames, timeinfo, flags, _pointer(head[USER]))
        _clock_gettime(_RAW, clock.ctypes)
        row[FRAME], row[CAME_NS], row[LEFT_NS] = frame, came, clock[0] * 1_000_000_000 + clock[1]
        row[CYCLE_US] = _frames_to_time(np.uint64(head[CLIENT]), frame)
        head[FLAGGED] += np.int64(flags) & 15 != 0
        head[CALLS] += 1
        return done

    return probe


class Record:
    """The memory of a probe, and a JACK client that is only asked for the time.

    header: int64, what PortAudio gives the probe
    """

    def __init__(self, capacity: int, user: int) -> None:
        """Make all arrays. capacity: calls that are kept; user: address that the contender is given."""
        self._client = jack.Client("clock", no_start_server=True)
        self._rows = np.zeros((capacity, WIDTH), np.int64)
        self._rows += 0  # touched once, so that the audio thread never waits for a page
        self.header = np.zeros(HEAD, np.int64)
        self._address = int(jack._ffi.cast("uintptr_t", self._client._ptr))
        self.header[[CAPACITY, CLIENT, USER, ROWS]] = capacity, self._address, user, self._rows.ctypes.data

    def now(self) -> int:
        """The frame at which JACK's present cycle began."""
        return int(_last_frame_time(self._address))

    def close(self) -> None:
        """Let go of JACK, after the stream."""
        self._client.close()

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """int64 (calls that have returned, 4)."""
        return self._rows[: self.header[CALLS]].copy()

    @property
    def flagged(self) -> int:
        """Calls that PortAudio gave an xrun flag."""
        return int(self.header[FLAGGED])


@dataclass(frozen=True)
class Served:
    """What became of the blocks of a while, by JACK's own clock.

    due: blocks that JACK's clock went on by, from the first call on
    served: calls that came
    dropped: blocks that JACK left out because a call lasted half a block or more; what is missing beyond these was
        lost before the call: jackd or the audio thread was not run in time
    own_us: what a call takes, from its coming to its return, p50, p99, max
    late_us: from the start of JACK's cycle to the return of the call, p50, p99, max
    """

    due: int
    served: int
    dropped: int
    own_us: tuple[float, ...]
    late_us: tuple[float, ...]


def account(rows: npt.NDArray[np.int64], until: int, block: int, samplerate: int) -> Served:
    """Account for the blocks before a frame of JACK's clock. Raises ValueError if there was no call.

    rows: int64 (calls, 4), also that of a call that was still running at `until`
    """
    rows = rows[rows[:, FRAME] < until]
    if not len(rows):
        raise ValueError("the audio device has not called once")
    own_us = (rows[:, LEFT_NS] - rows[:, CAME_NS]) / 1e3
    late_us = rows[:, LEFT_NS] / 1e3 - rows[:, CYCLE_US]
    missing = np.diff(rows[:, FRAME], append=until) // block - 1
    long = own_us >= 0.5e6 * block / samplerate
    due = int(until - rows[0, FRAME]) // block
    return Served(due, len(rows), int(missing[long & (missing > 0)].sum()), _tail(own_us), _tail(late_us))


def _tail(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in np.quantile(values, (0.5, 0.99, 1)))
