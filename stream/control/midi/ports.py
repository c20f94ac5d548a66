"""MIDI ports, which come and go. The only file that imports rtmidi."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import rtmidi

from stream.devices.quiet import quiet

INPUT, OUTPUT = rtmidi.MidiIn, rtmidi.MidiOut
OWN = "demucs-stream"
QUEUE, FLOOD = 4096, 128  # messages taken at once at most; with more of them than this nobody plays
AUTO, VIRTUAL = "auto", "virtual"
ERRORS = (rtmidi.RtMidiError, rtmidi.SystemError, rtmidi.InvalidPortError, OSError, RuntimeError)
_UNUSUAL = ("midi through", "system:midi_", OWN)  # loops, the sound card's own, ourselves; never what `auto` means
# in names: ALSA's and PipeWire's numbers, a2j's, JACK's for a second one of a name, Windows' at the end: they are
# others when a controller is plugged in again
_NUMBERS = re.compile(r"\b\d+:\d+\b|\[\d+\]|-\d\d(?=:)|\s\d+$")
_SIDES = re.compile(r"\b(midi)?(in|out)\d*\b|\b(in|out)put\b|(capture|playback)(_\d+)?|slider/knob|ctrl")


@dataclass(frozen=True)
class Port:
    """number: among all of its side      api: of RtMidi, that it was found with"""

    number: int
    name: str
    api: int

    def __str__(self) -> str:
        return f"{self.number:3d}  {self.name}"

    @property
    def device(self) -> str:
        """Its name without what tells two sides of a device apart, or one plugging-in from the next."""
        return " ".join(re.split(r"[\W_]+", _SIDES.sub(" ", _NUMBERS.sub(" ", self.name.lower()))))


def inputs() -> list[Port]:
    """Ports that can be listened to. [main-thread]"""
    return _ports(INPUT)


def outputs() -> list[Port]:
    """Ports that can be told something. [main-thread]"""
    return _ports(OUTPUT)


def _ports(side: Any) -> list[Port]:
    """Of every MIDI system that works here: ALSA, JACK, CoreMIDI, Windows."""
    found = []
    with quiet():
        for api in rtmidi.get_compiled_api():
            if api != rtmidi.API_RTMIDI_DUMMY:
                with suppress(*ERRORS):
                    midi = side(rtapi=api, name=OWN)
                    found += [(name, api) for name in midi.get_ports()]
                    midi.delete()
    return [Port(number, name, api) for number, (name, api) in enumerate(found)]


def find(wish: str, ports: list[Port], fit: Callable[[str], int]) -> Port:
    """The port of a number, of a part of a name, or for `auto` the first that is likely to be a controller.

    fit: how surely a name is a controller's; among several ports the surest is taken
    Raises ValueError, with those that are here. [any-thread]
    """
    fits = [port for port in ports if _fits(port, wish)]
    if not fits:
        listing = "".join(f"\n  {port}" for port in ports) or " none"
        raise ValueError(f"no MIDI port {wish}; here are:{listing}")
    return max(fits, key=lambda port: fit(port.name))


def _fits(port: Port, wish: str) -> bool:
    if wish.isdecimal():
        return port.number == int(wish)
    name = port.name.lower()
    return not any(part in name for part in _UNUSUAL) if wish == AUTO else wish.lower() in name


class Cable:
    """One side of a controller: plugged in while its port is here, and again when it is back. One thread uses it."""

    def __init__(self, side: Any, port: Port, parts: tuple[str, ...] = ()) -> None:
        """Nothing is plugged in before `look`. [main-thread]

        port: where to, or the other side's port: then the one that belongs to the same device
        parts: of names; where no port is of that device, one that has a part in common with it will do
        """
        self._midi = side(rtapi=port.api, name=OWN)  # what it hears waits in a queue of 1024
        self._port = port
        self._parts = [part.lower() for part in parts if part.lower() in port.name.lower()]
        self._ours = False
        self.name: str | None = None

    @classmethod
    def virtual(cls, side: Any, label: str) -> Self:
        """A port of our own, for others to connect to. Raises ValueError where there is no such thing. [main-thread]"""
        for api in rtmidi.get_compiled_api():
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
            return [*{tuple(message[:2]): message for message in messages}.values()]
        return messages

    def send(self, message: list[int]) -> None:
        """Send, if somebody is there. [midi-thread]"""
        if self.name is not None:
            with suppress(*ERRORS, ValueError):
                self._midi.send_message(message)

    def close(self) -> None:
        """Let go of the port. [main-thread]"""
        with suppress(*ERRORS):
            self._midi.close_port()
            self._midi.delete()
