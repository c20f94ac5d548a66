"""Protocol Buffers' wire format, as far as small messages need it. [any-thread]"""

import struct


def fields(message: bytes) -> dict[int, list[int | float | bytes]]:
    """A message's values by the number of their field; a float is one of eight or four bytes. ValueError: damage."""
    found: dict[int, list[int | float | bytes]] = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        value: int | float | bytes
        if kind == 0:
            value, at = _varint(message, at)
        elif kind in (1, 5):
            size, form = (8, "<d") if kind == 1 else (4, "<f")
            value, at = struct.unpack(form, _part(message, at, size))[0], at + size
        elif kind == 2:
            size, at = _varint(message, at)
            value, at = _part(message, at, size), at + size
        else:
            raise ValueError(f"no value is of kind {kind}")
        found.setdefault(tag >> 3, []).append(value)
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        byte = _part(message, at, 1)[0]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise ValueError("a number is too long")


def _part(message: bytes, at: int, size: int) -> bytes:
    if at + size > len(message):
        raise ValueError("a message is cut off")
    return message[at : at + size]
