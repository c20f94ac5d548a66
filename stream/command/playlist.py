"""Songs in the order in which they are played: files, folders, stems in folders, and playlists (.m3u, .m3u8)."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from stream.command.search import Tree
from stream.common.errors import Failure
from stream.tracks.material import stems_in

PLAYLISTS = (".m3u", ".m3u8")


def playlist(paths: Iterable[Path], say: Callable[[str], None]) -> tuple[Path, ...]:
    """All songs that are meant. Raises Failure for what is not there, or names none.

    say: takes a line about each that is left out
    """
    found = [song for path in paths for song in _songs(path, say)]
    if not found:
        raise Failure("there are no songs there")
    return tuple(found)


def _songs(path: Path, say: Callable[[str], None]) -> Iterator[Path]:
    if path.suffix.lower() in PLAYLISTS:
        yield from _listed(path, say)
    elif path.is_dir() and not _stems(path):
        tree = Tree()
        tree.look(path)
        for folder, error in tree.unread:
            say(f"{folder} cannot be read: {error.strerror or error}")
        yield from (file for file, _ in tree.files)
    elif path.exists():
        yield path
    else:
        raise Failure(f"{path}: No such file or directory")


def _stems(folder: Path) -> bool:
    """Whether a folder has the stems of one song."""
    try:
        return bool(stems_in(folder)[0])
    except (Failure, OSError):
        return False


def _listed(path: Path, say: Callable[[str], None]) -> Iterator[Path]:
    """The songs of a playlist; each is where the list says, or beside the list."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror or error}") from error
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            continue
        song = path.parent / line
        if song.exists():
            yield song
        else:
            say(f"{song} is in {path.name}, and is not there; it is left out")
