"""Which frames of a track are there, as spans that are never changed once they are made.

A writer makes new ones and puts them in the place of the old ones, after the samples were written; a reader takes
whatever lies there, without a lock.
[any-thread]
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dsp.crossfade import fade_in

Float = NDArray[np.float32]

FOREVER = 1 << 50  # frames: beyond the end of any song, and, below zero, before its beginning


class Spans:
    """Spans of frames, each from its first to before its end; sorted, and none touches another."""

    __slots__ = ("_edges",)

    def __init__(self, edges: tuple[int, ...] = ()) -> None:
        """edges: first, end, first, end, ..."""
        self._edges = edges

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spans) and self._edges == other._edges

    def __hash__(self) -> int:
        return hash(self._edges)

    def __bool__(self) -> bool:
        return bool(self._edges)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._edges[::2], self._edges[1::2], strict=True)

    def __repr__(self) -> str:
        return f"Spans({self._edges})"

    def plus(self, first: int, end: int) -> "Spans":
        """These and the frames from `first` to before `end`."""
        if end <= first:
            return self
        edges, low, high = self._edges, bisect_left(self._edges, first), bisect_right(self._edges, end)
        return Spans(edges[:low] + (first,) * (low % 2 == 0) + (end,) * (high % 2 == 0) + edges[high:])

    def minus(self, first: int, end: int) -> "Spans":
        """These without the frames from `first` to before `end`."""
        if end <= first:
            return self
        edges, low, high = self._edges, bisect_left(self._edges, first), bisect_right(self._edges, end)
        return Spans(edges[:low] + (first,) * (low % 2) + (end,) * (high % 2) + edges[high:])

    def union(self, other: "Spans") -> "Spans":
        """All frames of both."""
        found = self
        for first, end in other:
            found = found.plus(first, end)
        return found

    def within(self, first: int, end: int) -> list[tuple[int, int]]:
        """The parts that lie between `first` and `end`."""
        low = bisect_right(self._edges, first) & ~1
        found = []
        for at in range(low, len(self._edges), 2):
            if self._edges[at] >= end:
                break
            part = max(first, self._edges[at]), min(end, self._edges[at + 1])
            if part[0] < part[1]:
                found.append(part)
        return found

    def holds(self, first: int, end: int) -> bool:
        """Whether all frames from `first` to before `end` are in one span."""
        low = bisect_right(self._edges, first)
        return low % 2 == 1 and end <= self._edges[low]

    def gap_after(self, frame: int) -> int:
        """The first frame from `frame` on that is not in them."""
        low = bisect_right(self._edges, frame)
        return self._edges[low] if low % 2 else frame

    def gap_before(self, frame: int) -> int:
        """Where the span begins that holds the frame before `frame`; `frame` itself if there is none."""
        low = bisect_left(self._edges, frame)
        return self._edges[low - 1] if low % 2 else frame

    def count(self, first: int, end: int) -> int:
        """How many frames between `first` and `end` are in them."""
        return sum(last - start for start, last in self.within(first, end))

    def weigh(self, first: int, weights: Float, fade: int) -> None:
        """Write how much of each frame is there: 0 outside of the spans, 1 inside, and a ramp inside at each border.

        weights: float32 (n,), of the frames from `first` on      fade: frames of the ramp
        """
        weights[:] = 0
        for start, end in self.within(first, first + len(weights)):
            weights[start - first : end - first] = 1
            self._ramp(first, weights, self.gap_before(start + 1), fade, rising=True)
            self._ramp(first, weights, self.gap_after(start), fade, rising=False)

    @staticmethod
    def _ramp(first: int, weights: Float, border: int, fade: int, rising: bool) -> None:
        """Multiply by the ramp that begins, or ends, at a border."""
        begin = border if rising else border - fade
        low, high = max(begin, first), min(begin + fade, first + len(weights))
        if low < high:
            ramp = _fade(fade) if rising else _fade(fade)[::-1]
            weights[low - first : high - first] *= ramp[low - begin : high - begin]


@lru_cache(8)
def _fade(frames: int) -> Float:
    return fade_in(frames)
