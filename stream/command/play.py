"""The command `play`: songs on two decks, by their stems."""

import sys
import threading
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from rich.console import Console

from stream.command.choosing import for_files
from stream.command.playlist import playlist
from stream.command.sourcesink import device
from stream.common import interrupt
from stream.devices import jackports, portaudio
from stream.separators.opening import Opening
from stream.session.deckhost import DeckHost, PlayRequest
from stream.session.request import Say
from stream.terminal.deckline import DeckLine
from stream.tracks.store import GB


def play(arguments: Namespace, opening: Callable[[], Opening], say: Say, console: Console,
         stack: ExitStack) -> dict[str, Any]:
    """Play songs until they end or the user ends it."""
    if arguments.said:
        say(arguments.said)
    if not arguments.songs:
        raise ValueError("play needs a song, a folder or a playlist: demucs-stream play SONG")
    songs = playlist(arguments.songs, say)
    if not jackports.is_jack(arguments.device):
        portaudio.name_client()
    sink = device(arguments.device, "output")
    request = PlayRequest(for_files(opening(), say), songs, sink, arguments.block, arguments.samplerate,
                          tuple(arguments.out), arguments.cache_gb * GB, arguments.automix,
                          arguments.automix or not sys.stdin.isatty())
    stopped = threading.Event()
    host = DeckHost(request, say)
    stack.callback(host.close)
    if not arguments.paused:
        host.booth.press("a", "play")
    interrupt.install(interrupt.SignalHandler(stopped.set, interrupt.end))
    with DeckLine(console, host.engine, host.booth, stopped.set, say, arguments.ui != "none") as line:
        def watch() -> bool:
            line.show()
            return not stopped.is_set()

        host.run(watch)
    return host.report()
