"""What a bus's meter remembers of the peaks that came: what it holds, and whether they were too loud."""

import math

FLOOR_DB = -60.0  # the left end of a meter
HOLD_S, FALL_DB_S = 1.5, 30.0

Sides = tuple[float, float]


def decibels(peak: float) -> float:
    """Of a peak, 1 being full scale; never below the floor."""
    return max(FLOOR_DB, 20 * math.log10(peak)) if peak > 0 else FLOOR_DB


def share(db: float, floor_db: float = FLOOR_DB) -> float:
    """How far along a meter a level is, 0 to 1."""
    return min(1.0, max(0.0, 1 - db / floor_db))


class Meter:
    """level, peak_hold: of the left and the right side, dB"""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.level: Sides = (FLOOR_DB, FLOOR_DB)
        self.peak_hold: Sides = (FLOOR_DB, FLOOR_DB)
        self.clipped = False
        self._since = [0.0, 0.0]
        self._fallen_s = 0.0

    def feed(self, peaks: Sides, now_s: float) -> None:
        """Take the peaks of this moment."""
        left, right = decibels(peaks[0]), decibels(peaks[1])
        self.level = (left, right)
        fall = FALL_DB_S * max(0.0, now_s - self._fallen_s)
        self._fallen_s = now_s
        self.peak_hold = (self._hold(0, left, now_s, fall), self._hold(1, right, now_s, fall))
        self.clipped |= max(peaks) >= 1

    def _hold(self, side: int, level: float, now_s: float, fall: float) -> float:
        peak_hold = self.peak_hold[side]
        if level >= peak_hold:
            self._since[side] = now_s
            return level
        return peak_hold if now_s - self._since[side] < HOLD_S else max(level, peak_hold - fall)
