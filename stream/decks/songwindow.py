"""What a deck's thread has read of its song, and reads again for the next frames: from memory, and not from the disk.

The stretcher looks 0.2 s back and ahead for every few milliseconds that it gives.

    buffer   |  passed  |------ kept ------|   free   |
                        lo   first         hi ─▶ last
"""

import numpy as np
from numpy.typing import NDArray

from stream.callback.header import REEL
from stream.tracks.track import Track

Frames = NDArray[np.float32]
ROOMS = 4  # times the frames that are asked for: what is kept is moved to the front when that is full


class SongWindow:
    """Frames of one track. What comes of it is what the track would give if it were asked for all of them.

    [deck-thread]
    """

    def __init__(self, track: Track) -> None:
        """Nothing is read yet."""
        self._track = track
        self._buffer: Frames = np.empty((0, REEL), np.float32)
        self._lo = self._hi = 0  # frames of the song; the first of them lies in the first row

    def read(self, first: int, last: int) -> Frames:
        """The frames from `first` to before `last`: float32 (n, REEL + 2 · stored): left, right, how much of the stems
        is there, these. Good until the next ones are read.
        """
        track, width = self._track, REEL + 2 * len(self._track.stored)
        if not (track.steady and self._lo <= first <= self._hi and width == self._buffer.shape[1]):
            self._lo = self._hi = first
        self._make_room(first, last, width)
        there = last if track.ended else min(last, track.decoded)  # before it is read: more may come meanwhile
        begin = min(self._hi, last)
        self._read(first, begin, self._buffer[begin - self._lo : last - self._lo])
        self._hi = max(there, self._hi)
        return self._buffer[first - self._lo : last - self._lo]

    def _make_room(self, first: int, last: int, width: int) -> None:
        """Move what is kept from `first` on to the front, if there is no room behind it."""
        if last - self._lo <= len(self._buffer) and width == self._buffer.shape[1]:
            return
        kept = self._buffer[first - self._lo : self._hi - self._lo].copy()
        if len(self._buffer) < ROOMS * (last - first) or width != self._buffer.shape[1]:
            self._buffer = np.empty((ROOMS * (last - first), width), np.float32)
        if len(kept):
            self._buffer[: len(kept)] = kept
        self._lo = first

    def _read(self, first: int, begin: int, out: Frames) -> None:
        """Write rows from the frame `begin` on. first: of all that is looked at, what is kept before these, too"""
        dry, stems = np.zeros((len(out), 2), np.float32), np.zeros((len(out), out.shape[1] - REEL), np.float32)
        present = np.zeros(len(out), np.float32)
        self._track.read(begin, dry, stems, present, begin - first)
        out[:, :2], out[:, 2], out[:, REEL:] = dry, present, stems
