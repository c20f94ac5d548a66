"""What stands for an input device, as the live path knows it: whoever gives frames when they are read."""

from typing import Protocol, runtime_checkable

from stream.separators.protocol import Frames


class FrameReader(Protocol):
    """Stereo frames, read in their order.

    samplerate: Hz      frames: in all, as far as is known; 0 if it is not
    cleaned: samples that could not be sound, and are silence
    """

    samplerate: int
    frames: int

    @property
    def cleaned(self) -> int:
        """As of the class. [any-thread]"""

    def read(self, frames: int) -> Frames:
        """The next frames: float32 (n, 2), fewer at the end. Raises Failure. [feeder-thread]"""


@runtime_checkable
class SlowReader(Protocol):
    """A reader whose frames come when they like: one that has this, too."""

    def available(self, frames: int) -> bool:
        """Whether `read` would give so many, or the end, at once. [feeder-thread]"""
