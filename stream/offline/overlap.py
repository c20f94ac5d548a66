"""Adds segments up under triangular tapers, as demucs' `apply_model` does (transition power 1)."""

import numpy as np

from stream.offline.segments import Lay, Segment
from stream.separators.protocol import Frames


def taper(segment: int) -> Frames:
    """demucs' weights of a segment: float32 (segment,), up to 1 in the middle and down again."""
    rising = np.arange(1, segment // 2 + 1)
    weights: Frames = np.concatenate([rising, np.arange(segment - segment // 2, 0, -1)]).astype(np.float32)
    weights /= weights.max()
    return weights


class Shares:
    """How much of a frame each of the segments says that lie over it: their shares in it sum to one."""

    def __init__(self, how: Lay) -> None:
        """Nothing is computed yet."""
        self._lay, self._taper = how, taper(how.segment)
        self._neighbours = -(-how.segment // how.stride) - 1  # on either side
        self._shares: dict[int, Frames] = {}

    def of(self, order: int) -> Frames:
        """A segment's taper over the sum of all tapers there, of this shift; it has few neighbours at the start.

        order: how many segments of the same shift went before it
        Returns float32 (segment,)
        """
        key = min(order, self._neighbours)
        if key not in self._shares:
            size, total = self._lay.segment, np.zeros(self._lay.segment)
            for other in range(-key, self._neighbours + 1):
                late = other * self._lay.stride
                total[max(0, late) : size + min(0, late)] += self._taper[max(0, -late) : size - max(0, late)]
            self._shares[key] = (self._taper / total / len(self._lay.starts)).astype(np.float32)
        return self._shares[key]


class Overlap:
    """Sums what every segment says, each by its share, and gives what no later segment changes."""

    def __init__(self, stems: int, how: Lay) -> None:
        """Make the sum."""
        self._lay, self._shares = how, Shares(how)
        self._sum: Frames = np.zeros((stems, 2, how.segment), np.float32)
        self._at = 0  # the position of sum[..., 0]

    def add(self, segment: Segment, part: Frames) -> Frames:
        """Add a segment's stems, give as many frames as its mix has: float32 (stems, 2, n), new.

        part: float32 (stems, 2, length), overwritten
        """
        part *= self._shares.of(segment.order)[: segment.length]
        before = self._at - segment.offset  # frames of it that lie before the song, or before what is still open
        self._sum[..., : segment.length - before] += part[..., before:]
        done = segment.mix.shape[-1]
        out = self._sum[..., :done].copy()
        self._sum[..., : -done or None] = self._sum[..., done:].copy()
        self._sum[..., self._lay.segment - done :] = 0
        self._at += done
        return out
