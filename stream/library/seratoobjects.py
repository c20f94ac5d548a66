"""Where Serato puts what it knows of a song, by the kind of its file; after the facts that are published of it.

    MP3, AIFF, WAV   ID3v2        GEOB frames: `Serato Markers2`, ...
    FLAC             comments     SERATO_MARKERS_V2=..., in base64: a media type, 0, 0, `Serato Markers2`, 0, content
    MP4              moov/udta/meta/ilst/---- of com.serato.dj, called markersv2, ...: the same as in FLAC

Ogg has other contents under other names, which are not read.
[any-thread]
"""

import base64
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from stream.audiofiles.boxes import boxes, find
from stream.common.errors import Failure
from stream.library.id3 import objects

MARKERS, GRID, AUTOTAGS = "Serato Markers2", "Serato BeatGrid", "Serato Autotags"
_IN_FLAC = ("SERATO_MARKERS_V2", "SERATO_BEATGRID", "SERATO_AUTOGAIN")
_IN_MP4 = (b"markersv2", b"beatgrid", b"autgain")
_OWNER = b"com.serato.dj"
_COMMENTS, _LAST = 4, 0x80  # of FLAC's metadata blocks
_MOST_BYTES = 1 << 20  # of one thing that is read
_FULL, _DATA = 4, 8  # bytes before the content of a box: version and flags; and a locale


def serato_objects(path: Path) -> dict[str, bytes]:
    """The content of each of Serato's objects in a file, by its name. Raises OSError, ValueError for damage."""
    with path.open("rb") as file:
        start = file.read(12)
        if start[:4] == b"fLaC":
            return dict(map(_named, _comments(file)))
        if start[4:8] == b"ftyp":
            try:
                return dict(map(_named, _atoms(file, path.stat().st_size)))
            except Failure as error:
                raise ValueError(str(error)) from error
    return objects(path)


def unpacked(text: bytes) -> bytes:
    """Base64 as Serato writes it: lines, no padding, and sometimes a letter too few. ValueError: anything else."""
    text = text.split(b"\0")[0].replace(b"\n", b"")
    return base64.b64decode(text + b"A==" if len(text) % 4 == 1 else text + b"=" * (-len(text) % 4), validate=True)


def _named(text: bytes) -> tuple[str, bytes]:
    """Name and content. ValueError: an object of another form."""
    parts = unpacked(text).split(b"\0", 3)
    if len(parts) < 4 or parts[1]:
        raise ValueError("an object of another form")
    return parts[2].decode("ascii"), parts[3]


def _comments(file: BinaryIO) -> Iterator[bytes]:
    """Of a FLAC file, those that Serato has written."""
    file.seek(4)
    kind = 0
    while not kind & _LAST and len(head := file.read(4)) == 4:
        kind, size = head[0], int.from_bytes(head[1:], "big")
        if kind & ~_LAST != _COMMENTS:
            file.seek(size, 1)
            continue
        block = file.read(size)
        (at,) = struct.unpack_from("<I", block)
        (count,) = struct.unpack_from("<I", block, 4 + at)
        at += 8
        for _ in range(count):
            (length,) = struct.unpack_from("<I", block, at)
            comment, at = block[at + 4 : at + 4 + length], at + 4 + length
            if len(comment) < length:
                raise ValueError("a comment is cut off")
            name, _, value = comment.partition(b"=")
            if name.decode("ascii", "replace").upper() in _IN_FLAC:
                yield value


def _atoms(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Of an MP4 file, those that Serato has written. Raises Failure, ValueError."""
    meta = find(file, (b"moov", b"udta", b"meta"), 0, size)
    items = None if meta is None else find(file, (b"ilst",), meta.content + _FULL, meta.end)
    for item in boxes(file, items.content, items.end) if items is not None else ():
        if item.kind != b"----":
            continue
        parts = dict[bytes, bytes]()
        for part in boxes(file, item.content, item.end):
            if part.end - part.content > _MOST_BYTES:
                break
            file.seek(part.content)
            parts[part.kind] = file.read(part.end - part.content)
        if parts.get(b"mean", b"")[_FULL:] == _OWNER and parts.get(b"name", b"")[_FULL:] in _IN_MP4:
            yield parts.get(b"data", b"")[_DATA:]
