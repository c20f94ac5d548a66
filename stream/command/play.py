"""The command `play`: songs on two decks, by their stems."""

import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from stream.command import scenebook
from stream.command.choosing import for_files
from stream.command.driving import furnish, start_controllers
from stream.command.fetching import Models
from stream.command.inserting import wanted_inserts
from stream.command.midiclock import clock_thread
from stream.command.run import recording_options
from stream.command.runwords import AUTO, RunWords, latency_s
from stream.command.sourcesink import SourceSink, device, input_
from stream.common import interrupt
from stream.common.errors import Incomplete
from stream.common.flag import Flag
from stream.control.deckkeys import DeckKeys
from stream.decks.booth import NAMES
from stream.decks.deckdesk import deck_desk, deck_facts
from stream.devices import jackports, portaudio
from stream.inserts.naming import Chains
from stream.latency.geometry import window_columns
from stream.library.knownsongs import KnownSongs
from stream.link.decksnapshot import DeckSnapshot
from stream.link.deckverbs import DeckHands, deck_verbs
from stream.mixer.desk import Desk
from stream.mixer.players import LIVE
from stream.recording.options import NOTHING
from stream.separators.opening import Opening
from stream.session.deckhost import DeckHost, PlayRequest
from stream.session.line import AnyDevice
from stream.session.request import RunRequest, Say
from stream.terminal.deckline import DeckLine
from stream.terminal.front import Front
from stream.terminal.status import absence_lines, closing_lines, insert_lines, opening_lines
from stream.terminal.surface import UserInterface
from stream.tracks.store import GB


def play(arguments: Namespace, songs: tuple[Path, ...], models: Models, say: Say, console: Console,
         stack: ExitStack) -> dict[str, Any]:
    """Play songs until they end or the user ends it."""
    surface = stack.enter_context(UserInterface(arguments, say, console))
    say = surface.say
    known = KnownSongs(arguments.library, say)
    inserts = wanted_inserts(arguments, [*NAMES, *([] if arguments.input_device is None else [LIVE])])
    if not all(map(jackports.is_jack, (arguments.device, arguments.input_device or arguments.device))):
        portaudio.name_client()
    sink = device(arguments.device, "output")
    live = None if arguments.input_device is None else _live(arguments, models, (sink, inserts.pop(LIVE)), say)
    ends = arguments.automix or (live is None and not sys.stdin.isatty())
    opening = for_files(models.opening(arguments), say)
    request = PlayRequest(opening, songs, sink, arguments.block,
                          arguments.samplerate, tuple(arguments.out), arguments.cache_gb * GB, arguments.automix, ends,
                          live, recording_options(arguments, "device"),
                          {f"{deck}/{stem}": chain for deck, found in inserts.items() for stem, chain in found.items()},
                          known, arguments.level == "on")
    stopped = Flag()
    host = DeckHost(request, say)
    stack.callback(host.close)
    for text in [*(opening_lines(host.live) if host.live else ()), *insert_lines(host.inserts)]:
        say(text)
    if host.inserts:
        say(f"effects make the decks {1000 * host.engine.latency.insert / host.engine.latency.samplerate:.0f} ms later")
    desk = _let_hands_in(host, arguments, say, stopped, stack)
    if not arguments.paused:
        host.booth.press("a", "play")
    with _front(host, opening, desk, surface, stopped.set) as front:
        def watch() -> bool:
            front.show()
            return not stopped.is_set()

        interrupt.install(interrupt.SignalHandler(stopped.set, interrupt.end))
        host.run(watch)
    for text in closing_lines(host.live) if host.live else absence_lines(host.absences):
        say(text)
    for path in host.files.values():
        say(f"wrote {path}")
    if host.trouble is not None:
        raise Incomplete(host.trouble, host.report())
    return host.report()


def _front(host: DeckHost, opening: Opening, desk: Desk, surface: UserInterface, stop: Callable[[], None]) -> Front:
    """The screen, or a line; both have the same keys."""
    engine, booth, hands = host.engine, host.booth, DeckHands(DeckKeys(desk, surface.say), desk, host.browser)
    facts = {"model": Path(opening.model).name, "provider": opening.provider, "samplerate": engine.latency.samplerate}
    snapshot = DeckSnapshot(engine, booth, hands, facts, lambda: host.recording)
    line = DeckLine(surface.console, engine, booth, hands.keys, surface.say, surface.seen)
    return surface.shown(line, snapshot, deck_verbs(booth, hands), stop)


def _let_hands_in(host: DeckHost, arguments: Namespace, say: Say, stopped: Flag, stack: ExitStack) -> Desk:
    """Scenes, MIDI and OSC; gives the desk that they work on."""
    desk = deck_desk(host.booth, host.engine.latency.samplerate, scenebook.save, host.browser)
    furnish(desk, host.takes, arguments, say, stopped)
    clock = clock_thread(host, desk, arguments, say, stack)  # before others look for what can be done
    start_controllers(desk, partial(deck_facts, host.booth, host.engine), arguments, say, stack)
    if clock is not None:
        clock.start()
        stack.callback(clock.stop)
    return desk


def _live(arguments: Namespace, models: Models, to: tuple[AnyDevice, Chains], say: Say) -> RunRequest:
    """The input, as a run of its own would have it. to: where it is heard, and what its stems go through before"""
    latency, window = arguments.latency, window_columns(arguments.window)
    words = RunWords(latency_s(latency), latency == AUTO, window, arguments.on_late, lambda _mixer: None,
                     to[1])
    ends = SourceSink(input_(arguments.input_device), to[0], "device", arguments.block, arguments.samplerate,
                      tuple(arguments.out), arguments.clocks)
    return words.request(lambda: models.live(arguments), ends, NOTHING, say)
