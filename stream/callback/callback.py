"""The audio thread: PortAudio's callback as machine code. It copies, mixes and counts; it knows no Python object.

In the same call a block goes in and the block that came in `delay` frames earlier goes out:

    dry ring    ──────┬───────────────────────────┬────▶ frames
                      position = n - delay        n
    stem ring   ──────┴──────────┬ written by the separator thread

At unity gain what goes out is the delayed input itself; the stems only carry what differs (`dsp.mix`). Where stems
are missing the output has already faded, over `fade_frames`, to what `late` says; every such hop is counted. A stem
whose insert is late has likewise faded to itself.
"""

from typing import Any

import numpy as np
from numba import cfunc, njit
from numba.core.ccallback import CFunc
from numba.np.numpy_support import carray

from dsp.console import PIECE
from stream.callback.header import HEADER, counter
from stream.callback.inputstage import take
from stream.callback.mixstage import begin, meter, play, rest, work
from stream.callback.outputstage import fade_buses, put_across, put_out, stamp, tap
from stream.native.atomics import fence_release, load_acquire, store_release
from stream.native.calling import calling
from stream.native.memory import record_at
from stream.native.signature import SIGNATURE, STAGE

_call = calling(STAGE)


@njit(error_model="numpy")
def _count_flags(h: Any, flags: Any) -> None:
    # paInputUnderflow 1, paInputOverflow 2, paOutputUnderflow 4, paOutputOverflow 8
    h.input_underflows += flags & 1
    h.input_overflows += (flags >> 1) & 1
    h.output_underflows += (flags >> 2) & 1
    h.output_overflows += (flags >> 3) & 1


@njit(error_model="numpy")
def _give(h: Any, y: Any, position: Any, n: Any, way: Any) -> None:
    """The block at `position` out of the rings, through the mixer, to the device and the tap.

    way: 1 where devices hear it fade in, -1 out, else 0
    """
    p = h.player
    ready, late, done = np.int64(0), False, np.int64(0)
    if h.live:
        ready = load_acquire(counter(p.stem_ring), 0)
        begin(p, position, n)
    if h.decks > 0:
        _call(h.deck_stage, (h.own, position + p.delay, n, 1))
    while done < n:
        at = position + done
        count = min(PIECE - at % PIECE, n - done)  # so no piece goes beyond the end of a ring
        if h.live:
            count = min(count, -at) if at < 0 else count
            late |= _hear(p, at, ready, count)
        if h.decks > 0:
            _call(h.deck_stage, (h.own, at + p.delay, count, 0))
        if way != 0:
            fade_buses(h, way, done, n, count)
        put_out(h, y[done * h.out_channels :], count)
        put_across(h, at + p.delay, count)
        done += count
    p.late_blocks += late
    stamp(h, position + n + p.delay)


@njit(error_model="numpy")
def _hear(p: Any, at: Any, ready: Any, n: Any) -> Any:
    """A piece of the input; whether any of its stems are late."""
    late = False
    if at >= 0:
        late = play(p, at, ready, n)
        if p.tap_ring.data != 0:
            tap(p, work(p), at, n)
    else:
        rest(p, n)
    meter(p, n)
    return late


@njit(error_model="numpy")
def _serve(h: Any, x: Any, y: Any, n: Any) -> None:
    p = h.player
    taken = counter(p.dry_ring)
    at, done = taken[0], np.int64(0)
    fence_release()  # as in stream.callback.ring: before any ring's older frames are written over
    if h.live:
        take(h, x, at, n)
    grown = h.incoming_burst - h.burst
    fading = min(n, p.fade_frames) if grown > 0 and p.delay + grown <= h.max_delay else np.int64(0)
    while done < n:
        grows = done < fading
        count, way = (fading, np.int64(-1)) if grows else (n - done, h.fade_in)
        _give(h, y[done * h.out_channels :], at - p.delay + done, count, way)
        h.fade_in = 0
        if grows:
            _grow(h, grown)
        done += count
    position = at - p.delay
    if p.tap_ring.data != 0 and position + n > 0:
        store_release(counter(p.tap_ring), 0, position + n)
    store_release(taken, 0, at + n)


@njit(error_model="numpy")
def _grow(h: Any, grown: Any) -> None:
    """Be later from now on, since more frames come at once: what was heard has faded out, and goes on from as many
    frames before as come more, fading in. Nothing is lost: some is heard twice."""
    h.player.delay += grown
    h.burst = h.incoming_burst
    h.fade_in = 1


def _callback(indata: Any, outdata: Any, frames: Any, _timeinfo: Any, flags: Any, user: Any) -> Any:
    h = record_at(user, HEADER)
    n, ins, outs = np.int64(frames), h.in_channels, h.out_channels
    x = carray(indata, (n * ins,), np.float32)
    y = carray(outdata, (n * outs,), np.float32)
    _count_flags(h, np.int64(flags))
    done = np.int64(0)
    while done < n:  # a block larger than the rings were made for is served in pieces
        piece = min(n - done, h.max_block)
        _serve(h, x[done * ins :], y[done * outs :], piece)
        done += piece
    h.blocks += 1
    return np.int32(0)  # paContinue


callback: CFunc = cfunc(SIGNATURE, error_model="numpy", cache=True)(_callback)
"""The compiled callback: `.address` for PortAudio, `.ctypes` for the clocks that pace files. [audio-thread]"""
