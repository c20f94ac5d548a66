"""When the frames of a device are: the callback's positions, and the seconds of a clock that never goes back."""

from dsp.clockloop import ClockLoop

CALM_HZ, EAGER_HZ = 0.05, 1.0
AWAY_S = 0.25  # without a block, after which it begins anew


class DeviceClock:
    """Looks at the position of the callback's next block, and smooths when it asks for one."""

    def __init__(self, samplerate: int) -> None:
        """It has seen nothing."""
        self._rate = samplerate
        self._loop = ClockLoop(CALM_HZ, EAGER_HZ)
        self._position, self._block = -1, samplerate  # and the fewest frames that have come at once
        self._known: tuple[int, float, float] | None = None  # a block's, when it was asked for, seconds a frame

    def look(self, position: int, now_s: float) -> None:
        """The callback is at a position now. Every few milliseconds."""
        frames, loop = position - self._position, self._loop
        if frames == 0:
            return
        if self._position < 0 or not 0 < frames < AWAY_S * self._rate:
            loop.begin(now_s, 1 / self._rate)
        else:
            loop.tick(now_s, frames)
            self._block = min(self._block, frames)
            self._known = position - self._block, loop.time_s, loop.period_s  # the block that was asked for just now
        self._position = position

    @property
    def frame_s(self) -> float:
        """Seconds of a frame."""
        return 1 / self._rate if self._known is None else self._known[2]

    def time_of(self, position: float) -> float | None:
        """When the block that begins at a position was asked for, or will be; None: nobody knows yet."""
        known = self._known
        return None if known is None else known[1] + (position - known[0]) * known[2]

    def position_at(self, time_s: float) -> float | None:
        """The other way round."""
        known = self._known
        return None if known is None else known[0] + (time_s - known[1]) / known[2]
