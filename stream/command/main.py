"""The command line. What a command needs is imported when it is called: a second that others need not wait for."""

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import asdict
from typing import Any

from rich.console import Console

from stream.command.arguments import parse
from stream.common import interrupt
from stream.common.errors import Failure, Incomplete
from stream.common.lostinterrupt import Interrupt
from stream.terminal import answers
from stream.terminal.compiling import compile_notice

DEBUG = "DEMUCS_STREAM_DEBUG"  # set to anything, it shows where a command has failed
LIVE = ("run", "play", "serve", "demo", "doctor")  # commands that load the audio thread

console = Console(stderr=True, highlight=False, markup=False, emoji=False)


def main(words: list[str] | None = None) -> int:
    """Run a command; the exit code: 0 done, 1 failed while running, 2 wrong use."""
    answers.all_open()
    handler = interrupt.SignalHandler(interrupt.end)  # once: what is being cleaned up is not interrupted
    try:
        with interrupt.handling(handler):
            return _main(sys.argv[1:] if words is None else words, handler)
    except KeyboardInterrupt:  # while signals were beginning to be heard, or ceasing to be
        Interrupt.over()
        say("stopped")
        return 1


def _main(words: list[str], handler: interrupt.SignalHandler) -> int:
    try:
        arguments = parse(words)
        with compile_notice(say) if arguments.command in LIVE else nullcontext():
            result, lacking = _result(arguments, handler)
        if vars(arguments).get("json"):
            with suppress(answers.Unread) if lacking else nullcontext():
                answers.tell_json(result)
        if lacking is not None:
            raise lacking
    except KeyboardInterrupt:
        Interrupt.over()
        say("stopped")
        return 1
    except answers.Unread:
        return 1
    except (ValueError, TypeError) as error:
        return _fail(error, 2)
    except (Failure, OSError, RuntimeError, MemoryError) as error:
        return _fail(error, 1)
    except Exception as error:  # nobody is shown a traceback who has not asked for one
        return _fail(Failure(f"a fault of the program, {type(error).__name__}: {' '.join(str(error).split())} "
                             f"({DEBUG}=1 shows where)"), 1, error)
    return 0


def _result(arguments: Namespace, handler: interrupt.SignalHandler) -> tuple[dict[str, Any], Incomplete | None]:
    """What a command has done, and what it lacks, if it lacks something."""
    try:
        return _COMMANDS[arguments.command](arguments), None
    except Incomplete as error:
        return error.report, error
    except Exception as error:
        if not handler.left:  # an extension that was being loaded makes an ImportError of Ctrl-C, say
            raise KeyboardInterrupt from error
        raise


def _fail(error: BaseException, code: int, cause: BaseException | None = None) -> int:
    Interrupt.over()
    if os.environ.get(DEBUG):
        traceback.print_exception(cause or error)
    say(f"demucs-stream: {error}" if str(error) else f"demucs-stream: {type(error).__name__}")
    return code


def say(text: str) -> None:
    """One line to the user, on stderr."""
    answers.say(console, text)


def _run(arguments: Namespace) -> dict[str, Any]:
    from stream.command.fetching import Models
    from stream.command.run import run

    models = Models(say, console)
    with ExitStack() as stack:
        return run(arguments, lambda: models.live(arguments), say, console, stack)


def _play(arguments: Namespace) -> dict[str, Any]:
    from stream.command.playlist import playlist

    if arguments.said:
        say(arguments.said)
    if not arguments.songs:
        raise ValueError("play needs a song, a folder or a playlist: demucs-stream play SONG")
    songs = playlist(arguments.songs, say)  # before anything is compiled: that takes long the first time
    from stream.command.fetching import Models
    from stream.command.play import play

    models = Models(say, console)
    with ExitStack() as stack:
        return play(arguments, songs, models, say, console, stack)


def _screen(arguments: Namespace) -> dict[str, Any]:
    from stream.screen.__main__ import show

    if not show(arguments.attach):
        say("the run has ended")
    return {}


def _separate(arguments: Namespace) -> dict[str, Any]:
    from stream.command.fetching import Models
    from stream.command.separate import separate

    models = Models(say, console)
    return separate(arguments, lambda: models.opening(arguments), say, console)


def _prepare(arguments: Namespace) -> dict[str, Any]:
    from stream.command.fetching import Models
    from stream.command.prepare import prepare

    return prepare(arguments, Models(say, console), say, console)


def _render(arguments: Namespace) -> dict[str, Any]:
    from stream.command.fetching import Models
    from stream.command.render import again

    return again(arguments, Models(say, console), say)


def _demo(arguments: Namespace) -> dict[str, Any]:
    from stream.command.demo import demo
    from stream.command.fetching import Models

    models = Models(say, console)
    return demo(arguments, lambda: models.live_or_center(arguments), say, console)


def _devices(_arguments: Namespace) -> dict[str, Any]:
    from stream.devices import jackports, portaudio

    found, jack = portaudio.devices(), jackports.here()
    if not _arguments.json:
        answers.tell("\n".join(map(str, [*found, *([jack] if jack else [])])) or "there are no sound devices")
    return {"devices": [asdict(device) for device in found], "jack": asdict(jack) if jack else None}


def _ports(arguments: Namespace) -> dict[str, Any]:
    from stream.command import midi

    return midi.ports(arguments)


def _midi(arguments: Namespace) -> dict[str, Any]:
    from stream.command import midi

    return midi.maps(arguments) if arguments.task == "maps" else midi.learn(arguments, say)


def _models(arguments: Namespace) -> dict[str, Any]:
    from stream.command.fetching import known
    from stream.command.models import list_models
    from stream.separators.protocol import plugins

    return list_models([asdict(model) for model in known()], plugins(), arguments.json)


def _cache(arguments: Namespace) -> dict[str, Any]:
    from stream.command.cache import cache

    return cache(arguments)


def _doctor(arguments: Namespace) -> dict[str, Any]:
    from stream.command.doctor import doctor
    from stream.command.fetching import Models

    models = Models(say, console)
    return doctor(arguments, lambda: models.live_or_center(arguments), say)


def _export(arguments: Namespace) -> dict[str, Any]:
    from stream.command.fetching import Models

    return Models(say, console).export(arguments)


_COMMANDS: dict[str, Callable[[Namespace], dict[str, Any]]] = {
    "models": _models, "run": _run, "separate": _separate, "demo": _demo, "devices": _devices, "ports": _ports,
    "export": _export, "doctor": _doctor, "render": _render, "screen": _screen, "serve": _run, "midi": _midi,
    "cache": _cache, "play": _play, "prepare": _prepare,
}


if __name__ == "__main__":
    sys.exit(main())
