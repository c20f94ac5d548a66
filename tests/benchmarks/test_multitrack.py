"""Folders of stems as songs."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from benchmarks.curve.multitrack import musdb_songs, read, songs_in
from stream.common.errors import Failure

RATE, FRAMES = 44_100, 4410


def stem(path: Path, seed: int, rate: int = RATE, frames: int = FRAMES, subtype: str = "") -> NDArray[np.float32]:
    made = np.random.default_rng(seed).uniform(-0.2, 0.2, (frames, 2)).astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, made, rate, subtype=subtype or ("FLOAT" if path.suffix == ".wav" else "PCM_24"))
    return np.ascontiguousarray(made.T)


def test_the_mix_is_the_sum_of_the_stems_that_there_are(tmp_path: Path) -> None:
    drums, vocals = stem(tmp_path / "b" / "drums.wav", 1), stem(tmp_path / "b" / "vocals.flac", 2)
    stem(tmp_path / "b" / "cover.wav", 3)
    (tmp_path / "no song").mkdir()
    (song,) = songs_in(tmp_path)
    assert (song.name, list(song.stems)) == ("b", ["drums", "vocals"])
    assert song.mix(song.excerpt(None)) == pytest.approx(drums + vocals, abs=1e-6)


def test_a_mixture_is_taken_as_it_is(tmp_path: Path) -> None:
    stem(tmp_path / "a" / "drums.wav", 1)
    mixture = stem(tmp_path / "a" / "mixture.wav", 2)
    (song,) = songs_in(tmp_path)
    assert np.array_equal(song.mix(song.excerpt(None)), mixture)
    assert list(song.stems) == ["drums"]


def test_of_musdb18_hq_it_is_the_test_set_by_name(tmp_path: Path) -> None:
    for place in ("train/x", "test/b", "test/a"):
        for name in ("mixture", "drums", "bass", "other", "vocals"):
            stem(tmp_path / place / f"{name}.wav", 1)
    assert [song.name for song in songs_in(tmp_path)] == ["a", "b"]
    assert [song.name for song in songs_in(tmp_path / "train")] == ["x"]


def test_an_excerpt_is_the_middle_and_never_more_than_there_is(tmp_path: Path) -> None:
    drums = stem(tmp_path / "a" / "drums.wav", 1)
    (song,) = songs_in(tmp_path)
    assert song.excerpt(9) == slice(0, FRAMES)
    excerpt = song.excerpt(0.02)
    assert excerpt == slice(1764, 2646)
    assert np.array_equal(read(song.stems["drums"], excerpt), drums[:, 1764:2646])


def test_another_samplerate_is_one_clear_line(tmp_path: Path) -> None:
    stem(tmp_path / "a" / "drums.wav", 1, rate=48_000)
    (song,) = songs_in(tmp_path)
    with pytest.raises(Failure, match=r"drums\.wav has 48000 Hz; 44100 are wanted"):
        song.mix(song.excerpt(None))


def test_stems_of_different_lengths_are_one_clear_line(tmp_path: Path) -> None:
    stem(tmp_path / "a" / "drums.wav", 1)
    stem(tmp_path / "a" / "bass.wav", 1, frames=100)
    (song,) = songs_in(tmp_path)
    with pytest.raises(Failure, match=r"bass\.wav has 100 frames"):
        song.mix(song.excerpt(None))


def test_a_folder_without_songs_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="holds no songs"):
        songs_in(tmp_path)
    with pytest.raises(Failure, match="no such folder"):
        songs_in(tmp_path / "absent")


def test_musdb_reads_what_a_folder_gives(tmp_path: Path) -> None:
    pytest.importorskip("musdb")
    for name in ("mixture", "drums", "bass", "other", "vocals"):
        stem(tmp_path / "hq" / "test" / "a" / f"{name}.wav", len(name), subtype="PCM_16")  # as musdb reads them
    (ours,) = songs_in(tmp_path / "hq")
    theirs = next(given := musdb_songs(tmp_path / "hq"))
    assert theirs.stems.keys() == ours.stems.keys()
    for name in ours.stems:
        assert np.array_equal(read(theirs.stems[name]), read(ours.stems[name]))
    assert np.array_equal(theirs.mix(theirs.excerpt(None)), ours.mix(ours.excerpt(None)))
    assert next(given, None) is None
    assert not theirs.mixture.exists()


def test_musdb_without_a_place_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("musdb")
    monkeypatch.delenv("MUSDB_PATH", raising=False)
    with pytest.raises(Failure, match="set MUSDB_PATH"):
        next(musdb_songs(None))
    (tmp_path / "test").mkdir()
    with pytest.raises(Failure, match="musdb finds no test songs"):
        next(musdb_songs(tmp_path))


def test_musdb_that_is_not_installed_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "musdb", None)
    with pytest.raises(Failure, match="pip install musdb"):
        next(musdb_songs(None))
