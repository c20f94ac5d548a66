"""Where a run's music comes from and goes to: devices or files, as the command line names them."""

import os
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from stream.audiofiles.piped import STDIN
from stream.command.search import SOUND
from stream.devices import jackports, portaudio
from stream.mixer.route import Route
from stream.session.line import AnyDevice
from stream.session.request import BLOCK


@dataclass(frozen=True)
class SourceSink:
    """Each as of `RunRequest`."""

    source: AnyDevice | Path
    sink: AnyDevice | Path | None
    clock: str
    block: int = BLOCK
    samplerate: int | None = None
    routes: tuple[Route, ...] = ()
    clocks: str = "auto"


def source_sink(arguments: Namespace) -> SourceSink:
    """What `run` is asked for. Raises ValueError for what is not here or does not go together."""
    wishes = [wish for wish in (arguments.device, arguments.input_device, arguments.output_device) if wish]
    if not wishes or not all(_file(wish) or jackports.is_jack(wish) for wish in wishes):
        portaudio.name_client()
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
    _check(source, sink, pace)
    return SourceSink(source, sink, pace, arguments.block, arguments.samplerate, tuple(arguments.out), arguments.clocks)


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


def _check(source: AnyDevice | Path, sink: AnyDevice | Path | None, clock: str) -> None:
    has_device = not (isinstance(source, Path) and (sink is None or isinstance(sink, Path)))
    if clock == "device" and not has_device:
        raise ValueError("--clock device needs a sound device on one side; between files it is wall or virtual")
    if clock != "device" and has_device:
        raise ValueError(f"--clock {clock} is for runs between files; a sound device paces itself")
    if isinstance(source, Path) and isinstance(sink, Path) and source.resolve() == sink.resolve():
        raise ValueError(f"{source} is the input: it cannot be the output too")
    if isinstance(sink, Path) and sink.suffix.lower() != ".wav":
        raise ValueError(f"an output file is a .wav, not {sink.name}")
