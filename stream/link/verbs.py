"""What screens can have done in a run, by its verb: the words that keys, OSC and MIDI have too. Each raises ValueError.

[any-thread]
"""

from collections.abc import Callable, Mapping
from typing import Any

from stream.mixer.desk import Desk
from stream.mixer.players import LIVE

Verbs = Mapping[str, Callable[..., None]]


def desk_verbs(desk: Desk) -> Verbs:
    """Of a run with one player, whose stems have short names too: `live/vocals` is `vocals`."""
    mixer = desk.mixer
    return {"set": lambda scene: mixer.recall({_short(stem): strip for stem, strip in scene.items()}),
            "flip": lambda stem, name: mixer.flip(_short(stem), name),
            "recall": desk.recall, "store": desk.store, "act": desk.act}


def _short(stem: object) -> Any:
    """What the mixer calls a stem; what is no name stays what it is, and the mixer refuses it."""
    return stem.removeprefix(f"{LIVE}/") if isinstance(stem, str) else stem
