"""A block into the dry ring: from the device itself, from one with a clock of its own, or from a file read ahead.

Samples that cannot be sound (dsp.clean) end where they come in, before anything that remembers: a device's here,
another device's where its callback writes them (stream.callback.bridge), a file's where it is read
(stream.live.feeder).
"""

from typing import Any

import numpy as np
from numba import njit

from dsp.clean import sane, unsound
from stream.callback import bridge
from stream.callback.header import counter, frames
from stream.native.atomics import load_acquire, pointer
from stream.native.memory import record_at


@njit(error_model="numpy")
def take(h: Any, x: Any, at: Any, n: Any) -> None:
    """A block for the positions from `at` on.

    x: float32 (n · in_channels,), the device's
    [audio-thread]
    """
    if h.feed_ring.data != 0:
        _take_feed(h, at, n)
    elif h.other_input != 0:
        _take_other(h, at, n)
        _join(h, at, n)
    else:
        _take_device(h, x, at, n)
        _join(h, at, n)


@njit(error_model="numpy")
def _take_device(h: Any, x: Any, at: Any, n: Any) -> None:
    """Mono is doubled, channels beyond two are left."""
    data, mask, channels = frames(h.player.dry_ring, 2), h.player.dry_ring.mask, h.in_channels
    right = 1 if channels > 1 else 0
    cleaned = 0
    for i in range(n):
        to = (at + i) & mask
        one, other = x[i * channels], x[i * channels + right]
        cleaned += unsound(one) + unsound(other)
        data[to, 0], data[to, 1] = sane(one), sane(other)
    h.cleaned += cleaned


@njit(error_model="numpy")
def _take_other(h: Any, at: Any, n: Any) -> None:
    """At this one's pace."""
    data, mask = frames(h.player.dry_ring, 2), h.player.dry_ring.mask
    x = bridge.draw(record_at(pointer(h.other_input), bridge.HEADER), n)
    for i in range(n):
        to = (at + i) & mask
        data[to, 0], data[to, 1] = x[i, 0], x[i, 1]


@njit(error_model="numpy")
def _join(h: Any, at: Any, n: Any) -> None:
    """Over the first frames since the device was away, what came in before fades out, backwards, as these fade in.

    So neither a recording nor the separator has a click where the two meet, and no frame that somebody may have read
    already is changed.
    """
    data, mask = frames(h.player.dry_ring, 2), h.player.dry_ring.mask
    seam, fade = h.discontinuity, h.player.fade_frames
    for i in range(min(n, seam + fade - at) if seam > 0 else 0):
        to, before = at + i, 2 * seam - 1 - at - i
        part = np.float32(to - seam + 1) / np.float32(fade + 1)
        for c in range(2):
            old = data[before & mask, c] if before >= 0 else np.float32(0)
            data[to & mask, c] = part * data[to & mask, c] + (np.float32(1) - part) * old


@njit(error_model="numpy")
def _take_feed(h: Any, at: Any, n: Any) -> None:
    """Silence where the file's ring ran dry."""
    data, mask = frames(h.player.dry_ring, 2), h.player.dry_ring.mask
    feed, feed_mask = frames(h.feed_ring, 2), h.feed_ring.mask
    there = load_acquire(counter(h.feed_ring), 0)
    if there < min(at + n, h.feed_end):
        h.feed_underruns += 1
    for i in range(n):
        to, source = (at + i) & mask, (at + i) & feed_mask
        for c in range(2):
            data[to, c] = feed[source, c] if at + i < there else np.float32(0)
