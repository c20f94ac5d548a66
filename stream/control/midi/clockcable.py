"""MIDI clock by a port of RtMidi: messages leave when this thread sends them, so they are as even as it is woken.

[midi-thread]
"""

import time
from collections import deque

from stream.control.midi.cable import Cable, let_go
from stream.control.midi.ports import INPUT, OUTPUT, VIRTUAL, find, inputs, outputs
from stream.control.midiclock import Timed

EARLY_S = 0.003  # before its time, when it is waited for
DOUBT_S = 0.05  # by which what RtMidi says of times may be off, before it is not believed
LOOK_S = 0.5


class ClockCable:
    """One way, as stream.session.midiclock.ClockPort."""

    def __init__(self, name: str, sends: bool) -> None:
        """A port of others by its name or number, or `virtual`. Raises ValueError. [main-thread]"""
        side, label = (OUTPUT, "clock_out") if sends else (INPUT, "clock_in")
        if name == VIRTUAL:
            self._cable = Cable.virtual(side, label)
        else:
            self._cable = Cable(side, find(name, outputs() if sends else inputs(), lambda _name: 0))
            self._cable.look()
        self._cable.hear_clocks()
        self.name = self._cable.name or name
        self._waiting: deque[Timed] = deque()
        self._last_s, self._looked_s = 0.0, 0.0

    def send(self, timed: Timed) -> None:
        """Have a message leave at its time."""
        self._waiting.append(timed)

    def step(self) -> None:
        """Send what is due; plug in again."""
        now_s = time.monotonic()
        if now_s - self._looked_s > LOOK_S:
            self._cable.look()
            self._looked_s = now_s
        while self._waiting and self._waiting[0].time_s - time.monotonic() < EARLY_S:
            timed = self._waiting.popleft()
            time.sleep(max(0.0, timed.time_s - time.monotonic()))
            self._cable.send(list(timed.message))

    def heard(self) -> list[Timed]:
        """What has come since, and when."""
        found = []
        for message, since_s in self._cable.heard_timed():
            now_s, at_s = time.monotonic(), self._last_s + since_s
            self._last_s = at_s if now_s - DOUBT_S < at_s <= now_s else now_s
            found.append(Timed(self._last_s, tuple(message)))
        return found

    def close(self) -> None:
        """Let go of the port. [main-thread]"""
        let_go(self._cable)
