"""Between what a control sends, where it stands, and the parameter that it means.

    0 ──────────── 64 ─────────── 127      what is sent, of seven bits; 0 ── 8192 ── 16383 of fourteen
    0 ──────────── 0.5 ───────────  1      position: the middle is exact
   -26 dB ───────── 0 ───────── 12 dB      pan, filter, equalizer: their rest is in the middle
    silence ─────────────────── top        gain: the law of a fader (stream.mixer.fader), where 0 dB is held a little
[any-thread]
"""

import math
from dataclasses import dataclass

from stream.mixer import fader
from stream.mixer.strip import Parameter

DEAD_ZONE = 1 / 254  # to either side: half a step of seven bits


@dataclass(frozen=True)
class Scale:
    """top: of a gain, dB"""

    parameter: Parameter
    top: float = 0.0

    @property
    def _gain(self) -> bool:
        """Whether it goes down to silence."""
        return self.parameter.least == -math.inf

    @property
    def rests(self) -> bool:
        """Whether it rests in the middle of its way."""
        return self.parameter.least < self.parameter.rest < self.parameter.most and not self._gain

    def value(self, position: float) -> float:
        """The parameter at a position, 0 to 1."""
        parameter = self.parameter
        if self._gain:
            unity = fader.position(0, self.top)
            return 0.0 if abs(position - unity) < DEAD_ZONE else fader.gain_db(position, self.top)
        if not self.rests:
            return parameter.least + (parameter.most - parameter.least) * position
        if abs(position - 0.5) < DEAD_ZONE:
            return parameter.rest
        end = parameter.least if position < 0.5 else parameter.most
        return parameter.rest + (end - parameter.rest) * abs(2 * position - 1)

    def position(self, value: float) -> float:
        """Where a control stands for a value, 0 to 1."""
        parameter = self.parameter
        if self._gain:
            return fader.position(value, self.top)
        if not self.rests:
            return (value - parameter.least) / (parameter.most - parameter.least)
        end = parameter.least if value < parameter.rest else parameter.most
        away = (value - parameter.rest) / (end - parameter.rest) / 2
        return 0.5 - away if value < parameter.rest else 0.5 + away


def position(sent: int, most: int) -> float:
    """Where a control stands that sends this of 0 to `most`."""
    middle = (most + 1) // 2
    return sent / middle / 2 if sent < middle else 0.5 + (sent - middle) / (most - middle) / 2


def sent(position: float, most: int) -> int:
    """What a control sends that stands there."""
    middle = (most + 1) // 2
    away = 2 * position - 1
    return round(middle + away * (middle if away < 0 else most - middle))
