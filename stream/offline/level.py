"""How loud a song is: what demucs takes off it before it separates it, and puts back."""

from dataclasses import dataclass

import numpy as np

from stream.audiofiles.audiofile import Frames
from stream.audiofiles.song import Reader
from stream.common.errors import Failure

CHUNK = 1 << 16  # frames read at a time
LEAST = 1e-8  # demucs' own: silence is not divided by zero


@dataclass(frozen=True)
class SongLevel:
    """Mean and deviation of a song's mono sum, and its length.

    frames: in all, at the song's samplerate
    """

    mean: float
    deviation: float
    frames: int = 0


class LevelMeter:
    """Measures a song as its blocks come by."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.frames, self._total, self._squares = 0, 0.0, 0.0

    def add(self, block: Frames) -> None:
        """Take the next block: float32 (n, 2)."""
        wide = block.astype(np.float64)
        self.frames += len(wide)
        self._total += float(wide.sum()) / 2
        self._squares += float((wide.T @ wide).sum()) / 4  # (left + right)² / 4

    @property
    def level(self) -> SongLevel:
        """Of all that has come, which is one frame or more."""
        mean = self._total / self.frames
        variance = max(0.0, self._squares - self.frames * mean * mean) / max(1, self.frames - 1)
        return SongLevel(mean, variance**0.5 + LEAST, self.frames)


def level(reader: Reader) -> SongLevel:
    """Measure a whole song, and rewind it.

    Raises Failure for a file that cannot be read, or holds no frames.
    """
    meter = LevelMeter()
    while len(block := reader.read(CHUNK)):
        meter.add(block)
    if not meter.frames:
        raise Failure(f"{reader.path} is empty: it holds no frames")
    reader.rewind()
    return meter.level
