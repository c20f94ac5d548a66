"""What a song on a deck looks like: how loud it is and each of its stems, 150 times a second.

It is made once, in chunks of 0.4 s as song and stems come, however many screens look; a screen then knows the song, and
is told nothing of it any more, wherever it is heard.
"""

import threading
from base64 import b64encode

import numpy as np
import numpy.typing as npt

from stream.decks.deck import Deck
from stream.decks.songvoice import spread
from stream.link.slices import CHUNK, COLUMNS_PER_S, FULL
from stream.tracks.track import Track


class SongLevels:
    """One deck's song, for all screens. frames: of a column"""

    def __init__(self, deck: Deck, samplerate: int) -> None:
        """Nothing is made yet. samplerate: Hz [any-thread]"""
        self._deck, self.frames = deck, samplerate // COLUMNS_PER_S
        self._making = threading.Lock()
        self._track: Track | None = None
        self._chunks: dict[tuple[int, bool], str] = {}  # by number, and whether with stems

    @property
    def track(self) -> Track | None:
        """What is on the deck. [any-thread]"""
        return self._deck.track

    @property
    def position(self) -> float:
        """The frame of the song that the deck renders. [any-thread]"""
        return self._deck.state.position

    def count(self, track: Track) -> int:
        """Chunks that can be made so far; the last one is that only when the song has no more frames. [any-thread]"""
        frames = CHUNK * self.frames
        return -(-track.decoded // frames) if track.ended else track.decoded // frames

    def separated(self, track: Track, number: int) -> bool:
        """Whether the stems of a chunk are there. [any-thread]"""
        finished, first = track.finished, number * CHUNK * self.frames
        return any(spans.holds(first, first + CHUNK * self.frames) for spans in (finished.stems, finished.drafts))

    def chunk(self, track: Track, number: int, stems: bool) -> str:
        """One chunk; without stems where these were asked for and are not there.

        Its columns in base64, a byte of each: the peak of the song, 0 to `FULL`, and with stems those of the deck's.
        Raises OSError where the scratch disk has gone.
        [screen-thread]
        """
        with self._making:
            if track is not self._track:
                self._track = track
                self._chunks.clear()
            found = self._chunks.get((number, stems))
            if found is None:
                found = self._chunks[number, stems] = self._made(track, number, stems)
            return found

    def _made(self, track: Track, number: int, stems: bool) -> str:
        count, first = CHUNK * self.frames, number * CHUNK * self.frames
        dry = np.empty((count, 2), np.float32)
        track.read_dry(first, dry)
        sources, stored = self._deck.sources, track.stored
        separated = np.empty((count, 2 * len(stored)), np.float32)
        if not (stems and track.peek(first, separated)):
            return encoded(dry)
        block = np.empty((count, 2 * (1 + len(sources))), np.float32)
        block[:, :2] = dry
        spread(dry, (stored, separated), sources, block[:, 2:])
        return encoded(block)


def encoded(block: npt.NDArray[np.float32]) -> str:
    """The peaks of a chunk's columns in base64, of each pair of channels a byte. block: float32 (frames, 2 · signals)

    [any-thread]
    """
    sides = np.ascontiguousarray(block.T).reshape(block.shape[1], CHUNK, -1)  # several times as fast as along rows
    peaks = np.maximum(sides.max(axis=2), -sides.min(axis=2)).reshape(-1, 2, CHUNK).max(axis=1)
    levels = np.minimum(FULL, np.rint(FULL * np.sqrt(peaks))).astype(np.uint8)
    return b64encode(np.ascontiguousarray(levels.T).tobytes()).decode()
