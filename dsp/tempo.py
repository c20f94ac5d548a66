"""How fast a song goes: autocorrelations of its pulse, window by window, read at the beats and bars of each tempo.

A tempo is right where the song is like itself a beat, two, a bar and two bars later. Half and double fit nearly as
well, and so do 2:3 and 3:4 where the rhythm is syncopated. Bars decide between the latter; between octaves it is how
common a tempo is (as in D. P. W. Ellis, "Beat tracking by dynamic programming", J. New Music Research 36, 2007).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft
import scipy.ndimage
from numba import njit
from numpy.typing import NDArray

from dsp.onsets import HIGH, LOW, MID

Floats = NDArray[np.float64]

BPM = np.geomspace(48, 210, 400)  # tempos that a song may have: 0.37 % apart
_COMMON_BPM, _OCTAVES = 118.0, 0.6  # the prior's centre and standard deviation
_WINDOW_S = 16.0  # two windows overlap by half
_BEND = 8  # steps of BPM by which windows may differ from the whole song's: 3 %
_PATH = 32  # within which the tempo's path lies: 12 %
_STIFF = 0.004  # what a step of BPM costs from one window to the next
_NEAR = np.array([-0.008, -0.004, 0, 0.004, 0.008])  # of a lag, at which correlations are read
_IN_FOUR = ((1, 0.3), (2, 0.25), (4, 0.25), (8, 0.2))  # beats later, weight
_IN_THREE = ((1, 0.25), (2, 0.2), (3, 0.3), (6, 0.15))  # less than 1 in all: most songs are in four
_LOW, _MID, _HIGH = 2.5, 1.0, 0.5  # weights of bands in the pulse: kicks count more than hats
_BLUR_S, _MEAN_S, _LEVEL_S = 0.010, 1.0, 8.0
_QUIET = 1.0  # a level of the pulse below which it is not made louder: noise has about 2, drums 10 to 20


@dataclass(frozen=True)
class Tempo:
    """A song's tempo.

    periods: float64 (columns,), columns per beat at each column
    clarity: 0 to 1, how like itself the song is a few beats later
    """

    periods: Floats
    clarity: float


def pulse(strength: NDArray[np.float32], columns_hz: float) -> Floats:
    """What beats are found in: the strength's bands weighted, above their mean, equally loud throughout. (columns,)."""
    weights = np.zeros(4, np.float32)
    weights[[LOW, MID, HIGH]] = _LOW, _MID, _HIGH
    out = np.empty(len(strength))
    sizes = np.array([s * columns_hz for s in (_MEAN_S, _LEVEL_S)]).round().astype(np.int64)
    _pulse(strength, weights, _bell(_BLUR_S * columns_hz), sizes, out)
    return out


def find_tempo(pulse: Floats, columns_hz: float) -> Tempo:
    """The tempo of a pulse (columns,), one column or more."""
    size = min(len(pulse), round(_WINDOW_S * columns_hz))
    starts = np.unique(np.linspace(0, len(pulse) - size, max(1, round((len(pulse) - size) / (size / 2)) + 1)).round())
    lags = 60 * columns_hz / BPM
    scores = np.array([_scores(_correlation(pulse[int(start) : int(start) + size]), lags) for start in starts])
    bent = scipy.ndimage.maximum_filter1d(scores, 2 * _BEND + 1, axis=1, mode="nearest")
    prior = np.exp(-0.5 * (np.log2(BPM / _COMMON_BPM) / _OCTAVES) ** 2)
    whole = (np.square(bent).mean(axis=0)) * prior
    best = _middle_of_peak(whole, scores.mean(axis=0))
    first = max(0, best - _PATH)
    path = first + _smoothest(scores[:, first : best + _PATH + 1])
    clarity = float(scores[np.arange(len(path)), path].mean())
    periods = np.interp(np.arange(len(pulse)), starts + size / 2, lags[path])
    return Tempo(periods, clarity)


def _bell(sigma: float) -> Floats:
    at = np.arange(-round(3 * sigma), round(3 * sigma) + 1)
    bell = np.exp(-0.5 * (at / sigma) ** 2)
    blur: Floats = bell / bell.sum()
    return blur


def _correlation(window: Floats) -> Floats:
    """Of a window with itself, 1 at lag 0; what is missing at long lags is made up for, up to a fifth."""
    n = len(window)
    spectrum = scipy.fft.rfft(window - window.mean(), scipy.fft.next_fast_len(2 * n, real=True))
    power = spectrum.real**2 + spectrum.imag**2
    found: Floats = scipy.fft.irfft(power)[:n] * (n / np.maximum(n - np.arange(n), n / 5))
    return found / found[0] if found[0] > 1e-9 * n else np.zeros(n)


def _scores(correlation: Floats, lags: Floats) -> Floats:
    """How well each lag (columns per beat) explains a window, in bars of four or of three."""
    four, three = (sum(weight * _read(correlation, beats * lags) for beats, weight in bar)
                   for bar in (_IN_FOUR, _IN_THREE))
    return np.maximum(0, np.maximum(four, three))


def _read(correlation: Floats, lags: Floats) -> Floats:
    """The highest near each lag; 0 beyond the window."""
    at = lags[None] * (1 + _NEAR[:, None])
    found: Floats = np.interp(at, np.arange(len(correlation)), correlation, right=0).max(axis=0)
    return found


def _middle_of_peak(whole: Floats, plain: Floats) -> int:
    """The highest of `plain` around the highest of `whole`, whose peaks are flat."""
    best = int(whole.argmax())
    first = max(0, best - _BEND)
    return first + int(plain[first : best + _BEND + 1].argmax())


def _smoothest(scores: Floats) -> NDArray[np.int64]:
    """The path through windows (rows) that scores highest with few and small steps (Viterbi)."""
    windows, count = scores.shape
    cost = _STIFF * np.abs(np.arange(count)[:, None] - np.arange(count)[None])
    total, came = scores[0], np.zeros((windows, count), np.int64)
    for row in range(1, windows):
        ways = total[None] - cost
        came[row] = ways.argmax(axis=1)
        total = ways.max(axis=1) + scores[row]
    path = np.empty(windows, np.int64)
    path[-1] = total.argmax()
    for row in range(windows - 1, 0, -1):
        path[row - 1] = came[row, path[row]]
    return path


@njit(cache=True, nogil=True, error_model="numpy")
def _pulse(strength: Any, weights: Any, bell: Any, sizes: Any, out: Any) -> None:
    """strength: float32 (columns, 4); bell: what blurs it; sizes: columns of its mean and of its level."""
    n, reach = len(strength), len(bell) // 2
    raw = np.empty(n)
    for t in range(n):
        raw[t] = 0
        for f in range(4):
            raw[t] += weights[f] * strength[t, f]
    for t in range(n):
        out[t] = 0
        for k in range(max(-reach, -t), min(reach + 1, n - t)):
            out[t] += bell[k + reach] * raw[t + k]
    _less_mean(out, raw, sizes[0])
    sums = np.zeros(n + 1)
    for t in range(n):
        sums[t + 1] = sums[t] + out[t] * out[t]
    half = sizes[1] // 2
    for t in range(n):
        begin, end = max(0, t - half), min(n, t + half + 1)
        out[t] /= np.sqrt((sums[end] - sums[begin]) / (end - begin)) + _QUIET


@njit(cache=True, nogil=True, error_model="numpy")
def _less_mean(values: Any, work: Any, size: int) -> None:
    """What is above the mean of `size` values around each; nothing where it is below."""
    n, half = len(values), size // 2
    sums = np.zeros(n + 1)
    for t in range(n):
        sums[t + 1] = sums[t] + values[t]
    for t in range(n):
        begin, end = max(0, t - half), min(n, t + half + 1)
        work[t] = max(0.0, values[t] - (sums[end] - sums[begin]) / (end - begin))
    values[:] = work
