"""The command `run`: live, until the input ends or the user does."""

from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from rich.console import Console

from stream.audiofiles.kind import FLOAT, Kind
from stream.command.driving import drive
from stream.command.runwords import run_words
from stream.command.sourcesink import source_sink
from stream.recording.options import RecordingOptions
from stream.separators.opening import Opening
from stream.session.host import Host
from stream.session.request import Say
from stream.terminal.surface import UserInterface


def recording_options(arguments: Namespace, clock: str) -> RecordingOptions:
    """What may be recorded: takes by hand only where somebody has the time to make them."""
    kind = Kind("flac", 24) if arguments.record_format == "flac" else FLOAT
    takes = arguments.takes if clock != "virtual" else None
    return RecordingOptions(arguments.record, takes, arguments.keep if takes else 0.0, kind)


def run(arguments: Namespace, opening: Callable[[], Opening], say: Say, console: Console,
        stack: ExitStack) -> dict[str, Any]:
    """Separate live until the input ends or the user does."""
    if arguments.said:
        say(arguments.said)
    words = run_words(arguments)
    if not (arguments.device or arguments.input_device or arguments.output_device):
        say("no --device: using the default input and output")
    ends = source_sink(arguments)
    surface = stack.enter_context(UserInterface(arguments, say, console, paced=ends.clock != "virtual"))
    host = Host(words.request(opening, ends, recording_options(arguments, ends.clock), surface.say), surface.say)
    stack.callback(host.close, keep=False)
    drive(host, arguments, surface, stack)
    return host.report().json()
