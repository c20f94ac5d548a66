"""What is written of a song, each as a sum of its stems and its mix."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stream.offline.separation import Piece
from stream.separators.protocol import Frames

OTHER_METHODS = ("add", "minus", "none")  # demucs' own words
NI_STEMS = ("drums", "bass", "other", "vocals")  # the four of a .stem.mp4, in the order that players expect


@dataclass(frozen=True)
class Part:
    """One signal.

    gains: by stem, in the model's order
    mix: the mix's gain
    """

    name: str
    gains: tuple[float, ...]
    mix: float = 0.0

    def of(self, piece: Piece) -> Frames:
        """Its frames: float32 (n, 2), new or a view."""
        lines = zip((*self.gains, self.mix), (*piece.stems, piece.mix), strict=True)
        first, *others = [line if gain == 1 else np.float32(gain) * line for gain, line in lines if gain]
        total: Frames = first if not others else sum(others, first)
        return total.T


def plain(sources: Sequence[str], wanted: Sequence[str] | None = None) -> tuple[Part, ...]:
    """Every stem, or those that are wanted, in the model's order. Raises ValueError for one that is not there."""
    for stem in wanted or ():
        _at(sources, stem)
    return tuple(_sum(stem, sources, [stem]) for stem in sources if wanted is None or stem in wanted)


def two(sources: Sequence[str], stem: str, method: str) -> tuple[Part, ...]:
    """A stem, and all that is not the stem, named and made as demucs does. Raises ValueError for an unknown stem.

    method: `add` sums the other stems, `minus` takes the stem off the mix, `none` leaves it out
    """
    _at(sources, stem)
    alone = _sum(stem, sources, [stem])
    if method == "add":
        return alone, _sum(f"no_{stem}", sources, [other for other in sources if other != stem])
    if method == "minus":
        return alone, Part(f"minus_{stem}", tuple(-gain for gain in alone.gains), 1.0)
    return (alone,)


def ni(sources: Sequence[str]) -> tuple[Part, ...]:
    """The mix and the four stems of a .stem.mp4; stems beyond the four go to `other`. Raises ValueError for fewer."""
    for stem in NI_STEMS:
        if stem not in sources:
            raise ValueError(f"a .stem.mp4 file holds {', '.join(NI_STEMS)}, but this model has {', '.join(sources)}")
    beyond = [stem for stem in sources if stem not in NI_STEMS]
    whole = Part("mix", (0.0,) * len(sources), 1.0)
    return whole, *(_sum(stem, sources, [stem, *beyond] if stem == "other" else [stem]) for stem in NI_STEMS)


def _at(sources: Sequence[str], stem: str) -> int:
    if stem not in sources:
        raise ValueError(f"there is no stem {stem}; this model has {', '.join(sources)}")
    return sources.index(stem)


def _sum(name: str, sources: Sequence[str], stems: Sequence[str]) -> Part:
    return Part(name, tuple(1.0 if source in stems else 0.0 for source in sources))
