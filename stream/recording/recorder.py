"""Tracks on disk: the tap ring's reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream.audiofiles.audiofile import AudioWriter, close_all
from stream.audiofiles.kind import FLOAT, Kind
from stream.callback.ring import Ring

CHUNK = 16_384  # frames
SPARE = 4096  # frames of each track that are given up where the disk is full: the log needs a place, too


@dataclass(frozen=True)
class RecordedFile:
    """One file to write.

    first: the first of its two channels in the tap ring
    lead: frames of silence before the first frame: the latency, for a file that stands for a device
    kind: of file
    """

    path: Path
    first: int
    lead: int = 0
    kind: Kind = FLOAT


class Recorder:
    """Writes tracks from the tap ring. Frames that it was too slow for become silence, and are counted.

    start: the position of the first frame      at: of the next
    """

    def __init__(self, ring: Ring, tracks: Sequence[RecordedFile], samplerate: int, frames: int | None = None,
                 start: int = 0) -> None:
        """Open all files. Raises Failure, and leaves none, if one cannot be.

        frames: how many there will be, if it is known
        [main-thread, recorder-thread]
        """
        self.start = self.at = start
        self.overruns = 0
        self._torn = False  # some tracks are longer than others: a disk was full
        self._ring, self._tracks = ring, tracks
        self._block = np.zeros((CHUNK, ring.data.shape[1]), np.float32)
        self._writers: list[AudioWriter] = []
        try:
            for track in tracks:
                length = None if frames is None else frames + track.lead
                writer = AudioWriter(track.path, samplerate, 2, length, track.kind)
                self._writers.append(writer)
                for done in range(0, track.lead, CHUNK):
                    writer.write(np.zeros((min(CHUNK, track.lead - done), 2), np.float32))
        except BaseException:
            self.close(keep=False)
            raise

    @property
    def paths(self) -> list[Path]:
        """Of all files. [any-thread]"""
        return [track.path for track in self._tracks]

    def step(self, until: int) -> bool:
        """Write what has come, up to a position; False if there was nothing. Raises Failure. [recorder-thread]"""
        count = min(self._ring.written, until) - self.at
        if count <= 0:
            return False
        block = self._block[: min(count, CHUNK)]
        if not self._ring.read(self.at, block):
            block[:] = 0
            self.overruns += 1
        self._torn = True
        for writer, track in zip(self._writers, self._tracks, strict=True):
            writer.write(np.ascontiguousarray(block[:, track.first : track.first + 2]))
        self._torn = False
        self.at += len(block)
        return True

    def close(self, keep: bool) -> None:
        """Move all files to their places, or remove them all. Raises Failure. [main-thread, recorder-thread]"""
        writers, self._writers = self._writers, []
        if keep and self._torn:
            self.at = max(self.start, self.at - SPARE)
            for writer, track in zip(writers, self._tracks, strict=True):
                writer.cut(self.at - self.start + track.lead)
        close_all(writers, keep)
