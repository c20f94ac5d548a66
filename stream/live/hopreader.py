"""Hops of input for the separator, off the input ring."""

import math

import numpy as np

from dsp.resample import Resampler
from stream.callback.ring import Ring
from stream.latency.geometry import QUANTUM
from stream.separators.protocol import Frames, Separator


class HopReader:
    """Hops at the model's samplerate, off a ring at the device's."""

    def __init__(self, ring: Ring, separator: Separator, samplerate: int) -> None:
        """Make all arrays. [main-thread]"""
        self._ring, self._at = ring, 0
        self.overruns = 0
        self._resampler = None if samplerate == separator.samplerate else Resampler(samplerate, separator.samplerate, 2)
        self._quantum: Frames = np.zeros((separator.hop if self._resampler is None else QUANTUM, 2), np.float32)
        self._parts: list[Frames] = []
        self._filled = 0
        self._enough = math.ceil(separator.hop * samplerate / separator.samplerate)
        self.hop: Frames = np.zeros((2, separator.hop), np.float32)

    @property
    def waits(self) -> bool:
        """Whether a whole hop has come that was not pulled yet. [any-thread]"""
        return self._ring.written - self._at >= self._enough

    def pull(self) -> bool:
        """Put the next hop into `hop`: float32 (2, hop); False if it is not all there yet. [separator-thread]"""
        hop = self.hop.shape[1]
        while self._filled < hop:
            if self._ring.written - self._at < len(self._quantum):
                return False
            if not self._ring.read(self._at, self._quantum):
                self._quantum[:] = 0
                self.overruns += 1
            self._at += len(self._quantum)
            part = self._quantum if self._resampler is None else self._resampler.feed(self._quantum)
            self._parts.append(part)
            self._filled += len(part)
        rows = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)
        self.hop[:] = rows[:hop].T
        self._parts = [rows[hop:].copy()] if len(rows) > hop else []
        self._filled = max(0, len(rows) - hop)
        return True
