"""The command `demo`: the main job with no sound card and no song of one's own."""

import shutil
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console

from stream.command.driving import drive
from stream.command.runwords import run_words
from stream.command.sourcesink import SourceSink
from stream.common.errors import TooSlow
from stream.recording.options import RecordingOptions
from stream.separators.opening import Opening
from stream.session.host import Host
from stream.session.request import Say
from stream.terminal.status import clock
from stream.terminal.surface import UserInterface


def demo(arguments: Namespace, opening: Callable[[], Opening], say: Say, console: Console) -> dict[str, Any]:
    """The main job with no sound card: a song at its own speed through the live engine, vocals muted half way."""
    with UserInterface(arguments, say, console) as surface:
        return _demo(arguments, opening, surface)


def _demo(arguments: Namespace, opening: Callable[[], Opening], surface: UserInterface) -> dict[str, Any]:
    from stream.command import song as demo_song  # scipy.signal takes half a second to import; only this wants it

    out, say, words = arguments.output, surface.say, run_words(arguments)
    with _nothing_left(out / "song"):
        true = None if arguments.song else demo_song.write(out / "song")
        song = arguments.song or out / "song" / "mix.wav"
        say(f"playing {song} at its own speed on a virtual device; half way through, the vocals are muted")

        def paced(by: str) -> Host:
            return Host(words.request(opening, SourceSink(song, None, by), RecordingOptions(out), say), say)

        try:
            host = paced("wall")
        except TooSlow as error:
            say(f"{error}\nso the song is not played at its own speed, but made as fast as this computer can")
            host = paced("virtual")

    muted = False

    def half_way() -> None:
        nonlocal muted  # once: who brings the vocals back has them
        stem = "vocals" if "vocals" in host.mixer.sources else host.mixer.sources[-1]
        if host.engine.heard * 2 >= (host.engine.expected or 0) and not muted:
            muted = True
            host.mixer.set(stem, "mute", 1)
            say(f"{clock(host.engine.heard / host.latency.samplerate)}  {stem} muted")

    with ExitStack() as stack:
        stack.callback(host.close, keep=False)
        drive(host, arguments, surface, stack, half_way)
    report = host.report()
    scores = demo_song.score(true, host.files) if true is not None and report.heard_s else None
    if scores is not None:
        for stem, db in scores.items():
            say(f"{stem}: {db:.1f} dB SDR against the true stem")
    say(f"what you would have heard is in {out / 'mix.wav'}. Next: demucs-stream devices, then demucs-stream "
        "--device N --mute vocals")
    return report.json() if scores is None else report.json() | {"sdr_db": scores}


@contextmanager
def _nothing_left(song: Path) -> Iterator[None]:
    """Remove the song that was made, and the folder that was made for it, if it ends before anything is played."""
    new_song, new_folder = not song.exists(), not song.parent.exists()
    try:
        yield
    except BaseException:
        if new_song:
            shutil.rmtree(song, ignore_errors=True)
        if new_folder:
            with suppress(OSError):  # it holds something else
                song.parent.rmdir()
        raise
