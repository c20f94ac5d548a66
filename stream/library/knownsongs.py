"""What libraries know of a song that is loaded: its cues and beats, as a deck takes them where nothing of its own is kept.

[any-thread]
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from stream.library.librarysong import LibraryFailure, LibrarySong, grid_of
from stream.library.readers import read_library
from stream.library.serato import KIND as SERATO
from stream.library.serato import with_serato_tags
from stream.mixer.deckstrip import HOT_CUES
from stream.tracks.songnotes import Note

Say = Callable[[str], None]


class KnownSongs:
    """Songs of libraries by their path. songs: all of them; of one path the first"""

    def __init__(self, libraries: Iterable[Path], say: Say) -> None:
        """Read them. say: takes a line about each that cannot be read, which is left out"""
        self._say = say
        self._songs: dict[str, LibrarySong] = {}
        self._tagged = set[str]()  # whose files may have Serato's tags
        for path in libraries:
            try:
                content = read_library(path)
            except LibraryFailure as error:
                say(f"{error}; it is left out")
                continue
            for song in content.songs:
                self._songs.setdefault(_key(song.path), song)
            if content.kind == SERATO:
                self._tagged |= {_key(song.path) for song in content.songs}

    @property
    def songs(self) -> tuple[LibrarySong, ...]:
        """In the libraries' order."""
        return tuple(self._songs.values())

    def find(self, path: Path) -> LibrarySong | None:
        """What is known of a file; None for nothing."""
        song = self._songs.get(_key(path))
        if song is not None and _key(path) in self._tagged and not song.cues and not song.tempo:
            try:
                song = with_serato_tags(song)
            except LibraryFailure as error:
                self._say(str(error))
        return song

    def marks(self, path: Path, samplerate: float) -> Note | None:
        """What is set in a file, as a deck notes it (stream.decks.songmarks); None for nothing. samplerate: Hz"""
        song = self.find(path)
        return None if song is None else marks_note(song, samplerate)


def marks_note(song: LibrarySong, samplerate: float) -> Note | None:
    """A song's first eight hot cues, its cue point and its beats; None where there are none.

    The cue point is the first mark that is neither a hot cue nor a loop.
    """
    hot: list[Note | None] = [None] * HOT_CUES
    cue: Note | None = None
    for one in song.cues:
        place = {"frame": round(one.start_s * samplerate), "length": round(one.length_s * samplerate),
                 "samplerate": samplerate}
        if one.slot is None and not one.length_s:
            cue = cue or place
        elif one.slot is not None and one.slot < HOT_CUES:
            hot[one.slot] = place
    grid = grid_of(song.tempo, samplerate, song.duration_s)
    if grid is None and cue is None and not any(hot):
        return None
    return {"cue": cue, "hot_cues": hot, "grid": None if grid is None else grid.to_json(samplerate)}


def _key(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))
