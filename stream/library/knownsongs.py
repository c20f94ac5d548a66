"""What libraries know of a song that is loaded: cues and beats, as a deck takes them where nothing of its own is kept.

[any-thread]
"""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from itertools import takewhile
from pathlib import Path

from dsp.beatgrid import FASTEST_BPM, SLOWEST_BPM
from stream.library.librarysong import (
    LibraryContent,
    LibraryCue,
    LibraryFailure,
    LibraryPlaylist,
    LibrarySong,
    grid_of,
)
from stream.library.readers import read_library
from stream.library.serato import KIND as SERATO
from stream.library.serato import with_serato_tags
from stream.mixer.deckstrip import HOT_CUES
from stream.tracks.songnotes import Note

Say = Callable[[str], None]
ALIKE = 2  # last parts of a path, such as `Album/Song.mp3`, by which a song is known that lies elsewhere


class KnownSongs:
    """Songs of libraries, by their files.

    playlists: of all libraries
    """

    def __init__(self, libraries: Iterable[Path] = (), say: Say = print) -> None:
        """Read them. say: takes a line about each that cannot be read, which is left out

        ValueError: a file that is not called as a library is
        """
        self._say = say
        self._libraries = list[_NamedSongs]()
        for path in dict.fromkeys(libraries):
            try:
                self._libraries.append(_NamedSongs(read_library(path)))
            except LibraryFailure as error:
                say(f"{error}; it is left out")
        found = defaultdict[str, list[LibrarySong]](list)
        for library in self._libraries:
            for song in library.content.songs:
                found[_written(song.path)].append(song)
        self._songs = tuple(map(merged, found.values()))
        self._elsewhere = set[str]()  # paths of those that were found by another one
        self.playlists: tuple[LibraryPlaylist, ...] = tuple(
            playlist for library in self._libraries for playlist in library.content.playlists)

    @property
    def songs(self) -> tuple[LibrarySong, ...]:
        """Of all libraries, in their order, but for those that `find` has found elsewhere.

        Of one path there is one, which has what each library says that no one before it does.
        """
        return tuple(song for song in self._songs if _written(song.path) not in self._elsewhere)

    def find(self, path: Path) -> LibrarySong | None:
        """What is known of a file; None for nothing.

        A library that comes from another machine, or whose songs have moved, knows it by its name and its folder's.
        """
        found = list[LibrarySong]()
        for library in self._libraries:
            song = library.find(path)
            if song is not None and _written(song.path) != _written(path):
                self._elsewhere.add(_written(song.path))
            song = None if song is None else replace(song, path=path)
            if song is not None and library.content.kind == SERATO:
                try:
                    song = with_serato_tags(song)
                except LibraryFailure as error:
                    self._say(str(error))
            found += [] if song is None else [song]
        return merged(found) if found else None

    def marks(self, path: Path, samplerate: float) -> Note | None:
        """What is set in a file, as a deck notes it (stream.decks.songmarks); None for nothing. samplerate: Hz"""
        song = self.find(path)
        return None if song is None else marks_note(song, samplerate)


class _NamedSongs:
    """A library's songs by what their files are called."""

    def __init__(self, content: LibraryContent) -> None:
        self.content = content
        self._named = defaultdict[str, list[LibrarySong]](list)
        for song in content.songs:
            self._named[_spelt(song.path.name)].append(song)

    def find(self, path: Path) -> LibrarySong | None:
        """The song that lies there, by this path or another one that leads there; or the one that has moved there."""
        real = Path(os.path.realpath(path))
        named = [song for name in dict.fromkeys((_spelt(path.name), _spelt(real.name)))
                 for song in self._named.get(name, ())]
        by_path = next((song for song in named if _written(song.path) == _written(path)), None)
        found = by_path or next((song for song in named if _same(song.path, real)), None)
        return found or _moved(named, path)


def _same(one: Path, other: Path) -> bool:
    with suppress(OSError, ValueError):
        return one.samefile(other)
    return False


def _moved(named: Sequence[LibrarySong], path: Path) -> LibrarySong | None:
    """The only one of those that are not where they were whose folders are called most alike."""
    alike = [_alike(song.path, path) for song in named]
    best = max(alike, default=0)
    if best < ALIKE or alike.count(best) > 1:
        return None
    song = named[alike.index(best)]
    return None if _there(song.path) else song


def _there(path: Path) -> bool:
    with suppress(OSError, ValueError):
        return path.exists()
    return False


def _alike(one: Path, other: Path) -> int:
    """How many parts of two paths are the same, counted from the end."""
    pairs = zip(*(reversed(_spelt(path).split("/")) for path in (one, other)), strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def merged(songs: Sequence[LibrarySong]) -> LibrarySong:
    """One song as several libraries know it: of each thing, what the first says that says something."""
    first, *others = songs
    for other in others:
        lacking = [each.name for each in fields(LibrarySong) if not getattr(first, each.name)]
        first = replace(first, **{name: getattr(other, name) for name in lacking})
    return first


def marks_note(song: LibrarySong, samplerate: float) -> Note | None:
    """A song's first eight hot cues, its cue point and its beats; None where there are none.

    The cue point is the first mark that is neither a hot cue nor a loop. A saved loop that has no pad gets a free one,
    behind the hot cues where there is room.
    """
    hot: list[Note | None] = [None] * HOT_CUES
    cue: Note | None = None
    for one in song.cues:
        if one.slot is None and not one.length_s:
            cue = cue or _place(one, samplerate)
        elif one.slot is not None and one.slot < HOT_CUES:
            hot[one.slot] = _place(one, samplerate)
    last = max((at for at, each in enumerate(hot) if each), default=-1)
    free = [at for at in (*range(last + 1, HOT_CUES), *range(last + 1)) if hot[at] is None]
    for at, loop in zip(free, (one for one in song.cues if one.slot is None and one.length_s), strict=False):
        hot[at] = _place(loop, samplerate)
    grid = grid_of(song.tempo, samplerate, song.duration_s)
    grid = grid if grid is not None and SLOWEST_BPM <= grid.bpm(samplerate) <= FASTEST_BPM else None
    if grid is None and cue is None and not any(hot):
        return None
    return {"cue": cue, "hot_cues": hot, "grid": None if grid is None else grid.to_json(samplerate)}


def _place(cue: LibraryCue, samplerate: float) -> Note:
    return {"frame": round(cue.start_s * samplerate), "length": round(cue.length_s * samplerate),
            "samplerate": samplerate, "name": cue.name, "colour": cue.colour}


def _written(path: Path | str) -> str:
    """A path in which accents are written in one way: macOS writes them apart."""
    return unicodedata.normalize("NFC", str(path)).replace(os.sep, "/")


def _spelt(path: Path | str) -> str:
    """In small letters as well, for Windows and macOS take both as one."""
    return _written(path).casefold()
