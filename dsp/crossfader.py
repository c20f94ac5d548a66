"""How loud the two sides of a crossfader are. Whatever moves it ramps the gains (dsp.ramp)."""

import math
from enum import Enum

MOST_CUT_IN = 0.5


class CrossfaderCurve(Enum):
    """How one side gives way to the other.

    POWER: as loud in all, of two songs that have nothing in common; -3 dB in the middle
    LINEAR: as high in all; -6 dB in the middle      WHOLE: both whole in the middle, each falls on the other's half
    CUT: both whole but for the `cut_in` of the way at the other's end, where one falls: for scratching
    """

    POWER = "power"
    LINEAR = "linear"
    WHOLE = "whole"
    CUT = "cut"


class CrossfaderSide(Enum):
    """Where a deck is heard: on one side, or whatever the crossfader does."""

    A = "a"
    B = "b"
    THRU = "thru"


def crossfader_gain(position: float, side: CrossfaderSide, curve: CrossfaderCurve, cut_in: float = 0.05) -> float:
    """The gain of a side: exactly 1 at its own end, and exactly 0 at the other one.

    position: 0 is all of A, 1 all of B      cut_in: of the way, above 0 to a half; for CUT
    ValueError: beyond these
    """
    if not 0 <= position <= 1:
        raise ValueError(f"the crossfader must be 0 to 1, not {position}")
    if not 0 < cut_in <= MOST_CUT_IN:
        raise ValueError(f"cut_in must be above 0 and up to {MOST_CUT_IN}, not {cut_in}")
    if side is CrossfaderSide.THRU:
        return 1.0
    there = 1 - position if side is CrossfaderSide.A else position  # of the way from the other's end to its own
    if curve is CrossfaderCurve.POWER:
        return math.sin(there * math.pi / 2)
    if curve is CrossfaderCurve.LINEAR:
        return float(there)
    return min(1.0, there / (cut_in if curve is CrossfaderCurve.CUT else MOST_CUT_IN))
