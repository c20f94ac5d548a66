"""Songs whose true stems are known: folders of sound files, as they are, as MUSDB18-HQ's, or out of `musdb`."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from stream.audiofiles.audiofile import AudioReader, AudioWriter
from stream.common.errors import Failure
from stream.latency.geometry import SAMPLERATE
from stream.separators.protocol import Frames

STEMS = ("drums", "bass", "other", "vocals", "guitar", "piano")
SUFFIXES = (".wav", ".flac")


@dataclass(frozen=True)
class Multitrack:
    """A song in files of one length.

    stems: file of each stem that there is
    mixture: None where the mix is the sum of the stems
    """

    name: str
    stems: dict[str, Path]
    mixture: Path | None = None

    def excerpt(self, seconds: float | None) -> slice:
        """Frames of so many seconds in the middle, or all. Raises Failure."""
        with AudioReader(next(iter(self.stems.values()))) as reader:
            frames = reader.frames
        taken = frames if seconds is None else min(frames, round(seconds * SAMPLERATE))
        start = (frames - taken) // 2
        return slice(start, start + taken)

    def mix(self, excerpt: slice) -> Frames:
        """What is separated: float32 (2, n). Raises Failure."""
        if self.mixture is not None:
            return read(self.mixture, excerpt)
        total: Frames = np.zeros((2, excerpt.stop - excerpt.start), np.float32)
        for path in self.stems.values():
            total += read(path, excerpt)
        return total


def read(path: Path, excerpt: slice = slice(None)) -> Frames:
    """Frames of a file: float32 (2, n). Raises Failure for one that is not 44,100 Hz, or too short."""
    with AudioReader(path) as reader:
        if reader.samplerate != SAMPLERATE:
            raise Failure(f"{path} has {reader.samplerate} Hz; {SAMPLERATE} are wanted")
        stop = reader.frames if excerpt.stop is None else excerpt.stop
        if stop > reader.frames:
            raise Failure(f"{path} has {reader.frames} frames, another file of its song {stop} or more; "
                          "all files of a song must have one length")
        return np.ascontiguousarray(reader.read(stop)[excerpt].T)


def written(frames: Frames, path: Path) -> Path:
    """A float32 WAV of float32 (2, n). Raises Failure."""
    writer = AudioWriter(path, SAMPLERATE)
    try:
        writer.write(np.ascontiguousarray(frames.T))
    except BaseException:
        writer.close(keep=False)
        raise
    writer.close()
    return path


def songs_in(folder: Path) -> list[Multitrack]:
    """The songs of a folder, by name: each a folder of stems. Raises Failure where there are none.

    Of a folder laid out as MUSDB18-HQ it is the test set.
    """
    if not folder.is_dir():
        raise Failure(f"no such folder: {folder}")
    held = folder / "test" if (folder / "test").is_dir() else folder
    found = [song for path in sorted(held.iterdir()) if path.is_dir() and (song := _song(path)) is not None]
    if not found:
        raise Failure(f"{held} holds no songs: folders with sound files called {', '.join(STEMS[:4])} "
                      f"({' or '.join(SUFFIXES)})")
    return found


def _song(folder: Path) -> Multitrack | None:
    stems = {stem: path for stem in STEMS if (path := _file(folder, stem)) is not None}
    return Multitrack(folder.name, stems, _file(folder, "mixture")) if stems else None


def _file(folder: Path, name: str) -> Path | None:
    return next((path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()), None)


def musdb_songs(root: Path | None) -> Iterator[Multitrack]:
    """MUSDB18's test set as `musdb` reads it; a song's files are there until the next is asked for. Raises Failure.

    root: where it lies; None is $MUSDB_PATH
    """
    for track in _tracks(root):
        with TemporaryDirectory() as place:
            sound = {"mixture": track.audio, **{stem: track.sources[stem].audio for stem in track.sources}}
            files = {name: written(np.asarray(audio.T, np.float32), Path(place) / f"{name}.wav")
                     for name, audio in sound.items()}
            mixture = files.pop("mixture")
            yield Multitrack(track.name, files, mixture)


def _tracks(root: Path | None) -> list[Any]:
    try:
        import musdb
    except ModuleNotFoundError as error:
        raise Failure(f"--musdb needs the package {error.name}, which is not installed: pip install musdb") from error
    place = root or Path(os.environ.get("MUSDB_PATH", ""))
    if place == Path():
        raise Failure("--musdb needs to know where MUSDB18 lies: give its ROOT, or set MUSDB_PATH")
    if not place.is_dir():
        raise Failure(f"no such folder: {place}")
    packed = any(place.rglob("*.stem.mp4"))
    tracks = list(musdb.DB(root=str(place), is_wav=not packed, subsets="test").tracks)
    if not tracks:
        raise Failure(f"musdb finds no test songs in {place}")
    return tracks
