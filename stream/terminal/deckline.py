"""Two decks in one line, and their keys."""

from contextlib import ExitStack, suppress
from fractions import Fraction
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from stream.control.deckkeys import DeckKeys
from stream.decks.booth import Booth
from stream.decks.engine import DeckEngine
from stream.mixer.mixer import Mixer
from stream.session.request import Say
from stream.terminal.controllerthread import controller_thread
from stream.terminal.status import clock


class DeckLine:
    """Reads keys while there is a terminal, and shows the line while it is entered."""

    def __init__(self, console: Console, engine: DeckEngine, booth: Booth, keys: DeckKeys, say: Say,
                 seen: bool = True) -> None:
        """Nothing is shown yet. say: takes lines for the user"""
        self._engine, self._booth, self._say, self._seen, self._keys = engine, booth, say, seen, keys
        self._open = ExitStack()
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def show(self) -> None:
        """Show things as they are."""
        if self._seen and self._live is not None:
            with suppress(OSError):  # its terminal is gone: audio goes on
                self._live.update(self._line(), refresh=True)

    def _line(self) -> Text:
        text = Text()
        for name in self._booth.mixers:
            text.append(f"{name} ", "bold reverse" if name == self._keys.chosen and self._keys.here else "bold")
            text.append(f"{self._of(name) if name in self._booth.decks else self._of_input(name)}   ")
        counts = self._engine.counts()
        text.append(f"x {self._booth.master.crossfader:.1f}  underruns {counts['underruns']}  xruns {counts['xruns']}")
        return text.append(f"   {self._keys.short}", "dim") if self._keys.here else text

    def _of(self, name: str) -> str:
        """A deck in words: what it does, where, how fast, and how much of its song is separated."""
        deck, mixer = self._booth.decks[name], self._booth.mixers[name]
        track, state = deck.track, deck.state
        if track is None:
            return "empty"
        rate = track.samplerate
        length = clock(track.frames / rate) if track.frames else "?"
        bpm = state.bpm(rate)
        by_hand = " by hand" if state.grid is not None and state.grid.by_hand else ""
        beats = [] if bpm is None else [f"{bpm:.1f} bpm{by_hand}"]
        jumps = Fraction(state.settings.jump_beats).limit_denominator(32)
        sync = [f"follows {state.follows}"] if state.follows else []
        words = ["plays" if state.playing else "stands", f"{clock(max(0.0, state.position) / rate)} of {length}",
                 f"{100 * (state.settings.speed - 1):+.1f} %", *beats, *sync, f"jumps {jumps}",
                 f"stems {100 * track.separated:.0f} %"]
        return " ".join([*words, *_without(mixer)])

    def _of_input(self, name: str) -> str:
        """The input in words: how late it is, and what was missed."""
        live = self._engine.live
        assert live is not None
        words = [f"latency {live.latency.total_s:.2f} s", f"misses {live.counts()['misses']}"]
        return " ".join([*words, *_without(self._booth.mixers[name])])

    def __enter__(self) -> Self:
        if self._seen:
            keys = self._open.enter_context(self._keys)
            if keys.here:
                stepper = controller_thread("the keyboard", keys.step, self._say)
                stepper.start()
                self._open.callback(stepper.stop)
            if self._live is not None:
                self._open.enter_context(self._live)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._open.close()


def _without(mixer: Mixer) -> list[str]:
    muted = [stem for stem in mixer.sources if mixer.on(stem, "mute")]
    return ["without", *muted] if muted else []
