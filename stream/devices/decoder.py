"""A song in whatever format: through libsndfile where it can, else through ffmpeg where that is installed."""

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from dsp.channels import to_stereo
from stream.devices.audiofile import AudioReader, Frames, Unreadable, finite
from stream.devices.ffmpeg import INSTALL, Pipe, probe, source, there
from stream.errors import Failure

MOST_CHANNELS = 8


class Reader(Protocol):
    """A sound file as stereo blocks.

    samplerate: Hz      frames: in all, as far as is known
    """

    path: Path
    samplerate: int
    frames: int

    def read(self, frames: int) -> Frames:
        """The next frames: float32 (n, 2), fewer at the end. Raises Failure. [one thread at a time]"""

    def rewind(self) -> None:
        """Start over. [one thread at a time]"""

    def close(self) -> None:
        """Let go of the file. [one thread at a time]"""


class Decoder:
    """A sound file through ffmpeg, as a stream: never more than a block of it in memory.

    samplerate, channels, frames: as ffprobe says; the frames may be none or too many
    damage: what ffmpeg could not make out and left out, once it has been read to its end; None if nothing
    """

    def __init__(self, path: Path) -> None:
        """Open it. Raises Failure for what ffmpeg cannot read. [any-thread]"""
        sound = probe(path)
        if not 1 <= sound.channels <= MOST_CHANNELS:
            raise Failure(f"{path} cannot be read as sound: it has {sound.channels} channels, not 1 to {MOST_CHANNELS}")
        self.path, self.samplerate, self.channels, self.frames = path, sound.samplerate, sound.channels, sound.frames
        self.damage: str | None = None
        self._at = 0
        self._pipe: Pipe | None = self._start()

    def _start(self) -> Pipe:
        out = ["-map", "0:a:0", "-f", "f32le", "-c:a", "pcm_f32le", "pipe:1"]
        return Pipe([*source(self.path), *out], str(self.path), reading=True)

    def read(self, frames: int) -> Frames:
        """The next frames: float32 (n, 2), fewer at the end, none after it. [one thread at a time]

        Raises Failure where ffmpeg gives up, and for values that are no numbers.
        """
        if self._pipe is None:
            return np.zeros((0, 2), np.float32)
        wanted = frames * self.channels * 4
        data = self._pipe.end.read(wanted)
        if len(data) < wanted:
            self._ended(self._pipe)
        whole = len(data) // (4 * self.channels)
        values = np.frombuffer(data, "<f4", whole * self.channels).reshape(whole, self.channels)
        at, self._at = self._at, self._at + whole
        return finite(to_stereo(values), self.path, at / self.samplerate)

    def _ended(self, pipe: Pipe) -> None:
        code, said = pipe.wait(self.path)
        self.close()
        if code:
            raise Failure(f"{self.path} cannot be read at {self._at / self.samplerate:.2f} s: {said}")
        self.damage = said or None

    def rewind(self) -> None:
        """Start over: decode again. [one thread at a time]"""
        self.close()
        self._at, self._pipe = 0, self._start()

    def close(self) -> None:
        """Let go of the file. [one thread at a time]"""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def decoder(path: Path) -> AudioReader | Decoder:
    """Open a song. Raises Failure for what is missing, empty or unreadable, and where it would take ffmpeg."""
    try:
        return AudioReader(path)
    except Unreadable as error:
        if there("ffmpeg") is None:
            raise Failure(f"{error}; ffmpeg reads more formats: {INSTALL}") from error
        return Decoder(path)
