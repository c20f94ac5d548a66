"""rekordbox's library, as it exports it (File, Export Collection in xml format).

After Pioneer DJ's published list of that format's elements: DJ_PLAYLISTS, COLLECTION/TRACK with TEMPO and
POSITION_MARK in seconds, PLAYLISTS/NODE.
[any-thread]
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from xml.etree.ElementTree import Element

from dsp.musicalkey import MusicalKey
from stream.library.librarysong import (
    LibraryContent,
    LibraryCue,
    LibraryFailure,
    LibraryPlaylist,
    LibrarySong,
    TempoMark,
    in_order,
)
from stream.library.xmlfile import elements, file_url, integer, number

KIND = "rekordbox"
NEWEST = 1  # the version's first number
_TRACK, _LISTS = "COLLECTION/TRACK", "PLAYLISTS/NODE"
_LOOP, _BY_LOCATION = "4", "1"


def read_rekordbox(path: Path) -> LibraryContent:
    """All of it. Raises LibraryFailure."""
    songs: dict[str, LibrarySong] = {}
    playlists: list[LibraryPlaylist] = []
    for event, element in elements(path, KIND, (_TRACK, _LISTS)):
        if event == "start":
            _check(path, element)
        elif element.tag == "TRACK":
            if location := element.get("Location"):
                songs[element.get("TrackID") or location] = _song(element, file_url(location))
        else:
            playlists += _playlists(element, (), songs)
    return LibraryContent(KIND, tuple(songs.values()), tuple(playlists))


def _check(path: Path, root: Element) -> None:
    if root.tag != "DJ_PLAYLISTS":
        raise LibraryFailure(f"{path} is no library of {KIND}")
    version = root.get("Version", "")
    if not version.partition(".")[0].isdigit() or int(version.partition(".")[0]) > NEWEST:
        raise LibraryFailure(f"{path} is of version {version or 'nobody knows'} of rekordbox's format; up to "
                             f"{NEWEST}.x can be read")


def _song(track: Element, path: Path) -> LibrarySong:
    duration_s, bpm = number(track, "TotalTime"), number(track, "AverageBpm")
    return LibrarySong(path, track.get("Name", ""), track.get("Artist", ""), track.get("Album", ""),
                       track.get("Genre", ""), duration_s or None, bpm or None,
                       MusicalKey.parse(track.get("Tonality", "")), in_order(list(_tempo(track))), tuple(_cues(track)))


def _tempo(track: Element) -> Iterator[TempoMark]:
    for mark in track.iterfind("TEMPO"):
        start_s, bpm, beat = number(mark, "Inizio"), number(mark, "Bpm"), integer(mark, "Battito")
        if start_s is not None and bpm is not None:
            bar = mark.get("Metro", "4/4").partition("/")[0]
            with suppress(ValueError):
                yield TempoMark(start_s, bpm, (beat or 1) - 1, int(bar))


def _cues(track: Element) -> Iterator[LibraryCue]:
    for mark in track.iterfind("POSITION_MARK"):
        start_s, slot = number(mark, "Start"), integer(mark, "Num")
        end_s = number(mark, "End") if mark.get("Type") == _LOOP else None
        if start_s is not None:
            with suppress(ValueError):
                yield LibraryCue(start_s, (end_s or start_s) - start_s, None if slot is None or slot < 0 else slot,
                                 mark.get("Name", ""), _colour(mark))


def _colour(mark: Element) -> int | None:
    parts = [integer(mark, name) for name in ("Red", "Green", "Blue")]
    if any(part is None or not 0 <= part < 256 for part in parts):
        return None
    return sum((part or 0) << shift for part, shift in zip(parts, (16, 8, 0), strict=True))


def _playlists(node: Element, within: tuple[str, ...], songs: Mapping[str, LibrarySong]) -> Iterator[LibraryPlaylist]:
    name = node.get("Name", "")
    if node.get("Type") == "1":
        keys = [entry.get("Key", "") for entry in node.iterfind("TRACK")]
        if node.get("KeyType") == _BY_LOCATION:
            paths = [file_url(key) for key in keys]
        else:
            paths = [songs[key].path for key in keys if key in songs]
        yield LibraryPlaylist((*within, name), tuple(paths))
        return
    inner = within if name == "ROOT" and not within else (*within, name)
    for child in node.iterfind("NODE"):
        yield from _playlists(child, inner, songs)
