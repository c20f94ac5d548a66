"""How a deck follows whoever leads, as its thread renders. [deck-thread]"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from stream.decks.marks import PressRefused
from stream.decks.sync import HORIZON_S, LeadBeat, follow, sync
from stream.decks.transportstate import TransportState


class Leading(Protocol):
    """What tells decks whom to follow, as stream.decks.leader.Leader does."""

    def beat_for(self, deck: str, position: int) -> LeadBeat | None:
        """The beat to follow at a position of the device; None: nobody's, or nobody knows yet."""

    def changes_for(self, deck: str) -> tuple[str, int]:
        """Who leads it, empty for nobody; and another number whenever what was told of his beat has changed."""


class Follower:
    """Of one deck.

    leading: tells whom to follow; None: nobody
    """

    def __init__(self, deck: str, samplerate: int, say: Callable[[str], None]) -> None:
        """It follows nobody. say: takes a line for the user"""
        self._deck, self._say = deck, say
        self._ahead = round(HORIZON_S * samplerate)
        self.leading: Leading | None = None
        self._told = "", 0  # `changes_for`, when its beat was last looked at

    def led(self, state: TransportState, position: int) -> bool:
        """Whether a state has somebody to follow at a position of the device."""
        leading = self.leading
        return leading is not None and state.settings.sync and leading.beat_for(self._deck, position) is not None

    def otherwise(self, state: TransportState) -> bool:
        """Whether whoever leads does something else than was told, and the deck follows him."""
        if self.leading is None or self.leading.changes_for(self._deck) == self._told:
            return False
        if not state.settings.sync:
            self._told = self.leading.changes_for(self._deck)
        return state.settings.sync

    def steered(self, state: TransportState, position: int) -> TransportState:
        """A state in tempo and phase with whoever leads, or the state itself; its frame is at a position of the device.

        Where its tempo does not reach, that is said, and sync is off.
        """
        leading = self.leading
        if leading is None:
            return state
        self._told = leading.changes_for(self._deck)
        if not state.settings.sync:
            return state
        now, then = (leading.beat_for(self._deck, position + ahead) for ahead in (0, self._ahead))
        if now is None or then is None or now.name != then.name:
            return replace(state, follows="") if state.follows and not self._told[0] else state
        try:
            return follow(state, now, then)
        except PressRefused as error:
            self._say(f"deck {self._deck}: {error}")
            return sync(state, False)
