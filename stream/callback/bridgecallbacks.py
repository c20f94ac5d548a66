"""Compiled callbacks of devices with clocks of their own (stream.callback.bridge); loaded if there is one."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cfunc, njit
from numba.core.ccallback import CFunc
from numba.np.numpy_support import carray

from stream.callback.bridge import (
    CALLS,
    CHANNELS,
    CODE,
    HEADER,
    MOST,
    OVERFLOWS,
    ROUTE,
    UNDERFLOWS,
    draw,
    stamp,
    write_pair,
    written,
)
from stream.callback.header import integers
from stream.callback.outputstage import route_rows
from stream.common.code import code
from stream.native.signature import SIGNATURE


@njit(error_model="numpy")
def _count(b: Any, flags: Any) -> None:
    b[CALLS] += 1
    b[UNDERFLOWS] += (flags & 1) + ((flags >> 2) & 1)
    b[OVERFLOWS] += ((flags >> 1) & 1) + ((flags >> 3) & 1)


def _capture(made_of: int) -> Callable[..., Any]:
    def capture(indata: Any, _outdata: Any, frames: Any, _timeinfo: Any, flags: Any, user: Any) -> Any:
        b, n = carray(user, (HEADER,), np.int64), np.int64(frames)
        b[CODE] = made_of
        channels, at = b[CHANNELS], written(b)
        shape: Any = (n, channels)
        x = carray(indata, shape, np.float32)
        write_pair(b, at, 0, x[:, 0], x[:, 1 if channels > 1 else 0])
        stamp(b, at + n)
        _count(b, np.int64(flags))
        return np.int32(0)  # paContinue

    return capture


def _playback(made_of: int) -> Callable[..., Any]:
    def playback(_indata: Any, outdata: Any, frames: Any, _timeinfo: Any, flags: Any, user: Any) -> Any:
        b, n = carray(user, (HEADER,), np.int64), np.int64(frames)
        b[CODE] = made_of
        done, route = np.int64(0), integers(b, ROUTE, (b[CHANNELS],))
        y = carray(outdata, (n * b[CHANNELS],), np.float32)
        while done < n:
            piece = min(n - done, b[MOST])
            route_rows(draw(b, piece).T, route, y[done * b[CHANNELS] :], piece)
            done += piece
        _count(b, np.int64(flags))
        return np.int32(0)

    return playback


capture: CFunc = cfunc(SIGNATURE, error_model="numpy", cache=True)(_capture(code()))
"""The callback of another input, on that device's audio thread. [audio-thread]"""
playback: CFunc = cfunc(SIGNATURE, error_model="numpy", cache=True)(_playback(code()))
"""The callback of another output, on that device's audio thread. [audio-thread]"""
