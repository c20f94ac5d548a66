"""The law of a fader: where it stands, 0 to 1, and the gain it means. At the top it is `top` dB, at the bottom silence.

    gain = position²        half way down is 12 dB less
[any-thread]
"""

import math


def gain_db(position: float, top: float = 0.0) -> float:
    """The gain of a position, dB; -inf at 0. Raises ValueError for one that is not 0 to 1."""
    if not 0 <= position <= 1:
        raise ValueError(f"a fader's position must be 0 to 1, not {position:g}")
    return top + 40 * math.log10(position) if position else -math.inf


def position(db: float, top: float = 0.0) -> float:
    """The position of a gain; above the top it is 1."""
    return min(1.0, 10 ** ((db - top) / 40))
