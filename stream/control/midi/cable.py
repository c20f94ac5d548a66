"""One side of a controller, that may be unplugged and come back."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from stream.common.quiet import quiet
from stream.control.midi.ports import ERRORS, INPUT, OWN, Port, systems

REST_S = 0.1  # a few periods of any audio server's
QUEUE, FLOOD = 4096, 128  # messages that can wait to be heard; with more than this at once nobody plays


class Cable:
    """One side of a controller: plugged in while its port is here, and again when it is back. One thread uses it."""

    def __init__(self, side: Any, port: Port, parts: tuple[str, ...] = ()) -> None:
        """Nothing is plugged in before `look`.

        port: where to, or the other side's port: then the one that belongs to the same device
        parts: of names; where no port is of that device, one that has a part in common with it will do
        [main-thread]
        """
        room = {"queue_size_limit": QUEUE} if side is INPUT else {}
        self._midi = side(rtapi=port.api, name=OWN, **room)
        self._port = port
        self._parts = [part.lower() for part in parts if part.lower() in port.name.lower()]
        self._ours = False
        self.name: str | None = None

    @classmethod
    def virtual(cls, side: Any, label: str) -> Self:
        """A port of our own, for others to connect to. Raises ValueError where there is no such thing. [main-thread]"""
        for api in systems():
            with quiet(), suppress(*ERRORS, NotImplementedError):
                made = cls(side, Port(0, f"{OWN}:{label}", api))
                made._midi.open_virtual_port(label)
                made.name, made._ours = made._port.name, True
                return made
        raise ValueError("this system has no virtual MIDI ports; name one of `demucs-stream ports`")

    def look(self) -> bool:
        """Plug in if the port is here and we are not; whether anything has changed. [midi-thread]"""
        if self._ours:
            return False
        try:
            names = self._midi.get_ports()
            if self.name in names:
                return False
            at = self._place(names)
            was, self.name = self.name, None
            if at is not None:
                self._midi.close_port()
                self._midi.open_port(at, "in" if isinstance(self._midi, INPUT) else "out")
                self.name = names[at]
        except ERRORS:  # not ready yet, or gone between two calls: there is a next look
            return False
        return self.name != was

    def _place(self, names: list[str]) -> int | None:
        """The same name, else the same device, else a part in common."""
        tests: list[Callable[[str], bool]] = [
            lambda name: name == self._port.name,
            lambda name: Port(0, name, 0).device == self._port.device,
            lambda name: any(part in name.lower() for part in self._parts)]
        return next((at for test in tests for at, name in enumerate(names) if test(name)), None)

    def heard(self) -> list[list[int]]:
        """All messages that have come; of a flood only the last of each control. [midi-thread]"""
        messages: list[list[int]] = []
        with suppress(*ERRORS):
            while len(messages) < QUEUE and (found := self._midi.get_message()) is not None:
                messages.append(found[0])
        if len(messages) > FLOOD:
            return [*{(len(message), *message[:2]): message for message in messages}.values()]
        return messages

    def hear_clocks(self) -> None:
        """Hear clocks too, which controllers send and nobody wants. [main-thread]"""
        if isinstance(self._midi, INPUT):
            self._midi.ignore_types(timing=False)

    def heard_timed(self) -> list[tuple[list[int], float]]:
        """All messages that have come, and how many seconds after the one before each did. [midi-thread]"""
        messages: list[tuple[list[int], float]] = []
        with suppress(*ERRORS):
            while len(messages) < QUEUE and (found := self._midi.get_message()) is not None:
                messages.append(found)
        return messages

    def send(self, message: list[int]) -> None:
        """Send, if somebody is there. [midi-thread]"""
        if self.name is not None:
            with suppress(*ERRORS, ValueError):
                self._midi.send_message(message)

    def unplug(self) -> None:
        """Let go of the port. [main-thread]"""
        self.name = None
        with suppress(*ERRORS):
            self._midi.close_port()

    def close(self) -> None:
        """Let go of everything. [main-thread]"""
        with suppress(*ERRORS):
            self._midi.delete()


def let_go(*cables: Cable) -> None:
    """Unplug and close, when what was sent last has left.

    NB: JACK's library crashes where a port is closed while it is told of another change (jack2#216), and RtMidi frees
    what JACK's thread may still be reading: so one step after the other, with a rest before each.
    [main-thread]
    """
    for step in (*(cable.unplug for cable in cables), *(cable.close for cable in cables)):
        time.sleep(REST_S)
        step()
