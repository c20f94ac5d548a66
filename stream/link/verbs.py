"""What screens can have done in a run, by its verb: the words that keys, OSC and MIDI have too. Each raises ValueError.

[any-thread]
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from stream.mixer.desk import Desk

Verbs = Mapping[str, Callable[..., Any]]


class LinkAnswer(NamedTuple):
    """What a verb gives back that is a question: whoever asked is told it under the verb's name.

    give: what is told; it may take some milliseconds, and of a question that is asked again before nobody wants it
    """

    give: Callable[[], Any]


def desk_verbs(desk: Desk) -> Verbs:
    """Of whatever a desk has: in a run with one player `live/vocals` is `vocals`."""
    mixer = desk.mixer

    def own(strip: object) -> Any:
        """What the desk calls a strip; what nobody has stays what it is, and the mixer refuses it."""
        found = desk.strip(strip) if isinstance(strip, str) else None
        return strip if found is None else found

    return {"set": lambda scene: mixer.recall({own(strip): wanted for strip, wanted in scene.items()}),
            "flip": lambda strip, name: mixer.flip(own(strip), name),
            "recall": desk.recall, "store": desk.store, "act": desk.act}
