"""MIDI notes and control changes toggle mutes. The only file that imports rtmidi.

    note on, any channel     36, 37, 38, 39 (the first pads of most controllers): stem 1, 2, 3, 4 ...
    control change           20, 21, 22, 23: stem 1, 2, 3, 4 ...; a value of 64 or more toggles, the release is nothing
"""

import contextlib
from types import TracebackType
from typing import Any, Self

import rtmidi

from stream.control.mixer import Mixer
from stream.devices.quiet import quiet

FIRST_NOTE, FIRST_CONTROL = 36, 20
NOTE_ON, CONTROL_CHANGE = 0x90, 0xB0
VIRTUAL = "virtual"
_THROUGH = ("midi through", "system:midi_")  # loops and the sound card's own; never what `auto` means


def _inputs() -> list[Any]:
    """One input per MIDI system that works here: ALSA, JACK, CoreMIDI, Windows."""
    found = []
    for api in rtmidi.get_compiled_api():
        with contextlib.suppress(rtmidi.RtMidiError, rtmidi.SystemError):
            if api != rtmidi.API_RTMIDI_DUMMY:
                found.append(rtmidi.MidiIn(rtapi=api, name="demucs-stream"))
    return found


def ports() -> list[str]:
    """Names of all ports that can be listened to. [main-thread]"""
    with quiet():
        return [name for midi in _inputs() for name in midi.get_ports()]


class Midi:
    """Listens to one port. Messages are polled: RtMidi's own thread would wait for the GIL and hold JACK's graph up."""

    def __init__(self, port: str, mixer: Mixer) -> None:
        """Open a port by a part of its name; `auto` is the first, `virtual` makes one for others to connect to.

        Raises ValueError, with the list, where it is not here. [main-thread]
        """
        self._mixer = mixer
        self._midi, self.port = _open(port)

    def step(self) -> bool:
        """Do what one message says; False if none came. [midi-thread]"""
        message = self._midi.get_message()
        if message is None:
            return False
        self.receive(message[0])
        return True

    def receive(self, message: list[int]) -> None:
        """Do what a message says; one that means nothing is passed over. [midi-thread]"""
        if len(message) != 3:
            return
        status, number, value = message
        kind, stems = status & 0xF0, self._mixer.sources
        stem = -1
        if kind == NOTE_ON and value > 0:
            stem = number - FIRST_NOTE
        elif kind == CONTROL_CHANGE and value >= 64:
            stem = number - FIRST_CONTROL
        if 0 <= stem < len(stems):
            self._mixer.flip(stems[stem], "mute")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._midi.close_port()


def _open(wish: str) -> tuple[Any, str]:
    with quiet():
        inputs = _inputs()
    if wish == VIRTUAL and inputs:
        inputs[0].open_virtual_port("in")
        return inputs[0], "demucs-stream:in"
    found = [(midi, index, name) for midi in inputs for index, name in enumerate(midi.get_ports())]
    for midi, index, name in found:
        usual = not any(part in name.lower() for part in _THROUGH)
        if (wish == "auto" and usual) or (wish != "auto" and wish.lower() in name.lower()):
            midi.open_port(index, "in")
            return midi, name
    listing = "".join(f"\n  {name}" for _, _, name in found) or " none"
    raise ValueError(f"no MIDI port {wish}; here are:{listing}")
