"""A steady clock out of times that jitter: a loop of second order, after F. Adriaensen, "Using a DLL to filter time"
(Linux Audio Conference 2005).

    noticed  │ │  ││   │ │  │        expected = time + ticks · period
    smoothed │  │  │  │  │  │        late     = noticed - expected, of which a part moves time, and a smaller one period
"""

import math


class ClockLoop:
    """Counts ticks of a clock.

    time_s, period_s: when the last tick was, and from one to the next, seconds; both smoothed
    jitter_s: how far ticks are noticed from where they are expected, root of the mean square of the last ones
    """

    def __init__(self, calm_hz: float, eager_hz: float) -> None:
        """It knows no tick. calm_hz, eager_hz: its bandwidth once it has settled, and at first"""
        self._calm, self._eager = calm_hz, eager_hz
        self.begin(0.0, 1.0)

    def begin(self, time_s: float, period_s: float) -> None:
        """Take one time for a tick's own."""
        self.time_s, self.period_s, self.jitter_s = time_s, period_s, 0.0
        self._age_s = 0.0

    def tick(self, noticed_s: float, ticks: float = 1.0) -> float:
        """So many ticks later than the last one, the next is noticed: by how many seconds later than was expected."""
        span = ticks * self.period_s
        expected = self.time_s + span
        late = noticed_s - expected
        self._age_s += span
        turn = min(0.5, 2 * math.pi * max(self._calm, self._eager / (1 + self._age_s * self._eager)) * span)
        self.time_s = expected + math.sqrt(2) * turn * late
        self.period_s += turn * turn * late / ticks
        part = min(1.0, span / min(1.0, max(span, self._age_s)))
        self.jitter_s = math.sqrt((1 - part) * self.jitter_s**2 + part * late**2)
        return late
