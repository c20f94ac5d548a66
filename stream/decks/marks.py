"""What a person sets in a song and holds down: loops, hot cues, a finger on a button. [any-thread]"""

from dataclasses import dataclass
from enum import Enum


class PressRefused(ValueError):
    """A press that cannot be obeyed as things are, in words for whoever pressed it; other ValueErrors are wrong use."""


class Hold(Enum):
    """What plays only as long as a finger is down."""

    NONE = "none"
    CUE = "cue"  # the song from the cue; then back to it, paused
    HOT_CUE = "hot cue"  # with slip: the song from a hot cue; then on where it would be
    CENSOR = "censor"  # backwards; then on where it would be


@dataclass(frozen=True)
class Loop:
    """A stretch that repeats, [start, start + length) in ticks. A length of 0: it has a beginning only."""

    start: int
    length: int = 0
    active: bool = False

    @property
    def end(self) -> int:
        """The first tick behind it."""
        return self.start + self.length

    def holds(self, place: int) -> bool:
        """Whether a place lies in it."""
        return self.start <= place < self.end


@dataclass(frozen=True)
class HotCue:
    """A place in ticks; with a length it is a loop."""

    place: int
    length: int = 0
