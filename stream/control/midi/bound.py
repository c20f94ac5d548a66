"""A binding at work, and what is known of its control. [midi-thread]"""

from dataclasses import dataclass, replace

from stream.control.midi.action import Action
from stream.control.midi.binding import Binding, Source
from stream.control.midi.message import MOST_7BIT, Event


@dataclass
class BoundControl:
    """What was heard of a control, and what it was told.

    shown: the last value that was sent to it, or came from it
    channel: where it was last heard
    moved_s: when a fader last was
    """

    binding: Binding
    action: Action
    shown: int | None = None
    channel: int = 1
    coarse: int | None = None
    paired: bool = False
    moved_s: float = float("-inf")

    @property
    def lamp(self) -> Source | None:
        """Where its light is."""
        return None if self.binding.light is None else self.binding.light.source

    def value_of(self, event: Event) -> int | None:
        """The value of a message, of its two halves where there are two; None while the other half is missing."""
        source = self.binding.source
        if not source.fine:
            return event.value
        if event.number == source.number:
            self.coarse = event.value
            return None if self.paired else event.value << 7
        self.paired = True
        return None if self.coarse is None else self.coarse << 7 | event.value

    def events(self, value: int) -> list[Event]:
        """What shows a value: one message, or both halves of fourteen bits; none without a light."""
        light, most = self.binding.light, self.binding.source.most
        if light is None:
            return []
        source = light.source
        channel = source.channel or self.channel
        if most > MOST_7BIT and source.most == MOST_7BIT:
            value >>= 7
        message = Event(source.kind, channel, source.number, value)
        if not source.fine:
            return [message]
        return [replace(message, value=value >> 7),
                replace(message, number=source.numbers[1], value=value & MOST_7BIT)]
