"""Frames on the disk that nobody else sees and that are gone with whoever has them: too many for the memory.

NB: read and written, never mapped: a disk that vanishes is then an error and not the end of the process.
[any-thread]
"""

import os
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream.common.places import cache, writable

Frames = NDArray[np.float32]


def scratch_folder() -> Path:
    """Where scratch files lie: on the cache's disk, for /tmp is often memory. Raises RuntimeError."""
    found = cache() / "scratch"
    return found if writable(found) else Path(tempfile.gettempdir())


class ScratchFile:
    """Frames of a song that can be written and read anywhere; what was never written is silence.

    It is closed when nobody holds it any more, so that a reader on another thread never reads another file's bytes.
    """

    def __init__(self, channels: int, folder: Path) -> None:
        """Make it, empty. Raises OSError."""
        self._bytes_each, self._channels = 4 * channels, channels
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - it has no name; `__del__` ends it
        self._alone = threading.Lock()  # where a file has one position for all

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
