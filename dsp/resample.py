"""Streaming resampling (libsoxr, through python-soxr), and how far it lags behind."""

import math
from functools import cache

import numpy as np
import soxr
from numpy.typing import NDArray

Float = NDArray[np.float32]

_QUALITY = "HQ"
_LAG_FRAMES = 150_000


class Resampler:
    """Turns blocks at one samplerate into blocks at another; output frame m is the input at m / to_rate seconds.

    soxr takes its filters' delay off itself, so nothing is shifted, but frames come later than they are fed (`lag`).
    The values do not depend on how the input is cut into blocks. Equal rates pass through untouched.
    """

    def __init__(self, from_rate: int, to_rate: int, channels: int) -> None:
        """Make a resampler from `from_rate` to `to_rate` Hz.

        ValueError: a rate or a channel count below 1
        """
        for name, value in (("from_rate", from_rate), ("to_rate", to_rate), ("channels", channels)):
            if value < 1:
                raise ValueError(f"{name} must be 1 or more, not {value}")
        self._rates = from_rate, to_rate
        self._nothing = np.empty((0, channels), np.float32)
        self._stream = None if from_rate == to_rate else _stream(from_rate, to_rate, channels)

    def feed(self, block: Float) -> Float:
        """Take a block and give what is ready, which may be nothing.

        block: float32 (frames, channels)
        Returns float32 (frames, channels) at the new rate; the block itself where the rates are equal
        ValueError: another channel count
        RuntimeError: finished and not reset
        """
        if block.ndim != 2 or block.shape[1] != self._nothing.shape[1]:
            raise ValueError(f"block must be (frames, {self._nothing.shape[1]}), not {block.shape}")
        return block if self._stream is None else _chunk(self._stream, block)

    def finish(self) -> Float:
        """End the signal and give what was still under way; only `reset` may follow."""
        return self._nothing if self._stream is None else _chunk(self._stream, self._nothing, last=True)

    def reset(self) -> None:
        """Make ready for another signal."""
        if self._stream is not None:
            self._stream.clear()

    def lag(self) -> int:
        """Return the most output frames by which what was given is behind what was fed, after any block.

        After feeding n frames in blocks of any size, at least n * to_rate / from_rate - lag frames were given. Found
        by running silence through a fresh instance, frame by frame, which passes through every state that larger
        blocks stop at; so it takes a fraction of a second, the first time for a pair of rates.
        """
        return _lag(*self._rates)


def _stream(from_rate: int, to_rate: int, channels: int) -> soxr.ResampleStream:
    return soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality=_QUALITY)


def _chunk(stream: soxr.ResampleStream, block: Float, last: bool = False) -> Float:
    out: Float = stream.resample_chunk(np.ascontiguousarray(block), last=last)
    return out


@cache
def _lag(from_rate: int, to_rate: int) -> int:
    if from_rate == to_rate:
        return 0
    stream = _stream(from_rate, to_rate, 1)
    silence = np.zeros((1, 1), np.float32)
    given = 0
    behind = 0.0
    for fed in range(1, _LAG_FRAMES + 1):
        given += len(stream.resample_chunk(silence))
        behind = max(behind, fed * to_rate / from_rate - given)
    # one input frame's worth to spare: for some ratios the filters' phases take longer than this to come round (over
    # 1.5 million frames the most that came on top was 4.4 of 192,000 Hz, from 44,100)
    return math.ceil(behind) + math.ceil(to_rate / from_rate)
