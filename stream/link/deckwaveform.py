"""What songs on decks look like around the place where each is heard, for one screen.

A slice is a thirtieth of a second of the song; it is told as soon as the song is decoded there, and once more when its
stems have come.
"""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from stream.decks.booth import Booth
from stream.decks.deck import Deck
from stream.decks.songvoice import spread
from stream.link.slices import HISTORY_SLICES, SLICES_PER_S
from stream.link.waveform import MOST_SLICES, levels
from stream.tracks.track import Finished, Track

BESIDE = 5 * SLICES_PER_S  # slices on either side of the place that is heard
AT_ONCE = 2 * MOST_SLICES  # of a deck: after a jump all that is seen is new


class DeckWaveforms:
    """Reads all decks' songs for one screen, which is told each slice once, and again with its stems."""

    def __init__(self, booth: Booth, samplerate: int) -> None:
        """Nothing was told yet. [any-thread]"""
        self._decks = [DeckWaveform(deck, samplerate // SLICES_PER_S) for deck in booth.decks.values()]

    def new(self) -> list[list[int]]:
        """What has come since the last look, the nearest to what is heard first; not all of it at once.

        Of each slice the deck's number, its own, peak and root mean square of the song, 0 to `FULL`, and of each of
        the deck's stems, where these are there. Only the deck's number: it has another song now.
        [screen-thread]
        """
        return [[number, *row] for number, deck in enumerate(self._decks) for row in deck.new()]


class DeckWaveform:
    """One deck's. It remembers as much as the screen does."""

    def __init__(self, deck: Deck, frames: int) -> None:
        """Nothing was told yet. frames: of a slice [any-thread]"""
        self._deck, self._frames = deck, frames
        self._track: Track | None = None
        self._told: dict[int, bool] = {}  # by slice, whether with its stems
        self._looked: tuple[int, int, Finished] | None = None

    def new(self) -> Iterator[list[int]]:
        """Slices that have come, or an empty row for another song. [screen-thread]"""
        track = self._deck.track
        if track is not self._track:
            self._track, self._looked = track, None
            self._told.clear()
            yield []
        if track is None:
            return
        now = int(self._deck.state.position) // self._frames
        looked = (now, track.decoded, track.finished)
        if looked == self._looked:
            return
        wanted = [*self._wanted(track, now)][: AT_ONCE + 1]
        self._looked = looked if len(wanted) <= AT_ONCE else None
        for number in wanted[:AT_ONCE]:
            try:
                row = self._levels(track, number)
            except OSError:  # the scratch disk has gone, which the deck says
                return
            self._told.pop(number, None)
            self._told[number] = len(row) > 2
            yield [number, *row]
        while len(self._told) > HISTORY_SLICES:
            del self._told[next(iter(self._told))]

    def _wanted(self, track: Track, now: int) -> Iterator[int]:
        """Slices that can be told, from the one that is heard to both sides."""
        frames, finished, decoded = self._frames, track.finished, track.decoded
        near = chain.from_iterable((now + away, now - 1 - away) for away in range(BESIDE))
        for number in near:
            first, end = number * frames, (number + 1) * frames
            told = self._told.get(number)
            if first >= 0 and end <= decoded and (told is None or (
                    not told and (finished.stems.holds(first, end) or finished.drafts.holds(first, end)))):
                yield number

    def _levels(self, track: Track, number: int) -> list[int]:
        """Peak and root mean square of a slice: of the song, and of the deck's stems if they are there."""
        sources, stored = self._deck.sources, track.stored
        block = np.zeros((self._frames, 2 * (1 + len(sources))), np.float32)
        dry, stems = np.empty((self._frames, 2), np.float32), np.empty((self._frames, 2 * len(stored)), np.float32)
        track.read_dry(number * self._frames, dry)
        block[:, :2] = dry
        there = track.peek(number * self._frames, stems)
        if there:
            spread(dry, (stored, stems), sources, block[:, 2:])
        found = levels(block, 1)[0]
        return found if there else found[:2]
