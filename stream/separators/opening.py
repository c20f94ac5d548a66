"""From a model's name and a wanted latency to a separator, and what the latency is spent on."""

import math
from dataclasses import dataclass
from pathlib import Path

from dsp.resample import Resampler
from stream.geometry import NAMED_S, Latency, plan
from stream.live.worker import QUANTUM
from stream.separators.network import Network
from stream.separators.protocol import Separator, plugin
from stream.separators.windowed import Windowed

SPARE_HOPS = 2  # of the budget of a separator that is no network: it may wait for its turn that long


@dataclass(frozen=True)
class Opening:
    """Which separator, and how.

    model: what the user calls it
    path: its model file; None for a plugin of that name
    window_columns: STFT columns of the window; None leaves it to the latency
    """

    model: str
    path: Path | None
    provider: str = "auto"
    threads: int = 0
    window_columns: int | None = None

    def open(self, latency_s: float | None) -> tuple[Separator, float | None]:
        """A separator for a latency, and that latency (None: as low as it goes). Raises ValueError. [main-thread]"""
        if self.path is None:
            return plugin(self.model), latency_s
        latency_s = NAMED_S["normal"] if latency_s is None else latency_s
        geometry = plan(latency_s, self.window_columns).geometry
        network = Network(self.path, geometry.columns, self.threads, provider=self.provider)
        return Windowed(network, geometry), latency_s

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
