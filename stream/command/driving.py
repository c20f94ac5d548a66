"""A run that the user drives: with MIDI, OSC and what is in front of them, until its input ends or they end it."""

from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from stream.command import scenebook
from stream.common import interrupt
from stream.common.errors import Incomplete
from stream.common.flag import Flag
from stream.common.threads import Stepper
from stream.mixer.desk import Desk
from stream.recording.takes import Takes
from stream.session.host import Host
from stream.session.request import Say
from stream.terminal.controllerthread import controller_thread
from stream.terminal.status import closing_lines, opening_lines
from stream.terminal.surface import UserInterface

Value = int | float | str
MIDI = ("midi", "midi_map", "midi_out")  # words about controllers


def drive(host: Host, arguments: Namespace, surface: UserInterface, stack: ExitStack,
          also: Callable[[], None] = lambda: None) -> None:
    """Run a host with MIDI, OSC and what is in front of the user until its input ends, `q` or Ctrl-C.

    Raises what `Host.run` does, and Incomplete where the run has done without something.
    """
    stopped, say = Flag(), surface.say
    desk = Desk(host.mixer, scenebook.save)
    furnish(desk, host.takes, arguments, say, stopped)

    def facts() -> Mapping[str, Value]:
        counts = host.engine.counts()
        return {"/latency": host.latency.total_s, "/misses": counts["misses"], "/xruns": counts["xruns"]}

    start_controllers(desk, facts, arguments, say, stack)
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


def start_controllers(desk: Desk, facts: Callable[[], Mapping[str, Value]], arguments: Namespace, say: Say,
                      stack: ExitStack) -> None:
    """Let MIDI and OSC at a desk, as far as they are asked for; the stack ends them. Raises ValueError.

    facts: by OSC address, what else is sent
    """
    steppers: list[Stepper] = []
    if any(vars(arguments)[name] for name in MIDI):
        steppers += _midi(arguments, desk, say, stack)
    if arguments.osc or arguments.osc_to:
        with _unless_configured(arguments, ("osc", "osc_to"), say):
            steppers.append(controller_thread("OSC", _osc(desk, facts, arguments, say, stack), say))
    for stepper in steppers:
        stepper.start()
        stack.callback(stepper.stop)


def furnish(desk: Desk, takes: Takes | None, arguments: Namespace, say: Say, stopped: Flag) -> None:
    """Give a desk its scenes, and what hands may do in every run."""
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
    if takes is not None and takes.manual:
        desk.offer("record", takes.toggle)
        desk.offer("keep", takes.keep)


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


def _osc(desk: Desk, facts: Callable[[], Mapping[str, Value]], arguments: Namespace, say: Say,
         stack: ExitStack) -> Callable[[], bool]:
    """Listen to OSC; the step of its thread. Raises ValueError."""
    from stream.control.osc import Osc, OscAddresses, osc_address  # most runs have none, and start sooner

    addresses = OscAddresses(osc_address(arguments.osc or "0"), [osc_address(text) for text in arguments.osc_to])
    made = stack.enter_context(Osc(addresses, desk, facts, say))
    if arguments.osc:
        say(f"listening to OSC on {addresses.listen[0]}:{made.port}")
    return made.step
