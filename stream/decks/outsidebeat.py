"""A beat that comes from outside: a straight line by positions of the device, until another one is told.

What is measured again and again, such as the ticks of a clock, is a little otherwise each time. Decks would be bent
each time, and their tempo never stand still: so a line holds for as long as what is measured stays beside it.

[any-thread]
"""

from collections.abc import Callable
from typing import NamedTuple

from stream.decks.sync import LeadBeat

NEAR_S = 0.00025  # by which what is measured may be off a line
SAME_PACE = 1e-3  # and its tempo, as a fraction: what comes of that within a moment is less
STOPPED_PACE = 2e-4  # the same while there is no beat that would tell


class BeatLine(NamedTuple):
    """beat: at a position of the device; None: there is a tempo only      pace: beats per frame"""

    position: int
    beat: float | None
    pace: float

    def at(self, position: int) -> float | None:
        """The beat at a position."""
        return None if self.beat is None else self.beat + (position - self.position) * self.pace


class OutsideBeat:
    """Somebody's.

    line: as it was last told; None: there is no beat      changes: counts what is not the last line going on
    told: is told each line
    """

    def __init__(self, name: str, samplerate: int) -> None:
        """There is no beat. name: as decks are told whom they follow"""
        self._name, self._near = name, NEAR_S * samplerate
        self.line: BeatLine | None = None
        self.changes = 0
        self.told: Callable[[BeatLine | None], None] = lambda _line: None

    def measure(self, line: BeatLine | None, anew: bool = False) -> None:
        """What the beat was found to be; that counts where it has left the line that holds. anew: or else, too.

        One thread measures.
        """
        held = self.line
        if not anew and (line is held or (line is not None and held is not None and self._beside(line, held))):
            return
        self.line = line
        self.changes += 1
        self.told(line)

    def _beside(self, line: BeatLine, held: BeatLine) -> bool:
        if abs(line.pace / held.pace - 1) > (STOPPED_PACE if line.beat is None else SAME_PACE):
            return False
        beat = held.at(line.position)
        if line.beat is None or beat is None:
            return line.beat is beat
        return abs(line.beat - beat) / line.pace <= self._near

    def beat_at(self, position: int) -> LeadBeat | None:
        """The beat at a position of the device; None: there is none."""
        line = self.line
        return None if line is None else LeadBeat(self._name, line.at(position), line.pace)
