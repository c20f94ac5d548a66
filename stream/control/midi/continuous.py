"""What stands somewhere between two ends: a fader, which has to be picked up, and an encoder, which has none."""

from stream.control.midi.binding import Binding
from stream.control.midi.message import MOST_7BIT
from stream.control.midi.scale import Scale, position, sent
from stream.mixer.controls import Controls

NEAR = 1.5 / MOST_7BIT  # a fader this close to what is set has it


class Fader:
    """Stands somewhere: takes over when it passes what is set, or was the last to set it. [midi-thread]"""

    def __init__(self, binding: Binding, mixer: Controls, stem: str) -> None:
        self._mixer, self._stem, self._name = mixer, stem, binding.target.parameter
        self._scale, self._most = Scale(mixer.parameters[stem][self._name], binding.top), binding.source.most
        self._pickup = binding.pickup
        self._before: float | None = None  # where it was
        self._set: float | None = None  # what it has set, while it is the last that has

    def take(self, value: int) -> None:
        """Set the parameter, or wait until it is passed."""
        at, now = position(value, self._most), self._mixer.get(self._stem, self._name)
        caught = not self._pickup or now == self._set or self._passes(at, self._scale.position(now))
        self._before, self._set = at, self._scale.value(at) if caught else None
        if self._set is not None:
            self._mixer.set(self._stem, self._name, self._set)

    def _passes(self, at: float, now: float) -> bool:
        crosses = self._before is not None and (self._before - now) * (at - now) <= 0
        return crosses or abs(at - now) <= NEAR

    def leave(self) -> None:
        """It stands for something else meanwhile, and has to be picked up again."""
        self._before = self._set = None

    def shows(self) -> int:
        """Where a motor, or a ring of lights, has to be."""
        return sent(self._scale.position(self._mixer.get(self._stem, self._name)), self._most)


class Encoder:
    """Has no end: each click moves the parameter on from where it is. [midi-thread]"""

    def __init__(self, binding: Binding, mixer: Controls, stem: str) -> None:
        self._mixer, self._stem, self._name = mixer, stem, binding.target.parameter
        self._scale = Scale(mixer.parameters[stem][self._name], binding.top)
        self._encoding, self._clicks = binding.encoding, binding.clicks

    def take(self, value: int) -> None:
        """Move on by so many clicks."""
        now = self._scale.position(self._mixer.get(self._stem, self._name))
        at = min(1.0, max(0.0, now + clicks(value, self._encoding) / self._clicks))
        crosses = (now - 0.5) * (at - 0.5) < 0 and self._scale.rests
        self._mixer.set(self._stem, self._name, self._scale.value(0.5 if crosses else at))

    def shows(self) -> int:
        """Where its ring of lights has to be."""
        return sent(self._scale.position(self._mixer.get(self._stem, self._name)), MOST_7BIT)


def clicks(value: int, encoding: str) -> int:
    """How far an encoder was turned; to the left is below 0.

    twos: 1, 2 ... are to the right, 127, 126 ... to the left      offset: from 64
    sign: 1, 2 ... are to the right, 65, 66 ... to the left
    [any-thread]
    """
    if encoding == "offset":
        return value - 64
    if encoding == "sign":
        return value if value < 64 else 64 - value
    return value if value < 64 else value - 128
