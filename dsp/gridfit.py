"""A grid from a pulse, beats and onsets: one line for the whole song where the song has one, else a smooth curve.

A beat tracker's beats jitter by a column or two, and it loses its way where a singer is louder than the drums. So the
line is not made of beats. All periods near the tempo are tried: the song's onsets are folded by each, and where most of
them come together is the line's phase. The best few are fitted to the onsets. The curve goes through the onsets of the
beats one by one, and is taken where it explains many more onsets than the line does.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.ndimage
from numba import njit
from numpy.typing import NDArray

from dsp.beatgrid import BeatGrid
from dsp.onsets import Onsets

Floats = NDArray[np.float64]

_RANGE, _STEP = 0.03, 0.0125  # of a line's rate around the tempo; of a beat, by which two lines differ at the end
_TRIED = 16  # lines that are fitted
_BINS_S, _LONG_S = 0.007, 600.0  # of folded onsets; of a song, whose beginning is enough to find its line
_PHASES = 96  # of the folded pulse
_RADII_S = (0.040, 0.025, 0.015, 0.010, 0.010)  # within which onsets pull at a line, fit by fit
_ON_BEAT_S = 0.010
_REACH_S = 0.030  # between a tracked beat and its onset
_STIFF = 10.0  # of the curve: turns of 11 beats and less are half smoothed away
_STRAY_S = 0.030  # an onset so far off the curve counts nothing
_BEND_S = 0.002  # by which the pieces may differ from the curve


@dataclass(frozen=True)
class Heard:
    """A song as grids are fitted to it.

    pulse: float64 (columns,)      hop: frames from one column to the next
    onsets: with the pulse around them as strengths, so that kicks count more than hats
    """

    pulse: Floats
    hop: int
    onsets: Onsets
    samplerate: int


def heard(pulse: Floats, onsets: Onsets, hop: int, samplerate: int) -> Heard:
    """A song of this pulse (columns,), one column or more, and these onsets."""
    loudest = scipy.ndimage.maximum_filter1d(pulse, 7, mode="nearest")
    strengths = loudest[np.minimum(onsets.frames // hop, len(pulse) - 1)]
    return Heard(pulse, hop, Onsets(onsets.frames, strengths.astype(np.float32)), samplerate)


def explained(song: Heard, grid: BeatGrid) -> float:
    """How much of the onsets' strength lies on beats: 0 to 1, those at a beat's edge counting least."""
    beats, frames = _polyline(grid, song.onsets.frames)
    at = np.interp(song.onsets.frames, frames, beats)
    off = song.onsets.frames - np.interp(np.rint(at), beats, frames)
    strengths = song.onsets.strengths.astype(np.float64)
    total = float(strengths.sum())
    return float(strengths @ nearness(off, _ON_BEAT_S * song.samplerate)) / total if total > 0 else 0.0


def fit_line(song: Heard, period: float) -> BeatGrid:
    """The constant grid that explains most. period: frames per beat, right to _RANGE."""
    lines = [fit_near(song, seed) for seed in _seeds(song, period)]
    return max(lines, key=lambda line: explained(song, line))


def fit_near(song: Heard, line: BeatGrid) -> BeatGrid:
    """A constant grid that is nearly right moved to the onsets around it."""
    return _fitted(song, line, _RADII_S)


def fit_within(song: Heard, line: BeatGrid) -> BeatGrid:
    """A constant grid that is right to some milliseconds moved to the onsets so near to it: no others pull at it."""
    return _fitted(song, line, _RADII_S[2:])


def _fitted(song: Heard, line: BeatGrid, radii_s: tuple[float, ...]) -> BeatGrid:
    first, period = line.first, line.period
    for radius in radii_s:
        for _ in range(4):
            first, period = _fit(song.onsets, first, period, radius * song.samplerate)
    return BeatGrid(first, period, line.beats_per_bar)


def fit_curve(song: Heard, beats: Floats) -> BeatGrid:
    """Straight pieces along beats, smoothed; the first is beat 0. beats: float64 (n,), frames, four or more."""
    snapped, weights = _snapped(song, beats)
    heavy = weights[weights > 0]
    level = float(np.median(heavy)) if len(heavy) else 1.0
    trust = np.where(weights > 0, np.minimum(1.0, weights / level), 0.02)  # where none is, the beat itself, a little
    curve = _smooth(snapped, trust)
    for _ in range(4):
        near = nearness(snapped - curve, _STRAY_S * song.samplerate)
        curve = _smooth(snapped, np.maximum(0.002, trust * near))
    corners = _corners(curve, _BEND_S * song.samplerate)
    return BeatGrid.through([(float(n), float(curve[n])) for n in corners])


def at_half(song: Heard, line: BeatGrid) -> float:
    """How high the pulse is halfway between a line's beats, on average and by how high it is on them."""
    folded = np.zeros(_PHASES)
    _fold(song.pulse, song.hop / line.period, folded)
    folded = scipy.ndimage.gaussian_filter1d(folded, 1.5, mode="wrap")
    beat = int(line.first / line.period % 1 * _PHASES) % _PHASES  # NB: what is a little below 0 gives 1.0 there
    return float(folded[(beat + _PHASES // 2) % _PHASES] / (folded[beat] + 1e-9))


def nearness(off: Floats, radius: float) -> Floats:
    """1 at 0, 0 from the radius on (Tukey's biweight)."""
    weights: Floats = np.square(np.maximum(0, 1 - np.square(off / radius)))
    return weights


def _polyline(grid: BeatGrid, frames: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Beats and their frames, between which a grid is straight, from before these frames to behind them."""
    ends = (float(frames[0]), float(frames[-1])) if len(frames) else (0.0, 1.0)
    outer = [min(0.0, np.floor(grid.at(ends[0]))) - 2.0, max(0.0, np.ceil(grid.at(ends[1]))) + 2.0]
    beats = np.array(sorted({*outer, *(beat for beat, _ in grid.markers)}))
    return beats, np.array([grid.frame(beat) for beat in beats])


def _seeds(song: Heard, period: float) -> list[BeatGrid]:
    """Lines near which many onsets lie, the best first."""
    count = int(np.searchsorted(song.onsets.frames, _LONG_S * song.samplerate))
    frames, strengths = song.onsets.frames[:count], song.onsets.strengths[:count]
    span = max(float(frames[-1] - frames[0]), period) if count else period
    rates = np.arange((1 - _RANGE) / period, (1 + _RANGE) / period, _STEP / span)
    bins = max(8, round(period / (_BINS_S * song.samplerate)))
    most, phases = np.empty(len(rates)), np.empty(len(rates))
    _together(frames, strengths, rates, np.empty(bins), most, phases)
    peaks = 1 + np.flatnonzero((most[1:-1] >= most[:-2]) & (most[1:-1] > most[2:]))
    best = peaks[np.argsort(most[peaks])[::-1][:_TRIED]]
    seeds = [BeatGrid(float(phases[at] / rates[at]), float(1 / rates[at])) for at in best]
    return seeds or [BeatGrid(0.0, period)]


def _fit(onsets: Onsets, first: float, period: float, radius: float) -> tuple[float, float]:
    """Weighted least squares through the onsets within the radius of a line."""
    numbers = np.rint((onsets.frames - first) / period)
    off = onsets.frames - (first + numbers * period)
    weights = onsets.strengths * nearness(off, radius)
    total = float(weights.sum())
    if total <= 0:
        return first, period
    middle, mean = float(weights @ numbers) / total, float(weights @ off) / total
    spread = float(weights @ np.square(numbers - middle))
    slope = float(weights @ ((numbers - middle) * (off - mean))) / spread if spread > total else 0.0
    return first + mean - slope * middle, period + slope


def _snapped(song: Heard, beats: Floats) -> tuple[Floats, Floats]:
    """Of each beat the onset it belongs to, strong ones from further off, and its strength; else itself, and 0."""
    at, weights = np.array(beats, np.float64), np.zeros(len(beats))
    _snap(song.onsets.frames, song.onsets.strengths, _REACH_S * song.samplerate, at, weights)
    return at, weights


def _smooth(values: Floats, weights: Floats) -> Floats:
    """Values whose second differences cost _STIFF (E. T. Whittaker, "On a new method of graduation", 1923)."""
    n = len(values)
    bands = np.zeros((3, n))  # of weights + _STIFF * D'D, the upper half; D takes second differences
    bands[2, :-2] += 1
    bands[2, 1:-1] += 4
    bands[2, 2:] += 1
    bands[1, 1:-1] -= 2
    bands[1, 2:] -= 2
    bands[0, 2:] += 1
    bands *= _STIFF
    bands[2] += weights
    found: Floats = scipy.linalg.solveh_banded(bands, weights * values)
    return found


def _corners(curve: Floats, bend: float) -> list[int]:
    """Points of a polyline that stays within `bend` of the curve (Ramer, Douglas and Peucker)."""
    kept, todo = {0, len(curve) - 1}, [(0, len(curve) - 1)]
    while todo:
        begin, end = todo.pop()
        if end - begin < 2:
            continue
        off = np.abs(curve[begin : end + 1] - np.linspace(curve[begin], curve[end], end - begin + 1))
        if off.max() > bend:
            corner = begin + int(off.argmax())
            kept.add(corner)
            todo += [(begin, corner), (corner, end)]
    return sorted(kept)


@njit(cache=True, nogil=True, error_model="numpy")
def _snap(onsets: Any, strengths: Any, reach: float, at: Any, weights: Any) -> None:
    for i in range(len(at)):
        beat, best = at[i], 0.0
        for k in range(np.searchsorted(onsets, beat - reach), len(onsets)):
            off = (onsets[k] - beat) / reach
            if off > 1:
                break
            found = strengths[k] * (1 - off * off)
            if found > best:
                best, at[i], weights[i] = found, onsets[k], strengths[k]


@njit(cache=True, nogil=True, error_model="numpy")
def _fold(pulse: Any, turn: float, folded: Any) -> None:
    """Add a pulse, of which each column is a turn, to the phases that it has."""
    for t in range(len(pulse)):
        folded[int((t * turn) % 1 * len(folded))] += pulse[t]


@njit(cache=True, nogil=True, error_model="numpy")
def _together(frames: Any, strengths: Any, rates: Any, folded: Any, most: Any, phases: Any) -> None:
    """Fold onsets by each rate (beats per frame): how many come together, by strength, and at which phase of a beat."""
    bins = len(folded)
    for r in range(len(rates)):
        folded[:] = 0
        for k in range(len(frames)):
            beat = frames[k] * rates[r]
            folded[int((beat - int(beat)) * bins)] += strengths[k]
        most[r] = -1.0
        for b in range(bins):
            found = folded[b] + 0.5 * (folded[b - 1] + folded[(b + 1) % bins])
            if found > most[r]:
                most[r], phases[r] = found, (b + 0.5) / bins
