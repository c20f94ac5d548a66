"""Serato's library: the folder _Serato_ with its list of songs and its crates, and what songs carry in their tags.

There is no official description; these are the facts that are published of it.

    database V2, Subcrates/*.crate   records: four letters, length (32 bits), content; letters that begin with o hold
                                     records, with p and t UTF-16
    Serato Markers2                  01 01, base64 of 01 01 and entries: a name, length (32 bits), content
    Serato BeatGrid                  01 00, count, markers (seconds, beats until the next), the last (seconds, bpm)
    Serato Autotags                  01 01, and texts: beats a minute, two gains

All numbers have their highest byte first.
[any-thread]
"""

import itertools
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dsp.musicalkey import MusicalKey
from stream.library.librarysong import (
    LONGEST_S,
    LibraryContent,
    LibraryCue,
    LibraryFailure,
    LibraryPlaylist,
    LibrarySong,
    TempoMark,
    in_order,
)
from stream.library.seratoobjects import AUTOTAGS, GRID, MARKERS, serato_objects, unpacked

KIND = "Serato"
FOLDER, DATABASE, CRATES = "_Serato_", "database V2", "Subcrates"
VERSIONS = {"database": "2.0/Serato Scratch LIVE Database", "crate": "1.0/Serato ScratchLive Crate"}
_CUE_BYTES, _LOOP_BYTES = 12, 20  # before the name


def read_serato(folder: Path) -> LibraryContent:
    """Its songs and crates, without what the songs' own tags say (`with_serato_tags`). Raises LibraryFailure.

    folder: that is called _Serato_
    """
    songs: dict[Path, LibrarySong] = {}
    database = folder / DATABASE
    if database.exists():
        for record in _records(database, "database"):
            if (path := _path(folder, record.get("pfil"))) is not None:
                songs[path] = _song(path, record)
    playlists = []
    for crate in sorted((folder / CRATES).glob("*.crate")):
        found = [_path(folder, record.get("ptrk")) for record in _records(crate, "crate")]
        paths = tuple(path for path in found if path is not None)
        playlists.append(LibraryPlaylist(tuple(crate.stem.split("%%")), paths))
        for path in paths:
            songs.setdefault(path, LibrarySong(path))
    if not songs and not database.exists():
        raise LibraryFailure(f"{folder} holds no library of {KIND}")
    return LibraryContent(KIND, tuple(songs.values()), tuple(playlists))


def with_serato_tags(song: LibrarySong) -> LibrarySong:
    """The song, with tempo, beats and cues that its file's own tag has. Raises LibraryFailure for a damaged tag."""
    try:
        found = serato_objects(song.path)
        bpm, tempo, cues = song.bpm, list[TempoMark](), list[LibraryCue]()
        if AUTOTAGS in found:
            bpm = _autotags(found[AUTOTAGS]) or bpm
        if GRID in found:
            tempo = list(_grid(found[GRID]))
        if MARKERS in found:
            cues = list(_markers(found[MARKERS]))
    except OSError as error:
        raise LibraryFailure(f"{song.path} cannot be read: {error.strerror or error}") from error
    except (ValueError, struct.error) as error:
        raise LibraryFailure(f"Serato's tags of {song.path} are damaged: {error}") from error
    return replace(song, bpm=bpm, tempo=in_order(tempo) or song.tempo, cues=tuple(cues) or song.cues)


def _records(path: Path, kind: str) -> Iterator[dict[str, str]]:
    """The texts of each song's record. Raises LibraryFailure."""
    try:
        data = path.read_bytes()
        for name, content in _split(data):
            if name == "vrsn" and (version := content.decode("utf-16-be")) != VERSIONS[kind]:
                raise LibraryFailure(f"{path} is a {kind} of version {version!r:.60}, which cannot be read")
            if name == "otrk":
                yield {inner: text.decode("utf-16-be", "replace") for inner, text in _split(content)
                       if inner[0] in "pt"}
    except OSError as error:
        raise LibraryFailure(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, struct.error) as error:
        raise LibraryFailure(f"{path} is damaged: {error}") from error


def _split(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at < len(data):
        name, size = struct.unpack(">4sI", data[at : at + 8])
        content = data[at + 8 : at + 8 + size]
        if len(content) < size:
            raise ValueError("a record is cut off")
        yield name.decode("ascii"), content
        at += 8 + size


def _path(folder: Path, said: str | None) -> Path | None:
    """A path counts from the root of the disk, as Serato sees it: where a file is, the nearest one first."""
    if not said:
        return None
    inside = Path(said.lstrip("/"))
    if inside.is_absolute() or said[1:2] == ":":
        return Path(said)
    roots = folder.absolute().parents
    return next((root / inside for root in roots if (root / inside).exists()), roots[-1] / inside)


def _song(path: Path, record: dict[str, str]) -> LibrarySong:
    bpm = None
    with suppress(ValueError):
        bpm = float(record.get("tbpm", "")) or None
    return LibrarySong(path, record.get("tsng", ""), record.get("tart", ""), record.get("talb", ""),
                       record.get("tgen", ""), None, bpm, MusicalKey.parse(record.get("tkey", "")))


def _autotags(data: bytes) -> float | None:
    if data[:2] != b"\x01\x01":
        raise ValueError(f"{AUTOTAGS} of another version")
    text = data[2:].split(b"\0")[0].decode("ascii")
    return (float(text) or None) if text else None


def _grid(data: bytes) -> Iterator[TempoMark]:
    if data[:2] != b"\x01\x00":
        raise ValueError(f"{GRID} of another version")
    (count,) = struct.unpack(">I", data[2:6])
    if len(data) < 6 + 8 * count:
        raise ValueError(f"{GRID} is cut off")
    places = [struct.unpack(">f", data[at : at + 4])[0] for at in range(6, 6 + 8 * count, 8)]
    beat = 0
    for at, (start_s, end_s) in enumerate(itertools.pairwise(places)):
        (beats,) = struct.unpack(">I", data[10 + 8 * at : 14 + 8 * at])
        if not 0 < end_s - start_s < LONGEST_S:
            raise ValueError(f"{GRID} does not ascend")
        yield TempoMark(start_s, 60 * beats / (end_s - start_s), beat % 4)
        beat += beats
    if count:
        yield TempoMark(places[-1], struct.unpack(">f", data[2 + 8 * count : 6 + 8 * count])[0], beat % 4)


def _markers(data: bytes) -> Iterator[LibraryCue]:
    if data[:2] != b"\x01\x01":
        raise ValueError(f"{MARKERS} of another version")
    content = unpacked(data[2:])
    if content[:2] != b"\x01\x01":
        raise ValueError(f"{MARKERS} of another version")
    at = 2
    while at < len(content) and content[at]:
        end = content.index(b"\0", at)
        name, (size,) = content[at:end], struct.unpack(">I", content[end + 1 : end + 5])
        entry = content[end + 5 : end + 5 + size]
        if len(entry) < size:
            raise ValueError(f"{MARKERS} is cut off")
        if name == b"CUE":
            yield _cue(entry)
        elif name == b"LOOP":
            yield _loop(entry)
        at = end + 5 + size


def _cue(entry: bytes) -> LibraryCue:
    slot, place, _, red, green, blue = struct.unpack(">xBIB3B", entry[:10])
    return LibraryCue(place / 1000, 0.0, slot, _name(entry[_CUE_BYTES:]), red << 16 | green << 8 | blue)


def _loop(entry: bytes) -> LibraryCue:
    """A saved loop lies beside the hot cues, so it has no slot among them."""
    _, start, end = struct.unpack(">xBII", entry[:10])
    return LibraryCue(start / 1000, (end - start) / 1000, None, _name(entry[_LOOP_BYTES:]))


def _name(data: bytes) -> str:
    return data.split(b"\0")[0].decode("utf-8", "replace")
