"""From a model's name and a wanted latency to a separator, and what the latency is spent on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dsp.resample import Resampler
from dsp.stft import FFT_HOP
from stream.geometry import NAMED_S, Latency, plan
from stream.live.worker import QUANTUM
from stream.separators.bag import Bag, Weights
from stream.separators.network import Network
from stream.separators.protocol import Separator, plugin
from stream.separators.windowed import Windowed

SPARE_HOPS = 2  # of the budget of a separator that is no network: it may wait for its turn that long


@dataclass(frozen=True)
class Opening:
    """Which separator, and how.

    model: what the user calls it
    files: its model files; none for a plugin of that name
    weights: of each file, by stem; none if all are the same
    segment_s: seconds, in place of the files' own segment; None leaves it to them
    spinning: threads that wait burn their core: live only where that was timed and found faster
    window_columns: STFT columns of the window; None leaves it to the latency
    """

    model: str
    files: tuple[Path, ...] = ()
    weights: tuple[Weights, ...] = ()
    segment_s: float | None = None
    provider: str = "auto"
    threads: int = 0
    spinning: bool = False
    window_columns: int | None = None

    def open(self, latency_s: float | None) -> tuple[Separator, float | None]:
        """A separator for a latency, and that latency (None: as low as it goes). Raises ValueError. [main-thread]"""
        if not self.files:
            return plugin(self.model), latency_s
        latency_s = NAMED_S["normal"] if latency_s is None else latency_s
        wanted = plan(latency_s, self.window_columns).geometry
        bag = self._bag(wanted.columns, None, self.spinning)
        if bag.columns == wanted.columns:
            return Windowed(bag, wanted), latency_s
        if self.window_columns is not None:
            raise ValueError(f"{self.model} sees windows of {bag.columns * FFT_HOP / bag.samplerate:.2f} s and no "
                             f"others; the window cannot be {wanted.window / bag.samplerate:.2f} s")
        return Windowed(bag, plan(latency_s, bag.columns).geometry), latency_s

    def offline(self, columns: int, stems: Sequence[str] | None = None) -> Bag | None:
        """The model for windows of so many columns, which may spin: nothing else wants the cores. [main-thread]

        columns: STFT columns; a file of fixed length has its own (`Bag.columns`)
        stems: those wanted, which then are the only sources; None is all
        Returns None for a plugin. Raises ValueError.
        """
        return self._bag(columns, stems, spinning=True) if self.files else None

    def _bag(self, columns: int, stems: Sequence[str] | None, spinning: bool) -> Bag:
        how = partial(Network, columns=columns, threads=self.threads, spinning=spinning, provider=self.provider)
        return Bag.open(self.files, how, self.weights, stems, self.segment_s)

    def fixed(self, separator: Separator) -> int | None:
        """STFT columns of the separator's window, where the latency has no say in them."""
        if isinstance(separator, Windowed) and (self.window_columns or separator.network.fixed):
            return separator.geometry.columns
        return None

    def columns(self, separator: Separator) -> int:
        """STFT columns of the separator's window; 1 for one that has none."""
        return separator.geometry.columns if isinstance(separator, Windowed) else 1

    def window_s(self, separator: Separator) -> float | None:
        """Seconds that the separator sees at once, if it says so."""
        return separator.geometry.window / separator.samplerate if isinstance(separator, Windowed) else None


def spend(separator: Separator, samplerate: int, device: tuple[int, int], latency_s: float | None,
          least: int) -> Latency:
    """A latency in its parts, at the device's samplerate.

    device: frames that the device adds, in and out
    latency_s: in all; None is as low as this separator goes
    least: frames that the budget must have at the least
    Raises ValueError if the parts leave no budget.
    """
    ratio = samplerate / separator.samplerate
    geometry = separator.geometry if isinstance(separator, Windowed) else None
    lookahead = geometry.lookahead if geometry else separator.latency
    sizes = (separator.hop, lookahead, separator.latency - lookahead)
    hop, ahead, fade = (math.ceil(frames * ratio) for frames in sizes)
    resampler = 0
    if samplerate != separator.samplerate:
        in_lag = Resampler(samplerate, separator.samplerate, 2).lag()
        resampler = math.ceil(in_lag * ratio) + QUANTUM + Resampler(separator.samplerate, samplerate, 2).lag()
    fixed = hop + ahead + fade + resampler + sum(device)
    budget = SPARE_HOPS * hop + least if latency_s is None else math.floor(latency_s * samplerate) - fixed
    if budget < least:
        raise ValueError(f"latency {latency_s:g} s is too short: {fixed / samplerate:.3f} s are taken by other parts "
                         f"and the budget needs {least / samplerate:.3f} s; the least is "
                         f"{(fixed + least) / samplerate:.2f} s")
    return Latency(samplerate, device[0], resampler, hop, ahead, fade, budget, device[1])
