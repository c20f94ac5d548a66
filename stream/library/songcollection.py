"""All songs that can be loaded: what is known of each grows while a run goes on.

    songs      of libraries, playlists and folders, at the beginning
    store      whose stems are kept, and what was found of them when they were made
    tags       of files of which nobody else says anything, a few at a time
    learned    what decks have found

A thread of its own, which gives way to all others, puts it together; whoever searches has an index at once.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from stream.common.closing import Closing
from stream.common.priority import LATER, yielding
from stream.library.filetags import song_of_file
from stream.library.knownsongs import merged
from stream.library.librarysong import LibrarySong
from stream.library.prepared import PreparedSongs
from stream.library.songindex import SongIndex

TAGS = 200  # files whose tags are read until what they say is in the index
STORE_S = 5.0  # between two looks into the store, while somebody searches
PATIENCE_S = 1.0  # that its end is waited for
INTEREST_S = 60.0  # that somebody who searched is taken to go on


class SongCollection(Closing):
    """index: to be searched, another one whenever more is known      version: counts these"""

    def __init__(self, songs: Iterable[LibrarySong], prepared: PreparedSongs | None = None) -> None:
        """Begin, on a thread of its own; until it has looked once, no song is in the index.

        songs: of one path the first; they are asked for on that thread      prepared: None where no stems are kept
        [main-thread]
        """
        self.index, self.version = SongIndex([]), 0
        self._songs, self._prepared = songs, prepared
        self._learned: dict[Path, LibrarySong] = {}
        self._learning = threading.Lock()
        self._tagged = 0  # songs whose tags say something
        self._looked_s = self._asked_s = float("-inf")
        self._wake, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="library", daemon=True)
        self._thread.start()

    def asked(self) -> None:
        """Say that somebody searches, and marks of what is prepared are looked at. [any-thread]"""
        self._asked_s = time.monotonic()
        if self._asked_s - self._looked_s >= STORE_S:
            self._wake.set()

    def learn(self, song: LibrarySong) -> None:
        """Know more of a song, whatever is not known of it yet. [any-thread]"""
        known = self.index.find(song.path)
        if known is not None and merged((known, song)) != known:
            with self._learning:
                self._learned[song.path] = song
            self._wake.set()

    def _run(self) -> None:
        with yielding(LATER):
            prepared = frozenset(self._look_into_store())
            self.index, self.version = SongIndex(map(self._with_store, self._songs), prepared), 1
            untold = [song.path for song in self.index.songs if not (song.title or song.artist)]
            while not self._ended.is_set():
                if untold:
                    self._read_tags(untold)
                else:
                    self._wake.wait(STORE_S)
                self._wake.clear()
                self._step()

    def _read_tags(self, untold: list[Path]) -> None:
        """Read some files' tags; when all are read, songs come by artist and title."""
        found = [song_of_file(path) for path in untold[:TAGS] if not self._ended.is_set()]
        del untold[:TAGS]
        known = {song.path: song for song in found if song != LibrarySong(song.path)}
        self._tagged += len(known)
        with self._learning:
            self._learned = {**known, **self._learned}
        if not untold and self._tagged:
            self._step()
            self.index, self.version = SongIndex(self.index.songs, frozenset(self._kept())), self.version + 1

    def _step(self) -> None:
        """Make another index if more is known, or other stems are kept."""
        with self._learning:
            learned, self._learned = self._learned, {}
        now, changed = time.monotonic(), False
        if now - self._asked_s < INTEREST_S and now - self._looked_s >= STORE_S:
            before = self._kept()
            kept = self._look_into_store()
            changed = kept.keys() != before.keys()
            learned = {**{path: song for path, song in kept.items() if before.get(path) != song}, **learned}
        known = {path: merged((old, song)) for path, song in learned.items()
                 if (old := self.index.find(path)) is not None}
        if changed or known:
            self.index = self.index.changed(known, frozenset(self._kept()))
            self.version += 1

    def _look_into_store(self) -> Mapping[Path, LibrarySong]:
        if self._prepared is not None:
            self._prepared.look()
        self._looked_s = time.monotonic()
        return self._kept()

    def _kept(self) -> Mapping[Path, LibrarySong]:
        return {} if self._prepared is None else self._prepared.songs

    def _with_store(self, song: LibrarySong) -> LibrarySong:
        kept = self._kept().get(song.path)
        return song if kept is None else merged((song, kept))

    def close(self) -> None:
        """End the thread. [main-thread]"""
        self._ended.set()
        self._wake.set()
        self._thread.join(PATIENCE_S)

