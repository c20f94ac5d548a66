"""Columns of HTDemucs' spectrogram, any selection of them at a time.

Column t of a window covers frames [1024 t - 1536, 1024 t + 2560); what lies outside is mirrored:

    frames     |---------|---------|---------|-- ...      one hop of 1024 each
    column 0 [-------:---------|---------|----)           1.5 hops early, 2.5 hops late
    column 1           [-------|---------|---------|----)

The conventions (reflection, periodic Hann taper, 1 / sqrt(n_fft), no Nyquist bin) are those of demucs 4.1.0,
`HTDemucs._spec` and `demucs.spec.spectro`.
"""

import numpy as np
import scipy.fft
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float32]

N_FFT = 4096
FFT_HOP = 1024
BINS = N_FFT // 2
LEAD = 3 * FFT_HOP // 2
"""Frames by which a column starts before its own hop."""

GROUP = 64
"""Columns transformed in one go at most: bounds the memory of long windows, and is more than a live hop needs."""

TILE = 8  # bins: one cache line of complex64
_LANES = 16  # float32 in the widest SIMD register that pocketfft is compiled for


def hann() -> NDArray[np.float64]:
    """Return the periodic Hann taper of one column."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)


def whole_lanes(rows: int) -> int:
    """Round a count of rows up so that no row is left to pocketfft's scalar path.

    pocketfft transforms as many rows at once as a SIMD register holds and the rest one by one. Where the compiler
    fuses multiplications in one path only, the two differ in the last bit; so every row takes the first.
    """
    return -(-rows // _LANES) * _LANES


class Analysis:
    """Transforms chosen columns of a window into their places in a spectrogram; memory is made once."""

    def __init__(self, channels: int, columns: int) -> None:
        """Make room for `columns` columns of `channels` channels at a time."""
        self._channels = channels
        self._columns = columns
        self._taper = (hann() / np.sqrt(N_FFT)).astype(np.float32)
        self._tapered = np.zeros((whole_lanes(channels * columns), N_FFT), np.float32)

    def transform(self, mix: Float, columns: NDArray[np.int64], spec: Float, first: int = 0) -> None:
        """Write the given columns of `mix` into `spec` and leave its other columns as they are.

        mix: float32 (channels, frames), contiguous, more than 2559 frames
        columns: int64 (n,), in any order
        spec: float32 (2 * channels, 2048, T), contiguous
        first: the column of `mix` that is the first of `spec`

        Without the GIL but for three short moments per group.
        """
        for start in range(0, len(columns), self._columns):
            group = columns[start : start + self._columns]
            tapered = self._tapered[: whole_lanes(self._channels * len(group))]
            _gather(mix, group, self._taper, tapered)
            # NB: scipy has no out=; its result is the one array made per group
            _scatter(scipy.fft.rfft(tapered, axis=1, workers=1), group - first, spec)


@njit(cache=True, nogil=True)
def _gather(mix: Float, columns: NDArray[np.int64], taper: Float, tapered: Float) -> None:
    channels, frames = mix.shape
    for c in range(channels):
        for i in range(columns.size):
            row = tapered[c * columns.size + i]
            start = columns[i] * FFT_HOP - LEAD
            if start >= 0 and start + N_FFT <= frames:
                for k in range(N_FFT):
                    row[k] = mix[c, start + k] * taper[k]
            else:
                for k in range(N_FFT):
                    frame = abs(start + k)
                    if frame >= frames:
                        frame = 2 * (frames - 1) - frame
                    row[k] = mix[c, frame] * taper[k]


@njit(cache=True, nogil=True)
def _scatter(bins: NDArray[np.complex64], columns: NDArray[np.int64], spec: Float) -> None:
    # tiles of bins: each line of `bins` is read once, and the lines of `spec` it is strewn over stay in the cache
    # until the neighbouring columns have filled them
    for c in range(spec.shape[0] // 2):
        for tile in range(0, BINS, TILE):
            for i in range(columns.size):
                t = columns[i]
                row = bins[c * columns.size + i]
                for b in range(tile, tile + TILE):
                    spec[2 * c, b, t] = row[b].real
                    spec[2 * c + 1, b, t] = row[b].imag
