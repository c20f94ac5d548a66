"""What a screen knows of a song on a deck: how loud it and its stems are in each column, as far as it was told."""

from base64 import b64decode

import numpy as np
import numpy.typing as npt

from stream.link.slices import CHUNK

Levels = npt.NDArray[np.uint8]
UNKNOWN, SONG, STEMS = range(3)  # what is known of a chunk


class SongWave:
    """now: the column that is heard, fractional      version: another one whenever more is known"""

    def __init__(self, stems: int) -> None:
        """Nothing has come yet. stems: of the deck"""
        self.now, self.version = 0.0, 0
        self._width = 1 + stems
        self.forget()

    def forget(self) -> None:
        """Know nothing: there is another song."""
        self._levels, self._known = np.zeros((0, self._width), np.uint8), np.zeros(0, np.uint8)
        self._count = 0
        self.version += 1
        self._cut: tuple[object, tuple[Levels, Levels]] | None = None  # what was asked for last, and the answer

    @property
    def columns(self) -> int:
        """To the end of the last chunk that is known."""
        return CHUNK * self._count

    def take(self, number: int, text: str) -> None:
        """Know a chunk, as stream.link.songlevels tells it; one that is no chunk is passed over."""
        found = np.frombuffer(b64decode(text), np.uint8)
        width, over = divmod(len(found), CHUNK)
        if over or width not in (1, self._width) or number < 0:
            return
        if number >= len(self._known):
            more = max(number + 1, 2 * len(self._known)) - len(self._known)
            self._known = np.concatenate([self._known, np.zeros(more, np.uint8)])
            self._levels = np.concatenate([self._levels, np.zeros((more * CHUNK, self._width), np.uint8)])
        self._levels[number * CHUNK : (number + 1) * CHUNK, :width] = found.reshape(CHUNK, width)
        self._count = max(self._count, number + 1)
        self._known[number] = SONG if width == 1 < self._width else STEMS
        self.version += 1

    def bins(self, first: int, count: int, per: float) -> tuple[Levels, Levels]:
        """The loudest of so many columns each, fractional, and what is known there; bins begin at the song's beginning.

        Wherever one looks from, a bin has the same columns, so what goes by only moves.
        first: of the bins, also below 0
        uint8 (count, 1 + stems), uint8 (count,); not to be written to
        """
        asked = self.version, first, count, per
        if self._cut is None or self._cut[0] != asked:
            self._cut = asked, self._bins(first, count, per)
        return self._cut[1]

    def _bins(self, first: int, count: int, per: float) -> tuple[Levels, Levels]:
        edges = np.floor(np.arange(first, first + count + 1) * per).astype(np.int64)
        low, high = int(edges[0]), int(edges[-1]) + 1
        window = np.zeros((high - low, self._width), np.uint8)
        begin, end = max(low, 0), min(high, len(self._levels))
        if begin < end:
            window[begin - low : end - low] = self._levels[begin:end]
        chunks = edges[:-1] // CHUNK
        known = np.zeros(count, np.uint8)
        inside = (chunks >= 0) & (chunks < len(self._known))
        known[inside] = self._known[chunks[inside]]
        return np.maximum.reduceat(window, edges - low, axis=0)[:-1], known
