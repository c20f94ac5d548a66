"""Scores with known answers; museval's seconds, where it is installed, are ours."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.curve.scores import framewise, median, museval, museval_framewise, sdr, silent

RATE = 44_100


def noise(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.1, (2, int(seconds * RATE))).astype(np.float32)


@pytest.mark.parametrize("db", [-6, 0, 12, 40])
def test_an_error_that_is_so_much_quieter_scores_so_many_db(db: int) -> None:
    truth = noise(1)
    assert sdr(truth, truth * np.float32(1 + 10 ** (-db / 20))) == pytest.approx(db, abs=0.01)


def test_silence_for_a_stem_scores_nothing_and_silence_for_silence_is_a_number() -> None:
    truth = noise(1)
    assert sdr(truth, np.zeros_like(truth)) == pytest.approx(0, abs=1e-6)
    assert sdr(np.zeros_like(truth), np.zeros_like(truth)) == 0


def test_a_stem_is_silent_below_60_dbfs() -> None:
    assert silent(noise(1) * np.float32(0.005))
    assert not silent(noise(1) * np.float32(0.02))


def test_seconds_are_scored_apart_and_silent_ones_left_out() -> None:
    truth = noise(4)
    truth[:, RATE : 2 * RATE] = 0
    estimate = truth.copy()
    for second, db in ((0, 10), (2, 20), (3, 30)):
        estimate[:, second * RATE : (second + 1) * RATE] *= np.float32(1 + 10 ** (-db / 20))
    found = framewise(truth, estimate, RATE)
    assert found == pytest.approx([10, np.nan, 20, 30], abs=0.01, nan_ok=True)
    assert median(found) == pytest.approx(20, abs=0.01)


def test_an_end_that_is_no_whole_second_is_not_a_second() -> None:
    assert len(framewise(noise(2.9), noise(2.9), RATE)) == 2
    assert np.isnan(median(framewise(noise(0.5), noise(0.5), RATE)))


def test_museval_of_a_stem_alone_is_ours_and_that_of_all_stems() -> None:
    metrics = museval()
    if metrics is None:
        pytest.skip("museval is not installed")
    truths = np.stack([noise(3, 1), noise(3, 2)])
    estimates = truths + 0.3 * np.stack([noise(3, 3), noise(3, 4)])
    together = metrics.bss_eval(truths.swapaxes(1, 2), estimates.swapaxes(1, 2), window=RATE, hop=RATE,
                                compute_permutation=False, framewise_filters=False, bsseval_sources_version=False)[0]
    for truth, estimate, wanted in zip(truths, estimates, together, strict=True):
        alone = museval_framewise(metrics, truth, estimate, RATE)
        assert alone == pytest.approx(wanted, abs=1e-6)
        assert alone == pytest.approx(framewise(truth, estimate, RATE), abs=1e-3)


def test_museval_of_silence_is_no_number() -> None:
    metrics = museval()
    if metrics is None:
        pytest.skip("museval is not installed")
    truth = noise(2.5)
    silence = np.zeros_like(truth)
    for pair in ((truth, silence), (silence, truth)):
        assert museval_framewise(metrics, *pair, RATE) == pytest.approx([np.nan, np.nan], nan_ok=True)
