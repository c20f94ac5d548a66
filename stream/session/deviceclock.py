"""When the frames of a device are: the callback's positions, and the seconds of a clock that never goes back.

Whoever looks where the callback is looks late, by milliseconds where a machine is busy, but never early. So what counts
is the earliest of the last looks. A device may be off its samplerate by 1/5000, and this clock by so much of KEPT_S.
"""

from collections import deque

KEPT_S = 1.0  # for which a look counts
AWAY_S = 0.25  # without a block, after which it begins anew


class DeviceClock:
    """frame_s: seconds of a frame"""

    def __init__(self, samplerate: int) -> None:
        """It has seen nothing."""
        self._rate, self.frame_s = samplerate, 1 / samplerate
        self._position, self._block = -1, samplerate  # and the fewest frames that have come at once
        self._looks: deque[tuple[float, float]] = deque()  # when, and when frame 0 was by it; both ascend
        self._zero_s: float | None = None  # when frame 0 was

    def look(self, position: int, now_s: float) -> None:
        """The callback is at a position now. Every few milliseconds."""
        frames, looks = position - self._position, self._looks
        if frames == 0:
            return
        begun = self._position >= 0 and 0 < frames < AWAY_S * self._rate
        self._position = position
        if not begun:
            looks.clear()
            return
        self._block = min(self._block, frames)
        zero_s = now_s - (position - self._block) * self.frame_s  # the block that was asked for just now
        while looks and looks[-1][1] >= zero_s:
            looks.pop()
        looks.append((now_s, zero_s))
        while looks[0][0] < now_s - KEPT_S:
            looks.popleft()
        self._zero_s = looks[0][1]

    def time_of(self, position: float) -> float | None:
        """When the block that begins at a position was asked for, or will be; None: nobody knows yet."""
        zero_s = self._zero_s
        return None if zero_s is None else zero_s + position * self.frame_s

    def position_at(self, time_s: float) -> float | None:
        """The other way round."""
        zero_s = self._zero_s
        return None if zero_s is None else (time_s - zero_s) * self._rate
