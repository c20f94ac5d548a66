"""Loudness is that of ITU-R BS.1770-4: its coefficients, the signals of EBU Tech 3341, and ffmpeg's own meter."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from dsp.loudness import LoudnessMeter, weighting

# the tables of the Recommendation, for 48 kHz
ITU = [[1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585],
       [1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621]]


def sine(db: float, seconds: float, hz: float = 1000.0, rate: int = 48_000) -> NDArray[np.float32]:
    at = np.arange(int(seconds * rate)) / rate
    return np.repeat((10 ** (db / 20) * np.sin(2 * np.pi * hz * at))[:, None], 2, axis=1).astype(np.float32)


def lufs(song: NDArray[np.float32], rate: int = 48_000, block: int = 65_536) -> float | None:
    meter = LoudnessMeter(rate)
    for first in range(0, len(song), block):
        meter.add(song[first : first + block])
    return meter.lufs


def test_filters_are_those_of_the_recommendation() -> None:
    np.testing.assert_allclose(weighting(48_000), ITU, atol=5e-14)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_a_full_sine_in_one_channel_is_3_below_full_scale(rate: int) -> None:
    one = sine(0.0, 2.0, 997.0, rate)
    one[:, 1] = 0
    assert lufs(one, rate) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize(("parts", "wanted"), [
    (((-23, 20),), -23.0), (((-33, 20),), -33.0), (((-36, 10), (-23, 60), (-36, 10)), -23.0),
    (((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)), -23.0), (((-26, 20), (-20, 20.1), (-26, 20)), -23.0)])
def test_signals_of_tech_3341_are_what_they_are_to_be(parts: tuple[tuple[float, float], ...], wanted: float) -> None:
    assert lufs(np.concatenate([sine(*part) for part in parts])) == pytest.approx(wanted, abs=0.1)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not here")
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_it_is_what_ffmpeg_measures(tmp_path: Path, rate: int) -> None:
    rng = np.random.default_rng(3)
    loud = np.repeat(10 ** (rng.uniform(-45, -6, 24) / 20), rate // 2)[:, None]
    song = (rng.uniform(-1, 1, (12 * rate, 2)) * loud).cumsum(axis=0)
    song = (0.5 * (song - song.mean(axis=0)) / np.abs(song).max()).astype(np.float32)
    sf.write(tmp_path / "song.wav", song, rate, "FLOAT")
    told = subprocess.run(["ffmpeg", "-nostats", "-i", tmp_path / "song.wav", "-af", "ebur128", "-f", "null", "-"],
                          capture_output=True, text=True, check=True).stderr
    found = re.findall(r"I:\s+(-?[0-9.]+) LUFS", told)
    assert lufs(song, rate) == pytest.approx(float(found[-1]), abs=0.1)


@pytest.mark.parametrize("block", [1, 17, 4096, 10**6])
def test_blocks_do_not_matter(block: int) -> None:
    song = np.random.default_rng(4).uniform(-0.3, 0.3, (50_000, 2)).astype(np.float32)
    one, other = LoudnessMeter(44_100), LoudnessMeter(44_100)
    one.add(song)
    for first in range(0, len(song), block):
        other.add(song[first : first + block])
    assert (one.lufs, one.peak) == (other.lufs, other.peak) != (None, 0)
    assert one.peak == np.abs(song).max()


@pytest.mark.parametrize("song", [np.zeros((0, 2)), np.zeros((96_000, 2)), sine(0, 0.3), sine(-90, 2.0)])
def test_silence_and_less_than_a_gating_block_have_none(song: NDArray[np.float32]) -> None:
    assert lufs(song.astype(np.float32)) is None
