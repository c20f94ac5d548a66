"""The boxes of an MP4 file (ISO/IEC 14496-12, 4.2): found, and one put into another."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from stream.common.errors import Failure

HEADER = 8  # bytes: size and kind
LARGE = 16  # bytes: where the size is 1, a longer one follows the kind


class Box(NamedTuple):
    """Where a box lies, bytes: its header, its content, its end."""

    kind: bytes
    start: int
    content: int
    end: int


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes that lie side by side from `start` to `end`. Raises Failure for what is no box."""
    while start < end:
        file.seek(start)
        head = file.read(LARGE)
        if len(head) < HEADER:
            raise Failure(f"there is no MP4 box at byte {start} of the file")
        size, kind = struct.unpack_from(">I4s", head)
        content = start + HEADER
        if size == 1 and len(head) == LARGE:
            size, content = struct.unpack_from(">Q", head, HEADER)[0], start + LARGE
        size = size or end - start  # 0: it goes on to the end
        if start + size > end or start + size < content:
            raise Failure(f"the MP4 box {kind!r} at byte {start} is longer than the box or file that holds it")
        yield Box(kind, start, content, start + size)
        start += size


def box(kind: bytes, content: bytes) -> bytes:
    """A box as bytes."""
    return struct.pack(">I4s", HEADER + len(content), kind) + content


def find(file: BinaryIO, path: Sequence[bytes], start: int, end: int) -> Box | None:
    """The first box along a path of kinds; None if there is none."""
    for found in boxes(file, start, end):
        if found.kind == path[0]:
            return found if len(path) == 1 else find(file, path[1:], found.content, found.end)
    return None


def add_user_data(path: Path, data: bytes) -> None:
    """Append a box to moov/udta of an MP4 file whose moov comes last, as ffmpeg writes it. Raises Failure, OSError.

    Nothing that comes before is moved, so that no chunk's offset changes.
    """
    size = path.stat().st_size
    with path.open("r+b") as file:
        moov = find(file, [b"moov"], 0, size)
        if moov is None or moov.end != size or moov.content - moov.start != HEADER:
            raise Failure(f"{path} has no moov box at its end")
        file.seek(moov.content)
        content = file.read(moov.end - moov.content)
        udta = find(file, [b"moov", b"udta"], 0, size)
        before = content if udta is None else (
            content[: udta.start - moov.content] + content[udta.end - moov.content :])
        existing = b"" if udta is None else content[udta.content - moov.content : udta.end - moov.content]
        file.seek(moov.start)
        file.write(box(b"moov", before + box(b"udta", existing + data)))
