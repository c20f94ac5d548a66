"""MIDI clock for decks: `--midi-clock-out` and `--midi-clock-in`."""

from argparse import Namespace
from contextlib import ExitStack
from functools import partial

from stream.common.threads import Stepper
from stream.devices.jackports import is_jack
from stream.mixer.desk import Desk
from stream.session.deckhost import DeckHost
from stream.session.midiclock import CLOCK, IDLE_S, ClockPort, MidiClock
from stream.session.request import Say
from stream.terminal.controllerthread import controller_thread


def clock_thread(host: DeckHost, desk: Desk, arguments: Namespace, say: Say, stack: ExitStack) -> Stepper | None:
    """What sends and hears a clock, as far as that is asked for; the stack lets go of its ports.

    Raises ValueError for a port that is not here, Failure where JACK does not answer.
    """
    out, incoming = arguments.midi_clock_out, arguments.midi_clock_in
    if out is None and incoming is None:
        return None
    ports: dict[bool, ClockPort] = {}
    if is_jack(out) or is_jack(incoming):
        ports |= _by_jack(out, incoming, say, stack)
    for sends, name in ((True, out), (False, incoming)):
        if name is not None and not is_jack(name):
            ports[sends] = _by_rtmidi(name, sends, say, stack)
    clock = MidiClock(host.engine, host.booth, ports.get(True), ports.get(False))
    stack.callback(clock.stop)
    if incoming is not None:
        desk.offer(f"{CLOCK}/lead", partial(host.booth.leader.ask, CLOCK))
    return controller_thread("MIDI clock", clock.step, say, IDLE_S)


def _by_jack(out: str | None, incoming: str | None, say: Say, stack: ExitStack) -> dict[bool, ClockPort]:
    """One client for both ways."""
    from stream.devices.jackmidi import JackMidi  # it is compiled, and most runs have none
    from stream.session.jackclockport import JackClockPort

    midi = stack.enter_context(JackMidi())
    port = JackClockPort(midi)
    ways = {True: out, False: incoming}
    source, sink = (name.partition(":")[2] or None if is_jack(name) and name else None for name in (incoming, out))
    midi.lead(source, sink)
    for sends, name in ways.items():
        if is_jack(name):
            say(f"MIDI clock {'goes out by' if sends else 'is heard at'} {midi.names[not sends]}")
    return {sends: port for sends, name in ways.items() if is_jack(name)}


def _by_rtmidi(name: str, sends: bool, say: Say, stack: ExitStack) -> ClockPort:
    from stream.control.midi.clockcable import ClockCable

    cable = ClockCable(name, sends)
    stack.callback(cable.close)
    say(f"MIDI clock {'goes out by' if sends else 'is heard at'} {cable.name}")
    return cable
