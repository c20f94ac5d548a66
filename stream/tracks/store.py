"""The store of stems: what was separated once is there at once when its song is played again.

It never grows beyond a limit: what was not used for longest goes first. Notes about songs stay, for a person made them.
[any-thread]
"""

import hashlib
import math
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stream.audiofiles.names import SOUND
from stream.common.places import cache
from stream.tracks.entry import INDEX, KEY, Identity, Index, StemEntry, read_index, remove, size
from stream.tracks.songnotes import SongNotes

GB = 1_000_000_000


@dataclass(frozen=True)
class StoredSong:
    """An entry as it is listed. size: bytes      used: when it was played last, seconds since 1970"""

    folder: Path
    index: Index
    size: int
    used: float


def store_folder() -> Path:
    """Where stems are kept; it may not be there yet. Raises RuntimeError."""
    return cache() / "tracks"


class StemStore:
    """All entries of this user's, of this process and others."""

    def __init__(self, limit: float = math.inf, say: Callable[[str], None] = lambda _line: None,
                 folder: Path | None = None) -> None:
        """Nothing is looked at yet. limit: bytes      say: takes a line for the user"""
        self.folder, self.limit, self._say = folder or store_folder(), limit, say
        self._told = False

    def entry(self, identity: Identity) -> StemEntry:
        """The place of some stems."""
        return StemEntry(self.folder, identity)

    def notes(self, song: str) -> SongNotes:
        """What is kept of a song besides its stems. song: sha256 of its file"""
        return SongNotes(self.folder, song)

    def entries(self) -> list[StoredSong]:
        """What is there, last used first. What is no entry is left out."""
        found = [(folder, read_index(folder)) for folder in self._folders()]
        kept = [StoredSong(folder, index, size(folder), _used(folder)) for folder, index in found if index is not None]
        return sorted(kept, key=lambda one: -one.used)

    def _folders(self) -> list[Path]:
        with suppress(OSError), os.scandir(self.folder / "stems") as entries:
            return [Path(entry.path) for entry in entries if KEY.fullmatch(entry.name) and entry.is_dir()]
        return []

    def make_room(self) -> None:
        """Remove what is damaged or half, and what was not used for longest until the rest is within the limit."""
        for folder in self._folders():
            if read_index(folder) is None:
                self._remove(folder)
        entries = self.entries()
        total = sum(one.size for one in entries)
        for one in reversed(entries):
            if total <= self.limit:
                return
            if self._remove(one.folder):
                total -= one.size

    @staticmethod
    def _remove(folder: Path) -> bool:
        with suppress(OSError):
            return remove(folder)
        return False

    def used(self, entry: StemEntry) -> None:
        """Note that stems are played now."""
        with suppress(OSError):
            os.utime(entry.folder / INDEX)

    def tell(self, why: Exception) -> None:
        """Say, once, that stems cannot be kept."""
        if not self._told:
            self._told = True
            self._say(f"stems are not kept for the next time: {_words(why)}")


def _used(folder: Path) -> float:
    with suppress(OSError):
        return (folder / INDEX).stat().st_mtime
    return 0.0


def _words(why: Exception) -> str:
    """What an exception says, without the number that the system has for it."""
    if isinstance(why, OSError) and why.strerror:
        return f"{why.filename} cannot be written: {why.strerror}" if why.filename else why.strerror
    return str(why)


def stamp(path: Path) -> tuple[int, ...]:
    """What a file has that is replaced, or written to: another one than before; none for what is not there."""
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
    return ()


def song_sum(path: Path, stopped: Callable[[], bool] = lambda: False) -> str | None:
    """sha256 of a file, or of a folder's sound files and what they are called. Raises OSError.

    None for what can be read only once, is neither, or when it was stopped.
    """
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if file.name.lower().endswith(SOUND) and not file.name.startswith(".") and file.is_file():
                digest.update(os.fsencode(file.name) + b"\0")
                if not _add(digest, file, stopped):
                    return None
        return digest.hexdigest()
    return digest.hexdigest() if path.is_file() and _add(digest, path, stopped) else None


def _add(digest: "hashlib._Hash", path: Path, stopped: Callable[[], bool]) -> bool:
    """Add a file; False when it was stopped. Raises OSError."""
    block = bytearray(1 << 20)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(block):
            if stopped():
                return False
            digest.update(memoryview(block)[:count])
    return True
