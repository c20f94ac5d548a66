"""A run's stems against the true ones and against the offline output, stem by stem, so that a song fits in memory."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.curve.multitrack import read
from benchmarks.curve.scores import Values, framewise, median, museval, museval_framewise, sdr, silent
from stream.latency.geometry import SAMPLERATE

MEASURES = {"sdr": "whole song", "median": "median of seconds", "museval": "median of seconds, museval"}
"""Against the truth; `to_offline` is beside them, against the offline output, over the whole song."""

Stems = Mapping[str, Path]
Scores = dict[str, dict[str, float]]


def judge(truths: Stems, excerpt: slice, found: Stems, whole: Stems | None) -> Scores:
    """dB by stem and measure, of those stems that are in both and not silent.

    truths: files of whole songs, of which the excerpt is judged
    found, whole: of what was separated and of the offline output, of the excerpt only
    A measure that has no value (every second is silent) is left out. Raises Failure for files that do not fit.
    """
    scores: Scores = {}
    seconds: dict[str, Values] = {}
    metrics = museval()
    for stem in [name for name in found if name in truths]:
        truth, estimate = read(truths[stem], excerpt), read(found[stem])
        if silent(truth):
            continue
        row = scores[stem] = {"sdr": sdr(truth, estimate)}
        row["median"] = median(framewise(truth, estimate, SAMPLERATE))
        if metrics is not None and truth.shape[1] >= SAMPLERATE:
            seconds[stem] = museval_framewise(metrics, truth, estimate, SAMPLERATE)
        if whole is not None:
            row["to_offline"] = sdr(read(whole[stem]), estimate)
    # museval leaves out a second for all stems in which any is silent
    heard = np.all([np.isfinite(values) for values in seconds.values()], axis=0)
    for stem, values in seconds.items():
        scores[stem]["museval"] = median(values[heard])
    return {stem: {name: db for name, db in row.items() if np.isfinite(db)} for stem, row in scores.items()}
