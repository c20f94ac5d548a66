"""Songs of the shared folder whose true stems are known, and the excerpts that other benchmarks take."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream.audiofiles.audiofile import AudioReader
from stream.command import song
from stream.separators.protocol import Frames


@dataclass(frozen=True)
class Song:
    """A song, and the excerpt of it that is judged.

    stems: float32 (2, frames) each, by name; the mix is their sum
    excerpt: frames of it
    """

    name: str
    stems: dict[str, Frames]
    excerpt: slice

    @property
    def mix(self) -> Frames:
        """float32 (2, frames)"""
        total: Frames = np.sum(list(self.stems.values()), axis=0, dtype=np.float32)
        return total


def songs(samplerate: int, **excerpts: tuple[float, float]) -> list[Song]:
    """Songs of the shared folder (`../shared`, or where $DEMUCS_STREAM_SHARED points), by name.

    excerpts: first and last second
    Where there is no such folder it is the song of our own making, and said so.
    """
    shared = Path(os.environ.get("DEMUCS_STREAM_SHARED", Path(__file__).parents[2] / "shared"))
    if not (shared / "audio").is_dir():
        print(f"no songs in {shared}: taking the demo's own, so other figures than the docs have")
        made = {name: np.ascontiguousarray(frames.T) for name, frames in song.stems().items()}
        return [Song("made", made, slice(12 * samplerate, 22 * samplerate))]
    found = []
    for name, (first, last) in excerpts.items():
        stems = {}
        for path in sorted((shared / "audio" / name).glob("*.flac")):
            with AudioReader(path) as reader:
                stems[path.stem] = np.ascontiguousarray(reader.read(reader.frames).T)
        found.append(Song(name, stems, slice(int(first * samplerate), int(last * samplerate))))
    return found


