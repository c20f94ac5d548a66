"""Knobs, keys and pads for a host: a JACK MIDI output that is connected to a port of the host's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import rtmidi

from tests.rig.jackd import Jackd, jack

NOTE_OFF, NOTE_ON, CONTROL = 0x80, 0x90, 0xB0


def _let_go(*ports: Any) -> None:
    """NB: with no rest between them JACK's library crashes (jack2#216), and RtMidi frees what JACK may still read."""
    for close in (*(port.close_port for port in ports), *(port.delete for port in ports)):
        time.sleep(0.05)
        close()


class MidiSender:
    """Sends notes and controls into the server that is entered (`Jackd` sets the environment RtMidi looks at).

    What is sent arrives in the next cycle: up to one period later.
    """

    def __init__(self, jackd: Jackd, name: str = "knobs") -> None:
        self.jackd, self.name = jackd, f"{name}{os.getpid()}"

    def __enter__(self) -> MidiSender:
        self._out = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name=self.name)
        self._out.open_virtual_port("out")
        return self

    def __exit__(self, *exc: object) -> None:
        _let_go(self._out)

    def connect(self, host: str, timeout_s: float = 60) -> str:
        """Connect to the first MIDI input whose full name (`client:port`) begins with `host`, and return that name.

        It waits for the port to appear; raises TimeoutError.
        """
        end = time.monotonic() + timeout_s
        with self._patchbay() as client:
            while time.monotonic() < end:
                for port in client.get_ports(is_midi=True, is_input=True):
                    if port.name.startswith(host):
                        client.connect(f"{self.name}:out", port)
                        return str(port.name)
                time.sleep(0.02)
            there = ", ".join(port.name for port in client.get_ports(is_midi=True, is_input=True))
        raise TimeoutError(f"no MIDI input named {host!r}, only: {there or 'none'}")

    def note_on(self, note: int, velocity: int = 100, channel: int = 0) -> None:
        """A key or pad goes down."""
        self.send(NOTE_ON | channel, note, velocity)

    def note_off(self, note: int, channel: int = 0) -> None:
        """A key or pad goes up."""
        self.send(NOTE_OFF | channel, note, 0)

    def control(self, number: int, value: int, channel: int = 0) -> None:
        """A knob or fader moves, 0 to 127."""
        self.send(CONTROL | channel, number, value)

    def send(self, *message: int) -> None:
        """Any message, byte by byte."""
        self._out.send_message(list(message))

    @contextmanager
    def _patchbay(self) -> Iterator[Any]:
        client = jack.Client(f"{self.name}patch", no_start_server=True, servername=self.jackd.name)
        try:
            yield client
        finally:
            client.close()


class Controller:
    """A controller with both sides: it sends, and hears what its lights and motors are told.

    It is unplugged when it is left, and may be entered again: the ports have the same names then.
    """

    def __init__(self, name: str = "pads") -> None:
        self.name = f"{name} {os.getpid()}"
        self.shown: dict[tuple[int, int], int] = {}  # by status and number, the last value
        self.heard: list[list[int]] = []
        self._in: Any = None

    def __enter__(self) -> Controller:
        self._out = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name=f"{self.name} out")
        self._out.open_virtual_port("midi")
        self._in = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name=f"{self.name} in")
        self._in.ignore_types(sysex=False)
        self._in.open_virtual_port("midi")
        return self

    def __exit__(self, *exc: object) -> None:
        self.listen()
        _let_go(self._out, self._in)
        self._in = None

    def send(self, *message: int) -> None:
        """Any message, byte by byte."""
        self._out.send_message(list(message))

    def listen(self) -> None:
        """Take all that has come; nothing while it is unplugged."""
        while self._in is not None and (found := self._in.get_message()) is not None:
            message = found[0]
            self.heard.append(message)
            if len(message) == 3:
                self.shown[message[0], message[1]] = message[2]
