"""The command `render`: a take's mix once more, from what came in and what hands did."""

from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from stream.common.errors import Failure
from stream.common.scratch import scratch
from stream.mixer.players import DECKS
from stream.recording import log
from stream.recording.log import TakeInfo
from stream.recording.options import RecordingOptions
from stream.recording.rendering import render
from stream.separators.opening import Opening
from stream.session import setlog
from stream.session.host import Host
from stream.session.request import RunRequest, Say
from stream.session.setlog import SetInfo
from stream.session.setrendering import SetRenderer
from stream.tracks.separator import TrackSeparator
from stream.tracks.store import StemStore
from stream.tracks.track import Track


class Openings(Protocol):
    """What opens a take's separator, as stream.command.fetching.Models does."""

    def of_take(self, take: TakeInfo) -> Opening:
        """As it was opened when the take was recorded."""

    def of_set(self, info: SetInfo) -> Opening:
        """As it was opened for the songs of a set."""


def again(arguments: Namespace, openings: Openings, say: Say) -> dict[str, Any]:
    """Make the mix of a gesture log again; without recorded stems its input is separated again.

    Raises ValueError for what is no log, Failure for files that are not there or do not fit, OSError.
    """
    source = arguments.log / log.NAME if arguments.log.is_dir() else arguments.log
    if arguments.log.is_dir() and not source.exists():
        raise Failure(f"{arguments.log} holds no finished take: {log.NAME} is written when a take ends")
    if setlog.is_set(source):
        return _set_again(source, arguments.output, openings, say)
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
            stems = _separate(files["input"], take, openings.of_take(take), folder, say)
            render(stems | {"input": files["input"]}, take, automation, to, unfaded=True)
    say(f"wrote {to}")
    return {"log": str(source), "frames": take.frames, "gestures": len(automation.gestures), "separated": not complete,
            "files": {"mix": str(to)}}


def _set_again(source: Path, output: Path | None, openings: Openings, say: Say) -> dict[str, Any]:
    """Make the mix of two decks again, from their songs, which are separated as well as they can be."""
    info, moves = setlog.read(source)
    to = output or source.with_name("mix-again.wav")
    if to.resolve().parent == source.resolve().parent and to.stem in ("mix", *DECKS):
        raise ValueError(f"{to} is a file of the take: it cannot be the output too")
    if info.input:
        raise Failure(f"{source}: an input was heard beside the decks, and what came in is not recorded: such a set "
                      "cannot be rendered")
    songs = {str(move.what): Path(move.what) for move in moves if move.does == "load" and move.what is not None}
    gone = [path for path in songs.values() if not path.exists()]
    if gone:
        raise Failure(f"no such file: {gone[0]}; a set is rendered from its songs")
    for song, file in dict.fromkeys((str(move.what), move.file) for move in moves if move.file is not None):
        file.check(songs[song])
    if info.lost:
        say(f"{source} lacks {info.lost} moves or pieces of sound: the mix will not be the same")
    with ExitStack() as stack:
        separator = TrackSeparator(openings.of_set(info), info.samplerate, StemStore(say=say))
        stack.callback(separator.close)

        def load(path: Path) -> Track:
            say(f"separating {path}, or taking its stems from the store")
            track = separator.load(path)
            separator.wait()
            if separator.failure or track.failure:
                raise Failure(separator.failure or track.failure)
            return track

        SetRenderer(info, load, stack).render(moves, to)
    say(f"wrote {to}")
    return {"log": str(source), "frames": info.frames, "gestures": len(moves), "songs": [*songs], "files": {
        "mix": str(to)}}


def _separate(mix: Path, take: TakeInfo, opening: Opening, folder: Path, say: Say) -> dict[str, Path]:
    """The stems of a take as the live engine makes them when nothing is late."""
    request = RunRequest(opening, mix, None, "virtual", latency_s=take.latency_s, recording=RecordingOptions(folder))
    host = Host(request, say)
    host.run(lambda: True)
    return {name: Path(path) for name, path in host.files.items()}
