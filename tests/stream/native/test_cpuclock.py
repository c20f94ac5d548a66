"""A processor whose counter does not run is refused before any audio, in one line."""

from collections.abc import Callable
from itertools import count

import pytest

from stream.callback.bridge import Bridge
from stream.common.errors import Failure
from stream.native import cpuclock

COUNTERS: dict[str, Callable[[], Callable[[], int]]] = {
    "stands still": lambda: lambda: 0, "runs backwards": lambda: count(0, -1_000_000_000).__next__,
    "crawls": lambda: count().__next__}


@pytest.mark.parametrize("counter", COUNTERS.values(), ids=COUNTERS.keys())
def test_a_counter_that_does_not_run_ends_the_start(counter: Callable[[], Callable[[], int]],
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpuclock, "now", counter())
    with pytest.raises(Failure, match=r"the processor's counter runs at -?\d+ ticks a second, not 100000 or more"):
        Bridge((44_100, 44_100), 512, 2)
