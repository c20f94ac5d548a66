"""Which songs are meant: those that are named, and those in folders."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stream.audiofiles.names import BESIDE, SOUND, STEM_FILES, STEMS, stem_name
from stream.command.songs import Song, key
from stream.common.errors import Failure
from stream.offline.made import read_provenance
from stream.terminal.answers import shown


@dataclass
class Tree:
    """All that is called sound below some folder: each file and each folder once, links last.

    files: with where they lie below it      unread: folders that cannot be read
    stem_files: whether stem files are among them
    """

    stem_files: bool = False
    files: list[tuple[Path, Path]] = field(default_factory=list)
    unread: list[tuple[Path, OSError]] = field(default_factory=list)
    _seen: set[object] = field(default_factory=set)

    def look(self, root: Path) -> None:
        """Go through a folder and what links in it lead to."""
        links = [root]
        while links:
            link = links.pop(0)
            plain = self._walk(link, links) if link.is_dir() else [link]
            for file in sorted(plain, key=lambda path: path.parts):
                self._take(file, root)
        self.files.sort(key=lambda found: found[0].parts)

    def _walk(self, folder: Path, links: list[Path]) -> list[Path]:
        """Its files and those below that are no links; links are added to the others."""
        files, waiting = list[Path](), [folder]
        while waiting:
            here = waiting.pop()
            if not self._new(here):
                continue
            try:
                entries = sorted(os.scandir(here), key=lambda entry: entry.name)
            except OSError as error:
                self.unread.append((here, error))
                continue
            for entry in entries:
                path = here / entry.name
                if entry.is_symlink():
                    links.append(path)
                elif entry.is_dir():
                    waiting.append(path)
                elif entry.is_file():
                    files.append(path)
        return files

    def _take(self, file: Path, root: Path) -> None:
        name = file.name.lower()
        # what macOS keeps in ._files is hidden, and is no sound; but "...Baby One More Time" is a song
        hidden = name.startswith(".") and not name.startswith("..")
        sound = name.endswith(SOUND) and not hidden and (self.stem_files or not name.endswith(STEM_FILES))
        if sound and self._new(file) and (file.is_file() or file.is_symlink()):  # a link to nothing fails, and is named
            self.files.append((file, file.parent.relative_to(root)))

    def _new(self, path: Path) -> bool:
        mark = identity(path)
        new = mark not in self._seen
        self._seen.add(mark)
        return new


def identity(path: Path) -> object:
    """The same for one file or folder by whatever way it was found: links of both kinds, mounts, spellings."""
    try:
        stat = path.stat()
    except OSError:  # a link that leads nowhere, or round in a circle
        return os.path.abspath(path)  # noqa: PTH100 - resolve() fails for a circle
    return (stat.st_dev, stat.st_ino) if stat.st_ino else key(path)


def songs(paths: Iterable[Path], output: Path, say: Callable[[str], None]) -> tuple[list[Song], list[Path]]:
    """The songs that are named, and those in folders and below, sorted, each once; and the folders that cannot be read.

    What was separated before is no song: it says so itself, or lies below `output`, or is called as stems are.
    Raises Failure for a folder without any.
    """
    found: dict[object, Song] = {}
    unread: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.setdefault(identity(path), Song(path))
            continue
        tree = Tree()
        tree.look(path)
        for folder, error in tree.unread:
            say(f"{shown(folder)} cannot be read: {error.strerror}")
            unread.append(folder)
        inside = list(_songs(path, tree, output, say))
        if not inside and not tree.unread:
            stems = f": its {len(tree.files)} are stems that were made before" if tree.files else ""
            raise Failure(f"{shown(path)} is a folder with no sound files in it{stems}")
        for song in inside:
            found.setdefault(identity(song.path), song)
    if unread and not found:
        raise Failure(f"no song was found, and these folders cannot be read: {', '.join(map(shown, unread))}")
    return list(found.values()), unread


def _songs(root: Path, tree: Tree, output: Path, say: Callable[[str], None]) -> Iterator[Song]:
    """Those files that are no stems."""
    made, top = _real(output), _real(root)
    aside = made if made != top and made.is_relative_to(top) else None  # stems may also lie beside their songs
    left = [(file, folder) for file, folder in tree.files
            if not (aside and _real(file).is_relative_to(aside)) and read_provenance(file) is None]
    called = {(file.parent, file.stem.lower()) for file, _ in left}
    stems = [file for file, _ in left if _stem(file, called)]
    if stems:
        say(f"{len(stems)} in {shown(root)} are called as stems are and left out, such as {shown(stems[0])}; "
            "name one to separate it")
    out = set(stems)
    yield from (Song(file, folder) for file, folder in left if file not in out)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # resolve() fails for links that lead round in a circle


def _stem(file: Path, called: set[tuple[Path, str]]) -> bool:
    """Whether a file is called as a stem is, and lies beside others, or in a folder called as a song beside it."""
    name, folder = file.stem.lower(), file.parent
    if not stem_name(name):
        return False
    beside = STEMS | {start + one for start in BESIDE for one in STEMS}
    others = any((folder, one) in called for one in beside - {name})
    return others or (folder.parent, folder.name.lower()) in called
