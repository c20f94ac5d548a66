"""A separator and a latency that this machine can hold."""

from dataclasses import dataclass, replace

from stream.callback.player import FADE
from stream.common.errors import TooSlow
from stream.latency.geometry import DeviceTiming, Latency
from stream.latency.planning import NAMED_S, USUAL
from stream.separators.opening import Opening, spend
from stream.separators.protocol import Separator
from stream.session.request import Say
from stream.tuning.timing import MARGIN, least_held_s, room_s, time_hop

TRIES = 4


@dataclass(frozen=True)
class Negotiated:
    """A separator, the latency, and what it was opened for (None is its usual one)."""

    separator: Separator
    latency: Latency
    asked_s: float | None


def negotiate(opening: Opening, latency_s: float | None, timing: DeviceTiming, say: Say,
              timed: bool = True) -> Negotiated:
    """Open a separator for a latency that is held here.

    latency_s: in all; None is the model's usual one, raised where this machine cannot hold it
    timed: whether somebody waits for what it makes, so that a hop's time matters
    Raises ValueError for a latency that cannot be, TooSlow where this machine cannot hold it.
    """
    asked_s = latency_s
    for _ in range(TRIES):
        separator, budget_s = opening.open(asked_s)
        latency = spend(separator, timing.samplerate, timing.device, budget_s, timing.block + FADE + 1 + timing.limiter)
        latency = replace(latency, budget=latency.budget - timing.limiter, limiter=timing.limiter)
        chosen = Negotiated(separator, replace(latency, insert=timing.insert), asked_s)
        if not timed:
            return chosen
        say(f"timing {opening.model} on this machine ...")
        hop_s, there_s = time_hop(separator), room_s(separator, latency, timing.block)
        if hop_s * MARGIN <= there_s:
            return chosen
        sustained_s = least_held_s(opening, separator, hop_s, asked_s or NAMED_S[USUAL])
        text = (f"this computer cannot hold a latency of {chosen.latency.total_s:.2f} s: a hop takes {hop_s:.2f} s to "
                f"compute and must take at most {max(0, there_s) / MARGIN:.2f} s")
        if sustained_s is None:
            raise TooSlow(f"{text}. It can hold no latency now; `demucs-stream doctor` says what would help")
        if latency_s is not None:
            raise TooSlow(f"{text}; try --latency {sustained_s:g}")
        say(f"{text}; using {sustained_s:g} s instead")
        asked_s = sustained_s
    raise TooSlow("this computer is too busy to hold any latency; close other programs, or give --latency SECONDS")
