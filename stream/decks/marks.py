"""What a person sets in a song and holds down: loops, hot cues, a finger on a button. [any-thread]"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Self


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
    """A place in ticks; with a length it is a loop.

    name, colour: as another program has them; 0xRRGGBB, and None where none is given
    """

    place: int
    length: int = 0
    name: str = ""
    colour: int | None = None


@dataclass(frozen=True)
class Wheel:
    """A jog wheel at a frame of the device, seen from the song (stream.decks.wheel).

    touched: whether a hand is on it: the song follows it; else it pushes a song that plays
    ahead: ticks from where the song is to where the wheel was when it was last told, or that are left to push
    rate: ticks per frame, as it was told      age: frames since the wheel was where it was told to be
    until: frames until the song's rate is bent again
    """

    touched: bool
    ahead: int = 0
    rate: int = 0
    age: int = 0
    until: int = 0

    def advanced(self, frames: int, gone: int) -> Self:
        """So many frames later, in which the song has gone so many ticks beyond what it goes without the wheel."""
        return replace(self, ahead=self.ahead - gone, age=self.age + frames, until=self.until - frames)
