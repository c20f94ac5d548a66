"""A controller with a jog wheel for each deck, over JACK MIDI, as the map `generic-decks` has it."""

import time
from types import TracebackType
from typing import Any, Self

import rtmidi

from benchmarks.booth.djset import DjMove, Mishap

NAME, MAP = "jogs", "generic-decks"
NOTE_ON, CONTROL = 0x90, 0xB0
TOUCH, JOG, CLICKS, TURN_S = 7, 16, 512, 1.8  # of the map: note, control, clicks of a turn; of a record
MOST = 63  # clicks that a message has


class Jogs:
    """It is plugged in as long as it is entered, but for mishaps."""

    def __init__(self) -> None:
        """It is not plugged in yet."""
        self._out: Any = None
        self._place = {"a": 0.0, "b": 0.0}  # clicks, of which only whole ones are told

    def __enter__(self) -> Self:
        self._out = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name=NAME)
        self._out.open_virtual_port("midi")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._out is not None:
            for close in (self._out.close_port, self._out.delete):
                time.sleep(0.05)  # JACK's library wants a rest between them
                close()
            self._out = None

    def happens(self, what: Mishap) -> None:
        """A mishap; one of others is none here."""
        if what is Mishap.CONTROLLER_OUT:
            self.__exit__(None, None, None)
        elif what is Mishap.CONTROLLER_IN:
            self.__enter__()

    def takes(self, move: DjMove) -> bool:
        """Have a wheel do a move; False if it is not one of a wheel. What is not plugged in tells nobody."""
        _, deck, control = f"{move.address}//".split("/")[:3]
        if control not in ("touch", "turn"):
            return False
        channel = "ab".index(deck)
        if control == "touch":
            self._send(NOTE_ON | channel, TOUCH, 127 if move.values[0] else 0)
            return True
        before = round(self._place[deck])
        self._place[deck] += move.values[0] / TURN_S * CLICKS
        clicks = round(self._place[deck]) - before
        while clicks:
            step = max(-MOST, min(MOST, clicks))
            self._send(CONTROL | channel, JOG, step % 128)
            clicks -= step
        return True

    def _send(self, *message: int) -> None:
        if self._out is not None:
            self._out.send_message(list(message))
