"""How loud a song is: what demucs takes off it before it separates it, and puts back."""

from dataclasses import dataclass

import numpy as np

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


def level(reader: Reader) -> SongLevel:
    """Measure a whole song, and rewind it.

    Raises Failure for a file that cannot be read, or holds no frames.
    """
    count, total, squares = 0, 0.0, 0.0
    while len(block := reader.read(CHUNK)):
        wide = block.astype(np.float64)
        count += len(wide)
        total += float(wide.sum()) / 2
        squares += float((wide.T @ wide).sum()) / 4  # (left + right)² / 4
    if not count:
        raise Failure(f"{reader.path} is empty: it holds no frames")
    reader.rewind()
    mean = total / count
    variance = max(0.0, squares - count * mean * mean) / max(1, count - 1)
    return SongLevel(mean, variance**0.5 + LEAST, count)
