"""Sound files, block by block. The only file that imports soundfile."""

import errno
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soundfile as sf

from dsp.channels import to_stereo
from dsp.clean import clean
from dsp.limits import LOUDEST_IN_FILES
from stream.audiofiles.kind import FLOAT, Kind
from stream.audiofiles.trust import mpeg, promised
from stream.common.claim import Claim
from stream.common.closing import Closing
from stream.common.errors import Failure
from stream.common.quiet import quiet

Frames = npt.NDArray[np.float32]
_MOST_WAV_BYTES = 0xFFFF_FFFF - 65_536  # bytes; longer ones are RF64
_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "ULAW": 1, "ALAW": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4,
          "DOUBLE": 8}  # of a sample
_FULL = "no space left on the disk"
_TOO_LARGE = os.strerror(errno.EFBIG)


class Unreadable(Failure):
    """A file that is there, but is no sound that libsndfile knows."""


class Damaged(Failure):
    """A file that libsndfile cannot read on."""


class Writer(Protocol):
    """A file that is there whole or not at all. One thread uses it.

    note: what there is to say of it when it is finished; empty if nothing
    """

    path: Path
    note: str

    def mark(self, made: str) -> None:
        """Keep in the file what made it, ASCII, where no player shows it; before the first frame."""

    def write(self, block: Frames) -> None:
        """Append frames: float32 (n, channels). Raises Failure."""

    def finish(self) -> None:
        """Bring everything to the disk, beside its place; nothing is written after it. Raises Failure."""

    def close(self, keep: bool = True) -> None:
        """Move the file to its place, or remove it. Raises Failure."""


class AudioReader(Closing):
    """A sound file as stereo blocks.

    samplerate: Hz      frames: in all, as libsndfile says (stream.audiofiles.trust says when it only guesses)
    format, subtype: libsndfile's names of it and of its samples
    promised: frames that its header states, of plain samples, whether they are there or not; 0 if it does not
    at: frames read so far      cleaned: samples that could not be sound
    tags: what it says of itself, by name in small letters, such as title and artist
    """

    def __init__(self, path: Path) -> None:
        """Open it. Raises Failure for what is missing, unreadable or empty."""
        self._file = _opened(path)
        self.path = path
        self.samplerate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.format: str = self._file.format
        self.subtype: str = self._file.subtype
        self.frames: int = self._file.frames
        self.at = self.cleaned = 0
        self.tags = {name: text for name in ("title", "artist") if (text := getattr(self._file, name, "").strip())}
        each = self.channels * _BYTES.get(self.subtype, 0)
        self.promised = promised(self._file.extra_info) // each if each else 0
        if self.frames == 0:
            self._file.close()
            raise Unreadable(f"{path} is empty: it holds no frames")

    def read(self, frames: int) -> Frames:
        """The next frames: float32 (n, 2), fewer at the end, none after it.

        Mono is doubled, surround is mixed down; what cannot be sound is silence. Raises Damaged.
        """
        try:
            block: Frames = self._file.read(frames, dtype="float32", always_2d=True)
            if len(block) < min(frames, self.frames - self.at):
                raise ValueError(f"it ends here, but was {self.frames / self.samplerate:.2f} s long before")
            self.cleaned += clean(block, np.float32(LOUDEST_IN_FILES))
            self.at += len(block)
            return to_stereo(block)
        except (sf.LibsndfileError, ValueError) as error:
            raise Damaged(f"{self.path} cannot be read at {self.at / self.samplerate:.2f} s: "
                          f"{_reason(error)}") from error

    @property
    def damage(self) -> str | None:
        """What was wrong with it, once it has been read to its end; None if nothing."""
        lost_s = (self.promised - self.frames) / self.samplerate
        return f"it ends {lost_s:.2f} s earlier than its header says" if lost_s >= 0.005 else None

    def rewind(self) -> None:
        """Start over."""
        self._file.seek(0)
        self.at = self.cleaned = 0

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class SampleReader(Closing):
    """A sound file's samples as integers, from any frame on, as they are and however many channels it has.

    samplerate: Hz      frames: in all      channels: side by side
    """

    def __init__(self, path: Path) -> None:
        """Open it. Raises Failure."""
        self._file = _opened(path)
        self.path = path
        self.samplerate: int = self._file.samplerate
        self.frames: int = self._file.frames
        self.channels: int = self._file.channels

    def read(self, first: int, frames: int) -> npt.NDArray[np.int32]:
        """The frames from `first` on: int32 (frames, channels), full scale is ±2**31. Raises Damaged."""
        try:
            self._file.seek(first)
            block: npt.NDArray[np.int32] = self._file.read(frames, dtype="int32", always_2d=True)
        except (sf.LibsndfileError, ValueError) as error:
            raise Damaged(f"{self.path} cannot be read at {first / self.samplerate:.2f} s: {_reason(error)}") from error
        if len(block) < frames:
            raise Damaged(f"{self.path} ends at {self.frames / self.samplerate:.2f} s")
        return block

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class AudioWriter:
    """A sound file that is there whole or not at all: written beside its place and moved there by `close`."""

    def __init__(self, path: Path, samplerate: int, channels: int = 2, frames: int | None = None,
                 kind: Kind = FLOAT) -> None:
        """Open it. Raises Failure where it cannot be written.

        frames: expected, if known: a WAV beyond 4 GB becomes RF64
        """
        self.path, self.note, self._frames = path, "", 0
        self._bytes_each = channels * kind.bits // 8 if kind.format == "wav" else 0
        large = frames is not None and frames * self._bytes_each > _MOST_WAV_BYTES
        self._most = None if large or not self._bytes_each else _MOST_WAV_BYTES // self._bytes_each
        self._claim = claim(path)
        try:
            self._file = sf.SoundFile(_name(self._claim.part), "w", samplerate, channels, **kind.options(large))
        except BaseException as error:
            self._claim.drop()
            if isinstance(error, sf.LibsndfileError | OSError):
                raise Failure(f"{path} cannot be written: {_reason(error)}") from error
            raise

    def mark(self, made: str) -> None:
        """Keep in the file what made it: a comment at its head."""
        self._file.comment = made

    def write(self, block: Frames | npt.NDArray[np.int32]) -> None:
        """Append frames: float32 (n, channels), or int32 of full scale ±2**31, of which 24 bits take the upper ones.

        Raises Failure when the disk or the format is full.
        """
        self._frames += len(block)
        if self._most is not None and self._frames > self._most:
            raise Failure(f"{self.path} is full: a WAV file cannot be larger than 4 GB")
        try:
            self._file.write(block)
        except (sf.LibsndfileError, OSError, AssertionError) as error:
            raise unwritable(self.path, block, _systems(self._file, error)) from error
        if self._file.frames != self._frames:
            raise Failure(f"{self.path} cannot be written: {_FULL}")

    def cut(self, frames: int) -> None:
        """Keep the first frames only, where the format lets what is written be cut."""
        with suppress(sf.LibsndfileError, OSError):
            if self._file.frames > frames:
                self._file.truncate(frames)
                self._frames = frames

    def finish(self) -> None:
        """Bring everything to the disk, beside its place. Raises Failure."""
        try:
            if not self._file.closed:
                self._file.close()
                _timeless(self._claim.part)
        except (sf.LibsndfileError, OSError) as error:
            raise Failure(f"{self.path} cannot be written: {_reason(error)}") from error

    def close(self, keep: bool = True) -> None:
        """Move the file to its place, or remove it. Raises Failure."""
        try:
            self.finish()
            if keep:
                self._claim.keep()
        except OSError as error:
            raise Failure(f"{self.path} cannot be written: {_reason(error)}") from error
        finally:
            self._claim.drop()


def _opened(path: Path) -> sf.SoundFile:
    """Raises Failure for what cannot be read as sound."""
    _may_be_read(path)
    try:
        with quiet() if mpeg(path) else nullcontext():  # libmpg123 prints what it thinks of its files
            return sf.SoundFile(_name(path))
    except (sf.LibsndfileError, OSError) as error:
        raise Unreadable(f"{path} cannot be read as sound: {_reason(error)}") from error


def _may_be_read(path: Path) -> None:
    """Raise Failure for what is no file, or not ours to read."""
    try:
        if path.is_dir():
            raise Failure(f"{path} is a folder, not a sound file")
        path.open("rb").close()
    except FileNotFoundError:
        raise Failure(f"no such file: {path}") from None
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error


def claim(path: Path) -> Claim:
    """A file's place, for nobody else until the file is whole. Raises Failure."""
    try:
        return Claim(path)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {_reason(error)}") from error


def _timeless(part: Path) -> None:
    """Take the time out of libsndfile's chunk PEAK: what is made twice of the same is the same."""
    with part.open("r+b") as file:
        head = file.read(4096)
        at = head.find(b"PEAK") if head.startswith((b"RIFF", b"RF64")) else -1
        if 0 <= at < head.find(b"data"):
            file.seek(at + 12)  # after its length and version
            file.write(bytes(4))


def close_all(writers: Iterable[Writer], keep: bool) -> None:
    """Close every one, also after one that fails; if one cannot be finished, none is kept. Raises Failure."""
    writers = list(writers)
    try:
        if keep:
            with ThreadPoolExecutor() as pool:  # an MP3 that waited for its peak is encoded only now
                for finished in [pool.submit(writer.finish) for writer in writers]:
                    finished.result()
    except BaseException:
        keep = False
        raise
    finally:
        with ExitStack() as stack:
            for writer in writers:
                stack.callback(writer.close, keep)


def unwritable(path: Path, block: Frames | npt.NDArray[np.int32], error: Exception) -> Failure:
    """What to say of a block that could not be written to a file, or beside it."""
    # libsndfile says no more of a full disk than "System error", and at times nothing
    full = shutil.disk_usage(path.parent).free < block.nbytes
    return Failure(f"{path} cannot be written: {_FULL if full else _reason(error)}")


def _name(path: Path) -> str | bytes:
    """As soundfile takes it: a name is bytes, but on Windows, where it is text."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def _systems(file: sf.SoundFile, error: Exception) -> Exception:
    """What the system said, where it is behind an error: soundfile asks libsndfile for the kind of an error only."""
    said = sf._ffi.string(sf._snd.sf_strerror(file._file)).decode(errors="replace")
    _, found, reason = said.partition("System error : ")
    return OSError(0, reason) if found else error


def _reason(error: Exception) -> str:
    text = getattr(error, "error_string", "") or getattr(error, "strerror", "") or str(error)
    if str(text).startswith(_TOO_LARGE):
        return "a file cannot be larger than this here; the limit is the user's (`ulimit -f`) or the disk's"
    return str(text).strip().rstrip(".") or type(error).__name__
