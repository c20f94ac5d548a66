"""Frames on the disk that nobody else sees and that are gone with whoever has them: too many for the memory.

NB: read and written, never mapped: a disk that vanishes is then an error and not the end of the process.
[any-thread]
"""

import errno
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import ClassVar
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from stream.common.places import cache, writable

Frames = NDArray[np.float32]
MB = 1_000_000


def scratch_folder() -> Path:
    """Where scratch files lie: on the cache's disk, for /tmp is often memory. Raises RuntimeError."""
    found = cache() / "scratch"
    return found if writable(found) else Path(tempfile.gettempdir())


def said(error: OSError) -> str:
    """What went wrong with a scratch file, or a disk, in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk for scratch files (DEMUCS_STREAM_CACHE moves it) is full"
    return error.strerror or str(error)


class ScratchFile:
    """Frames of a song that can be written and read anywhere; what was never written is silence.

    It is closed when nobody holds it any more, so that a reader on another thread never reads another file's bytes.
    """

    _here: ClassVar["WeakSet[ScratchFile]"] = WeakSet()  # all of this process: none is to be promised another's room
    _changing: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, channels: int, folder: Path, frames: int = 0) -> None:
        """Make it, empty. Raises OSError. frames: that will be written; 0 if nobody knows"""
        self._bytes_each, self._channels = 4 * channels, channels
        self._promised, self._written = frames * self._bytes_each, 0  # bytes
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - it has no name; `__del__` ends it
        self._disk = os.fstat(self._file.fileno()).st_dev
        self._alone = threading.Lock()  # where a file has one position for all
        with self._changing:
            self._here.add(self)

    @classmethod
    def lacking(cls, folder: Path, wanted: int) -> str:
        """What to say where so many bytes more have no room in a folder, once all scratch files are as long as they
        will be; empty where they have, or nobody knows how many there will be. Raises OSError.
        """
        disk = folder.stat().st_dev
        with cls._changing:
            to_come = sum(max(0, file._promised - file._written) for file in cls._here if file._disk == disk)
        left = max(0, shutil.disk_usage(folder).free - to_come)
        return "" if wanted <= left else (f"it takes {wanted / MB:,.1f} MB of scratch space, and {folder} has "
                                          f"{left / MB:,.1f} left (DEMUCS_STREAM_CACHE moves it)")

    def __del__(self) -> None:
        file = self.__dict__.get("_file")
        if file is not None:
            file.close()

    def write(self, first: int, frames: Frames) -> None:
        """Write float32 (n, channels) from the frame `first` on. Raises OSError. [any-thread]"""
        if not frames.size:
            return
        data, offset = np.ascontiguousarray(frames, np.float32).data.cast("B"), first * self._bytes_each
        while len(data):
            written = self._write(data, offset)
            data, offset = data[written:], offset + written
            self._written += written

    def read(self, first: int, out: Frames) -> None:
        """Fill float32 (n, channels), contiguous, with the frames from `first` on. Raises OSError. [any-thread]"""
        before = min(max(-first, 0), len(out))
        out[:before] = 0
        rest = out[before:].reshape(-1)
        if not rest.size:
            return
        data, offset, have = rest.data.cast("B"), max(first, 0) * self._bytes_each, 0
        while have < len(data) and (more := self._read(data[have:], offset + have)):
            have += more
        rest[have // 4 :] = 0

    if sys.platform != "win32":

        def _write(self, data: memoryview, offset: int) -> int:
            return os.pwrite(self._file.fileno(), data, offset)

        def _read(self, into: memoryview, offset: int) -> int:
            return os.preadv(self._file.fileno(), [into], offset)
    else:

        def _write(self, data: memoryview, offset: int) -> int:
            with self._alone:
                self._file.seek(offset)
                return self._file.write(data)

        def _read(self, into: memoryview, offset: int) -> int:
            with self._alone:
                self._file.seek(offset)
                return int(self._file.readinto(into) or 0)
