"""A level meter of a controller: lights that a message is sent for, and that no control belongs to. [any-thread]"""

import math
from dataclasses import dataclass

from stream.control.midi.binding import Source
from stream.control.midi.message import Event


@dataclass(frozen=True)
class MeterBinding:
    """source: where its messages go      bus: whose level: `a`, `mix` ...

    floor: dB that lights nothing      most: what full scale sends
    """

    source: Source
    bus: str
    floor: float
    most: int

    def event(self, peak: float) -> Event:
        """What shows a peak; 1 is full scale."""
        level = 1 - 20 * math.log10(min(max(peak, 1e-9), 1.0)) / self.floor
        return Event(self.source.kind, self.source.channel or 1, self.source.number, round(self.most * max(0.0, level)))
