"""Keys by name and by Camelot code, and which of them go together.

The Camelot wheel numbers the circle of fifths from 1 to 12, minor keys as A and major keys as B; a minor key and its
relative major have one number: A minor is 8A, C major 8B.
"""

import re
from dataclasses import dataclass
from typing import Self

NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NAMED = re.compile(r"([A-Ga-g])\s*([#♯b♭]?)\s*(major|maj|minor|min|m|M|dur|moll)?", re.ASCII)
_CAMELOT = re.compile(r"0?(\d{1,2})\s*([ABab])")
_OPEN = re.compile(r"0?(\d{1,2})\s*([dm])")
SAME, RELATIVE, NEIGHBOUR, DIAGONAL, LIFT, APART = 0, 1, 2, 3, 4, 5


@dataclass(frozen=True)
class MusicalKey:
    """tonic: 0 for C to 11 for B. ValueError: another one"""

    tonic: int
    minor: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.tonic < 12:
            raise ValueError(f"tonic must be 0 to 11, not {self.tonic}")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The key a library or a tag names: `Am`, `F# minor`, `Bbmaj`, `8A` (Camelot), `1m` (Open Key); or None."""
        text = text.strip()
        if (found := _CAMELOT.fullmatch(text)) and 1 <= int(found[1]) <= 12:
            return cls._from_wheel(int(found[1]), found[2] in "Aa")
        if (found := _OPEN.fullmatch(text)) and 1 <= int(found[1]) <= 12:
            return cls._from_wheel((int(found[1]) + 6) % 12 + 1, found[2] == "m")
        found = _NAMED.fullmatch(text)
        if found is None:
            return None
        mode = found[3] or ("m" if found[1].islower() else "M")
        accidental = {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(found[2], 0)
        return cls((_STEPS[found[1].upper()] + accidental) % 12, mode in ("m", "min", "minor", "moll"))

    @classmethod
    def _from_wheel(cls, number: int, minor: bool) -> Self:
        return cls((number * 7 + (1 if minor else 4)) % 12, minor)

    @property
    def name(self) -> str:
        """Such as `C` and `Am`."""
        return NAMES[self.tonic] + "m" * self.minor

    @property
    def number(self) -> int:
        """On the wheel, 1 to 12."""
        return ((self.tonic - (1 if self.minor else 4)) * 7 - 1) % 12 + 1

    @property
    def camelot(self) -> str:
        """Such as `8B` and `8A`."""
        return f"{self.number}{'A' if self.minor else 'B'}"


def distance(one: MusicalKey, other: MusicalKey) -> int:
    """How well two keys go together: SAME, RELATIVE, NEIGHBOUR (a fifth), DIAGONAL (a fifth and the other mode), LIFT
    (one or two semitones up or down, with the same mode), or APART.
    """
    steps = abs((one.number - other.number + 6) % 12 - 6)
    if one.minor != other.minor:
        return (RELATIVE, DIAGONAL)[steps] if steps <= 1 else APART
    return {0: SAME, 1: NEIGHBOUR, 2: LIFT, 5: LIFT}.get(steps, APART)
