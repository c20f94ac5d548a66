"""The command `run`: live, until the input ends or the user does."""

import os
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from stream.audiofiles.kind import FLOAT, Kind
from stream.audiofiles.piped import STDIN
from stream.command import scenebook
from stream.command.choosing import best_s, live
from stream.command.search import SOUND
from stream.common import interrupt
from stream.common.errors import Incomplete
from stream.common.threads import Stepper
from stream.devices import jackports, portaudio
from stream.inserts.naming import chains
from stream.latency.geometry import SAMPLERATE, DeviceTiming, window_columns
from stream.latency.planning import LEAST_S, MOST_S, NAMED_S
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer
from stream.recording.options import RecordingOptions
from stream.separators.opening import Opening
from stream.session.host import Host
from stream.session.line import AnyDevice
from stream.session.request import RunRequest, Say
from stream.terminal.controllerthread import controller_thread
from stream.terminal.status import closing_lines, opening_lines
from stream.terminal.surface import UserInterface

AUTO = "auto"
MIDI = ("midi", "midi_map", "midi_out")  # words about controllers


def latency_s(text: str | None) -> float | None:
    """Seconds for `1.5` or a name; None for None and for `auto`. Raises ValueError."""
    if text is None or text == AUTO:
        return None
    if text in NAMED_S:
        return NAMED_S[text]
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(f"latency {text!r} is neither seconds nor one of {', '.join(NAMED_S)}, {AUTO}") from None
    if not LEAST_S <= seconds <= MOST_S:
        raise ValueError(f"latency must be {LEAST_S:g} to {MOST_S:g} s, not {seconds:g}")
    return seconds


def _file(wish: str | None) -> Path | None:
    """A device wish that is the path of a sound file, or `-` for standard input, as one."""
    if wish == "-":
        return STDIN
    path = None if wish is None else Path(wish)
    if path is None or not (path.suffix.lower() in SOUND or path.is_file() or (os.sep in str(wish) and path.exists())):
        return None
    return path


def _device(wish: str | None, kind: str) -> AnyDevice:
    """Raises ValueError, with a list, for one that is not here."""
    return jackports.find(str(wish), kind) if jackports.is_jack(wish) else portaudio.find(wish, kind)


def _ends(arguments: Namespace) -> tuple[AnyDevice | Path, AnyDevice | Path | None, str]:
    """Source, sink and clock. Raises ValueError for what does not go together."""
    wish_in = arguments.input_device or arguments.device
    # a song given as the device of both sides is what comes in; it is never written over
    wish_out = arguments.output_device or (None if _file(arguments.device) else arguments.device)
    file_in, file_out = _file(wish_in), _file(wish_out)
    between_files = file_in and (file_out or (wish_out is None and arguments.record))
    pace = arguments.clock or ("virtual" if between_files else "device")
    source: AnyDevice | Path = file_in or _device(wish_in, "input")
    sink: AnyDevice | Path | None = file_out
    if sink is None and (wish_out is not None or pace == "device"):
        sink = _device(wish_out, "output")
    _check_ends(source, sink, pace)
    return source, sink, pace


def _check_ends(source: AnyDevice | Path, sink: AnyDevice | Path | None, clock: str) -> None:
    has_device = not (isinstance(source, Path) and (sink is None or isinstance(sink, Path)))
    if clock == "device" and not has_device:
        raise ValueError("--clock device needs a sound device on one side; between files it is wall or virtual")
    if clock != "device" and has_device:
        raise ValueError(f"--clock {clock} is for runs between files; a sound device paces itself")
    if isinstance(source, Path) and isinstance(sink, Path) and source.resolve() == sink.resolve():
        raise ValueError(f"{source} is the input: it cannot be the output too")
    if isinstance(sink, Path) and sink.suffix.lower() != ".wav":
        raise ValueError(f"an output file is a .wav, not {sink.name}")


def preset(arguments: Namespace) -> Callable[[Mixer], None]:
    """What sets a mixer as the command line has it; it raises ValueError for a stem that is not here."""

    def prepare(mixer: Mixer) -> None:
        for stem in arguments.mute:
            mixer.set(stem, "mute", 1)
        for stem in arguments.solo:
            mixer.set(stem, "solo", 1)
        for stem, db in arguments.gain:
            mixer.set(stem, "gain", db)

    return prepare


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

        interrupt.take(interrupt.Wishes(stopped.set, interrupt.end))
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
    if host.takes is not None and host.takes.by_hand:
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
    from stream.command.midi import threads, wishes  # most runs have none, and start sooner
    from stream.control.midi.controller import Controller

    made: list[Controller] = []
    with _unless_configured(arguments, ("midi",), say):
        for wish in wishes(arguments):
            with _unless_configured(arguments, ("midi",), say):
                made.append(stack.enter_context(Controller(wish, desk, say)))
    return threads(made, desk, say)


def _osc(host: Host, desk: Desk, arguments: Namespace, say: Say, stack: ExitStack) -> Callable[[], bool]:
    """Listen to OSC; the step of its thread. Raises ValueError."""
    from stream.control.osc import Osc, Places, osc_address  # most runs have none, and start sooner

    def facts() -> dict[str, int | float]:
        counts = host.engine.counts()
        return {"/latency": host.latency.total_s, "/misses": counts["misses"], "/xruns": counts["xruns"]}

    wish = Places(osc_address(arguments.osc or "0"), [osc_address(text) for text in arguments.osc_to])
    made = stack.enter_context(Osc(wish, desk, facts, say))
    if arguments.osc:
        say(f"listening to OSC on {wish.listen[0]}:{made.port}")
    return made.step


def _shelf(arguments: Namespace, clock: str) -> RecordingOptions:
    """What may be recorded: takes by hand only where somebody has the time to make them."""
    kind = Kind("flac", 24) if arguments.record_format == "flac" else FLOAT
    by_hand = arguments.takes if clock != "virtual" else None
    return RecordingOptions(arguments.record, by_hand, arguments.keep if by_hand else 0.0, kind)


def run(arguments: Namespace, opening: Callable[[], Opening], say: Say, console: Console,
        stack: ExitStack) -> dict[str, Any]:
    """Separate live until the input ends or the user does."""
    if arguments.said:
        say(arguments.said)
    wanted_s, window, inserts = latency_s(arguments.latency), window_columns(arguments.window), chains(arguments.insert)
    if not (arguments.device or arguments.input_device or arguments.output_device):
        say("no --device: using the default input and output")
    wishes = [wish for wish in (arguments.device, arguments.input_device, arguments.output_device) if wish]
    if not wishes or not all(_file(wish) or jackports.is_jack(wish) for wish in wishes):
        portaudio.name_client()
    source, sink, pace = _ends(arguments)
    surface = stack.enter_context(UserInterface(arguments, say, console, paced=pace != "virtual"))
    say = surface.say
    chosen = live(replace(opening(), window_columns=window), wanted_s, say, timed=pace != "virtual")
    if arguments.latency == AUTO:
        wanted_s = best_s(chosen, DeviceTiming(arguments.samplerate or SAMPLERATE, block=arguments.block), say)
    request = RunRequest(chosen, source, sink, pace, arguments.block, arguments.samplerate, wanted_s, arguments.on_late,
                         _shelf(arguments, pace), tuple(arguments.out), arguments.clocks, preset(arguments), inserts)
    host = Host(request, say)
    stack.callback(host.close, keep=False)
    drive(host, arguments, surface, stack)
    return host.report().json()
