"""What one screen is told of the songs on decks: around the place where each is heard first, then all the rest.

A chunk (stream.link.songlevels) is told as soon as the song is decoded there, and once more when its stems have come.
In steady play nothing is told: a screen knows the song by then.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from stream.link.slices import CHUNK
from stream.link.songlevels import SongLevels
from stream.tracks.track import Finished, Track

BESIDE = 25  # chunks on either side of the place that is heard, which come first
NEAR_AT_ONCE, FAR_AT_ONCE = 8, 3  # of a deck: after a jump all that is seen may be new
LOOKED_AT = 128  # chunks of the rest, of which a song of hours has many thousands

Told = list[int | str]


class DeckWaveforms:
    """All decks' songs for one screen, which is told each chunk once, and again with its stems."""

    def __init__(self, levels: Sequence[SongLevels]) -> None:
        """Nothing was told yet. [any-thread]"""
        self._decks = [DeckWaveform(each) for each in levels]

    def new(self) -> list[Told]:
        """What has come since the last look, the nearest to what is heard first; not all of it at once.

        Of each chunk the deck's number, its own, and what is in it. Only the deck's number: it has another song now.
        [screen-thread]
        """
        return [[number, *row] for number, deck in enumerate(self._decks) for row in deck.new()]


class DeckWaveform:
    """One deck's."""

    def __init__(self, levels: SongLevels) -> None:
        """Nothing was told yet. [any-thread]"""
        self._levels = levels
        self._track: Track | None = None
        self._told: dict[int, bool] = {}  # by chunk, whether with its stems
        self._there: tuple[int, Finished] | None = None
        self._near: int | None = None  # the chunk around which all was told; None: not all
        self._at, self._left = 0, 0  # of the rest: the chunk that is next, and how many are to be looked at

    def new(self) -> Iterator[Told]:
        """Chunks that have come, or an empty row for another song. [screen-thread]"""
        track = self._levels.track
        if track is not self._track:
            self._track, self._there, self._at = track, None, 0
            self._told.clear()
            yield []
        if track is None:
            return
        there, count = (track.decoded, track.finished), self._levels.count(track)
        if there != self._there:
            self._there, self._near, self._left = there, None, count
        for number in chain(self._around(track, count), self._rest(track, count)):
            stems = self._levels.separated(track, number)
            try:
                told = self._levels.chunk(track, number, stems)
            except OSError:  # the scratch disk has gone, which the deck says
                return
            self._told[number] = stems
            yield [number, told]

    def _tells(self, track: Track, number: int) -> bool:
        told = self._told.get(number)
        return told is None or (not told and self._levels.separated(track, number))

    def _around(self, track: Track, count: int) -> list[int]:
        """Chunks around the one that is heard, from there to both sides."""
        now = int(self._levels.position) // (CHUNK * self._levels.frames)
        if now == self._near:
            return []
        near = chain.from_iterable((now + away, now - 1 - away) for away in range(BESIDE))
        found = [number for number in near if 0 <= number < count and self._tells(track, number)]
        self._near = now if len(found) <= NEAR_AT_ONCE else None
        return found[:NEAR_AT_ONCE]

    def _rest(self, track: Track, count: int) -> Iterator[int]:
        """Some of the other chunks, from where the last look ended on, until all were looked at."""
        def onwards() -> Iterator[int]:
            for _ in range(min(self._left, LOOKED_AT)):
                number, self._at, self._left = self._at % count, (self._at + 1) % count, self._left - 1
                if self._tells(track, number):
                    yield number

        return islice(onwards(), FAR_AT_ONCE)
