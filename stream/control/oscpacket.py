"""What an OSC packet says, and which addresses a pattern means (OSC 1.0), for packets that anybody may have sent.

Nothing in here takes longer, or says more, for a packet that was made to do harm: sizes are held against what is there,
bundles nest so deep and no deeper, and patterns are matched without going back.
[any-thread]
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BUNDLE = b"#bundle\0"
DEEPEST, MOST_MESSAGES = 16, 256  # bundles within bundles; messages of a packet
NUMBERS = {"i": ">i", "f": ">f", "h": ">q", "d": ">d", "r": ">I", "m": ">I", "t": ">Q", "c": ">I"}
CONSTANTS = {"T": True, "F": False, "N": None, "I": None, "[": None, "]": None}
MAGIC = frozenset("*?[{")


@dataclass(frozen=True)
class Message:
    """An address, or a pattern of such, and its values."""

    address: str
    values: tuple[Any, ...]


def messages(data: bytes, depth: int = 0) -> list[Message]:
    """All that a packet says, in order, whenever its bundles want to be done. Raises ValueError."""
    if not data.startswith(BUNDLE):
        return [_message(data)]
    if depth == DEEPEST:
        raise ValueError(f"bundles nest more than {DEEPEST} deep")
    found: list[Message] = []
    for part in _parts(data):
        found += messages(part, depth + 1)
        if len(found) > MOST_MESSAGES:
            raise ValueError(f"more than {MOST_MESSAGES} messages in a packet")
    return found


def _parts(data: bytes) -> Iterator[bytes]:
    """What a bundle holds: behind its name and time, each with its size before it."""
    at = len(BUNDLE) + 8
    if len(data) < at:
        raise ValueError("a bundle without a time")
    while at < len(data):
        size = _number(">i", data, at)
        at += 4
        if not 0 < size <= len(data) - at:
            raise ValueError("a size that does not fit")
        yield data[at : at + size]
        at += size


def _message(data: bytes) -> Message:
    address, at = _string(data, 0)
    if not address.startswith("/"):
        raise ValueError("an address that does not begin with /")
    if at == len(data):
        return Message(address, ())  # as old programs send it
    tags, at = _string(data, at)
    if not tags.startswith(","):
        raise ValueError("no types")
    values: list[Any] = []
    for tag in tags[1:]:
        value, at = _value(tag, data, at)
        values.append(value)
    return Message(address, tuple(values))


def _value(tag: str, data: bytes, at: int) -> tuple[Any, int]:
    if tag in CONSTANTS:
        return CONSTANTS[tag], at
    if tag in "sS":
        return _string(data, at)
    if tag == "b":
        end = at + 4 + _number(">i", data, at)
        if not at + 4 <= end <= len(data):
            raise ValueError("a size that does not fit")
        return data[at + 4 : end], end + -end % 4
    if tag not in NUMBERS:
        raise ValueError(f"no type {tag!r}")
    value = _number(NUMBERS[tag], data, at)
    return (value if tag in "ifhd" else str(value)), at + struct.calcsize(NUMBERS[tag])


def _number(form: str, data: bytes, at: int) -> Any:
    try:
        return struct.unpack_from(form, data, at)[0]
    except struct.error as error:
        raise ValueError("too short") from error


def _string(data: bytes, at: int) -> tuple[str, int]:
    """A text, and where the next thing begins: it ends with a zero, and takes a multiple of four bytes."""
    end = data.find(b"\0", at)
    if end < 0:
        raise ValueError("a text without an end")
    return data[at:end].decode(), min(end + 4 - end % 4, len(data))


def matches(pattern: str, address: str) -> bool:
    """Whether an address is among those that a pattern means; one that is broken means none."""
    reached = {0}
    rest = pattern
    while rest and reached:
        kind, closing = rest[0], {"[": "]", "{": "}"}.get(rest[0], "")
        end = rest.find(closing, 1) if closing else 0
        if end < 0:
            return False
        inside, rest = rest[1:end], rest[end + 1 :]
        reached = {after for at in reached for after in _after(kind, inside, address, at)}
    return len(address) in reached


def _after(kind: str, inside: str, address: str, at: int) -> Iterator[int]:
    """Where an address can go on behind one part of a pattern."""
    if kind == "*":
        end = address.find("/", at)
        yield from range(at, (len(address) if end < 0 else end) + 1)
    elif kind == "{":
        yield from (at + len(text) for text in inside.split(",") if address.startswith(text, at))
    elif at < len(address) and (_in(inside, address[at]) if kind == "[" else
                                address[at] != "/" if kind == "?" else address[at] == kind):
        yield at + 1


def _in(inside: str, letter: str) -> bool:
    """Whether a letter is one of `abc`, `a-c` or, behind a `!`, none of them."""
    if inside.startswith("!"):
        return letter != "/" and not _in(inside[1:], letter)
    between = (inside[n - 1] <= letter <= inside[n + 1] for n in range(1, len(inside) - 1) if inside[n] == "-")
    return letter in inside or any(between)
