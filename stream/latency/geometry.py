"""Sizes: what the model sees, what it delivers, and how late that is, part by part.

Windowed, all of the window is computed in each hop:

      |<------------------------- window -------------------------->|
      | past context            |  hop  | crossfade |  lookahead    |
                                |<- delivered ----->|               ^ the newest frame

Stateful, past context is remembered and only the rest is computed:

      | context, remembered     |            columns of a hop           |
      | ...     computed before | new: frozen by the hop |  recompute   |
                                |  hop  | crossfade |    lookahead      |
                                |<- delivered ----->|                   ^ the newest frame

    latency = device in + drift + resampler + hop + lookahead + crossfade + budget + insert + device out
"""

from dataclasses import dataclass, fields

from dsp.stft import FFT_HOP

SAMPLERATE = 44_100  # Hz; what HTDemucs was trained at
QUANTUM = 256  # frames that go through the resampler at a time
LEAST_COLUMNS, MOST_COLUMNS = 16, 336  # the graph's time axis (design.md, The model file)


def window_columns(seconds: float | None) -> int | None:
    """STFT columns of a window of so many seconds; None for None. Raises ValueError."""
    if seconds is None:
        return None
    count = round(seconds * SAMPLERATE / FFT_HOP)
    if not LEAST_COLUMNS <= count <= MOST_COLUMNS:
        least, most = (c * FFT_HOP / SAMPLERATE for c in (LEAST_COLUMNS, MOST_COLUMNS))
        raise ValueError(f"window must be {least:.2f} to {most:.2f} s, not {seconds:g}")
    return count


def _check_late(hop: int, lookahead: int, crossfade: int) -> None:
    """What holds for what comes late, windowed or not. Raises ValueError."""
    if lookahead < 0 or crossfade < 0:
        raise ValueError(f"lookahead and crossfade must not be negative, not {lookahead}, {crossfade}")
    if crossfade > hop:
        raise ValueError(f"crossfade must be at most a hop ({hop}), not {crossfade}")


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
        _check_late(self.hop, self.lookahead, self.crossfade)
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

    @property
    def work(self) -> float:
        """What a hop costs, in proportion: a little faster than the window grows, for attention is quadratic."""
        return float(self.columns**1.1)


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
        _check_late(self.hop, self.lookahead, self.crossfade)
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
        return self.columns + 2.0


@dataclass(frozen=True)
class Latency:
    """From a frame's arrival to its leaving, in frames at the device's samplerate, by part.

    drift: between an input's clock and the output's, where these are two
    insert: of stems that are sent through effects; what they do not go through waits as long
    limiter: of the master, where decks are heard
    """

    samplerate: int
    device_in: int
    resampler: int
    hop: int
    lookahead: int
    crossfade: int
    budget: int
    device_out: int
    drift: int = 0
    insert: int = 0
    limiter: int = 0

    @property
    def delay(self) -> int:
        """Frames between a frame's way in and its way out of the mixer of its stems."""
        return self.total - self.device_in - self.drift - self.device_out - self.limiter

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
class DeviceTiming:
    """What is around a separator, as far as it costs latency.

    samplerate: Hz      block: frames that come at once
    device: frames that devices add: in, out, and between two clocks      insert: frames that inserts add
    limiter: frames that the master's limiter adds
    """

    samplerate: int = SAMPLERATE
    block: int = 512
    device: tuple[int, int, int] = (0, 0, 0)
    insert: int = 0
    limiter: int = 0
