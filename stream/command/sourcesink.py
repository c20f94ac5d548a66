"""Where a run's music comes from and goes to: devices or files, as the command line names them."""

import os
from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path

from stream.audiofiles.names import SOUND
from stream.audiofiles.piped import STDIN
from stream.devices import jackports, portaudio
from stream.mixer.players import short
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
    names = [name for name in (arguments.device, arguments.input_device, arguments.output_device) if name]
    if not names or not all(_file(name) or jackports.is_jack(name) for name in names):
        portaudio.name_client()
    name_in = arguments.input_device or arguments.device
    # a song given as the device of both sides is what comes in; it is never written over
    name_out = arguments.output_device or (None if _file(arguments.device) else arguments.device)
    file_out = _file(name_out)
    between_files = _file(name_in) and (file_out or (name_out is None and arguments.record))
    pace = arguments.clock or ("virtual" if between_files else "device")
    source = input_(name_in)
    sink: AnyDevice | Path | None = file_out
    if sink is None and (name_out is not None or pace == "device"):
        sink = device(name_out, "output")
    _check(source, sink, pace)
    routes = tuple(replace(route, bus=short(route.bus)) for route in arguments.out)
    return SourceSink(source, sink, pace, arguments.block, arguments.samplerate, routes, arguments.clocks)


def _file(name: str | None) -> Path | None:
    """A device that is the path of a sound file, or `-` for standard input, as one."""
    if name == "-":
        return STDIN
    path = None if name is None else Path(name)
    if path is None or not (path.suffix.lower() in SOUND or path.is_file() or (os.sep in str(name) and path.exists())):
        return None
    return path


def input_(name: str | None) -> AnyDevice | Path:
    """The device that music comes from, or the file that stands for it. Raises ValueError for one that is not here."""
    return _file(name) or device(name, "input")


def device(name: str | None, kind: str) -> AnyDevice:
    """Raises ValueError, with a list, for one that is not here."""
    return jackports.find(str(name), kind) if jackports.is_jack(name) else portaudio.find(name, kind)


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
