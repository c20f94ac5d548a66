"""How long this machine takes for a hop, and whether a latency leaves it that long."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from stream.callback.player import FADE
from stream.latency.geometry import SAMPLERATE, Latency
from stream.latency.planning import MOST_S, Plan
from stream.separators.opening import Opening, sizes
from stream.separators.protocol import Separator

WARM, TIMED = 2, 5
SPARE = 512  # frames, of the budget: a block
MARGIN = 1.25  # over the median: the hop that is timed is not the slowest there will be


def time_hop(separator: Separator) -> float:
    """Seconds that a hop takes: the median of a few, after warming up; the separator is reset."""
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


def least_sustainable_s(plan: Callable[[float], Plan], work_s: float, asked_s: float) -> float | None:
    """The least latency above `asked_s`, in twentieths of a second, that a machine can hold; None if there is none.

    plan: what a latency is spent on
    work_s: seconds that the machine takes for each unit of a geometry's `work`
    """
    for twentieth in range(int(asked_s * 20) + 1, int(MOST_S * 20) + 1):
        made = plan(twentieth / 20)
        room = min(made.geometry.hop, made.budget - 2 * FADE - SPARE)
        if MARGIN * work_s * made.geometry.work <= room / SAMPLERATE:
            return twentieth / 20
    return None


def least_held_s(opening: Opening, separator: Separator, hop_time_s: float, asked_s: float) -> float | None:
    """As `least_sustainable_s`, for a machine that takes `hop_time_s` for a hop of this separator."""
    geometry = sizes(separator)
    if geometry is None:
        return None
    plan = partial(opening.plan, columns=opening.fixed(separator))
    return least_sustainable_s(plan, hop_time_s / geometry.work, asked_s)
