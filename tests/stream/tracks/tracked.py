"""Tracks for tests: songs on the disk, what is waited for, and what a deck would read."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile as sf

from stream.tracks.decoding import open_track
from stream.tracks.track import Track
from tests.rig.byhand import Frames, noise

RATE = 44_100
SOURCES = ("drums", "bass", "other", "vocals")


def wav(path: Path, frames: Frames, samplerate: int = RATE, subtype: str = "FLOAT") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, frames, samplerate, subtype)
    return path


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that comes; the limit is only there so that what never comes ends the test."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)


def opened(path: Path, samplerate: int = RATE, sources: tuple[str, ...] = SOURCES) -> tuple[Track, list[str]]:
    """A track that is decoded to its end, and what was said of it."""
    said: list[str] = []
    track = open_track(path, samplerate, sources, say=said.append)
    until(lambda: track.ended)
    return track, said


def read(track: Track, first: int = 0, frames: int | None = None) -> tuple[Frames, Frames, Frames]:
    """Dry, stems and how much of them is there."""
    count = (track.frames or 0) - first if frames is None else frames
    dry = np.full((count, 2), np.nan, np.float32)
    stems = np.full((count, 2 * len(track.stored)), np.nan, np.float32)
    present = np.full(count, np.nan, np.float32)
    track.read(first, dry, stems, present)
    return dry, stems, present


def song(seconds: float = 1.0) -> Frames:
    return noise(round(seconds * RATE)) / 4
