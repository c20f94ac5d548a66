"""Compiled callbacks of devices with clocks of their own (stream.callback.bridge); loaded if there is one."""

from typing import Any

import numpy as np
from numba import cfunc, njit
from numba.core.ccallback import CFunc
from numba.np.numpy_support import carray

from stream.callback.bridge import HEADER, draw, stamp, write_pair, written
from stream.callback.outputstage import route_rows
from stream.native.memory import integers, record_at
from stream.native.signature import SIGNATURE


@njit(error_model="numpy")
def _count(b: Any, flags: Any) -> None:
    b.calls += 1
    b.underflows += (flags & 1) + ((flags >> 2) & 1)
    b.overflows += ((flags >> 1) & 1) + ((flags >> 3) & 1)


def _capture(indata: Any, _outdata: Any, frames: Any, _timeinfo: Any, flags: Any, user: Any) -> Any:
    b, n = record_at(user, HEADER), np.int64(frames)
    channels, at = b.channels, written(b)
    shape: Any = (n, channels)
    x = carray(indata, shape, np.float32)
    write_pair(b, at, 0, x[:, 0], x[:, 1 if channels > 1 else 0])
    stamp(b, at + n)
    _count(b, np.int64(flags))
    return np.int32(0)  # paContinue


def _playback(_indata: Any, outdata: Any, frames: Any, _timeinfo: Any, flags: Any, user: Any) -> Any:
    b, n = record_at(user, HEADER), np.int64(frames)
    done, route = np.int64(0), integers(b.route, (b.channels,))
    y = carray(outdata, (n * b.channels,), np.float32)
    while done < n:
        piece = min(n - done, b.max_block)
        route_rows(draw(b, piece).T, route, y[done * b.channels :], piece)
        done += piece
    _count(b, np.int64(flags))
    return np.int32(0)


capture: CFunc = cfunc(SIGNATURE, error_model="numpy", cache=True)(_capture)
"""The callback of another input, on that device's audio thread. [audio-thread]"""
playback: CFunc = cfunc(SIGNATURE, error_model="numpy", cache=True)(_playback)
"""The callback of another output, on that device's audio thread. [audio-thread]"""
