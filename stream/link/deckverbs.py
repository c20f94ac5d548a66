"""What screens can have done in a run of decks, by its verb: the words that keys, OSC and MIDI have too.

Each raises ValueError.
[any-thread]
"""

from functools import partial
from typing import Any

from stream.control.deckkeys import DeckKeys
from stream.decks.booth import Booth
from stream.link.verbs import Verbs
from stream.mixer.mixer import Mixer
from stream.mixer.strip import Scene


def deck_verbs(booth: Booth, keys: DeckKeys) -> Verbs:
    """Of decks: `a/vocals` is a stem of deck a, and `a` its own strip in the master's mixer.

    keys: what each does, and the deck that they act on
    """
    return {"set": partial(_set, booth), "flip": partial(_flip, booth), "press": booth.press,
            "crossfade": booth.master.crossfade, "key": keys.press, "choose": partial(_choose, booth, keys)}


def _strip(booth: Booth, name: str) -> tuple[Mixer, str]:
    """The mixer that has a strip, and what it calls it."""
    player, _, stem = name.partition("/")
    if not stem:
        return booth.master, player
    if player not in booth.mixers:
        raise ValueError(f"there is no player {player}; the players are {', '.join(booth.mixers)}")
    return booth.mixers[player], stem


def _set(booth: Booth, scene: Scene) -> None:
    """All of it or nothing."""
    wanted: list[tuple[Mixer, dict[str, Any]]] = []
    for name, strip in scene.items():
        mixer, stem = _strip(booth, name)
        mixer.check({stem: strip})
        wanted.append((mixer, {stem: strip}))
    for mixer, part in wanted:
        mixer.recall(part)


def _flip(booth: Booth, name: str, switch: str) -> None:
    mixer, stem = _strip(booth, name)
    mixer.flip(stem, switch)


def _choose(booth: Booth, keys: DeckKeys, deck: str) -> None:
    keys.chosen = booth.deck(deck).name
