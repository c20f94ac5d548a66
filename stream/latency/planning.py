"""From a wanted latency to sizes: what it is spent on, the same on every machine."""

import math
from dataclasses import dataclass

from dsp.stft import FFT_HOP
from stream.latency.geometry import SAMPLERATE, Geometry, HopGeometry

LOOKAHEAD, CROSSFADE = 1024, 1024
LEAST_S, MOST_S = 0.13, 30.0
# what names stand for; docs/notes/quality.md has what each costs against offline
NAMED_S = {"fast": 0.27, "balanced": 0.45, "quality": 1.2}
USUAL = "balanced"


@dataclass(frozen=True)
class Plan:
    """What a wanted latency is spent on: a geometry, and the budget that a hop's inference is given.

    budget: frames at the model's samplerate
    """

    geometry: Geometry | HopGeometry
    budget: int


# the window for a latency, in seconds: the longest that two cores of a small machine are done with in a hop's time
# (docs/notes/quality.md: a longer window is better, a longer hop is not)
_WINDOWS = ((8.0, 336), (3.5, 172), (1.5, 88), (0.8, 44), (0.0, 24))
OVERHEAD = 2048  # of the budget: a block, the fade to dry and the separator thread's waking, not inference


def plan_windows(latency_s: float, columns: int | None = None) -> Plan:
    """The sizes of a windowed separator for a latency in seconds (without the device's own).

    columns: STFT columns of the window; chosen by the latency if None
    Hop and budget share what lookahead and crossfade leave: inference has to be done within both.
    Raises ValueError if no sizes give that latency.
    """
    frames = _frames(latency_s)
    columns = columns or next(c for least, c in _WINDOWS if latency_s >= least)
    share = (frames - LOOKAHEAD - CROSSFADE - OVERHEAD) // 2
    longest = columns * FFT_HOP - LOOKAHEAD - CROSSFADE
    hop = max(FFT_HOP, min(share, longest) // FFT_HOP * FFT_HOP)
    geometry = Geometry(columns * FFT_HOP, hop, LOOKAHEAD, CROSSFADE)
    return Plan(geometry, frames - hop - geometry.latency)


CONTEXT = 252  # columns that attention remembers (docs/notes/stateful.md)
LONGEST_HOP = 128  # columns, 3 s; longer ones make no second of audio cheaper
HOP_OVERHEAD = 1280  # as OVERHEAD; hops are shorter here, and their time is surer


def plan_hops(latency_s: float, recompute: int) -> Plan:
    """The sizes of a stateful separator for a latency in seconds (without the device's own).

    recompute: columns that each hop computes again, as its model file says
    Raises ValueError if no sizes give that latency.
    """
    frames = _frames(latency_s)
    late = min(LOOKAHEAD + CROSSFADE, recompute * FFT_HOP)
    hop = min((frames - late - HOP_OVERHEAD) // 2 // FFT_HOP, LONGEST_HOP)
    crossfade = min(CROSSFADE, late // 2)
    geometry = HopGeometry(max(1, hop) * FFT_HOP, late - crossfade, crossfade, recompute * FFT_HOP, CONTEXT * FFT_HOP)
    return Plan(geometry, frames - geometry.hop - geometry.latency)


# by columns of a hop: dB that stateful HTDemucs loses against offline, in the median second and over whole songs, as
# measured on the shared music (docs/notes/quality.md)
LOSS_DB = {2: (0.5, 1.4), 4: (0.3, 1.1), 8: (0.2, 1.0), 24: (0.2, 0.7)}


def expected_loss_db(geometry: Geometry | HopGeometry | None) -> tuple[float, float] | None:
    """What these sizes are expected to lose, in the median second and over whole songs; None if it is not known."""
    if not isinstance(geometry, HopGeometry):
        return None
    columns = geometry.hop // FFT_HOP
    return LOSS_DB[max((known for known in LOSS_DB if known <= columns), default=min(LOSS_DB))]


def _frames(latency_s: float) -> int:
    if not LEAST_S <= latency_s <= MOST_S:
        raise ValueError(f"latency must be {LEAST_S} to {MOST_S} s, not {latency_s:g}")
    return math.floor(latency_s * SAMPLERATE)
