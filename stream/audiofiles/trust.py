"""When libsndfile knows how long a sound file is, and when it only guesses, which cuts songs short without a word.

MP3        the length is an estimate from the first frame, or a tag's that is not looked into further
Ogg        only the first of several streams, one after the other, is read
FLAC       likewise, where files were joined; and one that was written to a pipe has no length
W64, VOC   bytes that only fill up, or are headers of blocks, are taken for frames
GSM, ADPCM the last of their packets counts as full, and not as far as the header says
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
_SAMPLES = re.compile("PCM|FLOAT|DOUBLE|ULAW|ALAW|ALAC")  # what is as long as is said
_PROMISED = re.compile(r"^ *(?:data|SSND|Data [Ss]ize) *: (\d+)\b", re.MULTILINE)
_MP3_TAG = re.compile(rb"Xing|Info|VBRI")
HEAD = 1 << 16  # bytes in which an MP3's tag is, but for a picture before it
SPARE = 0.05  # of an MP3, which other tags may take beside what its own tag counts


def mpeg(path: Path) -> bool:
    """Whether libsndfile would take a file for an MP3, of which its library prints what it thinks."""
    if path.suffix.lower() in (".mp1", ".mp2", ".mp3"):
        return True
    try:
        with path.open("rb") as file:
            head = file.read(3)
    except OSError:  # whoever opens it says so
        return False
    return head == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] >= 0xE0)


def guesses(path: Path, form: str, subtype: str, channels: int, frames: int) -> bool:
    """Whether ffmpeg should decode a file, if it is there. Raises OSError.

    form, subtype: libsndfile's names of the format and of its samples      frames: as many as libsndfile says
    """
    if form in ("MP3", "MPEG", "OGG", "W64", "VOC") or channels > 2 or not 0 < frames < UNKNOWN:
        return True
    if not _SAMPLES.match(subtype):
        return True
    return form == "FLAC" and _count(path, _JOINED, 2) > 1


def reads_all(path: Path, form: str, frames: int) -> bool:
    """Whether libsndfile surely reads all of a file that `guesses`, where it has to do without ffmpeg."""
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


def promised(log: str) -> int:
    """Bytes of sound that a header states, which may be more than there are; 0 where it does not know.

    log: libsndfile's own
    """
    found = _PROMISED.search(log)
    stated = int(found[1]) if found else 0
    if "\nwave\n" in log:  # a W64's counts its own head
        stated -= 24
    return stated if 0 < stated < (UNKNOWN if "\nRF64\n" in log else 0xFFFF_0000) else 0
