"""A song in whatever format, live and offline: through libsndfile where it is sure of it, else through ffmpeg."""

import os
import shutil
import stat
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from stream.audiofiles.audiofile import AudioReader, Damaged, Frames, Unreadable
from stream.audiofiles.decoder import Decoder
from stream.audiofiles.ffmpeg import INSTALL, installed
from stream.audiofiles.piped import PipedReader, head, once_only, opened
from stream.audiofiles.trust import UNKNOWN, guesses, mpeg, reads_all
from stream.common.closing import Closing
from stream.common.errors import Failure
from stream.common.scratch import scratch


class Reader(Protocol):
    """A sound file as stereo blocks.

    samplerate: Hz      frames: in all, as far as is known; 0 if it is not
    cleaned: samples that could not be sound, and are silence
    damage: what was wrong with it, once it has been read to its end; None if nothing
    tags: what it says of itself, by name in small letters, such as title and artist
    """

    path: Path
    samplerate: int
    frames: int
    tags: dict[str, str]

    @property
    def cleaned(self) -> int:
        """See above."""

    @property
    def damage(self) -> str | None:
        """See above."""

    def read(self, frames: int) -> Frames:
        """The next frames: float32 (n, 2), fewer at the end. Raises Failure."""

    def rewind(self) -> None:
        """Start over."""

    def close(self) -> None:
        """Let go of the file."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None: ...


class MendingReader(Closing):
    """A sound file through libsndfile as far as that comes, and behind damage through ffmpeg, which goes on there.

    samplerate: Hz      frames: in all, as the file states
    """

    def __init__(self, reader: AudioReader) -> None:
        """Nothing is read yet."""
        self._reader = reader
        self.path, self.samplerate, self.frames = reader.path, reader.samplerate, reader.frames
        self.tags = reader.tags
        self._behind: Decoder | None = None

    @property
    def cleaned(self) -> int:
        """As of `Reader`."""
        return self._reader.cleaned if self._behind is None else self._behind.cleaned

    @property
    def damage(self) -> str | None:
        """What was wrong with it, once it has been read to its end."""
        if self._behind is None:
            return self._reader.damage
        if not self._behind.ended:
            return None
        lost_s = (self.frames - self._behind.at) / self.samplerate
        return self._behind.damage or f"{max(0, lost_s):.2f} s of it could not be decoded"

    def read(self, frames: int) -> Frames:
        """As `Reader.read`. Raises Failure where ffmpeg does not get further either."""
        if self._behind is None:
            at = self._reader.at
            try:
                return self._reader.read(frames)
            except Damaged as damaged:
                if installed("ffmpeg") is None:
                    raise
                try:
                    self._behind = Decoder(self.path)
                except Failure:  # it knows less: the file, or its disk, has gone meanwhile
                    raise damaged from None
                self._behind.skip(at)
        return self._behind.read(frames)

    def rewind(self) -> None:
        """As `Reader.rewind`."""
        if self._behind is not None:
            self._behind.close()
            self._behind = None
        self._reader.rewind()

    def close(self) -> None:
        """Let go of the file."""
        if self._behind is not None:
            self._behind.close()
        self._reader.close()


def open_song(path: Path) -> Reader:
    """Open a song. Raises Failure for what is missing, empty or unreadable, and where it would take ffmpeg."""
    if _is_stream(path):
        return SpooledReader(path)
    helped = installed("ffmpeg") is not None
    if helped and mpeg(path) and (decoder := _decoder(path)) is not None:
        return decoder
    try:
        reader = AudioReader(path)
    except Unreadable as error:
        if not helped:
            raise Failure(f"{error}; ffmpeg reads more formats: {INSTALL}") from error
        return _not_empty(Decoder(path))
    try:
        guess = guesses(path, reader.format, reader.subtype, reader.channels, reader.frames)
        if guess and helped and (decoder := _decoder(path, reader)) is not None:
            reader.close()
            return decoder
        if guess and not helped and not reads_all(path, reader.format, reader.frames):
            raise Failure(f"{path} does not say how long it is, and only ffmpeg can read it to its end: {INSTALL}")
    except BaseException:
        reader.close()
        raise
    return MendingReader(reader)


def open_live(path: Path) -> Reader:
    """As `open_song`, for whoever plays it as it comes: a pipe is heard from its first frames, where ffmpeg is here."""
    if not (os.name == "posix" and once_only(path) and installed("ffmpeg")):
        return open_song(path)
    try:
        source = opened(path)
        try:
            begun, comes = head(source)
        except BaseException:
            os.close(source)
            raise
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error
    if not begun:
        os.close(source)
        raise Failure(f"{path} is empty: it holds no frames")
    if not comes:
        return SpooledReader(path, source, begun)
    return PipedReader(path, source, begun)


def _decoder(path: Path, reader: AudioReader | None = None) -> Decoder | None:
    """ffmpeg, where libsndfile only guesses; None where libsndfile can read more of it. Raises Failure."""
    try:
        return _not_empty(Decoder(path, 0 if reader is None else reader.promised))
    except Failure:
        if reader is not None and not 0 < reader.frames < UNKNOWN:
            raise
        return None


def _not_empty(found: Decoder) -> Decoder:
    """The same, where there is a first frame. Raises Failure."""
    try:
        if not found.begins():
            raise Failure(f"{found.path} is empty: it holds no frames")
    except BaseException:
        found.close()
        raise
    return found


def _is_stream(path: Path) -> bool:
    """Whether it can be read once only, or by this process only: a pipe, a socket, standard input.

    Raises Failure for a device: none is a song, and some never end.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise Failure(f"{path} is a device, not a sound file")
    # NB: what is /dev/stdin here is another file to ffmpeg
    own = stat.S_ISREG(mode) and path.absolute().parts[1:2] in (("dev",), ("proc",))
    return own or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


class SpooledReader(Closing):
    """What can be read once only, such as a pipe, by way of a copy that is gone afterwards; else as `Reader`."""

    def __init__(self, path: Path, source: int | None = None, begun: bytes = b"") -> None:
        """Take all of it, and wait for its end. Raises Failure.

        source: what it was opened as, and is closed as      begun: what was read from it already
        """
        self.path, self._open = path, ExitStack()
        copy = self._open.enter_context(scratch("demucs-stream.pipe-")) / path.name
        try:
            with os.fdopen(opened(path) if source is None else source, "rb") as given, copy.open("wb") as copied:
                copied.write(begun)
                shutil.copyfileobj(given, copied)
            self._reader = open_song(copy)
        except BaseException as error:
            self._open.close()
            if isinstance(error, OSError):
                raise Failure(f"{path} cannot be read: {error.strerror}") from error
            if isinstance(error, Failure):
                raise Failure(str(error).replace(str(copy), str(path))) from error
            raise
        self.samplerate, self.frames, self.tags = self._reader.samplerate, self._reader.frames, self._reader.tags

    @property
    def cleaned(self) -> int:
        """As of `Reader`."""
        return self._reader.cleaned

    @property
    def damage(self) -> str | None:
        """As of `Reader`."""
        return self._reader.damage

    def read(self, frames: int) -> Frames:
        """As `Reader.read`."""
        return self._reader.read(frames)

    def rewind(self) -> None:
        """As `Reader.rewind`."""
        self._reader.rewind()

    def close(self) -> None:
        """Let go of the copy."""
        self._reader.close()
        self._open.close()
