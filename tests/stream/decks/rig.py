"""Two decks at no clock: what a device would ask for is asked for by this thread, and decks are stepped in between."""

import ctypes
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

from stream.callback.header import HEADER, MONO
from stream.callback.player import FADE
from stream.decks.booth import Booth
from stream.decks.deckinserts import DeckInserts
from stream.decks.engine import DeckEngine, DeckSetup
from stream.latency.geometry import Latency
from stream.live.engine import Engine, Setup
from stream.live.insert import Insert
from stream.mixer.mixer import Mixer
from stream.mixer.route import route
from stream.separators.opening import spend
from stream.separators.protocol import Separator
from stream.tracks.decoding import open_track
from stream.tracks.separator import TrackSeparator
from stream.tracks.track import Track

RATE = 44_100
BLOCK = 512
STEMS = ("drums", "bass", "other", "vocals")
Frames = npt.NDArray[np.float32]


class Rig:
    """A booth of decks a and b, and what is heard of it. said: what decks told

    What `hear` gives begins with the first frame that this call has rendered: `leave` gives it as it leaves, as much
    later as the limiter looks ahead.
    """

    def __init__(self, block: int = BLOCK, songs: Sequence[Path] = (), separator: Separator | None = None,
                 routes: Sequence[str] = (), tapped: bool = False, inserts: Sequence[Insert] = (),
                 separated: TrackSeparator | None = None) -> None:
        """songs: paths that a song is made for, each when it is loaded      separator: of an input that is heard too

        inserts: of stems of decks      separated: what loads the songs that are there, and has their stems
        """
        self.block, self.said = block, list[str]()
        mixer = None if separator is None else Mixer(tuple(separator.sources), RATE)
        sources, load = STEMS, lambda path: track(path.with_suffix(".made.wav"), noise(6))
        if separated is not None:
            sources, load = separated.sources, separated.load
        self.booth = Booth(sources, RATE, load, songs, mixer)
        self.mixers, self.header, self.live = self.booth.mixers, np.zeros((), HEADER), None
        if separator is not None and mixer is not None:
            setup = Setup(2, block=block, offline=True, player=self.booth.players.live)
            latency = spend(separator, RATE, (0, 0, 0), None, block + FADE + 1)
            self.live = Engine(self.header, separator, mixer, latency, setup)
        self.separates = True  # the input, as fast as it comes
        self.channels = 2 * max(1, len(routes))
        self.inserts, behind = inserts, DeckInserts(self.booth.players, inserts, (RATE, block), offline=True)
        latency = Latency(RATE, 0, 0, 0, 0, 0, 0, 0, insert=behind.frames, limiter=self.booth.players.lookahead)
        self.engine = DeckEngine(self.header, self.booth.players, latency, DeckSetup(
            self.channels, block, tuple(map(route, routes)), self.live, tapped, inserts=behind))
        self.booth.open(lambda: self.engine.position, block, self.said.append)
        self.a, self.b = self.booth.decks.values()

    def hear(self, blocks: int = 1, given: Frames | None = None) -> Frames:
        return in_time(self.leave(blocks, given), self.engine)

    def leave(self, blocks: int = 1, given: Frames | None = None) -> Frames:
        out = np.zeros((blocks * self.block, self.channels), np.float32)
        for at in range(0, len(out), self.block):
            while self.booth.step():
                pass
            self.engine.serve(self.block, out[at : at + self.block], None if given is None else given[at:])
            while self.live is not None and self.separates and self.live.worker.step():
                pass
            for insert in self.inserts:
                while insert.step():
                    pass
        return out


def in_time(late: Frames, engine: DeckEngine) -> Frames:
    """What an engine has just given, and what is on its way: all that it has rendered for it, if nothing limits that.

    late: float32 (frames, channels)
    """
    lines = np.roll(engine.players.lines, -int(engine.header["master"]["delayed_at"]), axis=1)
    address = ctypes.cast(int(engine.header["route"]), ctypes.POINTER(ctypes.c_int64))
    nothing = np.zeros((2, lines.shape[1]), np.float32)
    way = [lines[row] if row >= 0 else (lines[MONO - row :][:2] if row <= MONO else nothing).mean(axis=0)
           for row in np.ctypeslib.as_array(address, (late.shape[1],)).tolist()]
    return np.concatenate([late, np.stack(way, axis=1)])[-len(late) :]


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
