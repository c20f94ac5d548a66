"""A place in a song that moves at a rate: exact, however long it moves and wherever its way is cut into pieces.

Places are whole numbers of ticks, 2**32 to a frame, and rates ticks per frame. What a sum of floats would lose in an
hour of short loops is not lost here; and the place after 512 frames is the one after 100 and then 412.

    rate     ┌──────────── rate          place = start + before · i + (travel - before · ramp) · i² / ramp²
            /                                  = start + travel + (i - ramp) · rate      after the ramp
    before ┘                             i: frames since `start`, `done` of them by now
           ├─ramp─┤

[any-thread]
"""

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Self

UNIT = 1 << 32  # ticks of a frame; a rate of exactly 1
_SETTLING = 64  # frames of a ramp from which on half a frame more or less on its way is not heard


def ticks(frames: float) -> int:
    """The nearest tick. ValueError: no number."""
    if not math.isfinite(frames):
        raise ValueError(f"a place in a song must be a number, not {frames}")
    whole = math.floor(frames)
    return (whole << 32) + round((frames - whole) * UNIT)


def whole(place: int) -> int:
    """The nearest whole frame, in ticks."""
    return (place + UNIT // 2) >> 32 << 32


@dataclass(frozen=True)
class SongHead:
    """Where a song is and how it moves. Every method that changes something gives another one.

    start: ticks, where the rate was last changed      rate: ticks per frame, below 0 backwards, once the ramp is over
    before, ramp, travel: the rate it comes from, ticks per frame; the ramp's frames, and the ticks it leads over
    done: frames since `start`      winds: whether the ramp is a motor's, which is heard like a record's
    """

    start: int
    rate: int = 0
    before: int = 0
    ramp: int = 0
    travel: int = 0
    done: int = 0
    winds: bool = False

    @property
    def ramp_left(self) -> int:
        """Frames until the rate is `rate`."""
        return max(0, self.ramp - self.done)

    @property
    def still(self) -> bool:
        """Whether it stands."""
        return self.rate == 0 and self.ramp_left == 0

    @property
    def turns_in(self) -> int:
        """Frames until it turns round, on its way to a rate of the other direction; 0: it does not, or has."""
        if self.ramp_left == 0 or self.before * self.rate >= 0:
            return 0
        turn = -(-self.before * self.ramp * self.ramp // (2 * (self.before * self.ramp - self.travel)))
        return max(0, turn - self.done)

    @property
    def exact(self) -> bool:
        """Whether it moves by one frame a frame, forwards or backwards: then whole frames are heard."""
        return abs(self.rate) == UNIT and self.ramp_left == 0

    @property
    def forward(self) -> bool:
        """Whether it moves towards the song's end, or would."""
        if self.turns_in:
            return self.before > 0
        return self.rate > 0 or (self.rate == 0 and self.before >= 0)

    @property
    def now(self) -> int:
        """The place of the next frame, in ticks."""
        return self.after(0)

    @property
    def heard(self) -> int:
        """The place of the next frame as it is heard, in ticks."""
        return whole(self.now) if self.exact else self.now

    def after(self, frames: int) -> int:
        """The place so many frames later, in ticks."""
        i = self.done + frames
        if i >= self.ramp:
            return self.start + self.travel + (i - self.ramp) * self.rate
        return self.start + self.before * i + (self.travel - self.before * self.ramp) * i * i // (self.ramp * self.ramp)

    def rate_after(self, frames: int) -> float:
        """The rate so many frames later, within a ramp or where it has ended; 1 is the record's."""
        if self.ramp_left == 0:
            return self.rate / UNIT
        bent = 2 * (self.travel - self.before * self.ramp) * (self.done + frames)
        return (self.before + bent / (self.ramp * self.ramp)) / UNIT

    def until(self, bound: int, most: int) -> int:
        """The fewest frames, 1 to `most`, after which it has left what lies before a bound; at the bound it has left
        forwards, and behind it backwards. `most` if that takes longer. It must not turn round on its way.

        bound: ticks
        """
        if self.forward:
            return bisect_left(range(most), bound, 1, key=self.after)
        return bisect_left(range(most), 1 - bound, 1, key=lambda frames: -self.after(frames))

    def advanced(self, frames: int) -> Self:
        """So many frames later."""
        if self.done + frames < self.ramp:
            return replace(self, done=self.done + frames)
        return type(self)(self.after(frames), self.rate)

    def moved(self, by: int) -> Self:
        """Elsewhere by so many ticks, moving as it does."""
        return replace(self, start=self.start + by)

    def at(self, place: int) -> Self:
        """At a place, in ticks, moving as it does."""
        return self.moved(place - self.now)

    def aimed(self, rate: int, frames: int, winds: bool = False) -> Self:
        """From here on towards another rate, which it has after so many frames.

        Where that is the record's own, it arrives at a whole frame: no seam is heard.
        """
        if rate == self.rate and self.ramp_left == 0:
            return self
        here = self.heard
        if frames == 0:
            return type(self)(here, rate)
        before = round(self.rate_after(0) * UNIT)
        travel = (before + rate) * frames // 2
        if abs(rate) == UNIT and frames >= _SETTLING:
            travel += whole(here + travel) - (here + travel)
        return type(self)(here, rate, before, frames, travel, 0, winds)

    def led(self, frames: int, to: int) -> Self:
        """From here on so that after so many frames it is at a place, in ticks, and then moves on at its rate.

        Where that is the record's own, it arrives at the whole frame that is nearest.
        """
        here, before = self.heard, round(self.rate_after(0) * UNIT)
        return type(self)(here, self.rate, before, frames, (whole(to) if abs(self.rate) == UNIT else to) - here)

    def turned(self) -> Self:
        """The same way back, as fast as it would go on."""
        left, before = self.ramp_left, round(self.rate_after(0) * UNIT)
        travel = self.after(left) - self.now if left else 0
        return type(self)(self.heard, -self.rate, -before if left else 0, left, -travel, 0, self.winds and left > 0)
