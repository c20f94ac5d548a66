"""A set of two decks made again from its songs and its moves.

What was done is done again where the callback took it over, by the same decks and the same compiled code, but nobody
waits. So stems are as good as they get from the first frame on: nothing is made in a hurry, and nothing comes late.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dsp.beatgrid import BeatGrid
from dsp.onsets import Onsets
from stream.audiofiles.audiofile import AudioWriter
from stream.callback.header import HEADER
from stream.common.errors import Failure
from stream.decks.booth import Booth
from stream.decks.deckdesk import deck_desk
from stream.decks.deckinserts import DeckInserts
from stream.decks.engine import DeckEngine, DeckSetup
from stream.decks.gridedits import found, refined
from stream.decks.outsidebeat import BeatLine, OutsideBeat
from stream.decks.songfacts import DeckPress
from stream.decks.songmarks import SongMarks, with_marks
from stream.latency.geometry import Latency
from stream.live.insert import Insert
from stream.session.inserts import open_inserts
from stream.session.setlog import SetInfo, SetMove
from stream.tracks.beatfinder import BeatFinder
from stream.tracks.track import Track

LOOK_S = 0.01

Load = Callable[[Path], Track]  # a song, wholly decoded and separated; raises Failure


class KnownOnsets:
    """Onsets of a song that was heard to its end, for the stretcher; its beats are those that the log has."""

    grid: BeatGrid | None = None
    refined: tuple[BeatGrid, ...] = ()

    def __init__(self, track: Track) -> None:
        """Listen to it."""
        finder = BeatFinder(track)
        while not (finder.ended or track.failure):
            time.sleep(LOOK_S)
        self.onsets: Onsets = finder.onsets

    def refine(self, tapped: BeatGrid, taps: tuple[float, ...]) -> None:
        """What became of taps is in the log."""


class SetRenderer:
    """Decks at no clock, that are played as a log says."""

    def __init__(self, info: SetInfo, load: Load, stack: ExitStack) -> None:
        """Open effects, which the stack closes. Raises ValueError for what is no effect or fits no deck, Failure."""
        self._info, self._load = info, load
        rate, block = info.samplerate, info.block
        self._booth = booth = Booth(info.sources, rate, load, ())
        for strip in info.inserts:
            deck, _, stem = strip.partition("/")
            booth.mixers[deck].check({stem: {}})
        self._inserts: Sequence[Insert] = open_inserts(info.chains, rate, False, stack)
        behind = DeckInserts(booth.players, self._inserts, (rate, block), offline=True)
        self._engine = DeckEngine(np.zeros((), HEADER), booth.players, Latency(rate, 0, 0, 0, 0, 0, 0, 0),
                                  DeckSetup(2, block, inserts=behind))
        booth.open(lambda: self._engine.position, block, lambda _line: None, info.late)
        stack.callback(booth.close)
        self._mixer = deck_desk(booth, rate).mixer
        self._stretches = False  # whether anything is
        self._outside: dict[str, OutsideBeat] = {}

    def render(self, moves: Sequence[SetMove], to: Path) -> None:
        """Write the mix of the take. Raises Failure, OSError, ValueError for what decks cannot do."""
        info, waiting = self._info, deque(moves)
        self._stretches = any(move.does == "press" and move.what[:1] == ["key_lock"] for move in moves)
        writer = AudioWriter(to, info.samplerate, frames=info.frames)
        complete, end = False, info.start + info.frames
        try:
            while (at := self._engine.position) < end:
                while waiting and waiting[0].frame <= at:
                    self._do(waiting.popleft())
                until = min(end, at + info.block, info.start if at < info.start else end,
                            *(move.frame for move in [*waiting][:1]))
                out = self._serve(until - at)
                if at >= info.start:
                    writer.write(out)
            complete = True
        finally:
            writer.close(keep=complete)

    def _serve(self, frames: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        while self._booth.step():
            pass
        out = np.zeros((frames, 2), np.float32)
        self._engine.serve(frames, out)
        for insert in self._inserts:
            while insert.step():
                pass
            if insert.trouble is not None:
                raise Failure(f"insert on {insert.stem}: {insert.process.name} {insert.trouble}")
        return out

    def _lead(self, name: str) -> None:
        if name:  # else whoever leads has stopped, which is seen here too
            self._booth.leader.ask(name)

    def _draw(self, frame: int, told: Mapping[str, Any]) -> None:
        """A beat from outside goes on otherwise."""
        name, pace = told["of"], told["pace"]
        if name not in self._outside:
            self._outside[name] = self._booth.leader.outside(name)
        self._outside[name].measure(None if pace is None else BeatLine(frame, told["beat"], pace), anew=True)

    def _do(self, move: SetMove) -> None:
        wide: Mapping[str, Callable[[Any], None]] = {
            "set": self._mixer.recall, "leads": self._lead, "beat": partial(self._draw, move.frame)}
        if move.does in wide:
            wide[move.does](move.what)
            return
        deck = self._booth.deck(move.deck)
        if move.does == "load":
            track = None if move.what is None else self._load(Path(move.what))
            if track is not None:
                track.notes = None  # what is kept of it by now counts no more, and is not to be changed
            deck.load(track, None if track is None or not self._stretches else KnownOnsets(track))
        elif move.does == "press":
            name, *values = move.what
            deck.press(name, *values)
        else:
            for name, noted in move.what.items():
                if name != "length":
                    deck.find(_found(name, noted, self._info.samplerate))
                elif deck.track is not None and deck.track.frames != noted[0]:
                    raise Failure(f"{deck.track.path} is not the song that was played: it has {deck.track.frames} "
                                  f"frames, and that had {noted[0]}")


def _found(name: str, noted: Sequence[Any], samplerate: int) -> DeckPress:
    """What became known of a song, as a log has it. Raises ValueError."""
    if name == "marks":
        return DeckPress(name, with_marks, (SongMarks.from_note(noted[0], samplerate),))
    grids = tuple(None if grid is None else BeatGrid.from_json(grid, samplerate) for grid in noted)
    if name not in ("grid", "refined"):
        raise ValueError(f"there is nothing called {name} that is found of a song")
    return DeckPress(name, found if name == "grid" else refined, grids)
