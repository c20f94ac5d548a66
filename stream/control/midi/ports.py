"""MIDI ports, which come and go. The only file that imports rtmidi."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import rtmidi

from stream.common.quiet import quiet

INPUT, OUTPUT = rtmidi.MidiIn, rtmidi.MidiOut
OWN = "demucs-stream"
AUTO, VIRTUAL = "auto", "virtual"
ERRORS = (rtmidi.RtMidiError, rtmidi.SystemError, rtmidi.InvalidPortError, OSError, RuntimeError)
_UNUSUAL = ("midi through", "system:midi_", OWN)  # loops, the sound card's own, ourselves; never what `auto` means
# in names: ALSA's and PipeWire's numbers, a2j's, JACK's for a second one of a name, Windows' at the end: they are
# others when a controller is plugged in again
_NUMBERS = re.compile(r"\b\d+:\d+\b|\[\d+\]|-\d\d(?=:)|\s\d+$")
_SIDES = re.compile(r"\b(midi)?(in|out)\d*\b|\b(in|out)put\b|(capture|playback)(_\d+)?|slider/knob|\bctrl\b")


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
        """Its name without what tells two sides of a device apart, or one plugging-in from the next. [any-thread]"""
        return " ".join(re.split(r"[\W_]+", _SIDES.sub(" ", _NUMBERS.sub(" ", self.name.lower()))))


def inputs() -> list[Port]:
    """Ports that can be listened to. [main-thread]"""
    return _ports(INPUT)


def outputs() -> list[Port]:
    """Ports that can be told something. [main-thread]"""
    return _ports(OUTPUT)


def systems() -> list[int]:
    """RtMidi's numbers for ALSA, JACK, CoreMIDI or Windows; not all that are listed need work here. [any-thread]"""
    return [api for api in rtmidi.get_compiled_api() if api != rtmidi.API_RTMIDI_DUMMY]


def _ports(side: Any) -> list[Port]:
    found = []
    for api in systems():
        with quiet(), suppress(*ERRORS):
            midi = side(rtapi=api, name=OWN)
            found += [(name, api) for name in midi.get_ports()]
            midi.delete()
    return [Port(number, name, api) for number, (name, api) in enumerate(found)]


def find(query: str, ports: list[Port], fit: Callable[[str], int]) -> Port:
    """The port of a number, of a part of a name, or for `auto` the first that is likely to be a controller.

    fit: how surely a name is a controller's; among several ports the surest is taken
    Raises ValueError, with those that are here.
    [any-thread]
    """
    fits = [port for port in ports if _fits(port, query)]
    if not fits:
        listing = "".join(f"\n  {port}" for port in ports) or " none"
        what = "there is no MIDI port of a controller" if query == AUTO else (
            f"no MIDI port {'has the number' if query.isdecimal() else 'is called'} {query}")
        raise ValueError(f"{what}; here are:{listing}")
    return max(fits, key=lambda port: fit(port.name))


def _fits(port: Port, query: str) -> bool:
    if query.isdecimal():
        return port.number == int(query)
    name = port.name.lower()
    return not any(part in name for part in _UNUSUAL) if query == AUTO else query.lower() in name
