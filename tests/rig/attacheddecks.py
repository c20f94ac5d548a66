"""Two decks at no clock, and a link that screens attach to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stream.control.deckkeys import DeckKeys
from stream.decks.deckdesk import deck_desk
from stream.link.client import Attached
from stream.link.decksnapshot import DeckSnapshot
from stream.link.deckverbs import DeckHands, deck_verbs
from stream.link.server import Link
from stream.mixer.desk import Desk
from stream.separators.protocol import Separator
from tests.stream.decks.rig import RATE, Rig

FACTS = {"model": "htdemucs", "provider": "cpu", "samplerate": RATE}


@dataclass
class DeckRig:
    """What is on the engine's side. recording: whether that is told"""

    decks: Rig
    keys: DeckKeys
    desk: Desk
    link: Link
    snapshot: DeckSnapshot
    recording: list[bool]

    def attach(self) -> Attached:
        return Attached(self.link.door)


@contextmanager
def deck_rig(songs: Sequence[Path] = (), separator: Separator | None = None) -> Iterator[DeckRig]:
    """separator: of an input that is heard beside them"""
    decks, recording = Rig(songs=songs, separator=separator), list[bool]()
    desk = deck_desk(decks.booth, RATE)
    hands = DeckHands(DeckKeys(desk, decks.said.append), desk)
    snapshot = DeckSnapshot(decks.engine, decks.booth, hands, FACTS, lambda: bool(recording))
    made = DeckRig(decks, hands.keys, desk, Link(), snapshot, recording)
    with made.link:
        made.link.open(snapshot, deck_verbs(decks.booth, hands))
        yield made
    decks.booth.close()
