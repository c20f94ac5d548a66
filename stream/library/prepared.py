"""Which songs have their stems kept already. [any-thread]"""

import os
from contextlib import suppress
from pathlib import Path

from stream.library.librarysong import LibrarySong
from stream.tracks.entry import INDEX, KEY, read_index
from stream.tracks.songkey import kept_key
from stream.tracks.songnotes import GRID, SongNotes, kept_grid
from stream.tracks.store import StemStore, stamp


def prepared_songs(store: StemStore) -> frozenset[Path]:
    """The files whose stems are in the store, and that were not changed since they were used there.

    A file that was moved is found when it is loaded, by its content; here it is not.
    """
    found = set[Path]()
    for one in store.entries():
        path = Path(one.index.path)
        with suppress(OSError):
            if path.is_absolute() and path.stat().st_mtime <= one.used:
                found.add(path)
    return frozenset(found)


class PreparedSongs:
    """The songs whose stems are in a store for one model and samplerate, and what is known of them there.

    songs: by path
    """

    def __init__(self, store: StemStore, model: str, samplerate: int) -> None:
        """Nothing is looked at yet. samplerate: Hz, of the stems"""
        self.songs: dict[Path, LibrarySong] = {}
        self._store, self._model, self._samplerate = store, model, samplerate
        self._entries: dict[str, tuple[tuple[int, ...], LibrarySong | None]] = {}  # by folder, its index's stamp

    def look(self) -> bool:
        """See what has come and gone since; whether anything has. What is still as it was is not read again."""
        before, entries = self._entries, {}
        with suppress(OSError), os.scandir(self._store.folder / "stems") as found:
            for folder in found:
                now = stamp(Path(folder.path) / INDEX)
                old = before.get(folder.name)
                entries[folder.name] = old if old is not None and old[0] == now else (now, self._read(folder))
        self._entries = entries
        songs = {song.path: song for _, song in entries.values() if song is not None}
        changed, self.songs = songs != self.songs, songs
        return changed

    def _read(self, folder: "os.DirEntry[str]") -> LibrarySong | None:
        """The song of an entry; None where it is none, or not what is looked for."""
        index = read_index(Path(folder.path)) if KEY.fullmatch(folder.name) else None
        if index is None or (index.model, index.samplerate) != (self._model, self._samplerate):
            return None
        path = Path(index.path)
        with suppress(OSError):
            if path.is_absolute() and path.stat().st_mtime <= (Path(folder.path) / INDEX).stat().st_mtime:
                notes = self._store.notes(index.song)
                return LibrarySong(path, index.title, index.artist, duration_s=index.frames / index.samplerate,
                                   bpm=self._bpm(notes), key=kept_key(notes))
        return None

    def _bpm(self, notes: SongNotes) -> float | None:
        """Of the beats that were found in a song."""
        with suppress(ValueError):
            return kept_grid(notes.read(GRID), self._samplerate).bpm(self._samplerate)
        return None
