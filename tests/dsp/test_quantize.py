"""Samples on a grid: what is written as integers of 24 bits comes back as it was, and FLAC needs 20 bits of each."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dsp.quantize import MOST, STEP, from_integers, quantize, to_integers
from tests.rig.byhand import noise


def test_samples_are_moved_by_half_a_step_at_the_most_and_only_once() -> None:
    frames = noise(10_000)
    found = quantize(frames.copy())
    assert np.abs(found - frames).max() <= STEP / 2
    assert np.array_equal(found / STEP, np.rint(found / STEP))
    assert np.array_equal(quantize(found.copy()), found)


def test_it_works_in_place() -> None:
    frames = noise(10)
    assert quantize(frames) is frames


@pytest.mark.parametrize(("given", "wanted"), [(0, 0), (1.0, 1.0), (-2.0, -2.0), (-7.0, -2.0), (2.0, MOST), (9, MOST)])
def test_what_is_too_loud_is_clipped_where_an_integer_ends(given: float, wanted: float) -> None:
    assert quantize(np.array([[given]], np.float32))[0, 0] == wanted


def test_every_sample_comes_back_from_a_flac_of_24_bits(tmp_path: Path) -> None:
    ends = np.array([[-2.0, MOST], [STEP, -STEP], [0.0, 1.0]], np.float32)
    frames = quantize(np.concatenate([ends, noise(5000), 1.9 * noise(500)]).astype(np.float32))
    sf.write(tmp_path / "a.flac", to_integers(frames), 44_100, "PCM_24")
    samples, _ = sf.read(tmp_path / "a.flac", dtype="int32", always_2d=True)
    assert np.array_equal(from_integers(samples), frames)
    assert not (samples & 0xFFF).any()  # eight bits below 24, and four that a FLAC does not store
