"""Songs in the order in which they are played: files, folders, stems in folders, and playlists (.m3u, .m3u8)."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from stream.audiofiles.names import stem_name
from stream.command.search import Tree
from stream.common.errors import Failure
from stream.common.text import MARKS
from stream.library.readers import is_library
from stream.terminal.answers import shown
from stream.tracks.material import stems_in

PLAYLISTS = (".m3u", ".m3u8")
_FILE_URL = re.compile(r"file:(?://[^/]*)?(/.*)", re.I)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)
_NOT_THERE = "is not there"


def playlist(paths: Iterable[Path], say: Callable[[str], None]) -> tuple[Path, ...]:
    """All songs that are meant. Raises Failure for what is not there, or names none, ValueError for a library.

    say: takes a line about each that is left out
    """
    places = tuple(paths)
    found = [song for path in places for song in _songs(path, say)]
    if not found:
        raise Failure(f"there are no songs there: {', '.join(map(shown, places))}")
    return tuple(found)


def _songs(path: Path, say: Callable[[str], None]) -> Iterator[Path]:
    if why := _absent(path):
        raise Failure(f"{shown(path)}: No such file or directory" if why == _NOT_THERE else f"{shown(path)} {why}")
    if is_library(path):
        raise ValueError(f"{shown(path)} is a library of another program, and no song: --library {shown(path)}")
    if path.is_dir():
        yield from _in_folder(path, say)
    elif path.suffix.lower() in PLAYLISTS:
        yield from _listed(path, say)
    else:
        yield path


def _absent(path: Path) -> str:
    """What to say of a path that leads nowhere, or nowhere that this user may go; empty for one that leads to a file.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return _NOT_THERE
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    except ValueError:  # a name with a zero in it
        return _NOT_THERE
    return ""


def _in_folder(folder: Path, say: Callable[[str], None]) -> Iterator[Path]:
    """The songs in it and below; a folder below it, or itself, that has the stems of a song is one."""
    tree = Tree(stem_files=True)
    tree.look(folder)
    for unread, error in tree.unread:
        say(f"{shown(unread)} cannot be read: {error.strerror or error}")
    called = {file.parent for file, _ in tree.files if stem_name(file.stem.lower())}
    stems = {parent for parent in called if _stems(parent)}
    yield from dict.fromkeys(file.parent if file.parent in stems else file for file, _ in tree.files)


def _stems(folder: Path) -> bool:
    """Whether a folder has the stems of one song."""
    try:
        return bool(stems_in(folder)[0])
    except (Failure, OSError):
        return False


def _listed(path: Path, say: Callable[[str], None]) -> Iterator[Path]:
    """The songs of a playlist; each is where the list says, or beside the list."""
    try:
        lines = _lines(path.read_bytes())
    except OSError as error:
        raise Failure(f"{shown(path)} cannot be read: {error.strerror or error}") from error
    for line in lines:
        places = list(_places(path.parent, line))
        song = next((place for place in places if not _absent(place)), places[0] if places else None)
        why = "is no file" if song is None else _absent(song)
        if song is not None and song.suffix.lower() in PLAYLISTS:
            why = why or "is a playlist itself"
        if song is not None and not why:
            yield song
        else:
            say(f"{shown(song or line)} is in {shown(path.name)}, and {why}; it is left out")


def _lines(data: bytes) -> list[str]:
    """The entries of a playlist, as bytes that are no text are kept in paths."""
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    text = data.decode(encoding, "surrogateescape" if encoding.startswith("utf-8") else "replace")
    lines = (line.strip() for line in re.split("[\r\n]+", text.replace("\0", "")))
    return [line for line in lines if line and not line.startswith("#")]


def _places(folder: Path, line: str) -> Iterator[Path]:
    """Where a line may mean, the likeliest first; nowhere, for what lies in no file."""
    if found := _FILE_URL.fullmatch(line):
        name = unquote(found[1], errors="surrogateescape")
        yield Path(name if os.name == "posix" else name.lstrip("/"))  # /C:/song.mp3
    if _URL.match(line):
        return
    lines = [line]
    with suppress(UnicodeError):  # written by a program of Western Windows'
        lines.append(line.encode("utf-8", "surrogateescape").decode("cp1252"))
    yield from (folder / one for one in lines)
    yield from (folder / one.replace("\\", "/") for one in lines if os.sep == "/")
