"""Sound files, block by block. The only file that imports soundfile."""

import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import soundfile as sf

from dsp.channels import to_stereo
from stream.errors import Failure

Frames = npt.NDArray[np.float32]
_WAV_MOST = 0xFFFF_FFFF - 65_536  # bytes; longer ones are RF64
_FULL = "no space left on the disk"


class AudioReader:
    """A sound file as stereo blocks.

    samplerate: Hz      frames: in all
    """

    def __init__(self, path: Path) -> None:
        """Open it. Raises Failure for what is missing, unreadable or empty. [main-thread]"""
        if path.is_dir():
            raise Failure(f"{path} is a folder, not a sound file")
        if not path.exists():
            raise Failure(f"no such file: {path}")
        try:
            self._file = sf.SoundFile(path)
        except (sf.LibsndfileError, OSError) as error:
            raise Failure(f"{path} cannot be read as sound: {_reason(error)}") from error
        self.path = path
        self.samplerate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.frames: int = self._file.frames
        if self.frames == 0:
            self._file.close()
            raise Failure(f"{path} is empty: it holds no frames")

    def read(self, frames: int) -> Frames:
        """The next frames: float32 (n, 2), fewer at the end, none after it. [one thread at a time]

        Mono is doubled, surround is mixed down. Raises Failure for damaged sound and for values that are no numbers.
        """
        at = self._file.tell()
        try:
            block: Frames = self._file.read(frames, dtype="float32", always_2d=True)
            stereo = to_stereo(block)
        except (sf.LibsndfileError, ValueError) as error:
            raise Failure(f"{self.path} cannot be read at {at / self.samplerate:.2f} s: {_reason(error)}") from error
        if not np.isfinite(stereo).all():
            raise Failure(f"{self.path} holds values that are no numbers (NaN or infinite) "
                          f"within {len(block)} frames of {at / self.samplerate:.2f} s")
        return stereo

    def rewind(self) -> None:
        """Start over. [one thread at a time]"""
        self._file.seek(0)

    def close(self) -> None:
        """Let go of the file. [one thread at a time]"""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


class AudioWriter:
    """A WAV file that is there whole or not at all: written beside its place and moved there by `close`."""

    def __init__(self, path: Path, samplerate: int, channels: int = 2, frames: int | None = None) -> None:
        """Open it for float32. Raises Failure where it cannot be written. [main-thread]

        frames: expected, if known: beyond 4 GB the file becomes RF64
        """
        self.path, self._channels, self._bytes = path, channels, 0
        self._large = frames is not None and frames * channels * 4 > _WAV_MOST
        self._part = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise Failure(f"{path} cannot be written: it is a folder")
            self._file = sf.SoundFile(self._part, "w", samplerate, channels, "FLOAT",
                                      format="RF64" if self._large else "WAV")
        except (sf.LibsndfileError, OSError) as error:
            raise Failure(f"{path} cannot be written: {_reason(error)}") from error

    def write(self, block: Frames) -> None:
        """Append frames: float32 (n, channels). Raises Failure when the disk or the format is full. [one thread]"""
        self._bytes += block.nbytes
        if self._bytes > _WAV_MOST and not self._large:
            raise Failure(f"{self.path} is full: a WAV file ends at 4 GB")
        try:
            self._file.write(block)
        except (sf.LibsndfileError, OSError, AssertionError) as error:
            # libsndfile says no more of a full disk than "System error", and at times nothing
            full = shutil.disk_usage(self._part.parent).free < block.nbytes
            raise Failure(f"{self.path} cannot be written: {_FULL if full else _reason(error)}") from error
        if self._file.frames * self._channels * 4 != self._bytes:
            raise Failure(f"{self.path} cannot be written: {_FULL}")

    def close(self, keep: bool = True) -> None:
        """Move the file to its place, or remove it. [one thread]"""
        try:
            self._file.close()
            if keep:
                self._part.replace(self.path)
        except (sf.LibsndfileError, OSError) as error:
            keep = False
            raise Failure(f"{self.path} cannot be written: {_reason(error)}") from error
        finally:
            if not keep:
                self._part.unlink(missing_ok=True)


def close_all(writers: Iterable[AudioWriter], keep: bool) -> None:
    """Close every one, also after one that fails. Raises Failure. [one thread]"""
    with ExitStack() as stack:
        for writer in writers:
            stack.callback(writer.close, keep)


def _reason(error: Exception) -> str:
    text = getattr(error, "error_string", "") or getattr(error, "strerror", "") or str(error)
    return str(text).strip().rstrip(".") or type(error).__name__
