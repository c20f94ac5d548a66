"""Whole songs: what demucs itself gives, whatever the shifts, the overlap, the segment and the length."""

import copy
import random
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles.audiofile import AudioReader
from stream.latency.geometry import MOST_COLUMNS
from stream.offline.level import level
from stream.offline.segments import SEED, lay
from stream.offline.separation import Piece, Windows, by_hops, by_segments
from stream.separators.bag import Bag
from stream.separators.center import Center
from stream.separators.networks.network import Network
from stream.separators.opening import Opening
from tests.rig.byhand import Frames, Shares, noise
from tests.rig.models import model
from tests.shared import shared

RATE = 44_100
SEGMENT = 343_980
AGREEMENT_DB = 80  # of a network with random weights, in float32
LEAST_DB = 70  # of the real one, in every second of a stem that is above LOUD
EXACT_DB = 80  # of the real one, one window against float64
LOUD = 10 ** (-50 / 20)  # RMS, -50 dBFS
QUIET = 23  # s: where 15 s begin in which every stem has loud seconds and quiet ones


def wav(path: Path, frames: Frames, samplerate: int = RATE) -> Path:
    sf.write(path, frames, samplerate, "FLOAT")
    return path


def joined(pieces: list[Piece]) -> tuple[Frames, Frames]:
    """A song's mix, float32 (2, n), and stems, float32 (stems, 2, n)."""
    return tuple(np.concatenate(parts, axis=-1) for parts in zip(*pieces, strict=True))  # type: ignore[return-value]


def separated(network: Any, song: Path, overlap: float = 0.25, shifts: int = 0,
              segment: int | None = None, alone: bool = True) -> tuple[Frames, Frames]:
    how = lay(segment or network.segment, overlap, shifts, network.samplerate)
    with AudioReader(song) as reader:
        return joined(list(by_segments(network, reader, how, level(reader), alone)))


def by_demucs(network: Any, song: Frames, **options: Any) -> Frames:
    """As demucs.api.Separator.separate_tensor does it."""
    torch = pytest.importorskip("torch")
    apply = pytest.importorskip("demucs.apply")
    wave = torch.from_numpy(np.ascontiguousarray(song.T))
    mono = wave.mean(0)
    std = mono.std() + 1e-8
    with mock.patch.object(apply, "random", random.Random(SEED)):  # the network draws, too, from the global one
        found = apply.apply_model(network, ((wave - mono.mean()) / std)[None], **options)[0]
    return np.asarray(found * std + mono.mean())


def least_sdr_db(theirs: Frames, ours: Frames) -> float:
    error = np.sum((theirs - ours) ** 2, axis=(1, 2), dtype=np.float64)
    return float(np.min(10 * np.log10(np.sum(theirs**2, axis=(1, 2), dtype=np.float64) / error)))


OPTIONS: dict[str, dict[str, Any]] = {
    "as it is": {}, "no overlap": {"overlap": 0.0}, "overlap 0.6": {"overlap": 0.6}, "one shift": {"shifts": 1},
    "three shifts": {"shifts": 3}, "two shifts, overlap 0.1": {"shifts": 2, "overlap": 0.1},
}


@pytest.mark.torch
@pytest.mark.parametrize("seconds", [0.3, 3.1], ids=str)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_stems_are_those_of_demucs(tmp_path: Path, options: dict[str, Any], seconds: float) -> None:
    pytest.importorskip("demucs")
    from tests.rig.untrained import Untrained

    network, song = Untrained(), noise(int(seconds * RATE)) + np.float32(0.05)
    mix, ours = separated(network, wav(tmp_path / "a.wav", song), **options)
    assert np.array_equal(mix, song.T)
    theirs = by_demucs(network.demucs, song, **{"shifts": 0, "overlap": 0.25, **options})
    assert least_sdr_db(theirs, ours) > AGREEMENT_DB


@pytest.mark.torch
@pytest.mark.parametrize("segment", [40 * 1024, 40 * 1024 - 301, 39 * 1024 + 1], ids=str)
@pytest.mark.parametrize("fixed", [True, False], ids=["a file of fixed length", "a file of any length"])
def test_a_shorter_segment_is_demucs_own_in_as_much_as_the_file_allows(tmp_path: Path, fixed: bool,
                                                                       segment: int) -> None:
    pytest.importorskip("demucs")
    from tests.rig.untrained import Untrained

    song = noise(3 * RATE)
    network = Untrained(segment, fixed)
    network.demucs.use_train_segment = fixed  # demucs fills short segments up with zeros; we need not
    _, ours = separated(network, wav(tmp_path / "a.wav", song), segment=segment)
    theirs = by_demucs(network.demucs, song, shifts=0, overlap=0.25, segment=Fraction(segment, RATE))
    assert least_sdr_db(theirs, ours) > AGREEMENT_DB


@pytest.fixture(scope="module")
def network(model_path: Path) -> Bag:
    opened = Opening("htdemucs", (model_path,), threads=1).offline(SEGMENT)
    assert opened is not None
    return opened


@pytest.fixture(scope="module")
def published() -> Any:
    """HTDemucs as demucs 4.1.0 loads it."""
    return pytest.importorskip("demucs.hf").load_safetensors_model(shared("models/htdemucs.safetensors"))


def seconds_db(theirs: Frames, ours: Frames) -> list[list[float]]:
    """Agreement by stem and second, of seconds in which the stem is LOUD; both float32 (stems, 2, frames)."""
    whole = theirs.shape[-1] // RATE * RATE
    wanted, found = (stems[..., :whole].reshape(len(theirs), 2, -1, RATE).astype(float) for stems in (theirs, ours))
    power, noise = (np.mean(part**2, axis=(1, 3)) for part in (wanted, found - wanted))
    return [list(10 * np.log10(signal[signal > LOUD**2] / error[signal > LOUD**2]))
            for signal, error in zip(power, noise, strict=True)]


@pytest.mark.torch
def test_stems_of_a_song_are_those_of_demucs_in_every_second(network: Bag, published: Any, lithium: Frames,
                                                             tmp_path: Path) -> None:
    """Three segments, where each stem fades below LOUD or comes from there: a quiet second shows an error first.

    Of the loud seconds of all 40 the three that agree least (83.7, 89.9 and 93.6 dB, all of other) lie here.
    """
    song = np.ascontiguousarray(lithium[QUIET * RATE :][: 15 * RATE])
    _, ours = separated(network, wav(tmp_path / "song.wav", song))
    theirs = by_demucs(published, song, shifts=0)
    assert least_sdr_db(theirs, ours) > LEAST_DB
    seconds = seconds_db(theirs, ours)
    assert all(len(stem) >= 5 for stem in seconds)
    assert min(map(min, seconds)) > LEAST_DB, seconds


@pytest.mark.torch
def test_a_window_is_what_the_network_gives_in_float64(network: Bag, published: Any, lithium: Frames) -> None:
    torch = pytest.importorskip("torch")
    window = np.ascontiguousarray(lithium[12 * RATE :][:SEGMENT].T)
    with Windows(network, SEGMENT, alone=True) as windows:
        ours = windows.separate(window)
    with torch.no_grad():
        exact = copy.deepcopy(published).double()(torch.from_numpy(window.astype(float))[None])[0].numpy()
    assert least_sdr_db(exact, ours) > EXACT_DB


@pytest.fixture(scope="module")
def doubling(tmp_path_factory: pytest.TempPathFactory) -> Bag:
    """A model that gives every stem the mix by its waveform and once more by its spectrogram."""
    return Bag([Network(model(tmp_path_factory.mktemp("model") / "doubling.onnx"), MOST_COLUMNS)])


def test_a_model_that_is_shared_gives_what_it_gives_alone(doubling: Bag, tmp_path: Path) -> None:
    song = wav(tmp_path / "a.wav", noise(400_000))
    for ours, others in zip(separated(doubling, song), separated(doubling, song, alone=False), strict=True):
        np.testing.assert_array_equal(ours, others)


@pytest.mark.parametrize("samplerate", [44_100, 48_000, 22_050])
@pytest.mark.parametrize("seconds", [1 / 44_100, 0.5, SEGMENT / 44_100, 17.3])
def test_stems_are_as_long_as_the_song_at_the_models_rate(doubling: Bag, tmp_path: Path, seconds: float,
                                                          samplerate: int) -> None:
    frames = max(1, round(seconds * samplerate))
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(frames) / samplerate) + 0.1
    mix, stems = separated(doubling, wav(tmp_path / "a.wav", np.stack([wave, -wave / 2], axis=1), samplerate))
    assert abs(mix.shape[1] - frames * 44_100 / samplerate) <= 1
    assert stems.shape == (4, *mix.shape)
    assert np.isfinite(stems).all()


@pytest.mark.parametrize("frames", [1, 1023, 1024, 1025, 50_000])
@pytest.mark.parametrize("late", [0, 2048, 3000], ids=str)
def test_a_separator_of_hops_gives_a_whole_song_without_its_latency(tmp_path: Path, frames: int, late: int) -> None:
    song = noise(frames)
    with AudioReader(wav(tmp_path / "a.wav", song)) as reader:
        mix, stems = joined(list(by_hops(Shares(1024, late, shares=(0.5, 0.25, 0.25)), reader)))
    np.testing.assert_array_equal(mix, song.T)
    np.testing.assert_allclose(stems, [0.5 * mix, 0.25 * mix, 0.25 * mix], atol=1e-6)


def test_the_built_in_separator_splits_a_whole_song(tmp_path: Path) -> None:
    with AudioReader(wav(tmp_path / "a.wav", noise(30_000))) as reader:
        mix, stems = joined(list(by_hops(Center(), reader)))
    np.testing.assert_allclose(stems.sum(axis=0), mix, atol=1e-5)


def test_level_is_the_mean_and_deviation_of_the_mono_sum(tmp_path: Path) -> None:
    song = noise(200_000) + np.float32(0.1)
    with AudioReader(wav(tmp_path / "a.wav", song)) as reader:
        found = level(reader)
        assert (reader.read(10) == song[:10]).all()
    mono = song.mean(axis=1, dtype=np.float64)
    assert (found.mean, found.deviation) == pytest.approx((mono.mean(), mono.std(ddof=1)))
    assert found.frames == 200_000


def test_samples_that_are_no_numbers_are_separated_as_silence(doubling: Bag, tmp_path: Path) -> None:
    song = noise(100_000)
    song[90_000] = np.nan
    mix, stems = separated(doubling, wav(tmp_path / "a.wav", song))
    assert (np.nan_to_num(song) == mix.T).all()
    assert np.isfinite(stems).all()
