"""The command `render`: a take's mix once more, from what came in and what hands did."""

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stream.common.errors import Failure
from stream.common.scratch import scratch
from stream.recording import log
from stream.recording.log import TakeInfo
from stream.recording.options import RecordingOptions
from stream.recording.rendering import render
from stream.separators.opening import Opening
from stream.session.host import Host
from stream.session.request import RunRequest, Say


def again(arguments: Namespace, opening: Callable[[TakeInfo], Opening], say: Say) -> dict[str, Any]:
    """Make the mix of a gesture log again; without recorded stems its input is separated again.

    opening: of a take's separator
    Raises ValueError for what is no log, Failure for files that are not there or do not fit, OSError.
    """
    source = arguments.log / log.NAME if arguments.log.is_dir() else arguments.log
    if arguments.log.is_dir() and not source.exists():
        raise Failure(f"{arguments.log} holds no finished take: {log.NAME} is written when a take ends")
    take, automation = log.read(source)
    files = {name: source.parent / file for name, file in take.files.items()}
    to = arguments.output or source.with_name("mix-again.wav")
    if not files["input"].exists():
        raise Failure(f"no such file: {files['input']}; a take is rendered from what came in")
    if to.resolve() in [path.resolve() for path in files.values()]:
        raise ValueError(f"{to} is a file of the take: it cannot be the output too")
    if take.lost:
        say(f"{source} lacks {take.lost} gestures or pieces of sound: the mix will not be the same")
    complete = all(path.exists() for name, path in files.items() if name != "mix") and not arguments.separate
    if complete:
        render(files, take, automation, to)
    else:
        without = f", without what inserts made of {', '.join(take.inserts)}" if take.inserts else ""
        say(f"separating {files['input']} again with {take.model}{without}")
        with scratch("demucs-stream.render-") as folder:
            stems = _separate(files["input"], take, opening(take), folder, say)
            render(stems | {"input": files["input"]}, take, automation, to, unfaded=True)
    say(f"wrote {to}")
    return {"log": str(source), "frames": take.frames, "gestures": len(automation.gestures), "separated": not complete,
            "files": {"mix": str(to)}}


def _separate(mix: Path, take: TakeInfo, opening: Opening, folder: Path, say: Say) -> dict[str, Path]:
    """The stems of a take as the live engine makes them when nothing is late."""
    request = RunRequest(opening, mix, None, "virtual", latency_s=take.latency_s, recording=RecordingOptions(folder))
    host = Host(request, say)
    host.run(lambda: True)
    return {name: Path(path) for name, path in host.files.items()}
