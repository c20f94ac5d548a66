"""Windows of what is separated of a track, from any frame on. [any-thread]"""

import numpy as np

from stream.offline.level import SongLevel
from stream.offline.segments import normalize
from stream.separators.protocol import Frames
from stream.tracks.track import Track


def mix_window(track: Track, level: SongLevel, start: int, size: int) -> Frames:
    """A window of the mix at demucs' level, nothing before the song and behind it: float32 (2, size), new.

    start: at the model's rate; may lie before the song
    Raises OSError.
    """
    window: Frames = np.zeros((2, size), np.float32)
    first, end = max(start, 0), min(start + size, track.mixed)
    piece = np.empty((max(0, end - first), 2), np.float32)
    track.read_mix(first, piece)
    normalize(piece, level, window[:, first - start : first - start + len(piece)])
    return window
