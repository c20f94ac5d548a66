"""A place where one process writes at a time, and where a file is whole or not there.

What is being written lies beside its place, hidden, under a lock that ends with the process. Whoever comes meanwhile is
refused. What a killed process has left is taken over, or swept away by the next that writes into the folder.
"""

import errno
import hashlib
import os
import re
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from stream.common.lock import lock

MOST_NAME_BYTES = 255  # bytes of a file's name, on nearly every disk
WAIT_S = 0.02
TRIES = 15  # whoever sweeps has it for a moment only
PATIENT = 500  # and so does whoever writes a file of a few bytes
# what we write, half of it; other programs' hidden files are left alone
PART = re.compile(r"\..*\.(wav|flac|mp3|mp4|json|jsonl|toml|onnx|ort|yaml|config|sha256|cue)(\.[0-9a-f]{8})?\.part",
                  re.S)
_GUARD = ".lock" if os.name == "nt" else ""  # there a locked file can be neither written by a library nor moved


class Taken(OSError):
    """Somebody is writing this place already."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EBUSY, "it is being written already, by another run or twice by this one", str(path))

    def __str__(self) -> str:
        return f"{self.filename} cannot be written: {self.strerror}"


class Claim:
    """A place that is ours until it is kept or dropped.

    path: where the file will be      part: where it is written until then, empty at first
    """

    def __init__(self, path: Path, alone: bool = True, tries: int = TRIES) -> None:
        """Take a place, and make its folder. Raises OSError, Taken among them.

        alone: nobody else may write it meanwhile; else each writes a whole file, and the last one stays
        tries: how often, 20 ms apart, until it is said to be taken
        """
        self.path = path
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
        self.part, self._lock = _fixed(path, tries if alone else 0) or _own(path)
        self._done = False
        sweep(path.parent)

    def keep(self) -> None:
        """Move what was written to its place. Raises OSError, and leaves nothing then."""
        try:
            if not self._done:
                self.part.replace(self.path)
        except BaseException:
            self.drop()
            raise
        self._release()

    def drop(self) -> None:
        """Remove it; nothing once it is kept."""
        if not self._done:
            with suppress(OSError):  # gone already, or the disk is
                self.part.unlink(missing_ok=True)
        self._release()

    def _release(self) -> None:
        if not self._done:
            self._done = True
            os.close(self._lock)
            _unguard(self.part)


def write_atomically(path: Path, write: Callable[[Path], object], alone: bool = False) -> Path:
    """Let `write` make a file that is then at `path`, complete, or, whatever happens, not at all.

    alone: as `Claim` has it, and waited for
    """
    claim = Claim(path, alone, PATIENT)
    try:
        write(claim.part)
        claim.keep()
    finally:
        claim.drop()
    return path


def sweep(folder: Path) -> None:
    """Remove what killed processes have left half-written in a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.name for entry in entries if PART.fullmatch(entry.name)]:
            _sweep(folder / name)


def _sweep(part: Path) -> None:
    try:
        file = os.open(_guard(part), os.O_RDWR | os.O_CREAT * bool(_GUARD) | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return
    try:
        if lock(file) and _is(file, _guard(part)):
            part.unlink(missing_ok=True)
    except OSError:
        pass
    finally:
        os.close(file)
        _unguard(part)


def _fixed(path: Path, tries: int) -> tuple[Path, int] | None:
    """The part that everybody has for a place, locked; None where there are no locks, or, without tries, need be none.

    Raises Taken, OSError.
    """
    part = path.with_name(f".{_fitting(path.name, 11)}.part")
    for _ in range(max(tries, 1)):
        path.parent.mkdir(parents=True, exist_ok=True)  # NB: again: whoever made it removes it when his run fails
        try:
            file = os.open(_guard(part), os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue
        locked = lock(file)
        if locked and _is(file, _guard(part)):
            part.open("wb").close()
            return part, file
        os.close(file)
        if locked is None:
            _guard(part).unlink(missing_ok=True)
            return None
        if tries:
            time.sleep(WAIT_S)
    if tries:
        raise Taken(path)
    return None


def _own(path: Path) -> tuple[Path, int]:
    """A part that nobody else has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{_fitting(path.name, 20)}.{secrets.token_hex(4)}.part")
    part.open("xb").close()
    file = os.open(_guard(part), os.O_RDWR | os.O_CREAT, 0o666)
    lock(file)
    return part, file


def _is(file: int, path: Path) -> bool:
    """Whether an open file is still the one of that name: it may have been moved to its place, or removed."""
    try:
        return os.path.samestat(os.fstat(file), path.stat(follow_symlinks=False))
    except OSError:
        return False


def _guard(part: Path) -> Path:
    return part.with_name(part.name + _GUARD)


def _unguard(part: Path) -> None:
    if _GUARD:
        with suppress(OSError):  # somebody is looking at it
            _guard(part).unlink(missing_ok=True)


def _fitting(name: str, more: int) -> str:
    """A name that has room for so many bytes more; what is cut off is told apart by a sum."""
    if len(os.fsencode(name)) + more <= MOST_NAME_BYTES:
        return name
    same = name.casefold() if sys.platform in ("win32", "darwin") else name
    return shortened(name, MOST_NAME_BYTES - more, hashlib.sha256(os.fsencode(same)).hexdigest()[:8])


def shortened(name: str, most: int, mark: str) -> str:
    """A name cut to so many bytes, with a mark before its extension."""
    stem, dot, ext = name.rpartition(".")
    if not stem or len(os.fsencode(ext)) > 16:
        stem, dot, ext = name, "", ""
    room = most - len(os.fsencode(f"~{mark}{dot}{ext}"))
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return f"{stem}~{mark}{dot}{ext}"
