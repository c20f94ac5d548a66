"""How long this machine takes for a hop, and whether a latency leaves it that long."""

import time

import numpy as np

from stream.geometry import LOOKAHEAD, MOST_S, SAMPLERATE, Latency, plan
from stream.live.engine import FADE
from stream.separators.protocol import Separator

WARM, TIMED = 2, 5
MARGIN = 1.25  # over the median: the hop that is timed is not the slowest there will be


def time_hop(separator: Separator) -> float:
    """Seconds that a hop takes: the median of a few, after warming up; the separator is reset. [main-thread]"""
    noise = np.random.default_rng(1).standard_normal((2, separator.hop), np.float32) / np.float32(8)
    stems = np.zeros((len(separator.sources), 2, separator.hop), np.float32)
    times = []
    for _ in range(WARM + TIMED):
        start = time.perf_counter()
        separator.process(noise, stems)
        times.append(time.perf_counter() - start)
    separator.reset()
    return float(np.median(times[WARM:]))


def room_s(separator: Separator, latency: Latency, block: int) -> float:
    """Seconds that a hop may take: it must be done before the next comes, and before its stems are due."""
    hop_s = separator.hop / separator.samplerate
    return min(hop_s, (latency.budget - block - FADE) / latency.samplerate)


def holdable_s(hop_time_s: float, columns: int, asked_s: float, fixed: int | None = None) -> float | None:
    """The least latency above `asked_s` that a machine can hold which takes `hop_time_s` for `columns`.

    fixed: columns of every window, whatever the latency
    Work grows with the window a little faster than in proportion (attention is quadratic). None if there is none.
    """
    for tenth in range(int(asked_s * 10) + 1, int(MOST_S * 10) + 1):
        geometry = plan(tenth / 10, fixed).geometry
        needed = MARGIN * hop_time_s * (geometry.columns / columns) ** 1.1
        room = min(geometry.hop, tenth / 10 * SAMPLERATE - geometry.hop - geometry.latency - 4 * LOOKAHEAD)
        if needed <= room / SAMPLERATE:
            return tenth / 10
    return None
