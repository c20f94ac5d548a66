"""What the machine did beside a test: what one that asserts "no xrun" or "no miss" reads beside it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from benchmarks.machine import steal

CROWDED = 0.1  # of the time: so often somebody is late who is not ours to blame


class Steal:
    """The CPU time stolen while it is entered, in `seconds`; up to now while it still is."""

    def __enter__(self) -> Steal:
        self._from = steal()
        self._until: float | None = None
        return self

    def __exit__(self, *exc: object) -> None:
        self._until = steal()

    @property
    def seconds(self) -> float:
        """Seconds, all cores together."""
        return (steal() if self._until is None else self._until) - self._from


class Crowd:
    """How long, while it is entered, somebody who could have run waited for a CPU that others had."""

    def __enter__(self) -> Crowd:
        self._from, self._seconds = waited(), 0.0
        return self

    def __exit__(self, *exc: object) -> None:
        self._seconds = waited() - self._from

    def crowded(self, duration_s: float) -> bool:
        """Whether that was a good part of so many seconds."""
        return self._seconds > CROWDED * duration_s


def waited() -> float:
    """Seconds since the machine began; 0 where its kernel does not count them."""
    with suppress(OSError):
        for line in Path("/proc/pressure/cpu").read_text().splitlines():
            if line.startswith("some"):
                return int(line.rpartition("=")[2]) / 1e6
    return 0.0
