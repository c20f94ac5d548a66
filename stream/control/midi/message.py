"""MIDI's channel messages, as far as controllers speak them: notes, controls, pitch bend and programs. [any-thread]"""

from collections.abc import Sequence
from dataclasses import dataclass

KINDS = {"note": 0x90, "control": 0xB0, "program": 0xC0, "bend": 0xE0}
MOST_7BIT, MOST_14BIT = 127, 16_383  # of seven bits, and of fourteen
_NOTE_OFF = 0x80
_READS = {status: kind for kind, status in KINDS.items()}


@dataclass(frozen=True)
class Event:
    """channel: 1 to 16      number: of the note, control or program; 0 of a bend

    value: velocity (0 is the release), the control's value, or 14 bits of a bend; of a program it is 127
    """

    kind: str
    channel: int
    number: int
    value: int


def read(message: Sequence[int]) -> Event | None:
    """What a message says; None for any other kind, and for one that is not whole."""
    if not 2 <= len(message) <= 3 or any(byte > MOST_7BIT for byte in message[1:]):
        return None
    status, channel, data = message[0] & 0xF0, (message[0] & 0x0F) + 1, message[1]
    if status == KINDS["program"]:
        return Event("program", channel, data, MOST_7BIT) if len(message) == 2 else None
    if len(message) != 3:
        return None
    if status == _NOTE_OFF:
        return Event("note", channel, data, 0)
    if status == KINDS["bend"]:
        return Event("bend", channel, 0, data | message[2] << 7)
    return Event(_READS[status], channel, data, message[2]) if status in _READS else None


def written(event: Event) -> list[int]:
    """The message that says it."""
    status = KINDS[event.kind] | event.channel - 1
    if event.kind == "bend":
        return [status, event.value & MOST_7BIT, event.value >> 7]
    return [status, event.number] if event.kind == "program" else [status, event.number, event.value]
