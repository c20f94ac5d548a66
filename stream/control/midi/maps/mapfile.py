"""Maps: small TOML files that say what a controller's messages mean. Those that are ready lie here. [any-thread]"""

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import TypeVar

from stream.common.text import read_text
from stream.control.midi.binding import Binding
from stream.control.midi.maps import entry, tables
from stream.control.midi.maps.tables import Table
from stream.control.midi.meterbinding import MeterBinding

Made = TypeVar("Made")
GENERIC = "generic"
KEYS = ("about", "source", "ports", "start", "end", "alive", "binding", "meter")
SYSEX, SYSEX_END = 0xF0, 0xF7


@dataclass(frozen=True)
class Map:
    """about: one line for whoever looks for it      source: where the numbers are from

    ports: parts of the names of ports that it is for
    start, end, alive: messages to the controller when it is plugged in, at the end, and again and again
    meters: its level meters
    """

    name: str
    bindings: tuple[Binding, ...]
    about: str = ""
    source: str = ""
    ports: tuple[str, ...] = ()
    start: tuple[tuple[int, ...], ...] = ()
    end: tuple[tuple[int, ...], ...] = ()
    meters: tuple[MeterBinding, ...] = ()
    alive: tuple[tuple[int, ...], ...] = ()

    def fit(self, port: str) -> int:
        """Characters that it has in common with a port's name; 0 where it is not for it."""
        return max((len(part) for part in self.ports if part.lower() in port.lower()), default=0)

    def plus(self, learnt: Iterable[Binding]) -> "Map":
        """With more bindings, in the place of those that had the same message or target; what was within a layer that
        nothing chooses any more goes too.
        """
        new = tuple(learnt)
        unchanged = (old for old in self.bindings
                if not any(old.target == one.target or old.source.meets(one.source) for one in new))
        bindings: tuple[Binding, ...] = (*unchanged, *new)
        while lost := [one for one in bindings if not {*one.within} <= {each.target.layer for each in bindings}]:
            bindings = tuple(one for one in bindings if one not in lost)
        return replace(self, bindings=bindings)


@cache
def ready() -> dict[str, Map]:
    """The maps that are in the package, by name."""
    found = sorted(files("stream.control.midi.maps").iterdir(), key=lambda file: file.name)
    return {name: parsed(file.read_text(encoding="utf-8"), name)
            for file in found if (name := file.name.removesuffix(".toml")) != file.name}


def chosen(choice: str | None, port: str) -> Map:
    """The map of a name or a file; for None the one that is for a port. Raises ValueError."""
    if choice is None:
        return for_port(port) or ready()[GENERIC]
    if choice in ready():
        return ready()[choice]
    path = Path(choice)
    try:
        text = read_text(path)
    except ValueError as error:
        raise ValueError(f"{choice} is not TOML: {error}") from None
    except OSError as error:
        reason = "" if isinstance(error, FileNotFoundError) else f" ({error.strerror})"
        raise ValueError(f"there is no MIDI map {choice}{reason}; the built-in ones are {', '.join(ready())}") from None
    return parsed(text, path.name)


def for_port(port: str) -> Map | None:
    """The ready map that is for a port."""
    best = max(ready().values(), key=lambda map_: map_.fit(port))
    return best if best.fit(port) else None


def fit(port: str) -> int:
    """How surely a port is one that some ready map is for; 0 where it is not."""
    return max(map_.fit(port) for map_ in ready().values())


def parsed(text: str, name: str) -> Map:
    """The map that a text is. Raises ValueError, with the name and what is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name} is not TOML: {error}") from None
    try:
        return _map(table, name)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _map(table: Table, name: str) -> Map:
    tables.known(table, KEYS)
    entries = table.get("binding", [])
    if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
        raise ValueError("a map needs [[binding]]")
    made = _each("binding", entry.bindings, entries)
    apart(made)
    _layers(made)
    return Map(name, tuple(made), tables.text(table, "about"), tables.text(table, "source"), _ports(table),
               _messages(table, "start"), _messages(table, "end"), _meters(table), _messages(table, "alive"))


def _meters(table: Table) -> tuple[MeterBinding, ...]:
    entries = table.get("meter", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ValueError("meter must be [[meter]]")
    return tuple(_each("meter", entry.meters, entries))


def _each(what: str, read: Callable[[Table], Iterable[Made]], entries: Iterable[Table]) -> list[Made]:
    """All that tables of a kind say. Raises ValueError, which begins with the number of the wrong one."""
    made: list[Made] = []
    for count, one in enumerate(entries, 1):
        try:
            made += read(one)
        except ValueError as error:
            raise ValueError(f"{what} {count}: {error}") from None
    return made


def _layers(bindings: list[Binding]) -> None:
    """Raise ValueError for a layer that nothing chooses, or is held for."""
    there = {binding.target.layer for binding in bindings} - {""}
    for binding in bindings:
        for layer in binding.within:
            if layer not in there:
                raise ValueError(f"{binding.source}: nothing chooses the layer {layer}; there are "
                                 f"{', '.join(sorted(there)) or 'none'}")


def apart(bindings: list[Binding]) -> None:
    """Raise ValueError for two bindings of one message."""
    for one, other in combinations(bindings, 2):
        if one.meets(other):
            raise ValueError(f"{one.source} is bound twice: to {one.target} and to {other.target}")


def _ports(table: Table) -> tuple[str, ...]:
    parts = table.get("ports", [])
    if not isinstance(parts, list) or not all(isinstance(part, str) and part for part in parts):
        raise ValueError(f"ports must be a list of parts of names, not {parts!r}")
    return tuple(parts)


def _messages(table: Table, key: str) -> tuple[tuple[int, ...], ...]:
    messages = table.get(key, [])
    if not isinstance(messages, list) or not all(isinstance(one, list) and _sendable(one) for one in messages):
        raise ValueError(f"{key} must be a list of messages such as [0xB0, 0, 127], not {messages!r}")
    return tuple(tuple(message) for message in messages)


def _sendable(message: list[object]) -> bool:
    data = [byte for byte in message if type(byte) is int and 0 <= byte <= 0xFF]
    if len(data) != len(message) or len(data) < 3:
        return False
    exclusive = data[0] == SYSEX and data[-1] == SYSEX_END
    inner = data[1:-1] if exclusive else data[1:]
    return max(inner) < 0x80 and (exclusive or (len(data) == 3 and 0x80 <= data[0] < SYSEX))
