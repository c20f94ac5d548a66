"""The callback of two decks by itself: at rest, and with everything at work. `serve` is what a device would call."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.report import Times
from dsp.crossfader import CrossfaderSide
from stream.callback.deckplayers import DeckPlayers
from stream.callback.header import HEADER
from stream.decks.engine import DeckEngine, DeckSetup
from stream.latency.geometry import SAMPLERATE, Latency
from stream.mixer.master import MasterMixer
from stream.mixer.mixer import Mixer
from stream.mixer.route import route
from stream.native.atomics import store
from stream.separators.protocol import Frames

BLOCK = 512
BLOCK_S = BLOCK / SAMPLERATE
STEMS = ("drums", "bass", "other", "vocals")
FAR = 1 << 40  # frames: rendered as far as anybody will play
WARM = 200  # calls before any is timed
EQUALIZED = {"low": -6.0, "mid": 3.0, "high": -3.0, "filter": 0.3}


@dataclass(frozen=True)
class Work:
    """What works. stems: set on each      mixer: on the strips of decks and master      loud: the songs"""

    stems: Mapping[str, float] = field(default_factory=dict)
    mixer: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    loud: float = 0.2


MIXED = {"gain": -3.0, "pan": 0.2}
CASES: Mapping[str, Work] = {
    "at rest": Work(),
    "stems mixed, crossfader": Work(MIXED, {"master": {"crossfader": 0.4}}),
    "equalizer and filter of each stem": Work({**MIXED, **EQUALIZED}),
    "isolator, filter, trim of each deck": Work({}, {deck: {"trim": 3.0, **EQUALIZED} for deck in "ab"}),
    "all of it, cues, booth, limiter": Work(
        {**MIXED, "cue": 1.0, **EQUALIZED}, {**{deck: {"trim": 12.0, **EQUALIZED} for deck in "ab"}, "master": {
            "crossfader": 0.4, "cue_mix": 0.5, "booth": -6.0, "level": -3.0}}, 0.9)}


class TwoDecks:
    """Two decks whose rings are full of noise, and the mix, the cue bus and the booth on outputs."""

    def __init__(self, work: Work) -> None:
        """Set everything, without a ramp."""
        mixers = {name: Mixer(STEMS) for name in "ab"}
        mixed = MasterMixer({"a": CrossfaderSide.A, "b": CrossfaderSide.B})
        for mixer in mixers.values():  # each stem another gain, or there would be nothing to mix
            mixer.recall({stem: {name: value - at * (name == "gain") for name, value in work.stems.items()}
                          for at, stem in enumerate(STEMS)})
        mixed.recall(work.mixer)
        for each in (*mixers.values(), mixed):
            each.settle()
        self.players = DeckPlayers(mixers, mixed, None, SAMPLERATE)
        self._engine = DeckEngine(np.zeros((), HEADER), self.players, Latency(SAMPLERATE, 0, 0, 0, 0, 0, 0, 0),
                                  DeckSetup(6, BLOCK, tuple(map(route, ("mix=1-2", "cue=3-4", "booth=5-6")))))
        for rings in self.players.rings.values():
            ring = rings._rings[0]
            ring.data[:] = np.random.default_rng(0).uniform(-work.loud, work.loud, ring.data.shape)
            ring.data[:, 2] = 1  # all of the stems is there
            store(ring.counter, 0, FAR)
        self.out: Frames = np.zeros((BLOCK, 6), np.float32)

    def serve(self) -> None:
        """A block."""
        self._engine.serve(BLOCK, self.out)


def agree() -> None:
    """Check that what is timed is heard, and that the limiter works where it is meant to. Raises ValueError."""
    for name, work in CASES.items():
        decks = TwoDecks(work)
        for _ in range(8):
            decks.serve()
        loudest, limits = float(np.abs(decks.out).max()), decks.players.limited < 1
        if not 0 < loudest <= 1 or limits != ("limiter" in name):
            raise ValueError(f"{name}: {loudest:g} is heard, and the limiter {'works' if limits else 'rests'}")


def times(rounds: int) -> dict[str, Times]:
    """How long a call takes, by what works."""
    found: dict[str, Times] = {}
    for name, work in CASES.items():
        decks, taken = TwoDecks(work), []
        for _ in range(WARM + rounds):
            begun = time.perf_counter()
            decks.serve()
            taken.append(time.perf_counter() - begun)
        found[name] = Times(tuple(taken[WARM:]))
    return found
