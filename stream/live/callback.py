"""The audio thread: PortAudio's callback as machine code. It copies, mixes and counts; it knows no Python object.

In the same call a block goes in and the block that came in `DELAY` frames earlier goes out:

    input ring  ──────┬───────────────────────────┬────▶ frames
                      position = n - DELAY        n
    stem ring   ──────┴──────────┬ written by the separator thread

At unity gain what goes out is the delayed input itself; the stems only carry what differs (`dsp.mix`). Where stems
are missing the output has already faded, over `FADE` frames, to what `late` says; every such hop is counted. A stem
whose insert is late has likewise faded to itself.
Everything it touches is reached from one int64 header, whose address is PortAudio's `userdata`.
"""

from typing import Any

import numpy as np
from numba import cfunc, njit
from numba.core.ccallback import CFunc
from numba.np.numpy_support import carray

from dsp.mix import (
    BUSES,
    CURRENT,
    INSERT,
    MEMORY,
    MIX_BUS,
    ROWS,
    WET,
    WIDTH,
    aim,
    fade_step,
    insert_step,
    listen,
    mix_frame,
    ramp_step,
)
from stream.atomics import load_acquire, pointer, store_release
from stream.live import bridge
from stream.live.signature import SIGNATURE

HEADER = 96
# counters and what it remembers of the block before, one writer: the callback
(BLOCKS, LATE_BLOCKS, LATE_FRAMES, MISSES, LAST_MISSED, FEED_UNDERRUNS, INPUT_UNDERFLOWS, INPUT_OVERFLOWS,
 OUTPUT_UNDERFLOWS, OUTPUT_OVERFLOWS, RAMP_LEFT, SHAPED, TAKEN, THERE, INSERT_MISSES) = range(15)
# parameters, set before the stream starts
(IN_CHANNELS, OUT_CHANNELS, STEMS, DELAY, FADE, RAMP, LATE_DRY, MOST, HOP, SEPARATOR_LATENCY, MODEL_RATE,
 DEVICE_RATE, FEED_END) = range(16, 29)
# rings: address of the data, of the counter, and frames - 1; address 0 where there is none. WANTED's are float32
# (STEMS, WIDTH), all that is wanted of the mixer at once; NOTES' are int64 (3,): what happened, its value, its position
INPUT, STEM, TAP, FEED, WANTED, NOTES = 32, 36, 40, 44, 56, 60
# addresses: of the mixing state, float32 (ROWS, STEMS, WIDTH); of what equalizers remember, float32 (STEMS, 2, MEMORY);
# of a frame on all buses and of their peaks, float32 (2 · STEMS + BUSES,); of the bus that each output channel has,
# int64 (OUT_CHANNELS,); of a frame of the stems as they fade in and out, float32 (2 · STEMS,); of the rings of inserts,
# int64 (STEMS, 4), zeros where a stem has none; of a frame of the stems as inserts have made them, float32
# (2 · STEMS,), or 0 where no stem has one
MIX, EQUALIZERS, BUS, PEAKS, ROUTE, FADED, INSERTS, HEARD = range(48, 56)
RING_DATA, RING_COUNTER, RING_MASK, RING_READY = range(4)  # in INSERTS; the last is written here, once a block
# headers of other devices' bridges (stream.live.bridge), 0 where there is none: the input's, and that of an output
# which has a bus of its own
OTHER_INPUT, OTHER_OUTPUT, OTHER_BUS = range(64, 67)
SILENT, MONO = -1, -2  # in ROUTE: nothing; MONO - b is both sides of the bus at b together
FALL = 1.0  # decades a second by which a peak falls
AIMED, STEMS_THERE = 0, 1  # notes: wants of this number were taken over, stems are there from here on (1) or late (0)
NEVER = -1


@njit(error_model="numpy")
def _frames(h: Any, ring: Any, channels: Any) -> Any:
    return carray(pointer(h[ring]), ((h[ring + 2] + 1) * channels,), np.float32)


@njit(error_model="numpy")
def _counter(h: Any, ring: Any) -> Any:
    return carray(pointer(h[ring + 1]), (8,), np.int64)


@njit(error_model="numpy")
def _count_flags(h: Any, flags: Any) -> None:
    # paInputUnderflow 1, paInputOverflow 2, paOutputUnderflow 4, paOutputOverflow 8
    h[INPUT_UNDERFLOWS] += flags & 1
    h[INPUT_OVERFLOWS] += (flags >> 1) & 1
    h[OUTPUT_UNDERFLOWS] += (flags >> 2) & 1
    h[OUTPUT_OVERFLOWS] += (flags >> 3) & 1


@njit(error_model="numpy")
def _take_device(h: Any, x: Any, at: Any, n: Any) -> None:
    """A block of the device into the input ring; mono is doubled, channels beyond two are left."""
    data, mask, channels = _frames(h, INPUT, 2), h[INPUT + 2], h[IN_CHANNELS]
    right = 1 if channels > 1 else 0
    for i in range(n):
        to = ((at + i) & mask) * 2
        data[to] = x[i * channels]
        data[to + 1] = x[i * channels + right]


@njit(error_model="numpy")
def _bridge(h: Any, at: Any) -> Any:
    return carray(pointer(h[at]), (bridge.HEADER,), np.int64)


@njit(error_model="numpy")
def _take_other(h: Any, at: Any, n: Any) -> None:
    """A block of an input with a clock of its own into the input ring, at this one's pace."""
    data, mask, x = _frames(h, INPUT, 2), h[INPUT + 2], bridge.draw(_bridge(h, OTHER_INPUT), n)
    for i in range(n):
        to = ((at + i) & mask) * 2
        data[to], data[to + 1] = x[i, 0], x[i, 1]


@njit(error_model="numpy")
def _take_feed(h: Any, at: Any, n: Any) -> None:
    """A block of the feed ring (a file that a device's clock paces) into the input ring; silence where it ran dry."""
    data, mask = _frames(h, INPUT, 2), h[INPUT + 2]
    feed, feed_mask = _frames(h, FEED, 2), h[FEED + 2]
    there = load_acquire(_counter(h, FEED), 0)
    if there < min(at + n, h[FEED_END]):
        h[FEED_UNDERRUNS] += 1
    for i in range(n):
        to, source = ((at + i) & mask) * 2, ((at + i) & feed_mask) * 2
        for c in range(2):
            data[to + c] = feed[source + c] if at + i < there else np.float32(0)


@njit(error_model="numpy")
def _miss(h: Any, position: Any) -> None:
    """Count the hop that the frame at `position` belongs to, once."""
    hop = (position * h[MODEL_RATE] // h[DEVICE_RATE] + h[SEPARATOR_LATENCY]) // h[HOP]
    if hop > h[LAST_MISSED]:
        h[LAST_MISSED] = hop
        h[MISSES] += 1


@njit(error_model="numpy")
def _put_out(y: Any, at: Any, route: Any, bus: Any) -> None:
    """A frame to the device: every channel has the bus that it is routed to."""
    for c in range(len(route)):
        if route[c] >= 0:
            y[at + c] = bus[route[c]]
        elif route[c] <= MONO:
            left = MONO - route[c]
            y[at + c] = (bus[left] + bus[left + 1]) * np.float32(0.5)
        else:
            y[at + c] = np.float32(0)


@njit(error_model="numpy")
def _floats(h: Any, at: Any, shape: Any) -> Any:
    return carray(pointer(h[at]), shape, np.float32)


@njit(error_model="numpy")
def _note(h: Any, what: Any, value: Any, position: Any) -> None:
    """Leave word of what happened for whoever keeps the log."""
    counter, mask = _counter(h, NOTES), h[NOTES + 2]
    rows, at = carray(pointer(h[NOTES]), (mask + 1, 3), np.int64), counter[0]
    rows[at & mask, 0] = what
    rows[at & mask, 1] = value
    rows[at & mask, 2] = position
    store_release(counter, 0, at + 1)


@njit(error_model="numpy")
def _aim(h: Any, mix: Any, memory: Any, position: Any) -> None:
    """Take over what is wanted of the mixer, for the block at `position`."""
    number, mask = load_acquire(_counter(h, WANTED), 0), h[WANTED + 2]
    if number != h[TAKEN]:
        wanted = carray(pointer(h[WANTED]), (mask + 1, mix.shape[1], WIDTH), np.float32)
        aim(mix, wanted[number & mask], h[RAMP])
        h[TAKEN], h[RAMP_LEFT] = number, h[RAMP]
        h[SHAPED] = listen(mix, memory, h[SHAPED])
        _note(h, AIMED, number, position)


@njit(error_model="numpy")
def _fade(h: Any, mix: Any, at: Any, ready: Any) -> Any:
    """One frame of the fade between stems that are there and late ones; whether this frame's are late."""
    there = at + h[FADE] < ready
    if not there:
        _miss(h, at + h[FADE])
    if there != h[THERE]:
        h[THERE] = there
        _note(h, STEMS_THERE, h[THERE], at)
    fade_step(mix, there, h[FADE])
    h[LATE_FRAMES] += mix[WET, 0, 0] < np.float32(1)
    return not there


@njit(error_model="numpy")
def _see_inserts(h: Any, mix: Any, inserts: Any, end: Any) -> None:
    """How far inserts have come; one that is wanted and late is counted. `end`: of the block."""
    for s in range(len(inserts)):
        if inserts[s, RING_DATA] != 0:
            inserts[s, RING_READY] = load_acquire(carray(pointer(inserts[s, RING_COUNTER]), (8,), np.int64), 0)
            late = end > 0 and inserts[s, RING_READY] < end + h[FADE]
            h[INSERT_MISSES] += late and mix[CURRENT, s, INSERT] > np.float32(0)


@njit(error_model="numpy")
def _hear(h: Any, mix: Any, inserts: Any, at: Any, faded: Any) -> Any:
    """The stems of a frame as inserts have made them; where there are none, as they are."""
    if h[HEARD] == 0:
        return faded
    heard = carray(pointer(h[HEARD]), (len(faded),), np.float32)
    for s in range(len(inserts)):
        heard[2 * s : 2 * s + 2] = faded[2 * s : 2 * s + 2]
        if inserts[s, RING_DATA] != 0:
            mask = inserts[s, RING_MASK]
            made = carray(pointer(inserts[s, RING_DATA]), ((mask + 1) * 2,), np.float32)[(at & mask) * 2 :]
            insert_step(mix, s, at + h[FADE] < inserts[s, RING_READY], h[FADE], made, faded, heard)
    return heard


@njit(error_model="numpy")
def _meter(h: Any, peaks: Any, n: Any) -> None:
    """Let the peaks fall by a block's time."""
    fallen = np.float32(10 ** (-FALL * n / h[DEVICE_RATE]))
    for b in range(len(peaks)):
        peaks[b] *= fallen


@njit(error_model="numpy")
def _give(h: Any, y: Any, position: Any, n: Any) -> None:
    """The block at `position` out of the rings, through the mixer, to the device and the tap."""
    stems, late, outs = h[STEMS], False, h[OUT_CHANNELS]
    dry, dry_mask = _frames(h, INPUT, 2), h[INPUT + 2]
    wet, wet_mask = _frames(h, STEM, 2 * stems), h[STEM + 2]
    ready = load_acquire(_counter(h, STEM), 0)
    mix, memory = _floats(h, MIX, (ROWS, stems, WIDTH)), _floats(h, EQUALIZERS, (stems, 2, MEMORY))
    bus, peaks = _floats(h, BUS, (2 * stems + BUSES,)), _floats(h, PEAKS, (2 * stems + BUSES,))
    faded = _floats(h, FADED, (2 * stems,))
    route = carray(pointer(h[ROUTE]), (outs,), np.int64)
    inserts = carray(pointer(h[INSERTS]), (stems, 4), np.int64)
    _aim(h, mix, memory, position)
    _see_inserts(h, mix, inserts, position + n)
    _meter(h, peaks, n)
    for i in range(n):
        at = position + i
        if h[RAMP_LEFT] > 0:
            h[RAMP_LEFT] -= 1
            ramp_step(mix, h[RAMP_LEFT])
            if h[RAMP_LEFT] == 0:
                h[SHAPED] = listen(mix, memory, h[SHAPED])
        if at >= 0:
            late |= _fade(h, mix, at, ready)
            d, w = (at & dry_mask) * 2, (at & wet_mask) * 2 * stems
            for c in range(2 * stems):
                faded[c] = mix[WET, 0, 0] * wet[w + c]
            heard = _hear(h, mix, inserts, at, faded)
            mix_frame(mix, memory, h[SHAPED], h[LATE_DRY], dry[d : d + 2], faded, heard, bus)
            for b in range(len(bus)):
                peaks[b] = max(peaks[b], abs(bus[b]))
            if h[TAP] != 0:
                _tap(h, at, bus, dry[d : d + 2], faded, heard)
        _put_out(y, i * outs, route, bus)
        if h[OTHER_OUTPUT] != 0:
            b = h[OTHER_BUS]
            bridge.write_frame(_bridge(h, OTHER_OUTPUT), position + h[DELAY] + i, bus[b], bus[b + 1])
    h[LATE_BLOCKS] += late
    if h[OTHER_OUTPUT] != 0:
        bridge.stamp(_bridge(h, OTHER_OUTPUT), position + h[DELAY] + n)


@njit(error_model="numpy")
def _tap(h: Any, position: Any, bus: Any, dry: Any, stems: Any, heard: Any) -> None:
    """For recordings: what was heard, the stems that were there, what came in, and what inserts made."""
    width = 4 + len(stems)
    if h[HEARD] != 0:
        width += len(heard)
    data, at = _frames(h, TAP, width), (position & h[TAP + 2]) * width
    for side in range(2):
        data[at + side] = bus[MIX_BUS + side]
        data[at + 2 + len(stems) + side] = dry[side]
    for c in range(len(stems)):
        data[at + 2 + c] = stems[c]
        if h[HEARD] != 0:
            data[at + 4 + len(stems) + c] = heard[c]


@njit(error_model="numpy")
def _serve(h: Any, x: Any, y: Any, n: Any) -> None:
    counter = _counter(h, INPUT)
    at = counter[0]
    if h[FEED] != 0:
        _take_feed(h, at, n)
    elif h[OTHER_INPUT] != 0:
        _take_other(h, at, n)
    else:
        _take_device(h, x, at, n)
    position = at - h[DELAY]
    _give(h, y, position, n)
    if h[TAP] != 0 and position + n > 0:
        store_release(_counter(h, TAP), 0, position + n)
    store_release(counter, 0, at + n)


def _callback(indata: Any, outdata: Any, frames: Any, _timeinfo: Any, flags: Any, user: Any) -> Any:
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
    return np.int32(0)  # paContinue


callback: CFunc = cfunc(SIGNATURE, error_model="numpy", cache=True)(_callback)
"""The compiled callback: `.address` for PortAudio, `.ctypes` for the clocks that pace files. [audio-thread]"""
