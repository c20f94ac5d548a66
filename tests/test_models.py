"""From a model's name, or a stranger's file, to stems: what demucs and the file itself give.

Weights of htdemucs_6s and htdemucs_ft cannot be had everywhere: random ones of their exact architecture stand for them,
served by a hub of our own.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp.stft import FFT_HOP, istft, stft
from export.bind import BARE_NETWORKS
from export.published import MODELS
from export.store import model_bag
from export.weights import Weights
from stream.latency.geometry import MOST_COLUMNS
from stream.latency.planning import plan_windows
from stream.separators.bag import Bag
from stream.separators.networks.modelio import SEGMENT
from stream.separators.networks.network import Network
from stream.separators.opening import Opening
from stream.separators.windowed import Windowed
from tests.export.rig import hub

Frames = NDArray[np.float32]
COLUMNS = 32
STEMS = ("drums", "bass", "other", "vocals")


def sdr_db(found: Frames, wanted: Frames) -> list[float]:
    """By stem: float32 (stems, 2, frames)."""
    noise = np.sum((found.astype(float) - wanted) ** 2, axis=(1, 2))
    return list(10 * np.log10(np.sum(wanted.astype(float) ** 2, axis=(1, 2)) / np.maximum(noise, 1e-30)))


def stems_of(bag: Bag | Network, mix: Frames, frames: int) -> Frames:
    """A window's stems: float32 (stems, 2, frames); mix: float32 (2, 1024 · columns)."""
    spec_out, wave_out = bag.infer(mix, stft(mix[:, :frames]))
    return wave_out[..., :frames] + istft(spec_out, frames)


def random_networks(name: str) -> list[Any]:
    """demucs' own networks for a name's checkpoints, each with values of its own that fp16 holds."""
    torch = pytest.importorskip("torch", reason="needs the export extra")
    htdemucs = pytest.importorskip("demucs.htdemucs", reason="needs the export extra")
    networks = []
    for seed, checkpoint in enumerate(MODELS[name].checkpoints):
        torch.manual_seed(seed)
        network = htdemucs.HTDemucs(**checkpoint.kwargs).half().float().eval()
        network.use_train_segment = False  # at the window's length, not filled up to the trained one
        networks.append(network)
    return networks


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, list[Any]], Opening]]:
    """A model whose checkpoints a hub has: an empty cache, no npm client."""
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    files: dict[str, bytes] = {}

    def opening(name: str, networks: list[Any]) -> Opening:
        for checkpoint, network in zip(MODELS[name].checkpoints, networks, strict=True):
            tensors = {key: value.numpy().astype(np.float16) for key, value in network.state_dict().items()}
            Weights(tensors, checkpoint.kwargs).write(tmp_path / "w.safetensors")
            place = checkpoint.sources[0]
            files[f"/{place.repo}/resolve/main/{place.file}"] = (tmp_path / "w.safetensors").read_bytes()
        bag = model_bag(name, lambda _: None)
        return Opening(name, bag.files, bag.weights, bag.segment_s, threads=1)

    with hub(files) as (endpoint, _):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        yield opening


def noise() -> Frames:
    return np.random.default_rng(0).normal(0, 0.1, (2, COLUMNS * FFT_HOP)).astype(np.float32)


@pytest.mark.torch
@pytest.mark.parametrize("name", ["htdemucs_6s", "htdemucs_ft", "htdemucs_ft:other"])
def test_a_named_model_gives_what_demucs_gives(served: Callable[..., Opening], name: str) -> None:
    networks = random_networks(name)
    import torch
    from demucs.apply import BagOfModels, apply_model

    rows = [[weight.get(stem, 0.0) for stem in STEMS] for weight in MODELS[name].weights]
    mix = noise()
    model = BagOfModels(networks, rows or None)
    wanted = apply_model(model, torch.from_numpy(mix)[None], shifts=0, split=False)[0].numpy()
    bag = served(name, networks).offline(COLUMNS * FFT_HOP)
    assert bag is not None
    assert bag.sources == tuple(BARE_NETWORKS["htdemucs_6s" if name == "htdemucs_6s" else "htdemucs"]["sources"])
    assert bag.segment == SEGMENT
    found = stems_of(bag, mix, mix.shape[1])
    assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()
    assert min(sdr_db(found, wanted)) >= 70


@pytest.mark.torch
def test_one_stem_of_a_bag_runs_its_specialist_alone(served: Callable[..., Opening]) -> None:
    name, mix = "htdemucs_ft", noise()
    opening = served(name, random_networks(name))
    alone, whole = opening.offline(COLUMNS * FFT_HOP, ("vocals",)), opening.offline(COLUMNS * FFT_HOP)
    specialist = Network(opening.files[3], COLUMNS)
    assert alone is not None
    assert whole is not None
    found = stems_of(alone, mix, mix.shape[1])
    assert found.shape == (1, 2, mix.shape[1])
    np.testing.assert_allclose(found, stems_of(whole, mix, mix.shape[1])[3:], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found, stems_of(specialist, mix, mix.shape[1])[3:], rtol=0, atol=1e-6)


@pytest.mark.weights
def test_the_published_onnx_agrees_with_ours_offline(npm_model: Path, model_path: Path, lithium: Frames) -> None:
    """20 s in overlapping segments, weighed as demucs weighs them: where a segment ends neither is to be trusted."""
    ours, theirs = (Network(path, MOST_COLUMNS, threads=1) for path in (model_path, npm_model))
    assert (theirs.columns, theirs.frames, theirs.sources) == (MOST_COLUMNS, SEGMENT, STEMS)
    rising = np.arange(1, SEGMENT + 1)
    weight = np.minimum(rising, rising[::-1]).astype(np.float32) / SEGMENT
    given = np.zeros((2, 4, 2, len(lithium)), np.float32)
    for start in range(10 * 44_100, 23 * 44_100, SEGMENT * 3 // 4):
        mix = np.zeros((2, MOST_COLUMNS * FFT_HOP), np.float32)
        mix[:, :SEGMENT] = lithium[start : start + SEGMENT].T
        for network, out in zip((ours, theirs), given, strict=True):
            out[..., start : start + SEGMENT] += weight * stems_of(network, mix, SEGMENT)
    agreement = dict(zip(STEMS, sdr_db(given[1], given[0]), strict=True))
    assert min(agreement.values()) >= 60, agreement


@pytest.mark.weights
def test_the_published_onnx_agrees_with_ours_live(npm_model: Path, model_path: Path, lithium: Frames) -> None:
    """Its wave branch lacks the window's last 84 frames, which are lookahead."""
    geometry = plan_windows(12.0, MOST_COLUMNS).geometry
    song = lithium[24 * 44_100 :][: 2 * geometry.hop]
    hops = np.ascontiguousarray(song.reshape(2, geometry.hop, 2).transpose(0, 2, 1))
    given = []
    for path in (model_path, npm_model):
        separator = Windowed(Network(path, MOST_COLUMNS, threads=1), geometry)
        stems = np.zeros((2, 4, 2, geometry.hop), np.float32)
        for hop, out in zip(hops, stems, strict=True):
            separator.process(hop, out)
        given.append(stems[1])
    agreement = dict(zip(STEMS, sdr_db(given[1], given[0]), strict=True))
    assert min(agreement.values()) >= 40, agreement
