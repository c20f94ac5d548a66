"""Who else was at the processors while something was timed: other programs, and other guests of the same machine."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STAT = Path("/proc/stat")
LEAST = 100  # ticks of all cores together; fewer say nothing
BUSY = 0.2  # of all cores: above it, times say more about the others than about us
IDLE, STEAL = (3, 4), 7  # columns of /proc/stat: idle and waiting for disks; run by the host for somebody else


@dataclass
class Load:
    """Shares of all cores' time, while it was watched; zero where the system does not say.

    others: of other programs      stolen: of other guests on the same processor
    """

    others: float = 0.0
    stolen: float = 0.0

    @property
    def busy(self) -> bool:
        """Whether what was timed meanwhile is doubtful."""
        return self.others + self.stolen > BUSY

    def __str__(self) -> str:
        parts = ((self.others, "other programs"), (self.stolen, "other guests of this virtual machine's host"))
        return " and ".join(f"{who} took {share:.0%} of the processors" for share, who in parts if share > 0.01)


@contextmanager
def watched() -> Iterator[Load]:
    """What it gives is filled in at the end."""
    load, (before, own) = Load(), (_ticks(), _own_s())
    yield load
    after = _ticks()
    spent = [b - a for a, b in zip(before, after, strict=True)]
    total = sum(spent)
    if total >= LEAST and sys.platform != "win32":  # nor is /proc there
        idle = sum(spent[at] for at in IDLE)
        ours = (_own_s() - own) * os.sysconf("SC_CLK_TCK")
        load.stolen = spent[STEAL] / total
        load.others = max(0.0, (total - idle - spent[STEAL] - ours) / total)


def _ticks() -> list[int]:
    """User, nice, system, idle, iowait, irq, softirq, steal of all cores; none where there is no /proc."""
    if not STAT.exists():
        return []
    return [int(text) for text in STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]


def _own_s() -> float:
    times = os.times()
    return times.user + times.system
