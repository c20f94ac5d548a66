"""Effects on stems of decks: they are given what is heard of a deck, and all decks are later by what that takes.

A deck renders ahead, and again from where the callback is whenever somebody presses something. An effect cannot go back
likewise, so it comes behind that:

    rings ──▶ swap ──▶ what is heard ──┬──────── `frames` later ─────────▶ the deck's mixer
                                       └──▶ sent ring ──▶ effects ──▶ insert ring ──▲
"""

from collections.abc import Sequence

from stream.callback import header as hd
from stream.callback.deckplayers import DeckPlayers
from stream.callback.player import FADE
from stream.callback.ring import Ring
from stream.live.insert import Insert, lag
from stream.native.memory import fill

HISTORY_S = 1.0  # how late a thread may be before what is sent is lost to it


class DeckInserts:
    """frames: by which all decks are later; 0 where there are no inserts"""

    def __init__(self, players: DeckPlayers, inserts: Sequence[Insert], sizes: tuple[int, int],
                 offline: bool = False) -> None:
        """Make the rings. The stems are here.

        inserts: their stems are named as the strips of a desk, `a/vocals`; there may be none
        sizes: samplerate, Hz, and frames of a block      offline: nobody waits (virtual clock)
        [main-thread]
        """
        samplerate, block = sizes
        self._inserts, self._players = inserts, players
        lags = [lag(insert.process, samplerate, block) + FADE for insert in inserts]
        self.frames = max(lags, default=0)
        self._rings = {name: Ring(self.frames + int(HISTORY_S * samplerate), rings.width, block)
                       for name, rings in players.rings.items() if inserts}
        for insert in inserts:
            deck, _, stem = insert.stem.partition("/")
            ring = self._rings[deck]
            at = players.stems[deck].index(stem)
            insert.polled = True
            insert.connect(hd.REEL + 2 * at, ring, ring, lambda: self.frames, offline, self.frames)
            hd.connect(players.decks[deck].inserts["ring"][at, ...], insert.ring.data, insert.ring.counter)

    def fill(self) -> None:
        """Fill in the decks' records, before the callback runs. [main-thread]"""
        for at, (name, ring) in enumerate(self._rings.items()):
            hd.connect(self._players.records["sent"][at, ...], ring.data, ring.counter)
            fill(self._players.records["player"][at, ...], behind=self.frames,
                 has_inserts=any(insert.stem.startswith(f"{name}/") for insert in self._inserts))
