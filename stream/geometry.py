"""Sizes: what the model sees, what it delivers, and how late that is, part by part.

      |<------------------------- window -------------------------->|
      | past context            |  hop  | crossfade |  lookahead    |
                                |<- delivered ----->|               ^ the newest frame

    latency = device in + resampler + hop + lookahead + crossfade + budget + device out
"""

import math
from dataclasses import dataclass, fields

from dsp.stft import FFT_HOP

SAMPLERATE = 44_100  # Hz; what HTDemucs was trained at
LEAST_COLUMNS, MOST_COLUMNS = 16, 336  # the graph's time axis (design.md, The model file)


@dataclass(frozen=True)
class Geometry:
    """The sizes of a windowed separator, in frames at the model's samplerate.

    window, hop: multiples of `fft_hop`, so that STFT columns are used again from window to window
    lookahead: frames that a window sees after the part it delivers
    crossfade: frames that two neighbouring deliveries share
    Raises ValueError for sizes that cannot be.
    """

    window: int
    hop: int
    lookahead: int
    crossfade: int

    def __post_init__(self) -> None:
        for name in ("window", "hop"):
            size = getattr(self, name)
            if size < FFT_HOP or size % FFT_HOP:
                raise ValueError(f"{name} must be a multiple of {FFT_HOP} frames, not {size}")
        if not LEAST_COLUMNS <= self.columns <= MOST_COLUMNS:
            raise ValueError(f"window must be {LEAST_COLUMNS * FFT_HOP} to {MOST_COLUMNS * FFT_HOP} frames, "
                             f"not {self.window}")
        if self.lookahead < 0 or self.crossfade < 0:
            raise ValueError(f"lookahead and crossfade must not be negative, not {self.lookahead}, {self.crossfade}")
        if self.crossfade > self.hop:
            raise ValueError(f"crossfade must be at most a hop ({self.hop}), not {self.crossfade}")
        if self.context < 0:
            raise ValueError(f"hop, crossfade and lookahead must fit into the window ({self.window}), "
                             f"not {self.hop + self.crossfade + self.lookahead}")

    @property
    def columns(self) -> int:
        """STFT columns of a window."""
        return self.window // FFT_HOP

    @property
    def context(self) -> int:
        """Frames of a window before the part it delivers."""
        return self.window - self.hop - self.crossfade - self.lookahead

    @property
    def latency(self) -> int:
        """Frames by which what is given lags behind what is taken."""
        return self.lookahead + self.crossfade


@dataclass(frozen=True)
class HopGeometry:
    """The sizes of a stateful separator, in frames at the model's samplerate.

    hop, recompute, context: multiples of `fft_hop`
    recompute: frames of a hop that the next one computes again, knowing more of what follows them
    context: frames before them that attention remembers
    Raises ValueError for sizes that cannot be.
    """

    hop: int
    lookahead: int
    crossfade: int
    recompute: int
    context: int

    def __post_init__(self) -> None:
        for name, least in (("hop", 1), ("recompute", 0), ("context", 1)):
            size = getattr(self, name)
            if size < least * FFT_HOP or size % FFT_HOP:
                raise ValueError(f"{name} must be a multiple of {FFT_HOP} frames from {least * FFT_HOP} on, not {size}")
        if self.lookahead < 0 or self.crossfade < 0:
            raise ValueError(f"lookahead and crossfade must not be negative, not {self.lookahead}, {self.crossfade}")
        if self.crossfade > self.hop:
            raise ValueError(f"crossfade must be at most a hop ({self.hop}), not {self.crossfade}")
        if self.latency > self.recompute:
            raise ValueError(f"lookahead and crossfade must fit into what is computed again ({self.recompute}), "
                             f"not {self.latency}")

    @property
    def columns(self) -> int:
        """STFT columns that are computed in a hop."""
        return (self.hop + self.recompute) // FFT_HOP

    @property
    def latency(self) -> int:
        """Frames by which what is given lags behind what is taken."""
        return self.lookahead + self.crossfade

    @property
    def window(self) -> int:
        """Frames that a hop knows of."""
        return self.context + self.hop + self.recompute

    @property
    def work(self) -> float:
        """What a hop costs, in proportion: by its columns, and a part that is there in every hop."""
        return self.columns + 3.0


@dataclass(frozen=True)
class Latency:
    """From a frame's arrival to its leaving, in frames at the device's samplerate, by part."""

    samplerate: int
    device_in: int
    resampler: int
    hop: int
    lookahead: int
    crossfade: int
    budget: int
    device_out: int

    @property
    def delay(self) -> int:
        """Frames between a frame's way in and its way out of the callback."""
        return self.total - self.device_in - self.device_out

    @property
    def total(self) -> int:
        """Frames in all."""
        return sum(self.parts.values())

    @property
    def total_s(self) -> float:
        """Seconds in all."""
        return self.total / self.samplerate

    @property
    def parts(self) -> dict[str, int]:
        """Frames by part."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "samplerate"}

    @property
    def parts_s(self) -> dict[str, float]:
        """Seconds by part."""
        return {name: frames / self.samplerate for name, frames in self.parts.items()}


@dataclass(frozen=True)
class Plan:
    """What a wanted latency is spent on: a geometry, and the budget that a hop's inference is given.

    budget: frames at the model's samplerate
    """

    geometry: Geometry
    budget: int


# the window for a latency, in seconds: the longest that two cores of a small machine are done with in a hop's time
# (docs/quality.md: a longer window is better, a longer hop is not)
_WINDOWS = ((8.0, 336), (3.5, 172), (1.5, 88), (0.8, 44), (0.0, 24))
LOOKAHEAD, CROSSFADE = 1024, 1024
OVERHEAD = 2048  # of the budget: a block, the fade to dry and the separator thread's waking, not inference
NAMED_S = {"low": 1.2, "normal": 2.0, "high": 4.0, "best": 12.0}
LEAST_S, MOST_S = 0.2, 30.0


def plan(latency_s: float, columns: int | None = None) -> Plan:
    """The sizes for a latency in seconds (without the device's own), the same on every machine.

    columns: STFT columns of the window; chosen by the latency if None
    Hop and budget share what lookahead and crossfade leave: inference has to be done within both.
    Raises ValueError if no sizes give that latency.
    """
    if not LEAST_S <= latency_s <= MOST_S:
        raise ValueError(f"latency must be {LEAST_S} to {MOST_S} s, not {latency_s:g}")
    frames = math.floor(latency_s * SAMPLERATE)
    columns = columns or next(c for least, c in _WINDOWS if latency_s >= least)
    share = (frames - LOOKAHEAD - CROSSFADE - OVERHEAD) // 2
    longest = columns * FFT_HOP - LOOKAHEAD - CROSSFADE
    hop = max(FFT_HOP, min(share, longest) // FFT_HOP * FFT_HOP)
    geometry = Geometry(columns * FFT_HOP, hop, LOOKAHEAD, CROSSFADE)
    return Plan(geometry, frames - hop - geometry.latency)
