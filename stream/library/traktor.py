"""Traktor's library, collection.nml. There is no official description; these are the facts that are published of it.

NML, COLLECTION/ENTRY with LOCATION, INFO, TEMPO, MUSICAL_KEY and CUE_V2 in milliseconds, PLAYLISTS/NODE.
[any-thread]
"""

import re
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
from stream.library.xmlfile import elements, integer, number

KIND = "Traktor"
NEWEST = 20
_GRID, _LOOP = "4", "5"
_UNNAMED = ("n.n.", "AutoGrid", "Beat Marker")
_COLOUR = re.compile("#([0-9A-Fa-f]{6})")


def read_traktor(path: Path) -> LibraryContent:
    """All of it. Raises LibraryFailure."""
    songs: dict[str, LibrarySong] = {}
    playlists: list[LibraryPlaylist] = []
    for event, element in elements(path, KIND, ("COLLECTION/ENTRY", "PLAYLISTS/NODE")):
        location = element.find("LOCATION")
        if event == "start":
            _check(path, element)
        elif element.tag == "NODE":
            playlists += _playlists(element, (), songs)
        elif location is not None and location.get("FILE"):
            key = "".join(location.get(name, "") for name in ("VOLUME", "DIR", "FILE"))
            songs[key] = _song(element, _path(location))
    return LibraryContent(KIND, tuple(songs.values()), tuple(playlists))


def _check(path: Path, root: Element) -> None:
    version = integer(root, "VERSION")
    if root.tag != "NML":
        raise LibraryFailure(f"{path} is no library of {KIND}")
    if version is None or version > NEWEST:
        raise LibraryFailure(f"{path} is of version {root.get('VERSION') or 'nobody knows'} of Traktor's format; up to "
                             f"{NEWEST} can be read")


def _path(location: Element) -> Path:
    """Folders end with /: in it; a colon in a name is two slashes."""
    folders = [part.replace("//", ":") for part in location.get("DIR", "").split("/:") if part]
    name, volume = location.get("FILE", "").replace("//", ":"), location.get("VOLUME", "")
    if re.fullmatch("[A-Za-z]:", volume):
        return Path(f"{volume}/", *folders, name)
    mounted = Path("/Volumes", volume, *folders, name)
    return mounted if volume and mounted.exists() else Path("/", *folders, name)


def _song(entry: Element, path: Path) -> LibrarySong:
    info, album, bpm = entry.find("INFO"), entry.find("ALBUM"), number(entry.find("TEMPO"), "BPM")
    duration_s = number(info, "PLAYTIME_FLOAT") or number(info, "PLAYTIME")
    return LibrarySong(path, entry.get("TITLE", ""), entry.get("ARTIST", ""),
                       "" if album is None else album.get("TITLE", ""), "" if info is None else info.get("GENRE", ""),
                       duration_s or None, bpm or None, _key(entry), in_order(list(_tempo(entry, bpm))),
                       tuple(_cues(entry)))


def _key(entry: Element) -> MusicalKey | None:
    value, info = integer(entry.find("MUSICAL_KEY"), "VALUE"), entry.find("INFO")
    if value is not None and 0 <= value < 24:
        return MusicalKey(value % 12, value >= 12)
    return None if info is None else MusicalKey.parse(info.get("KEY", ""))


def _tempo(entry: Element, bpm: float | None) -> Iterator[TempoMark]:
    for cue in entry.iterfind("CUE_V2"):
        start = number(cue, "START")
        tempo = number(cue.find("GRID"), "BPM") or bpm
        if cue.get("TYPE") == _GRID and start is not None and tempo:
            with suppress(ValueError):
                yield TempoMark(start / 1000, tempo)


def _cues(entry: Element) -> Iterator[LibraryCue]:
    for cue in entry.iterfind("CUE_V2"):
        start, slot = number(cue, "START"), integer(cue, "HOTCUE")
        slot = None if slot is None or slot < 0 else slot
        if start is None or (cue.get("TYPE") == _GRID and slot is None):
            continue
        length = (number(cue, "LEN") or 0.0) if cue.get("TYPE") == _LOOP else 0.0
        name, colour = cue.get("NAME", ""), _COLOUR.fullmatch(cue.get("COLOR", ""))
        with suppress(ValueError):
            yield LibraryCue(max(0.0, start) / 1000, length / 1000, slot, "" if name in _UNNAMED else name,
                             int(colour[1], 16) if colour else None)


def _playlists(node: Element, within: tuple[str, ...], songs: Mapping[str, LibrarySong]) -> Iterator[LibraryPlaylist]:
    name, entries = node.get("NAME", ""), node.find("PLAYLIST")
    if node.get("TYPE") == "PLAYLIST" and entries is not None:
        keys = [key.get("KEY", "") for key in entries.iterfind("ENTRY/PRIMARYKEY")]
        yield LibraryPlaylist((*within, name), tuple(songs[key].path for key in keys if key in songs))
    for child in node.iterfind("SUBNODES/NODE"):
        yield from _playlists(child, within if name == "$ROOT" else (*within, name), songs)
