"""Where everything is on a screen of so many cells, and what is under the mouse.

    head     three lines: model, latency, hops
    scale    of the meters
    strips   2 to 6 lines each:   name  M  S  C  fader     value   meter                peak
                                    pan  low  mid  high  filter
                                    the waveform, on all that is left; of two lines beside the fields
    buses    mix and cue
    note     the last line for the user
    foot     keys
"""

from dataclasses import dataclass
from typing import NamedTuple

from stream.screen.waveform import Pane

LEAST_WIDTH, HEAD, TAIL = 80, 4, 4
TALLEST = 6
NAME, SWITCHES, FADER = 9, (10, 14, 18), 22  # first cells; a name has NAME - 1 of them
SWITCH_NAMES = ("mute", "solo", "cue")
VALUE, FIELD, PEAK = 8, 9, 7  # cells of a fader's value, of a field, of a peak's number with its gap
FIELDS = ("pan", "low", "mid", "high", "filter")
FIRST_FIELD = 2


class Spot(NamedTuple):
    """What is under the mouse: `mute`, `gain`, `pan` ... of a stem; `key` is one that a press of stands for.

    at: how far along it, 0 to 1
    """

    what: str
    stem: str = ""
    at: float = 0.0


@dataclass(frozen=True)
class Layout:
    """For so many stems in so many cells."""

    width: int
    height: int
    stems: tuple[str, ...]

    @property
    def least(self) -> tuple[int, int]:
        """The smallest screen for these stems."""
        return LEAST_WIDTH, HEAD + 2 * len(self.stems) + TAIL

    @property
    def fits(self) -> bool:
        """Whether this one is large enough."""
        return self.width >= self.least[0] and self.height >= self.least[1]

    @property
    def tall(self) -> int:
        """Lines of a strip."""
        return max(2, min(TALLEST, (self.height - HEAD - TAIL) // len(self.stems)))

    @property
    def fader(self) -> int:
        """Cells of a fader's way."""
        return 16 + (self.width - LEAST_WIDTH) // 4

    @property
    def right(self) -> int:
        """The first cell of the meters."""
        return FADER + self.fader + 1 + VALUE + 1

    @property
    def meter(self) -> int:
        """Cells of a meter."""
        return self.width - self.right - PEAK

    @property
    def beside(self) -> bool:
        """Whether waveforms are beside the fields, for there is no line below them."""
        return self.tall == 2

    @property
    def pane(self) -> Pane:
        """What a waveform has; where that is little its columns last twice as long."""
        return Pane(self.meter, 1, 2) if self.beside else Pane(self.width - 2, self.tall - 2)

    def strip(self, index: int) -> int:
        """The first line of a stem's strip."""
        return HEAD + index * self.tall

    @property
    def buses(self) -> int:
        """The line of the mix; the cue's is the next."""
        return self.strip(len(self.stems))

    def under(self, x: int, y: int) -> Spot | None:
        """What is there of the strips."""
        index, line = divmod(y - HEAD, self.tall)
        if not 0 <= index < len(self.stems):
            return None
        stem = self.stems[index]
        if line == 0:
            return self._first(stem, x)
        field = (x - FIRST_FIELD) // FIELD
        if line == 1 and 0 <= field < len(FIELDS) and x >= FIRST_FIELD:
            return Spot(FIELDS[field], stem)
        return Spot("clip", stem) if line == 1 and x >= self.right else Spot("stem", stem)

    def _first(self, stem: str, x: int) -> Spot:
        for name, first in zip(SWITCH_NAMES, SWITCHES, strict=True):
            if first <= x < first + 3:
                return Spot(name, stem)
        if FADER <= x < FADER + self.fader:
            return Spot("gain", stem, self.along(x))
        return Spot("stem", stem) if x < self.right else Spot("clip", stem)

    def along(self, x: int) -> float:
        """How far along a fader a cell is, 0 to 1."""
        return min(1.0, max(0.0, (x - FADER) / (self.fader - 1)))
