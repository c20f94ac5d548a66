"""The command line. Only this file asks `export` for a model file.

A command is imported when it is called: the live engine's compiled code takes a second that files need not wait for.
"""

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from export.store import STATEFUL, WINDOWED, BagFiles, StoreError, known, model_bag
from stream.command.arguments import parse
from stream.common import interrupt
from stream.common.errors import Failure, Incomplete
from stream.separators.fusion.passes import fused
from stream.separators.networks.providers import provider_name
from stream.separators.opening import Opening
from stream.separators.protocol import plugins
from stream.terminal import answers
from stream.terminal.compiling import compile_notice

DEBUG = "DEMUCS_STREAM_DEBUG"  # set to anything, it shows where a command has failed
LIVE = ("run", "serve", "demo", "doctor")  # commands that load the audio thread

console = Console(stderr=True, highlight=False, markup=False, emoji=False)


def main(words: list[str] | None = None) -> int:
    """Run a command; the exit code: 0 done, 1 failed while running, 2 wrong use."""
    answers.all_open()
    wishes = interrupt.Wishes(interrupt.end)  # once: what is being cleaned up is not interrupted
    with interrupt.heard(wishes):
        return _main(sys.argv[1:] if words is None else words, wishes)


def _main(words: list[str], wishes: interrupt.Wishes) -> int:
    try:
        arguments = parse(words)
        with compile_notice(say) if arguments.command in LIVE else nullcontext():
            result, lacking = _result(arguments, wishes)
        if vars(arguments).get("json"):
            with suppress(answers.Unread) if lacking else nullcontext():
                answers.tell_json(result)
        if lacking is not None:
            raise lacking
    except KeyboardInterrupt:
        say("stopped")
        return 1
    except answers.Unread:
        return 1
    except (ValueError, TypeError) as error:
        return _fail(error, 2)
    except (Failure, StoreError, OSError, RuntimeError, MemoryError) as error:
        return _fail(error, 1)
    except Exception as error:  # nobody is shown a traceback who has not asked for one
        return _fail(Failure(f"a fault of the program, {type(error).__name__}: {' '.join(str(error).split())} "
                             f"({DEBUG}=1 shows where)"), 1, error)
    return 0


def _result(arguments: Namespace, wishes: interrupt.Wishes) -> tuple[dict[str, Any], Incomplete | None]:
    """What a command has done, and what it lacks, if it lacks something."""
    try:
        return _COMMANDS[arguments.command](arguments), None
    except Incomplete as error:
        return error.report, error
    except Exception as error:
        if not wishes.left:  # an extension that was being loaded makes an ImportError of Ctrl-C, say
            raise KeyboardInterrupt from error
        raise


def _fail(error: BaseException, code: int, cause: BaseException | None = None) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exception(cause or error)
    say(f"demucs-stream: {error}" if str(error) else f"demucs-stream: {type(error).__name__}")
    return code


def say(text: str) -> None:
    """One line to the user, on stderr."""
    answers.say(console, text)


def opening(arguments: Namespace, form: str = WINDOWED) -> Opening:
    """The separator that was asked for, with its model file fetched if need be; `auto` is settled by the command.

    form: of export.store
    """
    name, provider = arguments.model, arguments.provider
    provider_name(provider)  # one that is not here is refused before anything is fetched
    threads = arguments.threads or 0
    if name in plugins():
        return Opening(name, provider=provider, threads=threads)
    bag = fetch(name, form)
    return Opening(name, bag.files, bag.weights, bag.segment_s, provider, threads, recompute=bag.recompute)


def live(arguments: Namespace) -> Opening:
    """As `opening`, with a state unless whole windows are asked for."""
    return opening(arguments, WINDOWED if vars(arguments).get("window") else STATEFUL)  # doctor has no --window


def fetch(name: str, form: str) -> BagFiles:
    """A model's files, with a progress bar while one is downloaded. Raises StoreError, ValueError, OSError."""
    with _downloading() as progress:
        return model_bag(name, say, progress, form)


@contextmanager
def _downloading() -> Iterator[Callable[[int, int | None, str], None]]:
    """A progress bar for each download."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def progress(done: int, total: int | None, label: str) -> None:
            if label not in tasks:
                tasks[label] = bar.add_task(answers.shown(label), total=total)
            bar.update(tasks[label], completed=done, total=total)

        yield progress


def _demo_opening(arguments: Namespace) -> Opening:
    """As `live`, but where no weights are to be had the built-in separator steps in, and says so."""
    try:
        return live(arguments)
    except StoreError as error:
        say(f"{error}\ndemucs-stream: no weights; using `center`, which only tells the middle of the stereo image "
            "from the rest: expect far less")
        return opening(Namespace(**{**vars(arguments), "model": "center"}))


def _run(arguments: Namespace) -> dict[str, Any]:
    from stream.command.run import run

    with ExitStack() as stack:
        return run(arguments, lambda: live(arguments), say, console, stack)


def _screen(arguments: Namespace) -> dict[str, Any]:
    from stream.screen.__main__ import show

    if not show(arguments.attach):
        say("the run has ended")
    return {}


def _separate(arguments: Namespace) -> dict[str, Any]:
    from stream.command.separate import separate

    return separate(arguments, lambda: opening(arguments), say, console)


def _render(arguments: Namespace) -> dict[str, Any]:
    from stream.command.render import again
    from stream.command.run import columns
    from stream.recording.log import TakeInfo

    def separator(take: TakeInfo) -> Opening:
        form = STATEFUL if take.window_s is None else WINDOWED
        found = opening(Namespace(model=take.model, provider=take.provider, threads=take.threads), form)
        return replace(found, window_columns=columns(take.window_s))

    return again(arguments, separator, say)


def _demo(arguments: Namespace) -> dict[str, Any]:
    from stream.command.demo import demo

    return demo(arguments, partial(_demo_opening, arguments), say, console)


def _devices(_arguments: Namespace) -> dict[str, Any]:
    from stream.devices import jackports, portaudio

    found, jack = portaudio.devices(), jackports.here()
    if not _arguments.json:
        answers.tell("\n".join(map(str, [*found, *([jack] if jack else [])])) or "no sound devices")
    return {"devices": [asdict(device) for device in found], "jack": asdict(jack) if jack else None}


def _ports(arguments: Namespace) -> dict[str, Any]:
    from stream.command import midi

    return midi.ports(arguments)


def _midi(arguments: Namespace) -> dict[str, Any]:
    from stream.command import midi

    return midi.maps(arguments) if arguments.task == "maps" else midi.learn(arguments, say)


def _models(arguments: Namespace) -> dict[str, Any]:
    from stream.command.models import list_models

    return list_models([asdict(model) for model in known()], plugins(), arguments.json)


def _doctor(arguments: Namespace) -> dict[str, Any]:
    from stream.command.doctor import doctor

    return doctor(arguments, partial(_demo_opening, arguments), say)


def _export(arguments: Namespace) -> dict[str, Any]:
    try:
        from export.command import Order, Tools
        from export.command import export as make
        from stream.command.export import export
    except ModuleNotFoundError as error:
        raise ValueError(f"export needs {error.name}, which is not installed: install this program with its extra "
                         "`export`, for example `pip install '.[export]'` in its folder") from error
    order = Order(arguments.model, arguments.output, arguments.length, arguments.weights, arguments.ort,
                  arguments.stateful)
    with _downloading() as progress:
        return export(arguments, lambda music: make(order, Tools(music, say, progress, fused)))


_COMMANDS: dict[str, Callable[[Namespace], dict[str, Any]]] = {
    "models": _models, "run": _run, "separate": _separate, "demo": _demo, "devices": _devices, "ports": _ports,
    "export": _export, "doctor": _doctor, "render": _render, "screen": _screen, "serve": _run, "midi": _midi,
}


if __name__ == "__main__":
    sys.exit(main())
