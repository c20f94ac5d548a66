"""The callbacks of devices with clocks of their own (stream.live.bridge), as machine code; loaded if there is one."""

from typing import Any

import numpy as np
from numba import cfunc, njit
from numba.core.ccallback import CFunc
from numba.np.numpy_support import carray

from stream.live.bridge import (
    CHANNELS,
    HEADER,
    LEFT,
    MOST,
    OVERFLOWS,
    RIGHT,
    UNDERFLOWS,
    draw,
    stamp,
    write_frame,
    written,
)
from stream.live.signature import SIGNATURE


@njit(error_model="numpy")
def _count(b: Any, flags: Any) -> None:
    b[UNDERFLOWS] += (flags & 1) + ((flags >> 2) & 1)
    b[OVERFLOWS] += ((flags >> 1) & 1) + ((flags >> 3) & 1)


def _capture(indata: Any, _outdata: Any, frames: Any, _timeinfo: Any, flags: Any, user: Any) -> Any:
    b, n = carray(user, (HEADER,), np.int64), np.int64(frames)
    channels, at = b[CHANNELS], written(b)
    x, right = carray(indata, (n * channels,), np.float32), 1 if channels > 1 else 0
    for i in range(n):
        write_frame(b, at + i, x[i * channels], x[i * channels + right])
    stamp(b, at + n)
    _count(b, np.int64(flags))
    return np.int32(0)  # paContinue


def _playback(_indata: Any, outdata: Any, frames: Any, _timeinfo: Any, flags: Any, user: Any) -> Any:
    b, n = carray(user, (HEADER,), np.int64), np.int64(frames)
    channels, done = b[CHANNELS], np.int64(0)
    y = carray(outdata, (n * channels,), np.float32)
    while done < n:
        piece = min(n - done, b[MOST])
        drawn = draw(b, piece)
        for i in range(piece):
            for c in range(channels):
                y[(done + i) * channels + c] = np.float32(0)
            y[(done + i) * channels + b[LEFT]] = drawn[i, 0]
            if b[RIGHT] == b[LEFT]:
                y[(done + i) * channels + b[LEFT]] = (drawn[i, 0] + drawn[i, 1]) * np.float32(0.5)
            else:
                y[(done + i) * channels + b[RIGHT]] = drawn[i, 1]
        done += piece
    _count(b, np.int64(flags))
    return np.int32(0)


capture: CFunc = cfunc(SIGNATURE, error_model="numpy", cache=True)(_capture)
"""The callback of another input. [audio-thread, of that device]"""
playback: CFunc = cfunc(SIGNATURE, error_model="numpy", cache=True)(_playback)
"""The callback of another output. [audio-thread, of that device]"""
