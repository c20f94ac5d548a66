"""What players and their strips are called, and what a strip has by its name alone: maps and scenes are read before
anybody knows which players a run has.

    vocals, 4      a stem of the only player, by its name or its number      live/vocals      the same
    a/vocals       a stem of deck a
    a, live        a player's own strip: its channel in the master's mixer, and a deck's transport
    master         what all of them come together in

[any-thread]
"""

from collections.abc import Mapping

from stream.mixer.deckstrip import DECK_PARAMETERS
from stream.mixer.masterstrip import MASTER, MASTER_PARAMETERS, PLAYER_PARAMETERS
from stream.mixer.strip import PARAMETERS, Parameter, known

LIVE, DECKS = "live", ("a", "b", "c", "d")
LISTENED = {"cue": "pfl"}  # of a player's own strip: beside a deck's play button `cue` is the other one
_CHANNEL: Mapping[str, Parameter] = {LISTENED.get(name, name): one for name, one in PLAYER_PARAMETERS.items()}
_OWN: Mapping[str, Mapping[str, Parameter]] = {
    LIVE: _CHANNEL, MASTER: MASTER_PARAMETERS, **{deck: {**_CHANNEL, **DECK_PARAMETERS} for deck in DECKS}}


def player(strip: str) -> str:
    """Whose strip it is; empty for a stem of the only player."""
    name, slash, _ = strip.partition("/")
    return name if slash or strip in _OWN else ""


def short(strip: str) -> str:
    """What a run with one player calls a strip: `live/vocals` is `vocals`."""
    return strip.removeprefix(f"{LIVE}/")


def has(strip: str | int) -> Mapping[str, Parameter]:
    """The parameters that a strip of such a name, or number, has."""
    return _OWN.get(strip, PARAMETERS) if isinstance(strip, str) else PARAMETERS


def parameter(strip: str | int, name: str) -> Parameter:
    """A strip's parameter. Raises ValueError, with those that there are."""
    table = has(strip)
    return known(table, name, "a stem" if table is PARAMETERS else str(strip))
