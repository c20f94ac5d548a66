"""From a model's name and a wanted latency to a separator, and what the latency is spent on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from dsp.resample import Resampler
from dsp.stft import FFT_HOP
from stream.latency.geometry import LEAST_COLUMNS, QUANTUM, Geometry, HopGeometry, Latency
from stream.latency.planning import MOST_S, NAMED_S, USUAL, Plan, plan_hops, plan_windows
from stream.separators.bag import Bag, Weights
from stream.separators.networks.network import Network
from stream.separators.networks.onnxmetadata import named_sources
from stream.separators.networks.statefulnetwork import StatefulNetwork
from stream.separators.protocol import Separator, plugin
from stream.separators.stateful import Stateful
from stream.separators.windowed import Windowed

SPARE_HOPS = 2  # of the budget of a separator that is no network: it may wait for its turn that long


@dataclass(frozen=True)
class Opening:
    """Which separator, and how.

    model: what the user calls it
    files: its model files; none for a plugin of that name
    weights: of each file, by stem; none if all are the same
    segment_s: seconds, in place of the files' own segment; None leaves it to them
    window_columns: STFT columns of the window; None leaves it to the latency
    recompute: columns that each hop computes again, of files that carry a state; None for others
    geometry: sizes, in place of those that a latency leads to
    """

    model: str
    files: tuple[Path, ...] = ()
    weights: tuple[Weights, ...] = ()
    segment_s: float | None = None
    provider: str = "auto"
    threads: int = 0
    window_columns: int | None = None
    recompute: int | None = None
    geometry: Geometry | HopGeometry | None = None

    def open(self, latency_s: float | None) -> tuple[Separator, float | None]:
        """A separator for a latency, and that latency (None: as low as it goes). Raises ValueError. [opening-thread]"""
        if not self.files:
            return plugin(self.model), latency_s
        if self.recompute is not None and self.window_columns is not None:
            raise ValueError(f"{self.model} is a stateful model: it has no window whose length could be chosen")
        if latency_s is None and self.geometry is None:
            latency_s = NAMED_S[USUAL]
        wanted = self.geometry or self.plan(latency_s or MOST_S).geometry
        if isinstance(wanted, HopGeometry):
            if self.recompute is None:
                raise ValueError(f"{self.model} is not a stateful model: it can only be run over windows")
            return Stateful(self._hops(wanted), wanted), latency_s
        bag = self._bag(wanted.columns)
        if bag.columns == wanted.columns:
            return Windowed(bag, wanted), latency_s
        if self.window_columns is not None:
            raise ValueError(f"{self.model} works only with windows of {bag.columns * FFT_HOP / bag.samplerate:.2f} s; "
                             f"the window cannot be {wanted.window / bag.samplerate:.2f} s")
        return Windowed(bag, cast("Geometry", plan_windows(latency_s or MOST_S, bag.columns).geometry)), latency_s

    @property
    def named_sources(self) -> tuple[str, ...]:
        """The stems that the first file names, known without opening it; none where it does not say. [any-thread]"""
        return named_sources(self.files[0]) if self.files else ()

    def plan(self, latency_s: float, columns: int | None = None) -> Plan:
        """What a latency is spent on; columns: of the window, where the model leaves no choice. Raises ValueError.

        [any-thread]
        """
        if self.recompute is not None:
            return plan_hops(latency_s, self.recompute)
        return plan_windows(latency_s, columns or self.window_columns)

    def _hops(self, geometry: HopGeometry) -> Bag:
        how = partial(StatefulNetwork, columns=geometry.columns, context=geometry.context // FFT_HOP,
                      threads=self.threads, provider=self.provider)
        return Bag.open(self.files, how, self.weights)

    def offline(self, frames: int, stems: Sequence[str] | None = None) -> Bag | None:
        """The model for segments of so many frames, as exactly as its files allow.

        frames: those of fewer than 16 columns are filled up; a file of fixed length has its own (`Bag.frames`)
        stems: those wanted, which then are the only sources; None is all
        Returns None for a plugin. Raises ValueError.
        [opening-thread]
        """
        columns = max(LEAST_COLUMNS, math.ceil(frames / FFT_HOP))
        exact = frames if frames > (columns - 1) * FFT_HOP else None
        return self._bag(columns, stems, exact) if self.files else None

    def _bag(self, columns: int, stems: Sequence[str] | None = None, frames: int | None = None) -> Bag:
        how = partial(Network, columns=columns, threads=self.threads, provider=self.provider, frames=frames)
        return Bag.open(self.files, how, self.weights, stems, self.segment_s)

    def fixed(self, separator: Separator) -> int | None:
        """STFT columns of the separator's window, where the latency has no say in them. [any-thread]"""
        if isinstance(separator, Windowed) and (self.window_columns or separator.network.fixed):
            return separator.geometry.columns
        return None


def sizes(separator: Separator) -> Geometry | HopGeometry | None:
    """The sizes of a separator that has some. [any-thread]"""
    return separator.geometry if isinstance(separator, Windowed | Stateful) else None


def window_s(separator: Separator) -> float | None:
    """Seconds that the separator knows of at once, if it says so. [any-thread]"""
    geometry = sizes(separator)
    return None if geometry is None else geometry.window / separator.samplerate


def spend(separator: Separator, samplerate: int, device: tuple[int, int, int], latency_s: float | None,
          least: int) -> Latency:
    """A latency in its parts, at the device's samplerate.

    device: frames that devices add: in, out, and between two clocks
    latency_s: in all; None is as low as this separator goes
    least: frames that the budget must have at the least
    Raises ValueError if the parts leave no budget.
    [any-thread]
    """
    ratio = samplerate / separator.samplerate
    geometry = sizes(separator)
    lookahead = geometry.lookahead if geometry else separator.latency
    parts = (separator.hop, lookahead, separator.latency - lookahead)
    hop, ahead, fade = (math.ceil(frames * ratio) for frames in parts)
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
    return Latency(samplerate, device[0], resampler, hop, ahead, fade, budget, device[1], device[2])
