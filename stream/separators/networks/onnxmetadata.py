"""What a model file says of itself, out of its own bytes: 170 MB of weights are stepped over, and no library loaded.

A protocol buffer is fields one after the other, each a key (number and kind, a varint) and what it holds
(protobuf.dev/programming-guides/encoding). The properties are field 14 of a ModelProto, each a key 1 and a value 2.
[any-thread]
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from stream.separators.networks.modelio import sources

PROPERTIES, KEY, VALUE = 14, 1, 2
_FIXED = {1: 8, 5: 4}  # bytes of fields that say no length
_VARINT, _BYTES = 0, 2
_MOST = 1 << 20  # bytes of a property that may be one


def onnx_metadata(path: Path) -> dict[str, str]:
    """A file's properties. Raises OSError, and ValueError for what is no ONNX file."""
    if path.suffix != ".onnx":
        raise ValueError(f"{path} is no .onnx file")
    with path.open("rb") as file:
        found = [_property(held) for number, held in _fields(file, path.stat().st_size) if number == PROPERTIES]
    return dict(found)


def named_sources(path: Path) -> tuple[str, ...]:
    """The stems that a file names; none where it does not say, or is none: whoever opens it says what is wrong."""
    try:
        meta = onnx_metadata(path)
        stems = meta.get("sources", "").count(",") + 1
        return sources(path, meta, stems) if "sources" in meta else ()
    except (OSError, ValueError):
        return ()


def _property(held: bytes) -> tuple[str, str]:
    parts = dict(_fields(BytesIO(held), len(held)))
    return parts.get(KEY, b"").decode(), parts.get(VALUE, b"").decode()


def _fields(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
    """Numbers and bytes of all fields that hold bytes; what is too long is stepped over, and empty."""
    while file.tell() < size:
        number, kind = divmod(_varint(file), 8)
        if kind == _VARINT:
            _varint(file)
            continue
        length = _varint(file) if kind == _BYTES else _FIXED.get(kind, -1)
        if length < 0 or file.tell() + length > size:
            raise ValueError(f"a field of {length} bytes of kind {kind} is not in a file of {size}")
        if kind == _BYTES and length <= _MOST:
            yield number, file.read(length)
        else:
            file.seek(length, 1)


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 64, 7):
        byte = file.read(1)
        if not byte:
            raise ValueError("the file ends within a number")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("a number has more than 64 bits")
