"""An engine played by hand: a block in, a block out, hops separated when the test says so."""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import replace
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from stream.callback.callback import callback
from stream.callback.header import HEADER
from stream.callback.player import FADE
from stream.live import caller
from stream.live.engine import Engine, Setup
from stream.live.insert import Insert, lag
from stream.mixer.mixer import Mixer
from stream.separators.opening import spend
from stream.separators.protocol import Separator

Frames = NDArray[np.float32]
SOURCES = ("drums", "bass", "other", "vocals")
BLOCKS = [1, 17, 512, 4096]
PATIENCE_S = 300.0  # with a hop


class Shares:
    """Gives every stem a fixed share of the mix, `latency` frames late; can take a hop without giving one."""

    def __init__(self, hop: int = 1024, latency: int = 2048, samplerate: int = 44_100,
                 shares: tuple[float, ...] = (0.5, 0.25, 0.125, 0.125)) -> None:
        self.sources, self.samplerate = SOURCES[: len(shares)], samplerate
        self.hop, self.latency = hop, latency
        self.shares = np.array(shares, np.float32)
        self.processed: list[int] = []  # hops, by number
        self.skipped: list[int] = []
        self.reset()

    def reset(self) -> None:
        self.past: Frames = np.zeros((2, self.latency), np.float32)
        self.taken = 0

    def process(self, mix: Frames, stems: Frames) -> None:
        self.processed.append(self.taken)
        stems[:] = self.shares[:, None, None] * self._late(mix)

    def skip(self, mix: Frames) -> None:
        self.skipped.append(self.taken)
        self._late(mix)

    def _late(self, mix: Frames) -> Frames:
        self.taken += 1
        whole = np.concatenate([self.past, mix], axis=1)
        self.past = whole[:, self.hop :]
        return whole[:, : self.hop]


class Live:
    """An engine, its mixer, and a device that is called by hand."""

    def __init__(self, separator: Separator, rate: int = 44_100, block: int = 512, most: int | None = None,
                 channels: tuple[int, int] = (2, 2), latency_s: float | None = None, inserts: Sequence[Insert] = (),
                 **setup: object) -> None:
        """Make it; `most` is what the engine is told that comes at once, where blocks are larger."""
        self.channels, self.block = channels, block
        self.mixer = Mixer(separator.sources)
        latency = spend(separator, rate, (0, 0, 0), latency_s, block + FADE + 1)
        latency = replace(latency, insert=max((lag(insert.process, rate, block) for insert in inserts), default=0))
        self.header = np.zeros((), HEADER)
        settings = {"offline": True, "inserts": inserts, **setup}
        with patch.object(caller, "SPARE_S", PATIENCE_S):  # at the lowest priority a busy machine takes its time
            self.engine = Engine(self.header, separator, self.mixer, latency,
                                 Setup(*channels, most or block, **settings))  # type: ignore[arg-type]
        self.delay = latency.delay

    def serve(self, block: Frames, flags: int = 0) -> Frames:
        """One call of the callback: float32 (frames, in_channels) in, (frames, out_channels) out; NaN if unwritten."""
        x = np.ascontiguousarray(block, np.float32)
        y = np.full((len(x), self.channels[1]), np.nan, np.float32)
        callback.ctypes(x.ctypes.data_as(ctypes.c_void_p), y.ctypes.data_as(ctypes.c_void_p), len(x), None, flags,
                           ctypes.c_void_p(self.header.ctypes.data))
        return y

    def separate(self) -> None:
        """All hops that are there, and what inserts make of them."""
        for step in (self.engine.worker.step, *(insert.step for insert in self.engine.inserts)):
            while step():
                pass

    def play(self, mix: Frames, separate: bool = True, before: Callable[[int], object] = abs) -> Frames:
        """Block by block; `before` is told the frame that each begins at (by itself it does nothing)."""
        out = []
        for at in range(0, len(mix), self.block):
            before(at)
            out.append(self.serve(mix[at : at + self.block]))
            if separate:
                self.separate()
        return np.concatenate(out)


def noise(frames: int, seed: int = 0, channels: int = 2) -> Frames:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (frames, channels)).astype(np.float32)


def late_by(mix: Frames, delay: int) -> Frames:
    """What comes out of a perfect delay in as many frames."""
    return np.concatenate([np.zeros((delay, mix.shape[1]), np.float32), mix])[: len(mix)]


def same_bits(a: Frames, b: Frames) -> bool:
    return bool(np.array_equal(np.ascontiguousarray(a).view(np.uint32), np.ascontiguousarray(b).view(np.uint32)))
