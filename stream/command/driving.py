"""A run that the user drives: with MIDI, OSC and what is in front of them, until its input ends or they end it."""

import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from stream.command import scenebook
from stream.common import interrupt
from stream.common.errors import Incomplete
from stream.common.threads import Stepper
from stream.mixer.desk import Desk
from stream.session.host import Host
from stream.session.request import Say
from stream.terminal.controllerthread import controller_thread
from stream.terminal.status import closing_lines, opening_lines
from stream.terminal.surface import UserInterface

MIDI = ("midi", "midi_map", "midi_out")  # words about controllers


def drive(host: Host, arguments: Namespace, surface: UserInterface, stack: ExitStack,
          also: Callable[[], None] = lambda: None) -> None:
    """Run a host with MIDI, OSC and what is in front of the user until its input ends, `q` or Ctrl-C.

    Raises what `Host.run` does, and Incomplete where the run has done without something.
    """
    stopped, say = threading.Event(), surface.say
    desk = _desk(host, arguments, say, stopped)
    steppers: list[Stepper] = []
    if any(vars(arguments)[name] for name in MIDI):
        steppers += _midi(arguments, desk, say, stack)
    if arguments.osc or arguments.osc_to:
        with _unless_configured(arguments, ("osc", "osc_to"), say):
            steppers.append(controller_thread("OSC", _osc(host, desk, arguments, say, stack), say))
    for stepper in steppers:
        stepper.start()
        stack.callback(stepper.stop)
    for text in opening_lines(host.report()):
        say(text)
    with _signal_told(say), surface.front(host, desk, stopped.set) as front:
        def watch() -> bool:
            also()
            front.show()
            return not stopped.is_set()

        interrupt.install(interrupt.SignalHandler(stopped.set, interrupt.end))
        host.run(watch)
    report = host.report()
    for text in closing_lines(report):
        say(text)
    if host.trouble is not None:
        raise Incomplete(host.trouble, report.json())


@contextmanager
def _signal_told(say: Say) -> Iterator[None]:
    """Whatever becomes of it, a run that a signal has ended says which."""
    try:
        yield
    finally:
        if why := interrupt.why():
            say(why)


def _desk(host: Host, arguments: Namespace, say: Say, stopped: threading.Event) -> Desk:
    """The strips, scenes of them, and what else hands may do in this run."""
    desk = Desk(host.mixer, scenebook.save)
    try:
        scenes = scenebook.load()
    except ValueError as error:
        say(str(error))
        scenes = {}
    configured = vars(arguments).get("scenes", {})  # the demo has no configuration
    for name, scene in scenebook.in_order(configured, scenes).items():
        try:
            desk.add(name, scene)
        except ValueError as error:
            say(f"scene {name} is left out: {error}")
    desk.offer("quit", stopped.set)
    if host.takes is not None and host.takes.manual:
        desk.offer("record", host.takes.toggle)
        desk.offer("keep", host.takes.keep)
    return desk


@contextmanager
def _unless_configured(arguments: Namespace, names: tuple[str, ...], say: Say) -> Iterator[None]:
    """What only the configuration asks for and is not here today is said; the music plays."""
    try:
        yield
    except ValueError as error:
        if not set(names) & vars(arguments).get("configured", set()):
            raise
        say(f"{error}; going on without it")


def _midi(arguments: Namespace, desk: Desk, say: Say, stack: ExitStack) -> list[Stepper]:
    """Threads of the controllers. Raises ValueError."""
    from stream.command.midi import controller_requests, threads  # most runs have none, and start sooner
    from stream.control.midi.controller import Controller

    made: list[Controller] = []
    with _unless_configured(arguments, ("midi",), say):
        for request in controller_requests(arguments):
            with _unless_configured(arguments, ("midi",), say):
                made.append(stack.enter_context(Controller(request, desk, say)))
    return threads(made, desk, say)


def _osc(host: Host, desk: Desk, arguments: Namespace, say: Say, stack: ExitStack) -> Callable[[], bool]:
    """Listen to OSC; the step of its thread. Raises ValueError."""
    from stream.control.osc import Osc, OscAddresses, osc_address  # most runs have none, and start sooner

    def facts() -> dict[str, int | float]:
        counts = host.engine.counts()
        return {"/latency": host.latency.total_s, "/misses": counts["misses"], "/xruns": counts["xruns"]}

    addresses = OscAddresses(osc_address(arguments.osc or "0"), [osc_address(text) for text in arguments.osc_to])
    made = stack.enter_context(Osc(addresses, desk, facts, say))
    if arguments.osc:
        say(f"listening to OSC on {addresses.listen[0]}:{made.port}")
    return made.step
