"""Effects of our own for inserts, as `--insert STEM=tests.rig.effects.NAME` loads them."""

import os
import time

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float32]


class Later:
    """Gives what it takes, so many frames later and so many times as loud; keeps back what it owes, or gives silence.

    keeps: as pedalboard does after a reset; else as plugins do      busy_s: seconds that each block takes
    """

    def __init__(self, frames: int = 0, gain: float = 1, keeps: bool = False, busy_s: float = 0) -> None:
        self.reported_latency_samples = frames
        self._gain, self._busy_s = np.float32(gain), busy_s
        self._past = np.zeros((2, 0 if keeps else frames), np.float32)
        self._back = frames if keeps else 0

    def process(self, block: Frames, *_how: object) -> Frames:
        time.sleep(self._busy_s)
        self._past = np.concatenate([self._past, self._gain * block], axis=1)
        count = max(0, min(block.shape[1], self._past.shape[1] - self._back))
        made, self._past = self._past[:, :count], self._past[:, count:]
        return made


class Breaks:
    """Gives what it takes, so many blocks long; then it hangs, crashes, fails, or reports another latency."""

    def __init__(self, how: str, after: int) -> None:
        self._how, self._left = how, after + 32  # with those of silence that it is warmed with
        self.reported_latency_samples = 0

    def process(self, block: Frames, *_how: object) -> Frames:
        self._left -= 1
        if self._left < 0:
            if self._how == "hangs":
                time.sleep(1000)
            elif self._how == "crashes":
                os.abort()
            elif self._how == "fails":
                raise RuntimeError("out of luck")
            self.reported_latency_samples = 480
        return block


class Poisoned:
    """Gives what it takes; a block of its own choice is spoilt, and from then on all are until it is reset, if ever.

    keeps: as pedalboard does after a reset, it keeps back what it is late      heals: a reset helps
    every: so often it is spoilt again, blocks; 0 for never
    """

    def __init__(self, at: int, value: float, frames: int = 0, keeps: bool = False, heals: bool = True,
                 every: int = 0) -> None:
        self.reported_latency_samples = frames
        self._left, self._value, self._keeps, self._heals = at + 32, np.float32(value), keeps, heals
        self._spoilt, self._every = False, every
        self._later = Later(frames)

    def reset(self) -> None:
        self._spoilt = self._spoilt and not self._heals
        self._later = Later(self.reported_latency_samples, keeps=self._keeps and self._left < 32)

    def process(self, block: Frames, *how: object) -> Frames:
        self._left -= 1
        again = self._every and self._left < 0 and self._left % self._every == 0
        self._spoilt = self._spoilt or self._left == -1 or bool(again)
        made = self._later.process(block, *how)
        return np.full_like(made, self._value) if self._spoilt else made
