"""Mute, solo and gain of every stem, as the targets that the callback ramps to."""

import threading
from collections.abc import Iterable

import numpy as np

from dsp.mix import CURRENT, GOAL, ROWS, TARGET, WET

RAMP_S = 0.01
MOST_DB = 24.0


class Mixer:
    """What keyboard, MIDI and command line want; a change is heard within a block and a ramp.

    state: float32 (5, stems), shared with the callback (dsp.mix); only its TARGET row is written here once it runs
    Several threads may want something at once: a lock keeps them apart, and the callback never takes it.
    """

    def __init__(self, sources: tuple[str, ...]) -> None:
        """All stems at unity. [main-thread]"""
        self.sources = sources
        self.state = np.ones((ROWS, len(sources)), np.float32)
        self._muted: set[str] = set()
        self._soloed: set[str] = set()
        self._gain_db = dict.fromkeys(sources, 0.0)
        self._lock = threading.Lock()

    def settle(self) -> None:
        """Be where the targets are, without a ramp. [main-thread, before the callback runs]"""
        self.state[GOAL] = self.state[CURRENT] = self.state[TARGET]
        self.state[WET] = 1

    def mute(self, stem: str, on: bool | None = None) -> None:
        """Mute a stem or not; None toggles. Raises ValueError for a stem that is not here. [any-thread]"""
        self._flip(self._muted, stem, on)

    def solo(self, stem: str, on: bool | None = None) -> None:
        """Solo a stem or not; None toggles. Raises ValueError for a stem that is not here. [any-thread]"""
        self._flip(self._soloed, stem, on)

    def gain(self, stem: str, db: float) -> None:
        """Set a stem's gain in dB, up to 24; -inf is silence. Raises ValueError otherwise. [any-thread]"""
        self._known(stem)
        if not db <= MOST_DB:  # NaN too
            raise ValueError(f"gain of {stem} must be at most {MOST_DB:g} dB, not {db:g}")
        with self._lock:
            self._gain_db[stem] = db
            self._publish()

    def gain_db(self, stem: str) -> float:
        """The stem's own gain. [any-thread]"""
        return self._gain_db[stem]

    def muted(self, stem: str) -> bool:
        """Whether the stem's own mute is on. [any-thread]"""
        return stem in self._muted

    def soloed(self, stem: str) -> bool:
        """Whether the stem's own solo is on. [any-thread]"""
        return stem in self._soloed

    def _flip(self, names: set[str], stem: str, on: bool | None) -> None:
        self._known(stem)
        with self._lock:
            if on is None:
                on = stem not in names
            (names.add if on else names.discard)(stem)
            self._publish()

    def _known(self, stem: str) -> None:
        if stem not in self.sources:
            raise ValueError(f"no stem {stem}; this model has {listing(self.sources)}")

    def _publish(self) -> None:
        for index, stem in enumerate(self.sources):
            heard = stem not in self._muted and (not self._soloed or stem in self._soloed)
            self.state[TARGET, index] = 10 ** (self._gain_db[stem] / 20) if heard else 0


def listing(names: Iterable[str]) -> str:
    """Names as a sentence has them."""
    return ", ".join(names)
