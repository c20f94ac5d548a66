"""What becomes known of a song while it is on a deck: its length, its beats, and what was set in it before.

Each is pressed on the deck like what a person presses, by `presses`.
[deck-thread]
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from dsp.beatgrid import BeatGrid
from dsp.onsets import Onsets
from stream.decks.gridedits import TAPS, found, refined
from stream.decks.markkeeper import MarkKeeper
from stream.decks.songmarks import SongMarks, with_marks
from stream.decks.transportstate import TransportState
from stream.tracks.track import Track


class DeckPress(NamedTuple):
    """verb: what it does to a state      values: of the verb"""

    name: str
    verb: Callable[..., TransportState]
    values: tuple[Any, ...] = ()


class SongBeats(Protocol):
    """What finds them, as stream.tracks.beatfinder.BeatFinder does."""

    @property
    def grid(self) -> BeatGrid | None:
        """As good as it is by now."""

    @property
    def onsets(self) -> Onsets:
        """Those that were found so far."""

    @property
    def refined(self) -> tuple[BeatGrid, ...]:
        """The last grid that was tapped, and what became of it."""

    def refine(self, tapped: BeatGrid, taps: tuple[float, ...]) -> None:
        """Have a grid that was tapped put on the song's onsets. taps: frames of the song"""


class SongFacts:
    """Of one song, from when it is put on the deck.

    presses: those that nobody has taken yet      told_length: whether its length was among them, and is exact
    """

    def __init__(self, track: Track, beats: SongBeats | None, keeper: MarkKeeper) -> None:
        """Nothing is known yet. keeper: writes what is set in the song"""
        self._track, self._beats, self._keeper = track, beats, keeper
        self.presses: list[DeckPress] = []
        self.told_length = track.ended and track.frames is not None  # then the deck has begun with it
        self._grid: BeatGrid | None = None  # as it was last found
        self._refined: tuple[BeatGrid, ...] = ()  # what became of taps
        self._taps: tuple[float, ...] = ()  # that were given away to be refined
        self._read, self._marks = False, SongMarks()  # whether what was kept is known; what is, or will be soon

    def look(self) -> None:
        """See what has become known since."""
        track, notes = self._track, self._track.notes
        if track.ended and not self.told_length and track.frames is not None:
            self.presses.append(DeckPress("length", TransportState.with_length, (track.frames,)))
            self.told_length = True
        if notes is not None and not self._read:
            self._read, marks = True, SongMarks()
            with suppress(ValueError):  # there are none, or they are damaged and made again
                marks = SongMarks.from_note(notes.marks or track.library_marks or {}, track.samplerate)
            self._marks = marks
            self.presses.append(DeckPress("marks", with_marks, (marks,)))
        beats = self._beats
        if beats is not None and beats.grid is not self._grid:
            self._grid = beats.grid
            self.presses.append(DeckPress("grid", found, (self._grid,)))
        if beats is not None and beats.refined is not self._refined:
            self._refined = beats.refined
            self.presses.append(DeckPress("refined", refined, self._refined))

    @property
    def onsets(self) -> Onsets | None:
        """Those that were found so far; None where nobody looks for them."""
        return None if self._beats is None else self._beats.onsets

    def take(self) -> list[DeckPress]:
        """What is to be pressed now."""
        taken, self.presses = self.presses, []
        return taken

    def keep(self, state: TransportState) -> None:
        """Have written what was set in the song, and taps moved to the onsets near them; both take a moment."""
        notes = self._track.notes
        if notes is not None and self._read and not self.presses:
            before, self._marks = self._marks, SongMarks.of(state)
            if self._marks != before:
                self._keeper.keep(notes, before, self._marks, self._track.samplerate)
        if self._beats is not None and state.taps is not self._taps:
            self._taps = state.taps
            if len(state.taps) >= TAPS and state.grid is not None:
                self._beats.refine(state.grid, state.taps)
