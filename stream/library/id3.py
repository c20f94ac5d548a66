"""The objects that programs put into a file's ID3v2 tag (GEOB frames): of MP3, and of AIFF and WAV, which have it in a
chunk. After the informal standards ID3v2.3.0 and ID3v2.4.0.

[any-thread]
"""

import struct
from pathlib import Path
from typing import BinaryIO

_HEADER, _FRAME = 10, 10
_MOST_BYTES = 64 << 20  # of a tag; a longer one is damage
_UNSYNCHRONISED, _EXTENDED, _FRAME_UNSYNCHRONISED, _LENGTH, _UNREADABLE = 0x80, 0x40, 0x02, 0x01, 0x0C


def objects(path: Path) -> dict[str, bytes]:
    """The content of each GEOB frame by its description. Raises OSError, and ValueError for a damaged tag."""
    with path.open("rb") as file:
        start = file.read(12)
        if start[:3] != b"ID3":
            if not _to_chunk(file, start):
                return {}
            start = file.read(_HEADER)
        if start[:3] != b"ID3" or len(start) < _HEADER:
            return {}
        version, flags, size = start[3], start[5], _syncsafe(start[6:10])
        if version not in (3, 4):
            return {}
        if size > _MOST_BYTES:
            raise ValueError(f"a tag of {size} bytes")
        tag = start[_HEADER:] + file.read(size - len(start[_HEADER:]))
    if len(tag) < size:
        raise ValueError("the tag is cut off")
    return _geobs(tag, version, flags)


def _to_chunk(file: BinaryIO, start: bytes) -> bool:
    """Go to the tag in a file of chunks; False where there is none."""
    form, kind = start[:4], start[8:12]
    if (form, kind) not in ((b"FORM", b"AIFF"), (b"FORM", b"AIFC"), (b"RIFF", b"WAVE")):
        return False
    order = ">" if form == b"FORM" else "<"
    while len(head := file.read(8)) == 8:
        size = struct.unpack(f"{order}I", head[4:])[0]
        if head[:4] in (b"ID3 ", b"id3 "):
            return True
        file.seek(size + size % 2, 1)
    return False


def _geobs(tag: bytes, version: int, flags: int) -> dict[str, bytes]:
    if version == 3 and flags & _UNSYNCHRONISED:
        tag = tag.replace(b"\xff\x00", b"\xff")
    at = 0
    if flags & _EXTENDED and len(tag) >= 4:
        at = 4 + struct.unpack(">I", tag[:4])[0] if version == 3 else _syncsafe(tag[:4])
    found = {}
    while at + _FRAME <= len(tag) and tag[at]:
        name, size = tag[at : at + 4], tag[at + 4 : at + 8]
        count = _syncsafe(size) if version == 4 else struct.unpack(">I", size)[0]
        body = tag[at + _FRAME : at + _FRAME + count]
        if len(body) < count:
            raise ValueError("a frame is cut off")
        if name == b"GEOB":
            body = _plain(body, tag[at + 9], version)
            description, content = _geob(body)
            found[description] = content
        at += _FRAME + count
    return found


def _plain(body: bytes, flags: int, version: int) -> bytes:
    """A frame's content without what ID3v2.4 may have done to it; nothing for what is packed or encrypted."""
    if version == 3:
        return b"" if flags & 0xC0 else body
    if flags & _UNREADABLE:
        return b""
    if flags & _LENGTH:
        body = body[4:]
    return body.replace(b"\xff\x00", b"\xff") if flags & _FRAME_UNSYNCHRONISED else body


def _geob(body: bytes) -> tuple[str, bytes]:
    """Description and content; both are empty where the frame could not be read."""
    if not body:
        return "", b""
    wide = body[0] in (1, 2)
    _, rest = _text(body[1:], False)
    _, rest = _text(rest, wide)
    description, content = _text(rest, wide)
    if wide:
        return description.decode("utf-16" if body[0] == 1 else "utf-16-be", "replace"), content
    return description.decode("utf-8" if body[0] == 3 else "latin-1", "replace"), content


def _text(data: bytes, wide: bool) -> tuple[bytes, bytes]:
    """A text that ends with zero, and what follows. ValueError: it does not end."""
    at = data.find(b"\0\0" if wide else b"\0")
    while wide and at % 2 and at >= 0:
        at = data.find(b"\0\0", at + 1)
    if at < 0:
        raise ValueError("a frame's text does not end")
    return data[:at], data[at + 1 + wide :]


def _syncsafe(data: bytes) -> int:
    return sum((byte & 127) << shift for byte, shift in zip(data, (21, 14, 7, 0), strict=True))
