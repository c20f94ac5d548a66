"""Which effects the command line or the configuration want on whose stems."""

from argparse import Namespace
from collections.abc import Sequence

from stream.inserts.naming import Chains, Effect, chains
from stream.mixer.mixer import listing
from stream.mixer.players import DECKS, LIVE, player


def wanted_inserts(arguments: Namespace, players: Sequence[str]) -> dict[str, Chains]:
    """Effects by player, and by stem; a stem's short name is the input's.

    players: that there are. Raises ValueError for those of others, unless the configuration says them, which other
    commands read as well.
    """
    found: dict[str, dict[str, list[Effect]]] = {name: {} for name in players}
    for strip, effects in chains(arguments.insert).items():
        owner = player(strip) or LIVE
        if owner == strip:
            raise ValueError(f"insert {strip}: an effect is for one stem, such as {strip}/vocals")
        if owner in found:
            found[owner].setdefault(strip.removeprefix(f"{owner}/"), []).extend(effects)
        elif "insert" not in vars(arguments).get("configured", ()):
            raise ValueError(f"insert {strip}: {_whose(strip, players)}")
    return dict(found)


def _whose(strip: str, players: Sequence[str]) -> str:
    if player(strip):
        return f"there is no player {player(strip)}; the players are {listing(players)}"
    return "on which deck? " + " or ".join(f"{name}/{strip}" for name in players if name in DECKS)
