"""What is pressed and let go of, and the light in it. [midi-thread]"""

from stream.control.midi.binding import Light, Source
from stream.control.midi.message import MOST_7BIT

DOWN = MOST_7BIT // 2 + 1  # a control that sends this or more is down


class Key:
    """A note is down at any velocity, a control in its upper half. [midi-thread]"""

    def __init__(self, source: Source) -> None:
        self._least, self._is_note = (1 if source.kind == "note" else DOWN), source.kind == "note"
        self._before = 0

    def down(self, value: int) -> bool:
        """Whether it is down."""
        return value >= self._least

    def pressed(self, value: int) -> bool:
        """Whether it goes down; a knob that is turned on does so once, a button that is never let go does each time."""
        before, self._before = self._before, value
        return self.down(value) and (self._is_note or not self.down(before) or value == before)


def lit(light: Light | None, on: bool) -> int:
    """What a light is sent."""
    return 0 if light is None else light.on if on else light.off
