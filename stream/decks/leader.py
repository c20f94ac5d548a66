"""Who leads in tempo: the deck whose beat the others follow with `sync`, or a beat from outside.

Which song comes next, with `--automix`, is told by another one (stream.decks.lead).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from stream.decks.deck import Deck
from stream.decks.outsidebeat import BeatLine, OutsideBeat
from stream.decks.sync import LeadBeat, beats_off, ratio_of
from stream.mixer.mixer import listing


class Beat(Protocol):
    """Whoever can lead."""

    @property
    def changes(self) -> int:
        """Counts what changes its beat from somewhere on. [any-thread]"""

    def beat_at(self, position: int) -> LeadBeat | None:
        """Its beat at a position of the device; None: it has none, or none that is known yet. [any-thread]"""


class Following(NamedTuple):
    """How a deck is beside whoever leads.

    phase: beats of its own that it is ahead, -1/2 to 1/2; None: one of the two has none
    tempo_off: how much faster it is, as a fraction of the tempo at which it would stay in phase
    """

    phase: float | None
    tempo_off: float


class Leader:
    """Chooses who leads: the deck that has played for longest. It hands over when its own sync is pressed and the other
    deck plays without; and when it plays no more, for good: what goes on playing is never moved by what begins anew.

    name: empty: nobody      led: is told of each who leads from a position of the device on
    drawn: is told of beats from outside, by name, what counts from a position on
    """

    def __init__(self, decks: Mapping[str, Deck], device: Callable[[], int], samplerate: int) -> None:
        """Nobody leads. device: gives the position of the callback's next block [main-thread]"""
        self._decks, self._device, self._rate = decks, device, samplerate
        self._all: dict[str, Beat] = {**decks}
        self.name = ""
        self._asked = ""
        self._synced = False  # whether sync was on of whoever leads, at the last look
        self.led: Callable[[int, str], None] = lambda _position, _name: None
        self.drawn: Callable[[int, str, BeatLine | None], None] = lambda _position, _name, _line: None

    def outside(self, name: str) -> OutsideBeat:
        """A beat from outside, as `add`. Raises ValueError. [main-thread]"""
        beat = OutsideBeat(name, self._rate)
        beat.told = lambda line: self.drawn(self._device(), name, line)
        self.add(name, beat)
        return beat

    def add(self, name: str, beat: Beat) -> None:
        """A beat of somebody else, which leads when that is asked for. Raises ValueError: there is such a one.

        Before anything is stepped, or on the thread that steps. [main-thread]
        """
        if name in self._all:
            raise ValueError(f"there is a beat called {name} already")
        self._all[name] = beat

    def ask(self, name: str) -> None:
        """Have somebody lead from when he plays, and until he does no more. Raises ValueError. [any-thread]"""
        if name not in self._all:
            raise ValueError(f"{name} cannot lead; there is {listing(self._all)}")
        self._asked = name

    def look(self) -> None:
        """See who plays. [deck-thread]"""
        now, before, asked = self._device(), self.name, self._asked
        leads = self._decks.get(before)
        if leads is not None and not leads.known and leads.state.playing:
            return  # it jumps just now
        if asked and self._all[asked].beat_at(now) is not None:
            self.name, self._asked = asked, ""
        else:
            self.name = self._next(now)
        self._synced = self._wants_to_follow(self.name)
        if self.name != before:
            self.led(now, self.name)

    def _next(self, now: int) -> str:
        """Whoever leads, until he does no more or has just been told to follow somebody who is there."""
        plays = [name for name, deck in self._decks.items() if deck.beat_at(now) is not None]
        free = [name for name in plays if not self._wants_to_follow(name)]
        told = self._wants_to_follow(self.name) and not self._synced and free
        if self.name and self._all[self.name].beat_at(now) is not None and not told:
            return self.name
        return next(iter(free or plays), "")

    def _wants_to_follow(self, name: str) -> bool:
        return name in self._decks and self._decks[name].settings.sync

    def lacks(self, deck: str) -> str:
        """Why a deck cannot follow yet, as a line; empty: it can, or nobody is there to be followed. [any-thread]"""
        own, plays = self._decks[deck], [name for name, other in self._decks.items() if other.state.playing]
        unknown = [name for name in plays if name != deck and self._decks[name].state.grid is None]
        if own.track is not None and own.state.grid is None and (self.name or unknown):
            return f"deck {deck}: its beats are not known yet; it follows as soon as they are"
        if not self.name and unknown:
            return f"deck {deck}: the beats of deck {unknown[0]} are not known yet; it follows as soon as they are"
        return ""

    def beat_at(self, position: int) -> LeadBeat | None:
        """Whose beat leads at a position of the device; None: nobody's, or nobody knows yet. [any-thread]"""
        name = self.name
        return None if not name else self._all[name].beat_at(position)

    def beat_for(self, deck: str, position: int) -> LeadBeat | None:
        """What a deck is to follow; None: nobody, or nobody knows yet. [any-thread]"""
        name = self.name
        return None if name in ("", deck) else self._all[name].beat_at(position)

    def changes_for(self, deck: str) -> tuple[str, int]:
        """Another one whenever what a deck was told to follow has changed. [any-thread]"""
        name = self.name
        return ("", 0) if name in ("", deck) else (name, self._all[name].changes)

    def following(self, deck: str) -> Following | None:
        """How a deck is beside whoever leads; None where either has no beat. [any-thread]"""
        position = self._device()
        own, lead = self._decks[deck].beat_at(position), self.beat_for(deck, position)
        if own is None or lead is None:
            return None
        state = self._decks[deck].state
        if state.grid is None:  # it was taken off just now
            return None
        ratio = ratio_of(lead.pace, state.grid.period_at(state.position))
        phase = None if own.beat is None or lead.beat is None else beats_off(own.beat, lead.beat, ratio)
        return Following(phase, own.pace * (1 + own.bend) / (lead.pace * (1 + lead.bend) * ratio) - 1)
