"""What keys of the decks do at a desk: each is done to a strip, that of a player or the master's.

Each is called with the desk and the strip, and raises ValueError.
[any-thread]
"""

import math
from dataclasses import dataclass

from stream.mixer.desk import Desk
from stream.mixer.mixer import listing
from stream.mixer.strip import Parameter

LEAST_DB = -40.0  # keys take no fader below


@dataclass(frozen=True)
class PlayerAct:
    """Do what decks offer under a name."""

    name: str
    values: tuple[float, ...] = ()

    def __call__(self, desk: Desk, strip: str) -> None:
        """Do it to a strip."""
        act = f"{strip}/{self.name}"
        if strip not in decks(desk) and act not in desk.acts:
            raise _no_deck(desk, strip)
        desk.act(act, *self.values)


@dataclass(frozen=True)
class Flip:
    """Turn a switch over; press a button, and let it go if it is held."""

    name: str

    def __call__(self, desk: Desk, strip: str) -> None:
        """Do it to a strip."""
        _parameter(desk, strip, self.name)
        desk.mixer.flip(strip, self.name)


@dataclass(frozen=True)
class Step:
    """Move a value, up to its end."""

    name: str
    by: float

    def __call__(self, desk: Desk, strip: str) -> None:
        """Do it to a strip."""
        known = _parameter(desk, strip, self.name)
        least = LEAST_DB if known.least == -math.inf else known.least
        value = round(max(least, desk.mixer.get(strip, self.name)) + self.by, 4)
        desk.mixer.set(strip, self.name, max(least, min(known.most, value)))


@dataclass(frozen=True)
class NextWord:
    """The next of the values that have words."""

    name: str

    def __call__(self, desk: Desk, strip: str) -> None:
        """Do it to a strip."""
        words = _parameter(desk, strip, self.name).words
        desk.mixer.set(strip, self.name, (desk.mixer.get(strip, self.name) + 1) % len(words))


@dataclass(frozen=True)
class Either:
    """A value, or where it rests if it is there already; None is its least."""

    name: str
    value: float | None = None

    def __call__(self, desk: Desk, strip: str) -> None:
        """Do it to a strip."""
        known = _parameter(desk, strip, self.name)
        value = known.least if self.value is None else self.value
        desk.mixer.set(strip, self.name, known.rest if desk.mixer.get(strip, self.name) == value else value)


Move = PlayerAct | Flip | Step | NextWord | Either


def decks(desk: Desk) -> list[str]:
    """The players that have a transport."""
    return [strip for strip, table in desk.mixer.parameters.items() if "play" in table]


def players(desk: Desk) -> list[str]:
    """All whose stems have strips."""
    return list(dict.fromkeys(stem.partition("/")[0] for stem in desk.mixer.sources))


def _parameter(desk: Desk, strip: str, name: str) -> Parameter:
    table = desk.mixer.parameters[strip]
    if name not in table and any(name in desk.mixer.parameters[deck] for deck in decks(desk)):
        raise _no_deck(desk, strip)
    return table[name]


def _no_deck(desk: Desk, strip: str) -> ValueError:
    return ValueError(f"there is no deck {strip}; the decks are {listing(decks(desk))}")
