"""What stems look like: how loud each was in every thirtieth of a second, as the separator made it, faders or not."""

import math

import numpy as np
import numpy.typing as npt

from stream.latency.geometry import Latency
from stream.link.slices import FULL, SLICES_PER_S
from stream.live.engine import Engine

MOST_SLICES = 8  # slices of a look: four times what goes by meanwhile, and little enough to hold nobody up


def slice_frames(latency: Latency) -> int:
    """How long a slice is; slice n is the n-th of the input. [any-thread]"""
    return latency.samplerate // SLICES_PER_S


def slice_at(latency: Latency, heard: int) -> int:
    """The slice that leaves the output device when so many frames have been handed to it. [any-thread]"""
    return max(0, heard - latency.device_out) // slice_frames(latency)


def slices_ahead(latency: Latency) -> int:
    """How many slices there may be of what is not heard yet. [any-thread]"""
    return math.ceil((latency.hop + latency.budget + latency.insert + latency.device_out) / slice_frames(latency))


class WaveformSource:
    """Reads the stem ring for one screen. What it looks for too late it passes over, and what was given up too."""

    def __init__(self, engine: Engine) -> None:
        """Begin with the oldest that is there. [any-thread]"""
        self._worker, self._frames = engine.worker, slice_frames(engine.latency)
        self._block = np.zeros((MOST_SLICES * self._frames, engine.worker.ring.data.shape[1]), np.float32)
        self._next = 0

    def new(self) -> list[list[int]]:
        """The slices that have come since the last look, or the first `MOST_SLICES` of them.

        Of each its number, then peak and root mean square of every stem, 0 to `FULL`.
        [screen-thread]
        """
        ring, frames = self._worker.ring, self._frames
        first = max(self._next, -(-ring.oldest // frames))
        count = min(MOST_SLICES, ring.written // frames - first)
        if count <= 0 or not ring.read(first * frames, block := self._block[: count * frames]):
            return []
        self._next = first + count
        gaps = self._worker.gaps  # NB: after `written`, which counts none of them before it is here
        return [[number, *row] for number, row in enumerate(levels(block, count), first)
                if not any(start < (number + 1) * frames and number * frames < end for start, end in gaps)]


def levels(block: npt.NDArray[np.float32], count: int) -> list[list[int]]:
    """Peak and root mean square of every stem in so many slices, by turns.

    block: float32 (count · frames, 2 · stems)
    [any-thread]
    """
    sides = np.ascontiguousarray(block.T).reshape(block.shape[1], count, -1)  # several times as fast as along rows
    peaks = np.maximum(sides.max(axis=2), -sides.min(axis=2)).reshape(-1, 2, count).max(axis=1)
    squares = np.einsum("cnf,cnf->cn", sides, sides).reshape(-1, 2, count).sum(axis=1) / (2 * sides.shape[2])
    found = np.sqrt(np.stack([peaks, np.sqrt(squares)], axis=1))  # (stems, 2, count)
    levels: list[list[int]] = np.minimum(FULL, np.rint(FULL * found)).astype(int).reshape(-1, count).T.tolist()
    return levels
