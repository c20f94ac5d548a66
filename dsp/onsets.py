"""Where sounds begin: an onset strength for each 5 ms, and the onsets themselves, to about a millisecond.

The strength is a spectral flux: by how much the logarithms of bands' energies have risen in two columns, each against
the louder of its neighbours so that vibrato is no onset (S. Böck and G. Widmer, "Maximum filter vibrato suppression for
onset detection", DAFx 2013). Where it peaks, the samples themselves say when: where the level of a few ms from there on
exceeds that of the few before by most.

    frames ──▶ blocks of 256 columns ──▶ strength (columns, 4) ──▶ peaks ──▶ samples around each ──▶ onsets
                                    └──▶ chroma of every eighth column, by a longer transform
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float32]

COLUMNS_HZ = 200  # about: a column is a whole number of frames
ALL, LOW, MID, HIGH = range(4)  # of a column's strength
LOW_HZ, HIGH_HZ = 150.0, 2500.0  # kick drums lie below, hats and the noise of snares above
CHROMA_STEP = 8  # columns from one chroma to the next
_BLOCK = 256  # columns
_BANDS, _LOWEST_HZ, _HIGHEST_HZ = 36, 30.0, 16_000.0
_KNEE = 1e5  # by which power is multiplied before its logarithm: what lies 50 dB below a full sine counts little
_LOUDEST = 16.0  # samples beyond it are taken for it
_LAG = 2  # columns
_TAPER_S, _CHROMA_S = 0.0232, 0.186
_MARGIN = 16  # columns after a peak that are looked at before it is one
_NEAR, _PAST, _FUTURE = 6, 60, 12  # columns: a peak is the highest so near, and above the mean of past and future
_RISE, _LEAST = 1.4, 1.0  # by how much: times the mean, plus
_EARLY_S, _LATE_S = 0.015, 0.019  # of an onset from its peak: less than between two peaks, so that onsets ascend
_AFTER_S, _BEFORE_S = 0.004, 0.008  # levels that are compared


@dataclass(frozen=True)
class Onsets:
    """Where sounds begin.

    frames: int64 (n,), ascending      strengths: float32 (n,), the flux at each, 1 or more
    """

    frames: NDArray[np.int64]
    strengths: Float


class OnsetDetector:
    """Takes a song as it comes and keeps of it, for each second, less than 5 KB.

    hop: frames from one column to the next; column k is centred at frame k * hop
    frames: fed so far
    What it finds does not depend on how the song is cut. It works in steps of about 3 ms that let go of the GIL.
    """

    def __init__(self, samplerate: int) -> None:
        """Nothing is heard yet. ValueError: a samplerate below 1000 Hz."""
        if samplerate < 1000:
            raise ValueError(f"samplerate must be 1000 or more, not {samplerate}")
        self.samplerate = samplerate
        self.hop = round(samplerate / COLUMNS_HZ)
        self._n_fft, self._n_chroma = (1 << round(math.log2(samplerate * s)) for s in (_TAPER_S, _CHROMA_S))
        self._window, self._long_window = _hann(self._n_fft), _hann(self._n_chroma)
        self._windows = np.empty((2, _BLOCK, self._n_fft), np.float32)
        self._long_windows = np.empty((2, _BLOCK // CHROMA_STEP, self._n_chroma), np.float32)
        self._edges, self._split = _edges(samplerate, self._n_fft)
        self._pitch = _pitch_classes(samplerate, self._n_chroma)
        self._lead = self._n_chroma // 2 + (_MARGIN + 8) * self.hop
        self._block_frames = self._lead + (_BLOCK - 1) * self.hop + self._n_chroma // 2
        self._waiting = np.zeros((self._lead, 2), np.float32)  # from _lead frames before the next column's centre on
        self._begin = -self._lead  # the frame that it begins with
        self._bands = np.zeros((_LAG + _BLOCK, len(self._edges) - 1), np.float32)
        self._strength, self._chroma, self._found = _Rows(4, np.float32), _Rows(12, np.float32), _Rows(2, np.float64)
        self._searched = 0  # columns, for peaks
        self._finished = False
        self.frames = 0

    @property
    def strength(self) -> Float:
        """Columns so far, float32 (columns, 4): of all bands, of low, middle and high ones."""
        return self._strength.rows

    @property
    def chroma(self) -> Float:
        """Energy of each pitch class, float32 (columns / CHROMA_STEP, 12)."""
        return self._chroma.rows

    @property
    def onsets(self) -> Onsets:
        """Those found so far: up to two seconds behind what was fed, until `finish`."""
        rows = self._found.rows
        return Onsets(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.float32))

    def feed(self, frames: Float) -> None:
        """Take the next frames, float32 (n, 2). ValueError: another shape. RuntimeError: the song is finished."""
        if frames.ndim != 2 or frames.shape[1] != 2:
            raise ValueError(f"frames must be (n, 2), not {frames.shape}")
        if self._finished:
            raise RuntimeError("frames after the end of the song")
        step = _BLOCK * self.hop
        for begin in range(0, len(frames), step):  # whatever is fed at once, little of it waits at a time
            self.frames += len(frames[begin : begin + step])
            self._take(frames[begin : begin + step])

    def finish(self) -> None:
        """The song is over: what waits becomes columns and onsets."""
        if self._finished:
            return
        columns = -(-self.frames // self.hop)
        while len(self._strength.rows) < columns or self._searched < columns:
            self._take(np.zeros((self._block_frames - len(self._waiting), 2), np.float32), columns)
        self._finished = True

    def _take(self, frames: Float, columns: int | None = None) -> None:
        """Fill up what waits, and make the blocks that are whole. columns: of the song, where it is over."""
        numbers = np.clip(np.nan_to_num(frames, posinf=0, neginf=0), -_LOUDEST, _LOUDEST)  # a file may hold anything
        self._waiting = np.concatenate([self._waiting, numbers.astype(np.float32, copy=False)])
        while len(self._waiting) >= self._block_frames:
            self._transform()
            if columns is not None and columns <= len(self._strength.rows):
                self._strength.cut(columns)
                self._chroma.cut(-(-columns // CHROMA_STEP))
                self._search(columns)
            else:
                self._search(len(self._strength.rows) - _MARGIN)
            self._waiting = self._waiting[_BLOCK * self.hop :]
            self._begin += _BLOCK * self.hop

    def _transform(self) -> None:
        _taper(self._waiting, self._lead, self.hop, self._window, self._windows)
        bins = scipy.fft.rfft(self._windows, axis=-1, workers=1)
        _band_levels(bins, self._edges, self._bands[_LAG:])
        _flux(self._bands, self._split, self._strength.more(_BLOCK))
        self._bands[:_LAG] = self._bands[-_LAG:]
        _taper(self._waiting, self._lead, CHROMA_STEP * self.hop, self._long_window, self._long_windows)
        bins = scipy.fft.rfft(self._long_windows, axis=-1, workers=1)
        _fold(bins, self._pitch, self._chroma.more(_BLOCK // CHROMA_STEP))

    def _search(self, end: int) -> None:
        """Find the peaks among the columns up to `end`, and the frames that they come from."""
        known = max(0, self._searched - _PAST - _NEAR)
        strength = np.ascontiguousarray(self._strength.rows[known:, ALL])
        peaks = _peaks(strength, self._searched - known, end - known)
        if len(peaks):
            rows = self._found.more(len(peaks))
            rows[:, 0] = self._refined(peaks + known)
            rows[:, 1] = strength[peaks]
        self._searched = max(self._searched, end)

    def _refined(self, peaks: NDArray[np.int64]) -> NDArray[np.int64]:
        sizes = np.array([s * self.samplerate for s in (_EARLY_S, _LATE_S, _BEFORE_S, _AFTER_S)]).round()
        found = np.empty(len(peaks), np.int64)
        _refine(self._waiting, peaks * self.hop - self._begin, sizes.astype(np.int64), found)
        return np.clip(found + self._begin, 0, self.frames - 1)


def find_onsets(frames: Float, samplerate: int) -> Onsets:
    """Onsets of a whole song or stem, float32 (n, 2)."""
    detector = OnsetDetector(samplerate)
    detector.feed(frames)
    detector.finish()
    return detector.onsets


class _Rows:
    """An array that grows at its end."""

    def __init__(self, columns: int, dtype: Any) -> None:
        self._rows = np.zeros((1024, columns), dtype)
        self._count = 0

    @property
    def rows(self) -> NDArray[Any]:
        """Those so far, a view."""
        return self._rows[: self._count]

    def more(self, count: int) -> NDArray[Any]:
        """Rows at the end, to be written."""
        begin, self._count = self._count, self._count + count
        if self._count > len(self._rows):
            grown = np.zeros((self._count * 3 // 2, self._rows.shape[1]), self._rows.dtype)
            grown[:begin] = self._rows[:begin]
            self._rows = grown
        return self._rows[begin : self._count]

    def cut(self, count: int) -> None:
        """Forget those after `count`."""
        self._count = min(self._count, count)


def _hann(n: int) -> Float:
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
    scaled: Float = (taper * 2 / taper.sum()).astype(np.float32)  # a full sine has the power 1
    return scaled


def _edges(samplerate: int, n_fft: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bins at which bands begin, the last one's end included; and the bands at which middle and high ones begin."""
    hz = samplerate / n_fft
    wanted = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, 0.45 * samplerate), _BANDS + 1) / hz
    edges = np.unique(np.maximum(1, wanted.round()).astype(np.int64))
    return edges, np.searchsorted(edges[:-1] * hz, [LOW_HZ, HIGH_HZ]).astype(np.int64)


def _pitch_classes(samplerate: int, n_fft: int) -> NDArray[np.int64]:
    """Of each bin, -1 where it has none: below 80 Hz bins are wider than semitones, above 2 kHz are overtones."""
    hz = np.arange(n_fft // 2 + 1) * samplerate / n_fft
    classes = np.full(len(hz), -1, np.int64)
    heard = (hz > 80) & (hz < 2000)
    classes[heard] = np.round(12 * np.log2(hz[heard] / 440)).astype(np.int64) % 12
    return classes


@njit(cache=True, nogil=True, error_model="numpy")
def _taper(frames: Any, first: int, hop: int, window: Any, out: Any) -> None:
    """Windows around the frames first + k * hop. frames: float32 (n, 2); out: float32 (2, columns, len(window))."""
    size = len(window)
    for k in range(out.shape[1]):
        begin = first + k * hop - size // 2
        for i in range(size):
            out[0, k, i] = frames[begin + i, 0] * window[i]
            out[1, k, i] = frames[begin + i, 1] * window[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _band_levels(bins: Any, edges: Any, out: Any) -> None:
    """Logarithms of bands' energies. bins: complex64 (channels, columns, bins); out: float32 (columns, bands)."""
    for t in range(len(out)):
        for b in range(out.shape[1]):
            power = np.float32(0)
            for c in range(len(bins)):
                for k in range(edges[b], edges[b + 1]):
                    z = bins[c, t, k]
                    power += z.real * z.real + z.imag * z.imag
            out[t, b] = np.log1p(np.float32(_KNEE) * power)


@njit(cache=True, nogil=True, error_model="numpy")
def _flux(levels: Any, split: Any, out: Any) -> None:
    """By how much bands have risen. levels: float32 (_LAG + columns, bands); out: float32 (columns, 4)."""
    bands = levels.shape[1]
    for t in range(len(out)):
        out[t] = 0
        for b in range(bands):
            before = levels[t, b]
            for near in range(max(0, b - 1), min(bands, b + 2)):
                before = max(before, levels[t, near])
            rise = max(np.float32(0), levels[t + _LAG, b] - before)
            out[t, ALL] += rise
            out[t, LOW if b < split[0] else MID if b < split[1] else HIGH] += rise


@njit(cache=True, nogil=True, error_model="numpy")
def _fold(bins: Any, classes: Any, out: Any) -> None:
    """Energy of each pitch class. bins: complex64 (channels, columns, bins); out: float32 (columns, 12)."""
    out[:] = 0
    for c in range(len(bins)):
        for t in range(len(out)):
            for k in range(len(classes)):
                if classes[k] >= 0:
                    z = bins[c, t, k]
                    out[t, classes[k]] += z.real * z.real + z.imag * z.imag


@njit(cache=True, nogil=True, error_model="numpy")
def _peaks(strength: Any, begin: int, end: int) -> Any:
    """Columns in [begin, end) that are the highest of their neighbourhood and stand out of it, int64."""
    found = np.empty(max(0, end - begin), np.int64)
    count = 0
    for t in range(begin, end):
        here = strength[t]
        highest = here >= _LEAST
        for near in range(max(0, t - _NEAR), min(len(strength), t + _NEAR + 1)):
            # of two that are equal the first is the peak
            highest = highest and (strength[near] < here or near == t or (near > t and strength[near] == here))
        if highest:
            around = strength[max(0, t - _PAST) : min(len(strength), t + _FUTURE + 1)]
            if here > _RISE * around.mean() + _LEAST:
                found[count] = t
                count += 1
    return found[:count]


@njit(cache=True, nogil=True, error_model="numpy")
def _refine(frames: Any, peaks: Any, sizes: Any, found: Any) -> None:
    """Where the level rises most, around each peak.

    frames: float32 (n, 2)      peaks: int64 (m,), frames      found: int64 (m,), written
    sizes: frames, of how early and how late an onset may be, and of the levels before and after it
    Samples and their differences are judged alike, so that neither a bass nor a hat decides alone.
    """
    early, late, before, after = sizes
    n = early + late + before + after
    sums = np.empty((2, n + 1))
    for i in range(len(peaks)):
        begin = min(max(1, peaks[i] - early - before), len(frames) - n)
        sums[:, 0] = 0
        for k in range(n):
            at = begin + k
            level = slope = 0.0
            for c in range(2):
                level += frames[at, c] * frames[at, c]
                slope += (frames[at, c] - frames[at - 1, c]) * (frames[at, c] - frames[at - 1, c])
            sums[0, k + 1] = sums[0, k] + level
            sums[1, k + 1] = sums[1, k] + slope
        best, where = -np.inf, before
        for k in range(before, n - after):
            rise = 0.0
            for s in range(2):
                new = max(0.0, sums[s, k + after] - sums[s, k]) / after
                old = max(0.0, sums[s, k] - sums[s, k - before]) / before
                rise += (np.sqrt(new) - np.sqrt(old)) / np.sqrt(sums[s, n] / n + 1e-12)
            if rise > best:
                best, where = rise, k
        found[i] = begin + where
