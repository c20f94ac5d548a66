"""What was heard, and the stems it was made of, on disk: the tap ring's reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream.devices.audiofile import AudioWriter, close_all
from stream.live.ring import Ring

CHUNK = 16_384  # frames


@dataclass(frozen=True)
class Track:
    """One file to write.

    first: the first of its two channels in the tap ring
    lead: frames of silence before the first frame: the latency, for a file that stands for a device
    """

    path: Path
    first: int
    lead: int = 0


class Recorder:
    """Writes tracks from the tap ring. Frames that it was too slow for become silence, and are counted."""

    def __init__(self, ring: Ring, tracks: Sequence[Track], samplerate: int, frames: int | None) -> None:
        """Open all files. Raises Failure, and leaves none, if one cannot be. [main-thread]

        frames: how many there will be, if it is known
        """
        self._ring, self._tracks, self._at = ring, tracks, 0
        self._block = np.zeros((CHUNK, ring.data.shape[1]), np.float32)
        self.overruns = 0
        self._writers: list[AudioWriter] = []
        try:
            for track in tracks:
                writer = AudioWriter(track.path, samplerate, 2, None if frames is None else frames + track.lead)
                self._writers.append(writer)
                for start in range(0, track.lead, CHUNK):
                    writer.write(np.zeros((min(CHUNK, track.lead - start), 2), np.float32))
        except BaseException:
            self.close(keep=False)
            raise

    def step(self, until: int) -> bool:
        """Write what has come, up to a position; False if there was nothing. Raises Failure. [recorder-thread]"""
        count = min(self._ring.written, until) - self._at
        if count <= 0:
            return False
        block = self._block[: min(count, CHUNK)]
        if not self._ring.read(self._at, block):
            block[:] = 0
            self.overruns += 1
        for writer, track in zip(self._writers, self._tracks, strict=True):
            writer.write(np.ascontiguousarray(block[:, track.first : track.first + 2]))
        self._at += len(block)
        return True

    def close(self, keep: bool) -> None:
        """Move all files to their places, or remove them all. [main-thread]"""
        writers, self._writers = self._writers, []
        close_all(writers, keep)
