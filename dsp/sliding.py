"""The STFT of a sliding window and the inverse of a part of it: per hop, a hop's share of the work."""

import numpy as np
import scipy.fft
from numba import njit
from numpy.typing import NDArray

from dsp.columns import BINS, FFT_HOP, GROUP, LEAD, N_FFT, TILE, Analysis, hann, whole_lanes

Float = NDArray[np.float32]

_EDGE = 2  # columns at either end of a window that see mirrored frames
_ROWS = 128  # columns of all lines, inverted in one go: what a core's own cache holds


class SlidingStft:
    """Keeps a spectrogram in step with a window that slides by whole columns; equals stft(window) bit for bit.

    Only the new columns are transformed, and those whose mirrored frames have changed:

        before   m m . . . . . . m m          m  sees mirrored frames
        after            m m . . n n n n m m  n  new
        made             * *     * * * * * *  the two that were at the right edge see real frames now
    """

    def __init__(self, columns: int, hop_columns: int, channels: int = 2) -> None:
        """Make all memory for windows of `columns` columns that slide by `hop_columns` at a time.

        ValueError: fewer than 3 columns, or a hop that is not within the window
        """
        if columns < 3:
            raise ValueError(f"columns must be 3 or more, not {columns}")
        if not 1 <= hop_columns <= columns:
            raise ValueError(f"hop_columns must be within 1 and columns ({columns}), not {hop_columns}")
        self._window_shape = (channels, FFT_HOP * columns)
        self._spec_shape = (2 * channels, BINS, columns)
        self._hop_columns = hop_columns
        self._every = np.arange(columns)
        kept = columns - hop_columns - _EDGE
        self._changed = self._every if kept <= _EDGE else np.r_[0:_EDGE, kept:columns]
        self._analysis = Analysis(channels, min(GROUP, len(self._changed)))
        self._started = False

    def reset(self) -> None:
        """Forget the previous window: the next one is transformed as a whole."""
        self._started = False

    def advance(self, window: Float, spec: Float) -> None:
        """Bring `spec` from the previous window to this one.

        window: float32 (channels, 1024 * columns), contiguous, already moved on by the hop
        spec: float32 (2 * channels, 2048, columns), contiguous, as the previous call left it; changed in place
        ValueError: a shape other than that, or an array that is not contiguous
        """
        _check("window", window, self._window_shape)
        _check("spec", spec, self._spec_shape)
        if not self._started:
            self._analysis.transform(window, self._every, spec)
            self._started = True
            return
        if self._changed is not self._every:
            # one move for all bins: what runs over from one bin's row into the one before lands in its new columns
            flat = spec.reshape(-1)
            flat[: -self._hop_columns] = flat[self._hop_columns :]
        self._analysis.transform(window, self._changed, spec)


class RangeIstft:
    """Makes the frames [start, start + frames) of an inverse STFT and no others; the same values as the whole."""

    def __init__(self, stems: int, channels: int, columns: int, start: int, frames: int) -> None:
        """Make all memory for spectrograms of `columns` columns.

        ValueError: a range that does not lie within the window
        """
        if not (start >= 0 and frames >= 1 and start + frames <= FFT_HOP * columns):
            raise ValueError(
                f"start ({start}) and frames ({frames}) must lie within the window (0 to {FFT_HOP * columns})"
            )
        self._spec_shape = (stems, 2 * channels, BINS, columns)
        self._out_shape = (stems, channels, frames)
        self._start = start
        self._first = max(0, (start + LEAD - N_FFT) // FFT_HOP + 1)
        self._end = min(columns, (start + frames + LEAD - 1) // FFT_HOP + 1)
        self._group = min(max(1, _ROWS // (stems * channels)), self._end - self._first)
        # four squared tapers overlap everywhere, and always sum to 1.5
        self._taper = (hann() * np.sqrt(N_FFT) / 1.5).astype(np.float32)
        # the Nyquist bin and the spare rows stay zero
        self._bins = np.zeros((whole_lanes(stems * channels * self._group), BINS + 1), np.complex64)
        self._sum = np.empty((stems * channels, frames), np.float32)

    def add(self, spec: Float, out: Float) -> None:
        """Add the range of istft(spec) to `out`.

        spec: float32 (stems, 2 * channels, 2048, columns), contiguous
        out: float32 (stems, channels, frames), which holds the wave branch's part
        ValueError: a shape other than that, or an array that is not contiguous
        """
        _check("spec", spec, self._spec_shape)
        _check("out", out, self._out_shape)
        pairs = spec.reshape(-1, 2, *self._spec_shape[2:])
        self._sum[:] = 0
        for first in range(self._first, self._end, self._group):
            count = min(self._group, self._end - first)
            _collect(pairs, first, count, self._bins)
            rows = scipy.fft.irfft(self._bins[: whole_lanes(len(pairs) * count)], n=N_FFT, axis=1, workers=1)
            _overlap_add(rows, first * FFT_HOP - LEAD - self._start, count, self._taper, self._sum)
        out += self._sum.reshape(self._out_shape)


def _check(name: str, array: Float, shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype != np.float32 or not array.flags.c_contiguous:
        raise ValueError(f"{name} must be contiguous float32 {shape}, not {array.dtype} {array.shape}")


@njit(cache=True, nogil=True)
def _collect(pairs: Float, first: int, count: int, bins: NDArray[np.complex64]) -> None:
    # tiles of bins, as in dsp/columns.py: every line of the cache is filled while it is there
    for line in range(pairs.shape[0]):
        for tile in range(0, BINS, TILE):
            for i in range(count):
                row = bins[line * count + i]
                for b in range(tile, tile + TILE):
                    row[b] = complex(pairs[line, 0, b, first + i], pairs[line, 1, b, first + i])


@njit(cache=True, nogil=True)
def _overlap_add(rows: Float, offset: int, count: int, taper: Float, total: Float) -> None:
    # columns in ascending order: a frame's terms are added in the same order whatever the range
    lines, frames = total.shape
    for line in range(lines):
        for i in range(count):
            begin = offset + i * FFT_HOP
            for k in range(max(0, -begin), min(N_FFT, frames - begin)):
                total[line, begin + k] += rows[line * count + i, k] * taper[k]
