"""A mixing console as arrays: the state, which lasts, and the rows of a piece, PIECE frames that go through it at once.

A signal is a row of its own, so that compilers make vectors of loops over frames, and all rows of a piece lie in the
nearest cache. The buses: the mix; every stem as it is in the mix; the cue bus, what is listened to apart.

    DRY  WET  LEAST  MOST  CUED  AWAY  AHEAD │ mix  stems ...  cue, left and right of each │ the strip of each stem ...
"""

from numba.extending import register_jitable

from dsp.equalizer import COEFFICIENTS, FILTERS

PIECE = 128  # 64 take a third longer, 256 as long (docs/notes/dsp.md)
# of the mixing state, float32 (PARTS, stems, WIDTH)
GOAL, CURRENT, STEP, WET_NOW = range(4)  # WET_NOW uses [0, 0], and [s, INSERT] for what s's insert has made
PARTS = 4
# what is ramped of each stem
LEFT, RIGHT, CUE, INSERT, FILTER = range(5)
WIDTH = FILTER + FILTERS * COEFFICIENTS
MEMORY = 2 * FILTERS  # of each stem and side: what its equalizer remembers, float32 (stems, 2, MEMORY)
# rows, float32 (rows(stems), PIECE): the dry signal, left and right; how much of the stems is there; of the gains of
# all stems the lowest and the highest, and of their cue switches; what late stems lack of the dry signal;
# frames that are left of a ramp
DRY, WET, LEAST_GAIN, MOST_GAIN, CUED, AWAY, AHEAD = 0, 2, 3, 4, 5, 6, 7
BUS = 8
BUSES = 2  # beside those of the stems
# in a strip, from LEFT, RIGHT, CUE and INSERT on: wet · stem, as an insert has made it, and behind its equalizer
STEM, HEARD, VOICE = FILTER, FILTER + 2, FILTER + 4
STRIP = FILTER + 6


@register_jitable
def strip(s: int, stems: int) -> int:
    """The first row of a stem's strip."""
    return BUS + 2 * (stems + BUSES) + s * STRIP


@register_jitable
def rows(stems: int) -> int:
    """How many rows there are."""
    return strip(stems, stems)
