"""What screens can have done in a run of decks, by its verb: the words that keys, OSC and MIDI have too.

Each raises ValueError.
[any-thread]
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from stream.control.deckkeys import DeckKeys
from stream.decks.booth import Booth
from stream.link.verbs import Verbs, desk_verbs
from stream.mixer.desk import Desk
from stream.mixer.players import LISTENED

Wanted = TypeVar("Wanted")


class DeckHands(NamedTuple):
    """keys: what each does, and the deck that they act on      desk: strips, scenes, and what is done by its name"""

    keys: DeckKeys
    desk: Desk


def deck_verbs(booth: Booth, hands: DeckHands) -> Verbs:
    """Of decks: `a/vocals` is a stem of deck a, and `a` its own strip, of which screens have the mixer's half.

    There the switch of the cue bus is `cue`, as in every strip (stream.link.decksnapshot).
    """
    keys, desk = hands
    players = booth.master.sources

    def own(strip: object, wanted: Mapping[str, Wanted]) -> dict[str, Wanted]:
        """As the desk calls parameters."""
        return {LISTENED.get(name, name) if strip in players else name: value for name, value in wanted.items()}

    verbs = desk_verbs(desk)
    return {**verbs, "set": lambda scene: verbs["set"]({strip: own(strip, wanted) for strip, wanted in scene.items()}),
            "flip": lambda strip, name: verbs["flip"](strip, *own(strip, {name: None})),
            "press": booth.press, "crossfade": booth.master.crossfade, "key": keys.press, "choose": keys.choose}
