"""The song that leads: the one after which, with `--automix`, the next one comes. [main-thread]"""

from collections.abc import Mapping

from stream.decks.deck import Deck
from stream.tracks.track import Track


class Lead:
    """The song that began last of those that play; where none plays any more, the one that played last.

    ended: whether it has ended by itself. One that a person has paused, or cued up, has not
    played: all songs that were played
    """

    def __init__(self) -> None:
        """Nothing was played."""
        self.ended = False
        self.played: set[Track] = set()
        self._name = ""
        self._track: Track | None = None
        self._playing: list[str] = []

    def deck(self, decks: Mapping[str, Deck]) -> Deck | None:
        """The deck that it is on, while it is; None: it is on none. [any-thread]"""
        deck = decks.get(self._name)
        return deck if deck is not None and deck.track is self._track is not None else None

    def begin(self, deck: Deck) -> None:
        """A deck's song begins now."""
        self._name, self._track, self.ended = deck.name, deck.wanted, False
        if deck.wanted is not None:
            self.played.add(deck.wanted)

    def look(self, decks: Mapping[str, Deck]) -> None:
        """See what plays, and what has ended."""
        playing = [name for name, deck in decks.items() if deck.settled and deck.state.playing and not deck.over]
        begun = [name for name in playing if name not in self._playing]
        self._playing = playing
        for name in begun or ([] if self._name in playing else playing[:1]):
            self.begin(decks[name])
        deck = decks.get(self._name)
        if deck is not None and deck.settled and deck.track is self._track:
            self.ended = deck.over

    def passed_over(self, name: str) -> None:
        """Another song takes the place of one that has ended, or of which nothing can be heard."""
        self.ended = self.ended or name == self._name

    def ends(self, decks: Mapping[str, Deck], seconds: float) -> bool:
        """Whether it has ended, or will have in so many seconds if nobody presses anything."""
        deck = decks.get(self._name)
        if self.ended or deck is None or self._name not in self._playing:
            return self.ended
        state = deck.state
        return state.ends_at is not None and state.seconds_left <= seconds
