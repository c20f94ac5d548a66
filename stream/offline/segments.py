"""Cuts a song into overlapping segments, once per shift, as demucs' `apply_model` does.

      |<------ segment ------>|
                       |<------ segment ------>|
      |<-   stride   ->|                                stride = (1 - overlap) · segment

Every shift lays the same segments from another start, up to half a second before the song.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import count
from random import Random
from typing import NamedTuple

import numpy as np

from stream.offline.level import SongLevel
from stream.separators.protocol import Frames

MOST_OVERLAP = 0.99
MOST_SHIFT_S = 0.5
SEED = 0  # any


@dataclass(frozen=True)
class Lay:
    """How segments lie.

    segment, stride: frames
    starts: where each shift's first segment begins, frames, none after the song's first
    """

    segment: int
    stride: int
    starts: tuple[int, ...] = (0,)


def lay(segment: int, overlap: float, shifts: int, samplerate: int) -> Lay:
    """Segments with an overlap of 0 to 0.99, laid over the song once (shifts 0) or `shifts` times.

    The shifts are drawn as demucs draws them, the same ones every time. Raises ValueError for any other overlap.
    """
    if not 0 <= overlap <= MOST_OVERLAP:
        raise ValueError(f"overlap must be 0 to {MOST_OVERLAP}, not {overlap:g}")
    most, random = int(MOST_SHIFT_S * samplerate), Random(SEED)
    starts = tuple(random.randint(0, most) - most for _ in range(shifts)) or (0,)
    return Lay(segment, max(1, int((1 - overlap) * segment)), starts)


def _positions(start: int, size: int, stride: int) -> Iterator[tuple[int, int]]:
    """Offset and order of a shift's segments, but of those that end before the song."""
    return ((start + order * stride, order) for order in count() if start + order * stride > -size)


def fit_in(size: int, offset: int, end: int) -> tuple[int, int]:
    """A segment's length, and where in its window it lies: the end cuts one short, which then sits in the middle."""
    length = min(size, end - offset)
    return length, (size - length) // 2


def normalize(piece: Frames, level: SongLevel, out: Frames) -> None:
    """Bring some of a song to the level at which demucs separates it.

    piece: float32 (n, 2)      out: float32 (2, n), written
    """
    np.subtract(piece.T, np.float32(level.mean), out=out)
    out /= np.float32(level.deviation)


def restore(stems: Frames, level: SongLevel) -> None:
    """Bring stems back to the song's level, in place."""
    stems *= np.float32(level.deviation)
    stems += np.float32(level.mean)


class Segment(NamedTuple):
    """One segment of a song.

    offset, length: where it lies in the song, frames; the first ones of a shift begin before it
    order: how many segments of the same shift went before it
    lead: where it lies in its window, frames
    window: float32 (2, segment), at demucs' level
    mix: float32 (2, n), the song's frames from this segment's on that no later segment touches
    """

    offset: int
    length: int
    order: int
    lead: int
    window: Frames
    mix: Frames


class Segments:
    """Cuts a stream of blocks into segments, with what lies around those that the song's end cuts short."""

    def __init__(self, blocks: Iterator[Frames], how: Lay, fit: SongLevel) -> None:
        """Nothing is read yet.

        blocks: float32 (n, 2)
        """
        self._blocks, self._lay, self._level = blocks, how, fit
        self._buffer: Frames = np.zeros((0, 2), np.float32)
        self._base = 0  # the position of held[0]
        self._ended = False

    def __iter__(self) -> Iterator[Segment]:
        """The segments of all shifts, in the order of their offsets."""
        size, stride = self._lay.segment, self._lay.stride
        positions = merge(*(_positions(start, size, stride) for start in self._lay.starts))
        (offset, order), at = next(positions), 0
        # one frame more than it needs: it tells the last segment from one that ends where the next begins
        while (reached := self._fill(offset + size + 1)) > offset:
            length, lead = fit_in(size, offset, reached)
            following, following_order = next(positions)
            until = max(at, min(following, reached))
            mix = np.ascontiguousarray(self._buffer[at - self._base : until - self._base].T)
            yield Segment(offset, length, order, lead, self._cut(offset - lead), mix)
            at, offset, order = until, following, following_order
            self._drop(offset - size // 2)

    def _fill(self, end: int) -> int:
        """Read until `end` or the last frame; the position that was reached."""
        parts = [self._buffer]
        have = self._base + len(self._buffer)
        while have < end and not self._ended:
            block = next(self._blocks, None)
            if block is None:
                self._ended = True
            else:
                parts.append(block)
                have += len(block)
        if len(parts) > 1:
            self._buffer = np.concatenate(parts)
        return have

    def _cut(self, start: int) -> Frames:
        window: Frames = np.zeros((2, self._lay.segment), np.float32)
        first = max(start, self._base)
        piece = self._buffer[first - self._base : max(0, start + self._lay.segment - self._base)]
        normalize(piece, self._level, window[:, first - start : first - start + len(piece)])
        return window

    def _drop(self, before: int) -> None:
        gone = max(0, before - self._base)
        self._buffer, self._base = self._buffer[gone:], self._base + gone
