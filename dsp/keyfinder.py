"""The key of a song: how strong each of the twelve pitches is, compared with how strong they are in each key.

Spectral peaks are folded into one octave, tuned to where the song's own pitches are. The profiles are Temperley's
(Music and Probability, 2007): in how large a part of the bars of music in a key each pitch comes. `python -m
benchmarks.keys` compares them with those of Krumhansl and Kessler.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsp.musicalkey import MusicalKey

WINDOW_S, STEP = 0.372, 2  # of a spectrum; steps in a window
LOWEST_HZ, HIGHEST_HZ, TUNED_HZ = 55.0, 1760.0, 440.0
FLOOR = 1e-3  # of a spectrum's strongest peak: what is softer counts nothing
QUIETEST = 1e-4  # root mean square of a window in which there is anything
MAJOR = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
MINOR = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)
A = 9  # pitch of 440 Hz, above C
Profile = Sequence[float]  # how strong each pitch is above the tonic, of twelve


class FoundKey(NamedTuple):
    """strength: correlation with the key's profile, -1 to 1      margin: by which the next key's is lower"""

    key: MusicalKey
    strength: float
    margin: float


class KeyFinder:
    """Listens to a song, block by block; drums are better left out."""

    def __init__(self, samplerate: float) -> None:
        """Nothing has come yet."""
        self._frames = 1 << round(np.log2(WINDOW_S * samplerate))
        self._taper = np.hanning(self._frames)
        self._waiting = np.zeros(0)
        bins = np.arange(self._frames // 2 + 1) * samplerate / self._frames
        self._first, self._last = np.searchsorted(bins, (LOWEST_HZ, HIGHEST_HZ))
        self._hz_each = samplerate / self._frames
        self._pitches: list[NDArray[np.float64]] = []  # of peaks, in semitones from 440 Hz
        self._weights: list[NDArray[np.float64]] = []

    def feed(self, block: NDArray[np.float32]) -> None:
        """Take the next frames: float32 (n, 2)."""
        self._waiting = np.concatenate([self._waiting, block.mean(axis=1, dtype=np.float64)])
        step, at = self._frames // STEP, 0
        while at + self._frames <= len(self._waiting):
            self._look(self._waiting[at : at + self._frames])
            at += step
        self._waiting = self._waiting[at:]

    def _look(self, window: NDArray[np.float64]) -> None:
        if np.sqrt(np.mean(window * window)) < QUIETEST:
            return
        spectrum = np.abs(np.fft.rfft(window * self._taper))
        at = np.arange(self._first, self._last)
        peaks = at[(spectrum[at] > spectrum[at - 1]) & (spectrum[at] >= spectrum[at + 1])]
        peaks = peaks[spectrum[peaks] > FLOOR * spectrum[self._first : self._last].max(initial=0.0)]
        if not len(peaks):
            return
        before, here, after = (np.log(spectrum[peaks + shift] + 1e-12) for shift in (-1, 0, 1))
        beside = 0.5 * (before - after) / np.minimum(before - 2 * here + after, -1e-9)  # the top of a parabola
        weights = np.sqrt(spectrum[peaks])
        self._pitches.append(12 * np.log2((peaks + beside) * self._hz_each / TUNED_HZ))
        self._weights.append(weights / weights.sum())

    @property
    def chroma(self) -> NDArray[np.float64]:
        """How strong each pitch is, C first, in all 1: float64 (12,); all 0 where nothing was heard."""
        if not self._pitches:
            return np.zeros(12)
        pitches, weights = np.concatenate(self._pitches), np.concatenate(self._weights)
        tuning = np.angle(np.sum(weights * np.exp(2j * np.pi * pitches))) / (2 * np.pi)
        nearest = np.rint(pitches - tuning)
        weights = weights * np.cos(np.pi * (pitches - tuning - nearest)) ** 2
        chroma = np.bincount((nearest.astype(np.int64) + A) % 12, weights, 12)
        return np.asarray(chroma / max(chroma.sum(), 1e-12))

    def answer(self) -> FoundKey | None:
        """The key of all that has come; None where nothing was heard."""
        chroma = self.chroma
        return fitting(chroma, MAJOR, MINOR) if chroma.std() > 0 else None


def fitting(chroma: NDArray[np.float64], major: Profile, minor: Profile) -> FoundKey:
    """The key whose profile a chroma is most like. chroma: float64 (12,), C first, not all the same"""
    keys = [MusicalKey(tonic, mode) for mode in (False, True) for tonic in range(12)]
    fits = np.array([np.corrcoef(chroma, np.roll(minor if key.minor else major, key.tonic))[0, 1] for key in keys])
    best, next_best = np.argsort(-fits)[:2]
    return FoundKey(keys[best], float(fits[best]), float(fits[best] - fits[next_best]))
