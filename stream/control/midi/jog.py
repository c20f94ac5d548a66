"""A jog wheel, as its clicks come: how far it was turned, and how fast it turns.

    clicks   |  | | |||||||| | |  |          each message some, as an encoder's
    rate     of a line through those of the last 40 ms, or of a parabola
    place    that of the clicks, and up to one more at this rate: what is told moves on evenly

[midi-thread]
"""

from collections import deque
from collections.abc import Sequence

import numpy as np

from stream.control.midi.binding import Binding
from stream.control.midi.continuous import clicks
from stream.mixer.desk import Desk

TURN_S = 1.8  # of a record, at 33 1/3 turns a minute
WINDOW_S, ENOUGH = 0.04, 4  # what says how fast it turns: seconds, and messages for a line that is fitted
BENT = 0.6  # clicks from a line: more than clicks that come evenly are
LATE = 2  # times as long as from click to click: then it must be slower
PAUSE_S = 0.25  # clicks with so much between them say nothing of a rate
PATIENCE_S, MOST_PATIENCE_S = 0.012, 0.15  # in which a wheel that turns clicks at least; of one that turns slowly


class Jog:
    """Tells a deck of its wheel, by an act that takes seconds of a record, and a rate. [midi-thread]"""

    def __init__(self, binding: Binding, desk: Desk) -> None:
        self._act, self._desk, self._encoding = binding.target.act, desk, binding.encoding
        self._click_s = TURN_S / binding.clicks
        self._new, self._place, self._told = 0, 0, 0.0  # clicks: not looked at yet; all others; what was told
        self._step = 0  # of the last message
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
        else:
            self._overdue(now_s)
        guess = min(1.0, max(-1.0, self._rate * (now_s - self._last_s)))
        place = self._place + guess
        moved, before = place - self._told, self._told_rate
        self._told, self._told_rate = place, self._rate
        if moved or self._rate != before:
            self._desk.act(self._act, moved * self._click_s, self._rate * self._click_s)

    def _hear(self, now_s: float) -> None:
        heard = self._heard
        if now_s - self._last_s > PAUSE_S:
            heard.clear()
        self._place, self._step, self._last_s = self._place + self._new, abs(self._new), now_s
        self._new = 0
        heard.append((now_s, self._place))
        while len(heard) > 2 and now_s - heard[0][0] > WINDOW_S:
            heard.popleft()
        self._rate = _slope(heard)

    def _overdue(self, now_s: float) -> None:
        """No click has come for a while: it turns so slowly by now, or stands."""
        since_s = now_s - self._last_s
        most = LATE * self._step / since_s if since_s > 0 else abs(self._rate)
        self._rate = 0.0 if since_s > self._patience() else min(max(self._rate, -most), most)

    def _patience(self) -> float:
        """Seconds without a click after which it stands."""
        gap_s = (self._heard[-1][0] - self._heard[0][0]) / max(1, len(self._heard) - 1)
        return min(max(PATIENCE_S, 3 * gap_s), MOST_PATIENCE_S)


def _slope(heard: Sequence[tuple[float, int]]) -> float:
    """Clicks a second at the last of them: the slope of a line through them, of a parabola if they are not on one."""
    (first_s, first), (last_s, last) = heard[0], heard[-1]
    if last_s == first_s:
        return 0.0
    if len(heard) < ENOUGH:
        return (last - first) / (last_s - first_s)
    times, places = np.array(heard).T - np.array([[last_s], [last]])
    slope, place = np.polyfit(times, places, 1)
    if np.abs(places - slope * times - place).max() > BENT:
        slope = np.polyfit(times, places, 2)[1]
    return float(slope)
