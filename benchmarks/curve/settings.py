"""Settings of a separator, each with a name of one line; and the grids of them that are measured."""

import re
from dataclasses import asdict, dataclass

from dsp.stft import FFT_HOP
from stream.latency.geometry import Geometry, HopGeometry
from stream.latency.planning import CONTEXT, NAMED_S, plan_hops

AHEAD = 1024  # frames of lookahead, and of crossfade, where nothing else is said


@dataclass(frozen=True)
class WindowSetting:
    """Columns of window and hop, frames of lookahead and crossfade."""

    window: int
    hop: int
    lookahead: int = AHEAD
    crossfade: int = AHEAD

    kind = "windowed"

    @property
    def geometry(self) -> Geometry:
        """The same in frames. Raises ValueError for sizes that cannot be."""
        return Geometry(self.window * FFT_HOP, self.hop * FFT_HOP, self.lookahead, self.crossfade)

    def __str__(self) -> str:
        return f"windowed {self.window}/{self.hop}, lookahead {self.lookahead}, crossfade {self.crossfade}"


@dataclass(frozen=True)
class HopSetting:
    """Columns of context, hop and recompute, frames of lookahead and crossfade."""

    context: int
    hop: int
    recompute: int
    lookahead: int = AHEAD
    crossfade: int = AHEAD

    kind = "stateful"

    @property
    def geometry(self) -> HopGeometry:
        """The same in frames. Raises ValueError for sizes that cannot be."""
        return HopGeometry(self.hop * FFT_HOP, self.lookahead, self.crossfade, self.recompute * FFT_HOP,
                           self.context * FFT_HOP)

    def __str__(self) -> str:
        return (f"stateful {self.context}/{self.hop}+{self.recompute}, lookahead {self.lookahead}, "
                f"crossfade {self.crossfade}")


Setting = WindowSetting | HopSetting


def of(geometry: Geometry | HopGeometry) -> Setting:
    """The setting that is this geometry."""
    hop, late = geometry.hop // FFT_HOP, (geometry.lookahead, geometry.crossfade)
    if isinstance(geometry, Geometry):
        return WindowSetting(geometry.columns, hop, *late)
    return HopSetting(geometry.context // FFT_HOP, hop, geometry.recompute // FFT_HOP, *late)


_NAME = re.compile(r"(?:windowed (?P<window>\d+)/(?P<hop>\d+)"
                   r"|stateful (?P<context>\d+)/(?P<step>\d+)\+(?P<recompute>\d+))"
                   r"(?:, lookahead (?P<lookahead>\d+))?(?:, crossfade (?P<crossfade>\d+))?")


def named(name: str) -> Setting:
    """The setting of this name, whose lookahead and crossfade may be left out. Raises ValueError for any other."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"a setting is called as {WindowSetting(88, 28)!s}, or {HopSetting(252, 8, 4)!s}, not {name}")
    size = {key: int(text) for key, text in found.groupdict(str(AHEAD)).items()}
    late = size["lookahead"], size["crossfade"]
    if found["window"]:
        return WindowSetting(size["window"], size["hop"], *late)
    return HopSetting(size["context"], size["step"], size["recompute"], *late)


def sizes(setting: Setting) -> dict[str, str | int]:
    """Kind and sizes by name, as files keep them."""
    return {"kind": setting.kind, **asdict(setting)}


def grid(name: str) -> list[Setting]:
    """The settings of a grid, none twice. Raises KeyError."""
    return list(dict.fromkeys(GRIDS[name]))


PAST, SHORT, FEW = CONTEXT, 8, 2
"""Columns of context, hop and recompute of a stateful separator, where they are not what changes."""
_HOPS = {24: (8, 16), 44: (8, 16, 28), 88: (8, 16, 28, 56), 172: (28, 56), 336: (28, 56, 112)}
_LOOKAHEADS = (0, 512, 1024, 2048, 3072)
GRIDS: dict[str, list[Setting]] = {
    "presets": [of(plan_hops(latency_s, FEW).geometry) for latency_s in NAMED_S.values()],
    "windowed": [WindowSetting(window, hop) for window, hops in _HOPS.items() for hop in hops],
    "stateful": [*(HopSetting(PAST, hop, FEW) for hop in (2, 4, 8, 16, 32)),
                 *(HopSetting(context, SHORT, FEW) for context in (86, 172, 336))],
    "recompute": [HopSetting(PAST, SHORT, columns, AHEAD * (columns - 1)) for columns in (2, 4, 8)],
    "lookahead": [*(WindowSetting(88, 28, frames) for frames in _LOOKAHEADS),
                  *(WindowSetting(88, 28, AHEAD, frames) for frames in (0, 512, 2048)),
                  *(HopSetting(PAST, SHORT, FEW, frames) for frames in (0, 512, AHEAD)),
                  *(HopSetting(PAST, SHORT, FEW, AHEAD, frames) for frames in (0, 512))],
    "quick": [WindowSetting(24, 16, frames) for frames in (0, AHEAD)],
}
