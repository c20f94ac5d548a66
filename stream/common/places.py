"""Where this program may write without being asked: a cache folder, and one for whoever has no home."""

import os
import stat
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from platformdirs import user_cache_dir

APP = "demucs-stream"
SHARED_MEMORY = "/dev/shm"  # what can be written where nothing else can, as in a container that is read-only
TRIES = 100


def cache() -> Path:
    """The folder of all that can be had again; DEMUCS_STREAM_CACHE moves it. It may not be there yet.

    Raises RuntimeError for one in the home of somebody who is not known.
    """
    moved = os.environ.get("DEMUCS_STREAM_CACHE")
    return (Path(moved).expanduser() if moved else Path(user_cache_dir(APP))).absolute()


def at_home() -> bool:
    """Whether the user has a home that can be named: a container's may have none."""
    try:
        return os.environ.get("HOME") != "" and Path("~").expanduser().is_absolute()
    except RuntimeError:
        return False


def writable(folder: Path) -> bool:
    """Whether a file can be written there; the folder is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


@lru_cache(1)
def temporary() -> Path:
    """A folder that is this user's alone, the same in every process of his. Raises OSError where there can be none.

    Anybody may write where it lies, so one that somebody else has made, or may write to, is passed over: what is
    compiled is loaded from it and executed.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    for number in range(TRIES):
        folder = _room() / f"{APP}-{user}{f'-{number}' if number else ''}"
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        private = os.name != "posix" or (found.st_uid == user and not found.st_mode & 0o077)
        if stat.S_ISDIR(found.st_mode) and private:
            return folder
    raise FileExistsError(f"{TRIES} folders of other users' at {folder}")


def _room() -> Path:
    """Where temporary files go; never the folder that the user happens to be in."""
    found = [Path(name) for name in (os.environ.get("TMPDIR"), tempfile.gettempdir(), SHARED_MEMORY) if name]
    return next((folder for folder in found if folder != Path.cwd() and writable(folder)), found[0])
