"""The song of our own making: always the same, whole, fit to be played, and a fair judge."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command import song as demo
from tests.rig.byhand import Frames, noise


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return demo.write(tmp_path_factory.mktemp("song"))


def read(path: Path) -> Frames:
    frames: Frames = sf.read(path, dtype="float32")[0]
    return frames


def test_the_mix_is_the_sum_of_the_stems_and_fits(song: dict[str, Path]) -> None:
    mix = read(song["drums"].parent / "mix.wav")
    assert tuple(song) == demo.STEMS
    np.testing.assert_allclose(mix, sum(map(read, song.values())), atol=1e-6)
    assert 0.25 < np.abs(mix).max() < 1
    assert len(mix) == int(demo.BARS * 4 * demo.BEAT_S * demo.SAMPLERATE)


def test_every_stem_is_heard(song: dict[str, Path]) -> None:
    loud = {stem: float(np.sqrt(np.mean(read(path) ** 2))) for stem, path in song.items()}
    assert min(loud.values()) > 0.1 * max(loud.values())


def test_it_is_the_same_every_time(song: dict[str, Path]) -> None:
    assert all((read(song[stem]) == frames).all() for stem, frames in demo.stems().items())


def test_a_score_is_the_ratio_of_signal_to_error_in_decibel(tmp_path: Path) -> None:
    true = noise(1000)
    sf.write(tmp_path / "true.wav", true, 44_100, "FLOAT")
    sf.write(tmp_path / "near.wav", 0.9 * true[:900], 44_100, "FLOAT")
    found = {stem: str(tmp_path / name) for stem, name in
             {"a": "true.wav", "b": "near.wav", "mix": "true.wav"}.items()}
    scores = demo.score({"a": tmp_path / "true.wav", "b": tmp_path / "true.wav", "c": tmp_path / "true.wav"}, found)
    assert list(scores) == ["a", "b"]
    assert scores["a"] > 100
    assert scores["b"] == pytest.approx(20, abs=1e-3)
