"""What the callback knows: one int64 header, whose address is PortAudio's `userdata`. It reaches all from there.

Numbers, and the addresses of arrays (numpy arrays that the engine keeps), by their place in it.
[audio-thread]
"""

from typing import Any

import numpy as np
from numba import njit
from numba.np.numpy_support import carray

from stream.native.atomics import pointer, store_release

HEADER = 96
# counters and what it remembers of the block before, one writer: the callback
(BLOCKS, LATE_BLOCKS, LATE_FRAMES, MISSES, LAST_MISSED, FEED_UNDERRUNS, INPUT_UNDERFLOWS, INPUT_OVERFLOWS,
 OUTPUT_UNDERFLOWS, OUTPUT_OVERFLOWS, RAMP_LEFT, TAKEN, THERE, INSERT_MISSES, CODE, CLEANED) = range(16)
# parameters, set before the stream starts
(IN_CHANNELS, OUT_CHANNELS, STEMS, DELAY, FADE, RAMP, LATE_DRY, MOST, HOP, SEPARATOR_LATENCY, MODEL_RATE,
 DEVICE_RATE, FEED_END, INSERTED) = range(16, 30)  # INSERTED: whether any stem has an insert
# frames that the device hands over at once: as many as DELAY was made for, which with DELAY grows with it, one writer:
# the callback; and as many as come now, one writer: the device's callback. LONGEST is how long DELAY may grow
BURST, COMES, LONGEST = range(68, 71)
SHADE = 72  # what the callback remembers: whether its next frames fade in, after DELAY has grown
# the position from which on frames come that do not follow those before them: the device was away; 0 where none was.
# Set, as SHADE is then, while nobody calls
SEAM = 73
# rings: address of the data, of the counter, and frames - 1; address 0 where there is none. WANTED's are float32
# (STEMS, WIDTH), all that is wanted of the mixer at once; NOTES' are int64 (3,): what happened, its value, its position
INPUT, STEM, TAP, FEED, WANTED, NOTES = 32, 36, 40, 44, 56, 60
# addresses: of the console's state, memory of equalizers and rows (dsp.console); of the peaks of buses, float32
# (STEMS + BUSES, 2); of what each output channel has, int64 (OUT_CHANNELS,); of the rings of inserts, int64 (STEMS, 4),
# zeros where a stem has none
STATE, MEMORY, WORK, PEAKS, ROUTE, INSERTS = range(48, 54)
RING_DATA, RING_COUNTER, RING_MASK, RING_READY = range(4)  # in INSERTS; the last is written here, once a block
# headers of other devices' bridges (stream.callback.bridge): the input's, 0 where there is none; how many outputs
# there are which have buses of their own, and the address of theirs, int64 (OTHER_OUTPUTS,)
OTHER_INPUT, OTHER_OUTPUTS, OTHERS = range(64, 67)
SILENT, MONO = -1, -2  # in ROUTE, 2 · bus + side: nothing; MONO - 2 · bus is both sides of a bus together
AIMED, STEMS_THERE = 0, 1  # notes: wants of this number were taken over, stems are there from here on (1) or late (0)
NEVER = -1

# NB: what makes arrays is put in its place in the source: each shape would be compiled by itself, a fifth of the time

@njit(error_model="numpy", inline="always")
def floats(h: Any, at: Any, shape: Any) -> Any:
    """The float32 array whose address is here."""
    return carray(pointer(h[at]), shape, np.float32)


@njit(error_model="numpy", inline="always")
def integers(h: Any, at: Any, shape: Any) -> Any:
    """The int64 array whose address is here."""
    return carray(pointer(h[at]), shape, np.int64)


@njit(error_model="numpy", inline="always")
def frames(h: Any, ring: Any, channels: Any) -> Any:
    """All frames of a ring, float32 (frames, channels)."""
    return floats(h, ring, (h[ring + 2] + 1, channels))


@njit(error_model="numpy")
def part(h: Any, ring: Any, channels: Any, at: Any, n: Any) -> Any:
    """The frames of a ring from a position on, float32 (n, channels), which do not go beyond its end."""
    start = at & h[ring + 2]
    return frames(h, ring, channels)[start : start + n]


@njit(error_model="numpy", inline="always")
def counter(h: Any, ring: Any) -> Any:
    """The counter of a ring, int64 (8,)."""
    return integers(h, ring + 1, (8,))


@njit(error_model="numpy")
def note(h: Any, what: Any, value: Any, position: Any) -> None:
    """Leave word of what happened for whoever keeps the log."""
    written, mask = counter(h, NOTES), h[NOTES + 2]
    rows, at = integers(h, NOTES, (mask + 1, 3)), written[0]
    rows[at & mask, 0] = what
    rows[at & mask, 1] = value
    rows[at & mask, 2] = position
    store_release(written, 0, at + 1)
