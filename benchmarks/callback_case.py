"""One callback beside one hog, in a process of its own: `python -m benchmarks.callback_case KIND HOG SECONDS`.

Both kinds do the same with the same rings: a block in, and out again what came in a second and a half before, mixed of
the dry signal and four stems of which one is muted. The stem ring is full from the start, so nobody waits for stems.
"""

import ctypes
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.hogs import beside
from benchmarks.machine import steal
from benchmarks.probe import Record, account, around
from dsp.console import GOAL, LEFT
from stream.callback.callback import callback
from stream.callback.header import HEADER
from stream.callback.player import FADE
from stream.devices.portaudio import PortAudioStream, find
from stream.latency.geometry import SAMPLERATE, Latency
from stream.latency.planning import plan_windows
from stream.live.engine import Engine, Setup
from stream.mixer.mixer import Mixer
from stream.native.atomics import store
from stream.separators.protocol import Frames

BLOCK = 512
SOURCES = ("drums", "bass", "other", "vocals")
MUTED = "vocals"
FAR = 1 << 40  # frames: stems as far as anybody will play


class Ahead:
    """Stands where a separator stands; its stems are in the ring before anybody asks."""

    sources, samplerate, hop, latency = SOURCES, SAMPLERATE, 28 * 1024, 2048

    def reset(self) -> None:
        """Nothing is kept."""

    def process(self, mix: Frames, stems: Frames) -> None:
        """A share of the mix to each. mix: float32 (2, hop); stems: float32 (4, 2, hop), written"""
        stems[:] = mix / len(stems)


def engine() -> Engine:
    """A live path whose stems are all there: noise, always the same."""
    mixer, sizes = Mixer(SOURCES), plan_windows(1.5)
    mixer.flip(MUTED, "mute")
    latency = Latency(SAMPLERATE, BLOCK, 0, sizes.geometry.hop, sizes.geometry.lookahead, sizes.geometry.crossfade,
                      sizes.budget, BLOCK)
    made = Engine(np.zeros((), HEADER), Ahead(), mixer, latency, Setup(2, 2, BLOCK))
    ring = made.worker.ring
    ring.data[:] = np.random.default_rng(0).uniform(-0.25, 0.25, ring.data.shape)
    store(ring.counter, 0, FAR)
    store(made.inputs.counter, 0, latency.delay)  # past the silence before the first frame, which needs no mixing
    return made


class InNumpy:
    """The callback as one would write it in Python: `stream.callback.callback` with the same rings, in numpy."""

    def __init__(self, path: Engine) -> None:
        """Take rings and gains over."""
        self._inputs, self._stems = path.inputs.data, path.worker.ring.data
        self._ready, self._gains = path.worker.ring.counter, path.mixer.state[GOAL, :, LEFT]
        self._delay, self._at = path.latency.delay, path.inputs.written
        self.blocks = self.late_blocks = self.flagged = 0
        self.ctypes = type(callback.ctypes)(self._call)

    def _call(self, indata: int, outdata: int, frames: int, _timeinfo: int, flags: int, _user: int) -> int:
        block = ctypes.c_float * (2 * frames)
        x = np.frombuffer(memoryview(block.from_address(indata)), np.float32).reshape(frames, 2)
        y = np.frombuffer(memoryview(block.from_address(outdata)), np.float32).reshape(frames, 2)
        self.flagged += flags & 15 != 0
        positions = np.arange(self._at, self._at + frames)
        self._inputs[positions & (len(self._inputs) - 1)] = x
        positions -= self._delay
        dry = self._inputs[positions & (len(self._inputs) - 1)]
        stems = self._stems[positions & (len(self._stems) - 1)].reshape(frames, -1, 2)
        self.late_blocks += positions[-1] + FADE >= self._ready[0]
        least = self._gains.min()
        y[:] = least * dry + np.einsum("s,nsc->nc", self._gains - least, stems)
        y[positions < 0] = 0
        self._at += frames
        self.blocks += 1
        return 0


def contender(kind: str, path: Engine) -> Any:
    """The callback of a kind, `compiled` or `Python`, as an object with `.ctypes`. Raises KeyError."""
    kinds: dict[str, Callable[[], Any]] = {"compiled": lambda: callback, "Python": lambda: InNumpy(path)}
    return kinds[kind]()


def agree() -> None:
    """Check that both give the same for the same blocks. Raises ValueError where they do not."""
    rng, heard = np.random.default_rng(1), []
    blocks = rng.uniform(-0.5, 0.5, (20, BLOCK, 2)).astype(np.float32)
    for kind in ("compiled", "Python"):
        path, out = engine(), np.zeros_like(blocks)
        call = contender(kind, path)
        for x, y in zip(blocks, out, strict=True):
            call.ctypes(x.ctypes.data, y.ctypes.data, BLOCK, None, 0, path.header.ctypes.data)
        heard.append(out)
    error = float(np.abs(heard[0] - heard[1]).max())
    if not (error < 1e-6 and heard[0].any()):
        raise ValueError(f"the compiled and the Python callback do not agree: {error:.2g}")


def run(kind: str, hog: str, seconds: float) -> dict[str, Any]:
    """Serve JACK's `system` device for a while; gives what `benchmarks.callback.Case` holds."""
    path = engine()
    call = contender(kind, path)
    probe = around(call.ctypes)
    record = Record(int(2 * (seconds + 5) * SAMPLERATE / BLOCK), path.header.ctypes.data)
    source, sink = (find("system, JACK Audio Connection Kit", side) for side in ("input", "output"))
    with PortAudioStream(source, sink, SAMPLERATE, BLOCK, probe.address, record.header) as stream, beside(hog):
        stolen = steal()
        stream.start()
        time.sleep(seconds)
        until = record.now()
        stolen = steal() - stolen
        stream.close()  # waits for the call that runs
    served = account(record.rows, until, BLOCK, SAMPLERATE)
    record.close()
    return {"kind": kind, "hog": hog, **asdict(served), "flagged": record.flagged, "steal_s": stolen}


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], sys.argv[2], float(sys.argv[3]))))
