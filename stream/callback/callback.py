"""The audio thread: PortAudio's callback as machine code. It copies, mixes and counts; it knows no Python object.

In the same call a block goes in and the block that came in `DELAY` frames earlier goes out:

    input ring  ──────┬───────────────────────────┬────▶ frames
                      position = n - DELAY        n
    stem ring   ──────┴──────────┬ written by the separator thread

At unity gain what goes out is the delayed input itself; the stems only carry what differs (`dsp.mix`). Where stems
are missing the output has already faded, over `FADE` frames, to what `late` says; every such hop is counted. A stem
whose insert is late has likewise faded to itself.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cfunc, njit
from numba.core.ccallback import CFunc
from numba.np.numpy_support import carray

from dsp.console import PIECE
from stream.callback.header import (
    BLOCKS,
    BURST,
    CODE,
    COMES,
    DELAY,
    FADE,
    HEADER,
    IN_CHANNELS,
    INPUT,
    INPUT_OVERFLOWS,
    INPUT_UNDERFLOWS,
    LATE_BLOCKS,
    LONGEST,
    MOST,
    OUT_CHANNELS,
    OUTPUT_OVERFLOWS,
    OUTPUT_UNDERFLOWS,
    SHADE,
    STEM,
    TAP,
    counter,
)
from stream.callback.inputstage import take
from stream.callback.mixstage import begin, meter, play, rest, work
from stream.callback.outputstage import fade_buses, put_across, put_out, stamp, tap
from stream.common.code import code
from stream.native.atomics import fence_release, load_acquire, store_release
from stream.native.signature import SIGNATURE


@njit(error_model="numpy")
def _count_flags(h: Any, flags: Any) -> None:
    # paInputUnderflow 1, paInputOverflow 2, paOutputUnderflow 4, paOutputOverflow 8
    h[INPUT_UNDERFLOWS] += flags & 1
    h[INPUT_OVERFLOWS] += (flags >> 1) & 1
    h[OUTPUT_UNDERFLOWS] += (flags >> 2) & 1
    h[OUTPUT_OVERFLOWS] += (flags >> 3) & 1


@njit(error_model="numpy")
def _give(h: Any, y: Any, position: Any, n: Any, shade: Any) -> None:
    """The block at `position` out of the rings, through the mixer, to the device and the tap.

    shade: whether devices hear it fade in (1) or out (-1)
    """
    rows, ready = work(h), load_acquire(counter(h, STEM), 0)
    begin(h, position, n)
    late, done = False, np.int64(0)
    while done < n:
        at = position + done
        count = min(PIECE - at % PIECE, n - done)  # so no piece goes beyond the end of a ring
        if at >= 0:
            late |= play(h, at, ready, count)
            if h[TAP] != 0:
                tap(h, rows, at, count)
        else:
            count = min(count, -at)
            rest(h, count)
        meter(h, count)
        if shade != 0:
            fade_buses(h, rows, shade, done, n, count)
        put_out(h, rows, y[done * h[OUT_CHANNELS] :], count)
        put_across(h, rows, at, count)
        done += count
    h[LATE_BLOCKS] += late
    stamp(h, position + n)


@njit(error_model="numpy")
def _serve(h: Any, x: Any, y: Any, n: Any) -> None:
    taken = counter(h, INPUT)
    at, done = taken[0], np.int64(0)
    fence_release()  # as in stream.callback.ring: before any ring's older frames are written over
    take(h, x, at, n)
    grown = h[COMES] - h[BURST]
    if grown > 0 and h[DELAY] + grown <= h[LONGEST]:
        done = min(n, h[FADE])
        _grow(h, y, at, done, grown)
    position, shade = at - h[DELAY], h[SHADE]
    if done < n:
        h[SHADE] = 0
        _give(h, y[done * h[OUT_CHANNELS] :], position + done, n - done, shade)
    if h[TAP] != 0 and position + n > 0:
        store_release(counter(h, TAP), 0, position + n)
    store_release(taken, 0, at + n)


@njit(error_model="numpy")
def _grow(h: Any, y: Any, at: Any, n: Any, grown: Any) -> None:
    """Be later from now on, since more frames come at once: what was heard fades out over `n` frames, and goes on from
    as many frames before as come more, fading in. Nothing is lost: some is heard twice."""
    _give(h, y, at - h[DELAY], n, np.int64(-1))
    h[DELAY] += grown
    h[BURST] = h[COMES]
    h[SHADE] = 1


def _callback(made_of: int) -> Callable[..., Any]:
    def callback(indata: Any, outdata: Any, frames: Any, _timeinfo: Any, flags: Any, user: Any) -> Any:
        h = carray(user, (HEADER,), np.int64)
        n, ins, outs = np.int64(frames), h[IN_CHANNELS], h[OUT_CHANNELS]
        x = carray(indata, (n * ins,), np.float32)
        y = carray(outdata, (n * outs,), np.float32)
        _count_flags(h, np.int64(flags))
        done = np.int64(0)
        while done < n:  # a block larger than the rings were made for is served in pieces
            piece = min(n - done, h[MOST])
            _serve(h, x[done * ins :], y[done * outs :], piece)
            done += piece
        h[BLOCKS] += 1
        h[CODE] = made_of
        return np.int32(0)  # paContinue

    return callback


callback: CFunc = cfunc(SIGNATURE, error_model="numpy", cache=True)(_callback(code()))
"""The compiled callback: `.address` for PortAudio, `.ctypes` for the clocks that pace files. [audio-thread]"""
