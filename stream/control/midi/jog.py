"""A jog wheel, as its clicks come: how far it was turned, and how fast it turns.

    clicks   |  | | |||||||| | |  |          each message some, as an encoder's
    rate     of those of the last 20 ms
    place    that of the clicks, and up to one more at this rate: what is told moves on evenly

[midi-thread]
"""

from collections import deque

from stream.control.midi.binding import Binding
from stream.control.midi.continuous import clicks
from stream.mixer.desk import Desk

TURN_S = 1.8  # of a record, at 33 1/3 turns a minute
WINDOW_S = 0.02
PAUSE_S = 0.25  # clicks with so much between them say nothing of a rate
PATIENCE_S, MOST_PATIENCE_S = 0.012, 0.15  # in which a wheel that turns clicks at least; of one that turns slowly


class Jog:
    """Tells a deck of its wheel, by an act that takes seconds of a record, and a rate. [midi-thread]"""

    def __init__(self, binding: Binding, desk: Desk) -> None:
        self._act, self._desk, self._encoding = binding.target.act, desk, binding.encoding
        self._click_s = TURN_S / binding.clicks
        self._new, self._place, self._told = 0, 0, 0.0  # clicks: not looked at yet; all others; what was told
        self._rate = self._told_rate = 0.0  # clicks a second
        self._heard: deque[tuple[float, int]] = deque()
        self._last_s = float("-inf")

    @property
    def turning(self) -> bool:
        """Whether it was heard of just now."""
        return self._rate != 0 or self._new != 0

    def take(self, value: int) -> None:
        """So many clicks more, to be told by `rest`."""
        self._new += clicks(value, self._encoding)

    def shows(self) -> int:
        """Nothing: a wheel has no place."""
        return 0

    def rest(self, now_s: float) -> None:
        """Tell where it is, after all messages that have come by now. Raises ValueError."""
        if self._new:
            self._hear(now_s)
        elif self._rate == 0:
            return
        elif now_s - self._last_s > self._patience():
            self._rate = 0.0
        guess = min(1.0, max(-1.0, self._rate * (now_s - self._last_s)))
        place = self._place + guess
        moved, before = place - self._told, self._told_rate
        self._told, self._told_rate = place, self._rate
        if moved or self._rate != before:
            self._desk.act(self._act, moved * self._click_s, self._rate * self._click_s)

    def _hear(self, now_s: float) -> None:
        if now_s - self._last_s > PAUSE_S:
            self._heard.clear()
        self._heard.append((now_s, self._new))
        self._place, self._new, self._last_s = self._place + self._new, 0, now_s
        while len(self._heard) > 2 and now_s - self._heard[0][0] > WINDOW_S:
            self._heard.popleft()
        span_s = now_s - self._heard[0][0]
        self._rate = (sum(number for _, number in self._heard) - self._heard[0][1]) / span_s if span_s else 0.0

    def _patience(self) -> float:
        """Seconds without a click after which it stands."""
        gap_s = (self._heard[-1][0] - self._heard[0][0]) / max(1, len(self._heard) - 1)
        return min(max(PATIENCE_S, 3 * gap_s), MOST_PATIENCE_S)
