"""Two decks at no clock: what a device would ask for is asked for by this thread, and decks are stepped in between."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

from stream.callback.header import HEADER
from stream.decks.booth import Booth
from stream.decks.engine import DeckEngine, DeckSetup
from stream.latency.geometry import Latency
from stream.tracks.decoding import open_track
from stream.tracks.track import Track

RATE = 44_100
BLOCK = 512
STEMS = ("drums", "bass", "other", "vocals")
Frames = npt.NDArray[np.float32]


class Rig:
    """A booth of decks a and b, and what is heard of it. said: what decks told"""

    def __init__(self, block: int = BLOCK, songs: Sequence[Path] = ()) -> None:
        """songs: paths that a song is made for, each when it is loaded"""
        self.block, self.said = block, list[str]()
        self.booth = Booth(STEMS, RATE, lambda path: track(path.with_suffix(".made.wav"), noise(6)), songs)
        self.mixers = self.booth.mixers
        self.engine = DeckEngine(np.zeros((), HEADER), self.booth.players, Latency(RATE, 0, 0, 0, 0, 0, 0, 0),
                                 DeckSetup(2, block))
        self.booth.open(lambda: self.engine.position, block, self.said.append)
        self.a, self.b = self.booth.decks.values()

    def hear(self, blocks: int = 1) -> Frames:
        out = np.zeros((blocks * self.block, 2), np.float32)
        for at in range(0, len(out), self.block):
            while self.booth.step():
                pass
            self.engine.serve(self.block, out[at : at + self.block])
        return out


def noise(seconds: float, seed: int = 0) -> Frames:
    return (np.random.default_rng(seed).standard_normal((int(seconds * RATE), 2)) * 0.1).astype(np.float32)


def track(path: Path, song: Frames) -> Track:
    """A song that is decoded wholly, and has no stems yet."""
    sf.write(path, song, RATE, "FLOAT")
    made = open_track(path, RATE, STEMS)
    end = time.monotonic() + 60
    while not made.ended and time.monotonic() < end:
        time.sleep(0.005)
    assert made.whole, made.failure
    return made
