"""What is wanted of every stem, and the numbers that the callback ramps to."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from dsp.console import CUE, CURRENT, FILTER, GOAL, INSERT, LEFT, PARTS, RIGHT, WET_NOW, WIDTH
from dsp.equalizer import coefficients
from stream.latency.geometry import SAMPLERATE
from stream.mixer.strip import PARAMETERS, Parameter, Scene, Strips, known
from stream.native.atomics import store

RAMP_S = 0.01
HISTORY = 1024  # a power of two: so many changes the callback, or a log, may be behind


class Mixer:
    """What keyboard, screen, MIDI, OSC and command line want; a change is heard within a block and a ramp.

    parameters: what each strip can be set to, by its name
    state: float32 (PARTS, stems, WIDTH), the callback's own once it runs (dsp.console)
    wanted: float32 (HISTORY, stems, WIDTH), a ring: each change is written whole, and then published
    published: int64 (8,), only [0] is used: the number of the last change
    touched_s: when a parameter was last moved by itself
    Several threads may want something at once: a lock keeps them apart, and the callback never takes it.
    """

    def __init__(self, sources: tuple[str, ...], samplerate: int = SAMPLERATE,
                 parameters: Mapping[str, Mapping[str, Parameter]] | None = None) -> None:
        """All stems at rest.

        samplerate: of the device, Hz      parameters: of each strip; None is those of stems
        [main-thread]
        """
        self.sources = sources
        self.parameters = dict.fromkeys(sources, PARAMETERS) if parameters is None else parameters
        self.state = np.zeros((PARTS, len(sources), WIDTH), np.float32)
        self.wanted = np.zeros((HISTORY, len(sources), WIDTH), np.float32)
        self.published = np.zeros(8, np.int64)
        self._samplerate = samplerate
        self._strips = {strip: {name: parameter.rest for name, parameter in table.items()}
                        for strip, table in self.parameters.items()}
        # a fader that moves leaves equalizers as they are
        self._shape = lru_cache(maxsize=64)(lambda *wanted: coefficients(*wanted).reshape(-1))
        self._touched: tuple[str, str] | None = None
        self.touched_s = 0.0
        self._lock = threading.Lock()
        self._changes: deque[tuple[int, Strips]] = deque(maxlen=HISTORY)
        self._publish()
        self.settle()

    def settle(self) -> None:
        """Be where it is wanted, without a ramp; before the callback runs. [main-thread]"""
        self.state[GOAL] = self.state[CURRENT] = self.wanted[self.number % HISTORY]
        self.state[WET_NOW] = 1

    @property
    def number(self) -> int:
        """How many changes there have been. [any-thread]"""
        return int(self.published[0])

    def changed(self, number: int) -> Strips | None:
        """How everything was set by the change of a number; None if that is too long ago. [any-thread]"""
        with self._lock:
            return next((scene for known, scene in self._changes if known == number), None)

    def set(self, stem: str, name: str, value: float) -> None:
        """Set a strip's parameter. Raises ValueError for what is not here. [any-thread]"""
        self.recall({stem: {name: value}})

    def flip(self, stem: str, name: str) -> None:
        """Turn a switch over. Raises ValueError for what is not here, or no switch. [any-thread]"""
        if not self._parameter(stem, name).switch:
            raise ValueError(f"{name} is not a switch")
        with self._lock:
            self._strips[stem][name] = 1 - self._strips[stem][name]
            self._touched, self.touched_s = (stem, name), time.monotonic()
            self._publish()

    def get(self, stem: str, name: str) -> float:
        """A stem's parameter; a switch is 1 or 0. [any-thread]"""
        return self._strips[stem][name]

    def on(self, stem: str, name: str) -> bool:
        """Whether a switch is on. [any-thread]"""
        return self._strips[stem][name] == 1

    def scene(self) -> Strips:
        """How everything is set. [any-thread]"""
        with self._lock:
            return {stem: dict(strip) for stem, strip in self._strips.items()}

    def values(self) -> Strips:
        """How everything is, by strip and parameter. [any-thread]"""
        return self.scene()

    def recall(self, scene: Scene) -> None:
        """Set what a scene has, all at once or not at all. Raises ValueError for what is not here. [any-thread]"""
        wanted = self.check(scene)
        with self._lock:
            for stem, name, value in wanted:
                self._strips[stem][name] = value
            if len(wanted) == 1:
                self._touched, self.touched_s = wanted[0][:2], time.monotonic()
            self._publish()

    @property
    def touched(self) -> tuple[str, str] | None:
        """Stem and parameter that were moved last by themselves; None if none was. [any-thread]"""
        return self._touched

    def check(self, scene: Scene) -> list[tuple[str, str, float]]:
        """Stem, parameter and value of everything in a scene. Raises ValueError for what is not here. [any-thread]"""
        return [(stem, name, self._parameter(stem, name).check(f"{name} of {stem}", value))
                for stem, strip in scene.items() if self._table(stem) for name, value in strip.items()]

    def _table(self, stem: str) -> Mapping[str, Parameter]:
        if stem not in tuple(self.parameters):  # whatever it is: a list has no hash
            raise ValueError(self._unknown(stem))
        return self.parameters[stem]

    def _unknown(self, stem: str) -> str:
        return f"there is no stem {stem}; this model has {listing(self.sources)}"

    def _parameter(self, stem: str, name: str) -> Parameter:
        table = self._table(stem)
        return known(table, name, "a stem" if table is PARAMETERS else stem)

    def _share(self, _stem: str) -> float:
        """A gain beside that of the strip's own fader."""
        return 1.0

    def _shelves(self, strip: Mapping[str, float]) -> tuple[float, float, float]:
        """What a strip's own equalizer does in its three bands, dB."""
        return strip["low"], strip["mid"], strip["high"]

    def _publish(self) -> None:
        number = self.number + 1
        self._write(number % HISTORY)
        self._changes.append((number, {stem: dict(strip) for stem, strip in self._strips.items()}))
        store(self.published, 0, number)

    def _write(self, at: int) -> None:
        """All that is wanted, to a place of the ring."""
        alone = any(self._strips[stem]["solo"] for stem in self.sources)
        for target, stem in zip(self.wanted[at], self.sources, strict=True):
            strip = self._strips[stem]
            heard = not strip["mute"] and (not alone or strip["solo"])
            gain = self._share(stem) * 10 ** (strip["gain"] / 20) if heard else 0
            target[LEFT], target[RIGHT] = gain * min(1, 1 - strip["pan"]), gain * min(1, 1 + strip["pan"])
            target[CUE], target[INSERT] = strip["cue"], strip.get("insert", 1)
            target[FILTER:] = self._shape(*self._shelves(strip), strip["filter"], self._samplerate)


def listing(names: Iterable[str]) -> str:
    """Names as a sentence has them. [any-thread]"""
    return ", ".join(names)
