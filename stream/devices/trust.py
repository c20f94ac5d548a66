"""When libsndfile knows how long a sound file is, and when it only guesses, which cuts songs short without a word.

MP3        the length is an estimate from the first frame, or a tag's that is not looked into further
Ogg        only the first of several streams, one after the other, is read
FLAC       likewise, where files were joined; and one that was written to a pipe has no length
W64        the bytes that fill its last eight are taken for a frame
WAV, ...   a header that was never finished says that there is nothing
surround   which channel is which is not told

Wherever it guesses, ffmpeg decodes, where it is installed; without it only what is surely whole is read.
"""

import mmap
import re
from pathlib import Path

UNKNOWN = 1 << 62  # frames; as many is libsndfile's word for not knowing
_JOINED = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
_OGG_BEGINS = re.compile(rb"OggS\x00[\x02\x06]")
_MP3_TAG = re.compile(rb"Xing|Info|VBRI")
HEAD = 1 << 16  # bytes in which an MP3's tag is, but for a picture before it
SPARE = 0.05  # of an MP3, which other tags may take beside what its own tag counts


def guesses(path: Path, form: str, channels: int, frames: int) -> bool:
    """Whether ffmpeg should decode a file, if it is there. Raises OSError. [any-thread]

    form: libsndfile's name of the format      frames: as many as libsndfile says
    """
    if form in ("MP3", "MPEG", "OGG", "W64") or channels > 2 or not 0 < frames < UNKNOWN:
        return True
    return form == "FLAC" and _count(path, _JOINED, 2) > 1


def whole(path: Path, form: str, frames: int) -> bool:
    """Whether libsndfile surely reads all of a file that `guesses`, where it has to do without ffmpeg. [any-thread]"""
    if not 0 < frames < UNKNOWN:
        return False
    if form == "OGG":
        return _count(path, _OGG_BEGINS, 2) == 1
    if form in ("MP3", "MPEG"):
        return _mp3_states_its_length(path)
    return form != "FLAC"


def _count(path: Path, pattern: re.Pattern[bytes], enough: int) -> int:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = 0
        for _ in pattern.finditer(data):
            found += 1
            if found == enough:
                break
        return found


def _mp3_states_its_length(path: Path) -> bool:
    """Whether a tag (Xing's, LAME's) counts as many bytes as there are."""
    with path.open("rb") as file:
        size, head = path.stat().st_size, file.read(10)
        skipped = 0
        if head.startswith(b"ID3"):  # ID3v2: its size in four times seven bits
            skipped = 10 + sum((byte & 127) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        file.seek(skipped)
        head = file.read(HEAD)
    tag = _MP3_TAG.search(head)
    if tag is None or tag[0] == b"VBRI":
        return False
    flags, at = int.from_bytes(head[tag.end() : tag.end() + 4]), tag.end() + 4
    if flags & 3 != 3:  # it counts frames, and bytes
        return False
    return abs(size - skipped - int.from_bytes(head[at + 4 : at + 8])) < SPARE * size


def cut_short(log: str) -> int:
    """Bytes that a WAV or AIFF file lacks of what its header promises. [any-thread]

    log: libsndfile's own
    """
    found = re.search(r"^ ?(?:data|SSND) : (\d+) \(should be (\d+)\)", log, re.MULTILINE)
    promised, there = map(int, found.groups()) if found else (0, 0)
    return promised - there if promised < 0xFFFF_0000 and promised > there else 0
