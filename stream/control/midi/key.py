"""What is pressed and let go of, and the light in it. [midi-thread]"""

from stream.control.midi.binding import Light, Source
from stream.control.midi.message import MOST_7BIT

DOWN = MOST_7BIT // 2 + 1  # a control that sends this or more is down


def is_down(kind: str, value: int) -> bool:
    """Whether a key that sends a value is down: a note is at any velocity, a control in its upper half."""
    return value >= (1 if kind == "note" else DOWN)


class Key:
    """One that is pressed again and again. [midi-thread]"""

    def __init__(self, source: Source) -> None:
        self._kind, self._before = source.kind, 0

    def down(self, value: int) -> bool:
        """Whether it is down."""
        return is_down(self._kind, value)

    def pressed(self, value: int) -> bool:
        """Whether it goes down; a knob that is turned on does so once, a button that is never let go does each time."""
        before, self._before = self._before, value
        return self.down(value) and (self._kind == "note" or not self.down(before) or value == before)


def lit(light: Light | None, on: bool) -> int:
    """What a light is sent."""
    return 0 if light is None else light.on if on else light.off
