"""What a screen is attached to while it is measured: a run, and two decks, on which everything that is shown changes.

Both play noise at its own speed without a device, are looked at by a link, and are changed as often as screens look.
"""

import ctypes
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import soundfile as sf
from numba import njit

from benchmarks.callback_case import BLOCK, SOURCES, Ahead, engine
from stream.callback.callback import callback
from stream.callback.header import HEADER
from stream.control.deckkeys import DeckKeys
from stream.decks.booth import Booth
from stream.decks.deckdesk import deck_desk
from stream.decks.engine import DeckEngine, DeckSetup
from stream.decks.songbrowser import SongBrowser
from stream.latency.geometry import SAMPLERATE, Latency
from stream.library.librarysong import LibrarySong
from stream.library.songcollection import SongCollection
from stream.link.decksnapshot import DeckSnapshot
from stream.link.deckverbs import DeckHands, deck_verbs
from stream.link.server import TICK_S
from stream.link.snapshot import Looks, Snapshot
from stream.link.verbs import Verbs, desk_verbs
from stream.live.engine import Engine
from stream.mixer.desk import Desk
from stream.native.atomics import pointer, store
from stream.tracks.decoding import open_track
from stream.tracks.track import Track

FACTS = {"model": "noise", "provider": "none", "samplerate": SAMPLERATE, "separator": "none"}
SONG_S = 60
AHEAD_S = 0.005  # between two looks of a deck's thread
_call, _pointer = callback.ctypes, pointer
_clock_gettime = ctypes.CDLL(None).clock_gettime
_clock_gettime.argtypes, _clock_gettime.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_int
_RAW = time.CLOCK_MONOTONIC_RAW


@njit(nogil=True)
def timed_call(given: int, out: int, user: int, clock: Any) -> Any:
    """Call the callback for one block, as a device does, and give how long it took, ns; nobody waits for Python's lock.

    given, out, user: addresses      clock: int64 (2,)
    """
    _clock_gettime(_RAW, clock.ctypes)
    came = clock[0] * 1_000_000_000 + clock[1]
    _call(_pointer(given), _pointer(out), np.uint64(BLOCK), _pointer(0), np.uint64(0), _pointer(user))
    _clock_gettime(_RAW, clock.ctypes)
    return clock[0] * 1_000_000_000 + clock[1] - came


class Case(ABC):
    """Something that plays.

    snapshot, verbs: what a link has of it      header: of its callback      call_us: what each call of that took
    """

    snapshot: Looks
    verbs: Verbs
    header: Any

    def __init__(self) -> None:
        """It does not play yet."""
        self.call_us: list[float] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=target) for target in (self._play, self._move)]

    @abstractmethod
    def ready(self) -> None:
        """Have ready what the next block takes."""

    @abstractmethod
    def move(self, rng: np.random.Generator) -> None:
        """Change everything that a screen shows."""

    @abstractmethod
    def before_look(self, number: int) -> None:
        """Change what a look costs most for."""

    def _play(self) -> None:
        """Serve blocks at the samplerate's pace."""
        given = np.random.default_rng(0).uniform(-0.25, 0.25, (BLOCK, 2)).astype(np.float32)
        out, clock = np.zeros((BLOCK, 2), np.float32), np.zeros(2, np.int64)
        addresses = given.ctypes.data, out.ctypes.data, self.header.ctypes.data
        timed_call(*addresses, clock)  # compiled
        start, served = time.perf_counter(), 0
        while not self._ended.is_set():
            time.sleep(max(0.0, start + served / SAMPLERATE - time.perf_counter()))
            self.ready()
            self.call_us.append(timed_call(*addresses, clock) / 1e3)
            served += BLOCK

    def _move(self) -> None:
        rng = np.random.default_rng(1)
        while not self._ended.wait(TICK_S):
            self.move(rng)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def any_strip(rng: np.random.Generator) -> dict[str, float]:
    """A strip that is set as chance will have it."""
    return {"gain": float(rng.uniform(-30, 6)), "pan": float(rng.uniform(-1, 1)), "filter": float(rng.uniform(-1, 1)),
            **{band: float(rng.uniform(-26, 12)) for band in ("low", "mid", "high")},
            **{switch: float(rng.integers(2)) for switch in ("mute", "solo", "cue")}}


class RunCase(Case):
    """A run with four stems that swell and fade from block to block."""

    def __init__(self) -> None:
        """It does not play yet."""
        super().__init__()
        self.path: Engine = engine()
        self._rng = np.random.default_rng(0)
        self.header = self.path.header
        store(self.path.worker.ring.counter, 0, self.path.latency.hop)
        desk = Desk(self.path.mixer)
        self.snapshot, self.verbs = Snapshot(self.path, Ahead(), desk, FACTS, lambda: True), desk_verbs(desk)

    def ready(self) -> None:
        """Stand for a separator: stems that are as loud as chance will have it."""
        self._separate(BLOCK)

    def _separate(self, frames: int) -> None:
        loud = np.repeat(self._rng.uniform(0, 1, len(SOURCES)), 2)
        self.path.worker.ring.write((loud * self._rng.uniform(-1, 1, (frames, len(loud)))).astype(np.float32))

    def move(self, rng: np.random.Generator) -> None:
        """Hops and strips."""
        self.path.worker.hop_times_s.append(float(rng.uniform(0.05, 0.2)))
        self.path.mixer.recall({stem: any_strip(rng) for stem in SOURCES})

    def before_look(self, number: int) -> None:
        """A hop, and as much of the stems as goes by between two looks."""
        self.path.worker.hop_times_s.append(0.1 + number * 1e-6)
        self._separate(round(TICK_S * SAMPLERATE))


class DeckCase(Case):
    """Two decks with songs of noise that swells and fades, with their stems; both in loops, so that they never end."""

    def __init__(self, library: Sequence[LibrarySong] = ()) -> None:
        """They are loaded, and play once somebody asks for blocks. library: what can be searched; without, nothing"""
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        songs = [Path(self._folder.name) / f"{name} that has a title of some length.wav" for name in ("one", "two")]
        self.booth = Booth(SOURCES, SAMPLERATE, song_of_noise, songs)
        latency = Latency(SAMPLERATE, 0, 0, 0, 0, 0, 0, 0, limiter=self.booth.players.lookahead)
        self.header = np.zeros((), HEADER)
        self.engine = DeckEngine(self.header, self.booth.players, latency, DeckSetup(2, BLOCK, ()))
        self.booth.open(lambda: self.engine.position, BLOCK, print)
        self.library = SongCollection(library)
        browser = SongBrowser(self.booth, self.library, SAMPLERATE, print) if library else None
        desk = deck_desk(self.booth, SAMPLERATE, browser=browser)
        hands = DeckHands(DeckKeys(desk, print), desk, browser)
        self.snapshot = DeckSnapshot(self.engine, self.booth, hands, FACTS, lambda: True)
        self.verbs = deck_verbs(self.booth, hands)
        for name, deck in self.booth.decks.items():
            self.booth.next_song(name)
            deck.press("play")
            deck.press("auto_loop", 32)
        self._threads.append(threading.Thread(target=self._render))

    def _render(self) -> None:
        """The decks' thread."""
        while not self._ended.is_set():
            if not self.booth.step():
                time.sleep(AHEAD_S)

    def ready(self) -> None:
        """The decks' thread does it."""

    def move(self, rng: np.random.Generator) -> None:
        """Strips, crossfader, tempo, hot cues."""
        for name, mixer in self.booth.mixers.items():
            mixer.recall({stem: any_strip(rng) for stem in SOURCES})
            self.booth.press(name, "tempo", float(rng.uniform(-1, 1)))
            self.booth.press(name, "hot_cue_set", int(rng.integers(8)))
        self.booth.master.recall({name: any_strip(rng) | {"mute": 0} for name in self.booth.mixers})
        self.booth.master.crossfade(float(rng.uniform()))

    def before_look(self, number: int) -> None:
        """The songs go on by themselves, while blocks are asked for."""
        time.sleep(TICK_S if number % 50 == 0 else 0)

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self.library.close()
        self.booth.close()
        self._folder.cleanup()


class PlayingCase(DeckCase):
    """The same decks while nobody touches anything: songs, meters and times move."""

    def move(self, rng: np.random.Generator) -> None:
        """No hand."""


def song_of_noise(path: Path) -> Track:
    """A song with its stems, at a path where it is made."""
    rng = np.random.default_rng(len(path.name))
    loud = np.repeat(rng.uniform(0, 0.5, (SONG_S * 10, 1)), SAMPLERATE // 10, axis=0)
    sf.write(path, (loud * rng.uniform(-1, 1, (len(loud), 2))).astype(np.float32), SAMPLERATE, "FLOAT")
    track = open_track(path, SAMPLERATE, SOURCES)
    wait(lambda: track.ended)
    stems = np.repeat(rng.uniform(0, 0.5, (SONG_S * 10, 2 * len(track.stored))), SAMPLERATE // 10, axis=0)
    track.put(0, (stems * rng.uniform(-1, 1, stems.shape)).astype(np.float32))
    return track


def wait(there: Callable[[], bool]) -> None:
    """Until something is there."""
    while not there():
        time.sleep(TICK_S)


CASES: dict[str, Callable[[], Case]] = {
    "run": RunCase, "playing decks": PlayingCase, "decks": DeckCase, "small decks": DeckCase, "large decks": DeckCase}
