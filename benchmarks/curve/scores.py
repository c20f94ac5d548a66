"""How far an estimate is from the truth, in dB; every array float32 (2, n)."""

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from stream.separators.protocol import Frames

DELTA = 1e-7  # of the Music Demixing challenge's own code: silence is not divided by zero
SILENT = 1e-6  # mean square, -60 dBFS: a stem below it all the song through has no score
SILENT_FRAME = 1e-5  # mean square, -50 dBFS: a second below it has none

Values = NDArray[np.float64]


def museval() -> ModuleType | None:
    """museval's metrics, if they are installed."""
    try:
        from museval import metrics
    except ModuleNotFoundError:
        return None
    return metrics  # type: ignore[no-any-return]


def sdr(truth: Frames, estimate: Frames) -> float:
    """Over all of it, as in the Music Demixing challenge (Mitsufuji et al., Frontiers in Signal Processing, 2022)."""
    wide = truth.astype(np.float64)
    signal, error = float(np.sum(wide**2)), float(np.sum((wide - estimate) ** 2))
    return float(10 * np.log10((signal + DELTA) / (error + DELTA)))


def silent(truth: Frames) -> bool:
    """Whether a stem is not there at all."""
    return not truth.size or float(np.mean(truth.astype(np.float64) ** 2)) < SILENT


def framewise(truth: Frames, estimate: Frames, frames: int) -> Values:
    """SDR of each piece of so many frames; NaN where the truth is silent."""
    pieces = (slice(at, at + frames) for at in range(0, truth.shape[1] - frames + 1, frames))
    return np.array([_unless_silent(truth[:, piece], estimate[:, piece]) for piece in pieces])


def _unless_silent(truth: Frames, estimate: Frames) -> float:
    return sdr(truth, estimate) if np.mean(truth.astype(np.float64) ** 2) > SILENT_FRAME else float("nan")


def museval_framewise(metrics: ModuleType, truth: Frames, estimate: Frames, frames: int) -> Values:
    """BSSEval v4's SDR of each piece, by museval; NaN where truth or estimate are digital silence.

    NB: SDR compares the whole error with the truth, so that neither the other stems nor the length of the filters
    change it: a stem alone and filters of one tap give the same figures, and much sooner.
    """
    if not (truth.any() and estimate.any()):  # which museval refuses
        return np.full(truth.shape[1] // frames, np.nan)
    found = metrics.bss_eval(truth.T[None], estimate.T[None], window=frames, hop=frames, compute_permutation=False,
                             filters_len=1, framewise_filters=False, bsseval_sources_version=False)
    return np.asarray(found[0][0], np.float64)


def median(values: Values) -> float:
    """The middle of those that are numbers; NaN if none is."""
    numbers = values[np.isfinite(values)]
    return float(np.median(numbers)) if len(numbers) else float("nan")
