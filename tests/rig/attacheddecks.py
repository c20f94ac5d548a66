"""Two decks at no clock, and a link that screens attach to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stream.control.deckkeys import DeckKeys
from stream.link.client import Attached
from stream.link.decksnapshot import DeckSnapshot
from stream.link.deckverbs import deck_verbs
from stream.link.server import Link
from tests.stream.decks.rig import RATE, Rig

FACTS = {"model": "htdemucs", "provider": "cpu", "samplerate": RATE}


@dataclass
class DeckRig:
    """What is on the engine's side."""

    decks: Rig
    keys: DeckKeys
    link: Link
    snapshot: DeckSnapshot

    def attach(self) -> Attached:
        return Attached(self.link.door)


@contextmanager
def deck_rig(songs: Sequence[Path] = ()) -> Iterator[DeckRig]:
    decks, stopped = Rig(songs=songs), list[bool]()
    keys = DeckKeys(decks.booth, lambda name: decks.booth.decks[name].state, lambda: stopped.append(True),
                    decks.said.append)
    snapshot = DeckSnapshot(decks.engine, decks.booth, keys, FACTS)
    made = DeckRig(decks, keys, Link(), snapshot)
    with made.link:
        made.link.open(snapshot, deck_verbs(decks.booth, keys))
        yield made
    decks.booth.close()
