"""Whole files: what demucs itself gives, whatever the length and the samplerate, in memory that no song sets."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.devices.audiofile import AudioReader
from stream.errors import Failure
from stream.geometry import MOST_COLUMNS
from stream.separators.network import Network
from stream.separators.offline import SEGMENT, Level, Overlap, Segments, level, separate
from tests.shared import shared
from tests.stream.byhand import Frames, noise
from tests.stream.models import model

WINDOW, PLAIN = MOST_COLUMNS * 1024, Level(0.0, 1.0)
STRIDE = int(0.75 * SEGMENT)
LEAST_SDR_DB = 40


def blocks(frames: int, size: int = 1 << 16) -> Iterator[Frames]:
    """A stream whose frames tell their own position."""
    for at in range(0, frames, size):
        count = np.arange(at, min(at + size, frames), dtype=np.float32)
        yield np.stack([count, -count], axis=1)


@pytest.fixture(scope="module")
def network(model_path: Path) -> Network:
    return Network(model_path, MOST_COLUMNS, threads=2)


def written(network: Network, song: Path, folder: Path, overlap: float = 0.25) -> dict[str, Frames]:
    told: list[tuple[int, int]] = []
    with AudioReader(song) as reader:
        paths = separate(network, reader, folder, overlap, lambda *x: told.append(x))
    assert told[-1][0] == told[-1][1]
    return {stem: sf.read(path, dtype="float32")[0] for stem, path in paths.items()}


@pytest.mark.parametrize("overlap", [0, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("frames", [1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT + 12_345])
def test_segments_lie_where_demucs_lays_them_with_what_is_around_them(frames: int, overlap: float) -> None:
    stride = int((1 - overlap) * SEGMENT)
    found = []
    for offset, length, lead, window, _ in Segments(blocks(frames), WINDOW, stride, PLAIN):
        found.append(offset)
        assert length == min(SEGMENT, frames - offset)
        assert lead == (SEGMENT - length) // 2  # demucs.apply.TensorChunk.padded
        at = np.arange(offset - lead, offset - lead + WINDOW)
        wanted = np.where((at >= 0) & (at < frames), at, 0).astype(np.float32)
        np.testing.assert_array_equal(window, [wanted, -wanted])
    assert found == list(range(0, frames, stride))


@pytest.mark.parametrize("overlap", [0, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("frames", [1, SEGMENT, SEGMENT + 1, 3 * SEGMENT + 12_345])
def test_segments_that_are_left_as_they_are_add_up_to_the_song(frames: int, overlap: float) -> None:
    stride = int((1 - overlap) * SEGMENT)
    song, adder, out = noise(frames).T, Overlap(2, stride), []
    for offset in range(0, frames, stride):
        part = song[:, offset : offset + SEGMENT]
        out.append(adder.add(np.stack([part, -part]), last=offset + stride >= frames))
    found = np.concatenate(out, axis=-1)
    np.testing.assert_allclose(found, [song, -song], rtol=0, atol=1e-6)


def test_memory_does_not_grow_with_the_song() -> None:
    most = []
    for minutes in (2, 20):
        tracemalloc.start()
        segments = Segments(blocks(minutes * 60 * 44_100), WINDOW, STRIDE, PLAIN)
        for _ in segments:
            assert len(segments._held) < 3 * WINDOW
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] < 1.1 * most[0]


def test_level_is_the_mean_and_deviation_of_the_mono_sum(tmp_path: Path) -> None:
    song = noise(200_000) + np.float32(0.1)
    sf.write(tmp_path / "a.wav", song, 44_100, "FLOAT")
    with AudioReader(tmp_path / "a.wav") as reader:
        found = level(reader)
        assert (reader.read(10) == song[:10]).all()
    mono = song.mean(axis=1, dtype=np.float64)
    assert (found.mean, found.deviation) == pytest.approx((mono.mean(), mono.std(ddof=1)))


@pytest.fixture(scope="module")
def doubling(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A model that gives every stem the mix by its waveform and once more by its spectrogram."""
    return Network(model(tmp_path_factory.mktemp("model") / "doubling.onnx"), MOST_COLUMNS)


@pytest.mark.parametrize("samplerate", [44_100, 48_000, 22_050])
@pytest.mark.parametrize("seconds", [1 / 44_100, 0.5, SEGMENT / 44_100, 17.3])
def test_stems_are_as_long_as_the_song_at_the_models_rate(doubling: Network, tmp_path: Path, seconds: float,
                                                          samplerate: int) -> None:
    frames = max(1, round(seconds * samplerate))
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(frames) / samplerate) + 0.1
    sf.write(tmp_path / "a.wav", np.stack([wave, -wave / 2], axis=1), samplerate, "FLOAT")
    with AudioReader(tmp_path / "a.wav") as reader:
        paths = separate(doubling, reader, tmp_path / "out", 0.25, lambda *_: None)
    for path in paths.values():
        stem = sf.read(path, dtype="float32")[0]
        assert abs(len(stem) - frames * 44_100 / samplerate) <= 1
        assert np.isfinite(stem).all()


@pytest.mark.parametrize("overlap", [-0.1, 1, float("nan")])
def test_an_overlap_that_cannot_be_is_refused_and_leaves_nothing(doubling: Network, tmp_path: Path,
                                                                 overlap: float) -> None:
    sf.write(tmp_path / "a.wav", noise(100), 44_100, "FLOAT")
    with pytest.raises(ValueError, match="overlap must be 0 to below 1"):
        written(doubling, tmp_path / "a.wav", tmp_path / "out", overlap)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_song_that_is_damaged_leaves_nothing(doubling: Network, tmp_path: Path) -> None:
    song = noise(100_000)
    song[90_000] = np.nan
    sf.write(tmp_path / "a.wav", song, 44_100, "FLOAT")
    with pytest.raises(Failure, match="no numbers"):
        written(doubling, tmp_path / "a.wav", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.torch
def test_stems_are_those_of_demucs(network: Network, lithium: Frames, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    hf, apply = pytest.importorskip("demucs.hf"), pytest.importorskip("demucs.apply")
    weights = shared("models/htdemucs.safetensors")
    song = lithium[5 * 44_100 : 20 * 44_100]
    sf.write(tmp_path / "song.wav", song, 44_100, "FLOAT")
    found = written(network, tmp_path / "song.wav", tmp_path / "out")
    wave = torch.from_numpy(np.ascontiguousarray(song.T))
    mono = wave.mean(0)  # as demucs.api.Separator.separate_tensor does
    scaled = (wave - mono.mean()) / (mono.std() + 1e-8)
    theirs = apply.apply_model(hf.load_safetensors_model(weights), scaled[None], shifts=0, overlap=0.25)[0]
    theirs = (theirs * (mono.std() + 1e-8) + mono.mean()).numpy().transpose(0, 2, 1)
    for stem, reference in zip(network.sources, theirs, strict=True):
        error = np.sum((reference - found[stem]) ** 2, dtype=np.float64)
        sdr_db = 10 * np.log10(np.sum(reference**2, dtype=np.float64) / error)
        print(f"{stem}: {sdr_db:.1f} dB")
        assert sdr_db > LEAST_SDR_DB
