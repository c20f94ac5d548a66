"""A DJ's set at no clock: the same decks, mixer and compiled callback as in a run, asked for block after block.

Songs bring their stems, and a load waits until they are decoded, for at no clock a song is over before a disk was read.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pythonosc.osc_message_builder import build_msg

from benchmarks.booth.djset import DjMove, Mishap
from benchmarks.booth.evening import NAMES, WHOLE
from benchmarks.machine import resident
from benchmarks.song import songs
from stream.audiofiles.audiofile import AudioWriter
from stream.audiofiles.kind import Kind
from stream.callback.header import HEADER
from stream.control.osc import Osc, OscAddresses
from stream.decks.booth import Booth
from stream.decks.deckdesk import deck_desk, deck_facts
from stream.decks.engine import DeckEngine, DeckSetup
from stream.latency.geometry import SAMPLERATE, Latency
from stream.tracks.decoding import open_track
from stream.tracks.track import Track

BLOCK = 512
STEMS = ("drums", "bass", "other", "vocals")
LOOK_S = 0.005
EVERY_S = 60.0  # from a look at the memory to the next
HERE = ("127.0.0.1", 9)


@dataclass(frozen=True)
class VirtualSet:
    """What became of it.

    seconds: of the set      took_s: of this machine's time      underruns: blocks for which a deck had nothing rendered
    silent: blocks in which nothing was heard though a deck played      wrong: samples that are no numbers
    said: what decks and hands told the user
    apart_s: by how much beats of two decks in sync were apart, of each block in which one followed
    resident: bytes of this process, each minute
    """

    seconds: float
    took_s: float
    underruns: int
    silent: int
    wrong: int
    said: tuple[str, ...]
    apart_s: tuple[float, ...]
    resident: tuple[int, ...]

    @property
    def growth(self) -> float:
        """Of the last tenth of the set over that from a tenth to two tenths, when everything was there once."""
        tenth = max(1, len(self.resident) // 10)
        begun, end = self.resident[tenth : 2 * tenth] or self.resident[-1:], self.resident[-tenth:]
        return float(np.median(end) / np.median(begun)) - 1

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """What, how much, and the goal."""
        yield "underruns", str(self.underruns), "0"
        yield "blocks of silence while a deck plays", str(self.silent), ""
        yield "samples that are no numbers", str(self.wrong), "0"
        p99, most = 1000 * np.quantile(self.apart_s, [0.99, 1])
        yield "beats in sync, apart", f"{p99:.3f} ms p99, {most:.3f} max, {len(self.apart_s)} blocks", "1 ms p99"
        yield "memory, each ten minutes", f"{' '.join(f'{size / 1e6:.0f}' for size in self.resident[::10])} MB", ""
        yield "memory, grown by", f"{100 * self.growth:.1f} %", "0 %"
        yield "lines told", str(len(self.said)), ""


class VirtualBooth:
    """Two decks and their hands, and a device that is called from here."""

    def __init__(self, paths: Sequence[Path], stack: ExitStack) -> None:
        """paths: folders of stems, in the order in which they are loaded      stack: closes it"""
        self.said: list[str] = []
        self.booth = Booth(STEMS, SAMPLERATE, self._load, paths)
        latency = Latency(SAMPLERATE, 0, 0, 0, 0, 0, 0, 0, limiter=self.booth.players.lookahead)
        self.engine = DeckEngine(np.zeros((), HEADER), self.booth.players, latency, DeckSetup(2, BLOCK))
        self.booth.open(lambda: self.engine.position, BLOCK, self.said.append)
        stack.callback(self.booth.close)
        desk = deck_desk(self.booth, SAMPLERATE)
        self._osc = stack.enter_context(Osc(OscAddresses(("127.0.0.1", 0)), desk,
                                            lambda: deck_facts(self.booth, self.engine), self.said.append))
        self._out = np.zeros((BLOCK, 2), np.float32)

    def _load(self, path: Path) -> Track:
        track = open_track(path, SAMPLERATE, STEMS, say=self.said.append)
        while not track.ended:
            time.sleep(LOOK_S)
        return track

    def send(self, move: DjMove) -> None:
        """Have a message done."""
        self._osc.receive(build_msg(move.address, list(move.values)).dgram, HERE)

    def hear(self) -> np.ndarray:
        """The next block, float32 (BLOCK, 2); it is the same array each time."""
        while self.booth.step():
            pass
        self.engine.serve(BLOCK, self._out)
        return self._out

    def apart_s(self) -> float | None:
        """By how much the beats of a deck that follows are beside the other's; None where none does."""
        states = {name: deck.state for name, deck in self.booth.decks.items()}
        heard = {name: state.grid.at(state.audible) for name, state in states.items()
                 if state.grid is not None and state.moving and not state.touched}
        if len(heard) < 2 or not any(state.follows for state in states.values()):
            return None
        (a, b), state = heard.values(), states["a"]
        assert state.grid is not None
        period_s = state.grid.period_at(state.audible) / SAMPLERATE
        return abs((a - b + 0.5) % 1 - 0.5) * period_s


def write_folders(folder: Path, count: int, seconds: float) -> list[Path]:
    """Songs as folders of their stems: the shared ones one behind the other, each time from elsewhere on."""
    every = songs(SAMPLERATE, **dict.fromkeys(NAMES, WHOLE))
    mix = np.concatenate([song.mix for song in every], axis=1).T
    nothing = {song.name: np.zeros_like(song.mix) for song in every}
    whole = {stem: np.concatenate([song.stems.get(stem, nothing[song.name]) for song in every], axis=1).T
             for stem in STEMS if stem != "other"}
    whole["other"] = mix - np.sum(list(whole.values()), axis=0)
    found = []
    for number in range(count):
        found.append(folder / f"song{number:02}")
        found[-1].mkdir(parents=True)
        rows = np.arange(round(seconds * SAMPLERATE)) + number * 37 * SAMPLERATE
        for stem, frames in whole.items():
            writer = AudioWriter(found[-1] / f"{stem}.flac", SAMPLERATE, kind=Kind("flac", 16))
            writer.write(np.ascontiguousarray(np.take(frames, rows, axis=0, mode="wrap")))
            writer.close()
    return found


def played(paths: Sequence[Path], moves: Sequence[DjMove], seconds: float,
           mishap: Callable[[Mishap], None]) -> VirtualSet:
    """Play a set. mishap: has one happen"""
    with ExitStack() as stack:
        rig, waiting, begun = VirtualBooth(paths, stack), [*reversed(moves)], time.monotonic()
        silent = wrong = 0
        apart_s, memory = list[float](), list[int]()
        for block in range(round(seconds * SAMPLERATE / BLOCK)):
            now_s = block * BLOCK / SAMPLERATE
            while waiting and waiting[-1].at_s <= now_s:
                move = waiting.pop()
                if move.mishap is None:
                    rig.send(move)
                else:
                    mishap(move.mishap)
            out = rig.hear()
            states = [deck.state for deck in rig.booth.decks.values()]
            playing = any(state.playing and not (state.ended or state.touched) for state in states)
            silent += playing and not out.any()
            wrong += int(np.count_nonzero(~np.isfinite(out)))
            found = rig.apart_s()
            apart_s += [] if found is None else [found]
            if now_s >= EVERY_S * len(memory):
                memory.append(resident())
        return VirtualSet(seconds, time.monotonic() - begun, rig.engine.counts()["underruns"], silent, wrong,
                          tuple(rig.said), tuple(apart_s), tuple(memory))
