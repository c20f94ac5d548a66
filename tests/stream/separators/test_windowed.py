"""HTDemucs over a sliding window is HTDemucs over each whole window; and a file that is no such model is refused."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from dsp.crossfade import fade_in
from dsp.stft import BINS, istft, stft
from stream.latency.geometry import Geometry
from stream.separators.networks.network import Network
from stream.separators.protocol import Separator, Skipping
from stream.separators.windowed import Windowed
from tests.rig.byhand import Frames
from tests.rig.models import model

COLUMNS, HOP = 24, 4096
GEOMETRY = Geometry(COLUMNS * 1024, HOP, 1024, 1024)


@pytest.fixture(scope="module")
def network(model_path: Path) -> Network:
    return Network(model_path, COLUMNS)


@pytest.fixture(scope="module")
def music(lithium: Frames) -> Frames:
    """Ten hops of it: float32 (10, 2, hop)."""
    return np.ascontiguousarray(lithium[20 * 44_100 :][: 10 * HOP].reshape(10, HOP, 2).transpose(0, 2, 1))


def process(separator: Windowed, hops: Frames) -> Frames:
    """float32 (hops, stems, 2, hop)"""
    out = np.zeros((len(hops), len(separator.sources), 2, separator.hop), np.float32)
    for hop, stems in zip(hops, out, strict=True):
        separator.process(hop, stems)
    return out


def by_hand(network: Network, hops: Frames) -> list[Frames]:
    """What whole windows deliver, one after the other, each with its crossfade: float32 (stems, 2, hop + crossfade)."""
    mix = np.concatenate([np.zeros((2, GEOMETRY.window), np.float32), *hops], axis=1)
    parts = []
    for index in range(1, len(hops) + 1):
        window = np.ascontiguousarray(mix[:, index * HOP : index * HOP + GEOMETRY.window])
        spec_out, wave_out = network.infer(window, stft(window))
        stems = wave_out + istft(spec_out, GEOMETRY.window)
        parts.append(stems[..., GEOMETRY.context :][..., : HOP + GEOMETRY.crossfade])
    return parts


def test_each_hop_is_what_its_whole_window_gives(network: Network, music: Frames) -> None:
    separator, fade = Windowed(network, GEOMETRY), fade_in(GEOMETRY.crossfade)
    found, parts = process(separator, music[:5]), by_hand(network, music[:5])
    for before, part, stems in zip([None, *parts], parts, found, strict=False):
        wanted = part[..., :HOP].copy()
        if before is not None:
            wanted[..., : len(fade)] = before[..., HOP:] * (1 - fade) + wanted[..., : len(fade)] * fade
        np.testing.assert_allclose(stems, wanted, rtol=0, atol=2e-6)


def test_a_hop_that_is_skipped_stays_in_the_past(network: Network, music: Frames) -> None:
    whole, skipping = Windowed(network, GEOMETRY), np.zeros((4, 2, HOP), np.float32)
    wanted = process(whole, music[:4])[3]
    separator = Windowed(network, GEOMETRY)
    process(separator, music[:2])
    separator.skip(music[2])
    separator.process(music[3], skipping)
    after = slice(GEOMETRY.crossfade, None)
    np.testing.assert_allclose(skipping[..., after], wanted[..., after], rtol=0, atol=1e-6)
    np.testing.assert_allclose(skipping, by_hand(network, music[:4])[3][..., :HOP], rtol=0, atol=1e-6)


def test_reset_makes_two_runs_the_same(network: Network, music: Frames) -> None:
    separator = Windowed(network, GEOMETRY)
    first = process(separator, music[:3])
    separator.reset()
    assert (process(separator, music[:3]) == first).all()


def test_it_is_late_by_what_it_says_and_keeps_the_mix(tmp_path: Path) -> None:
    network = Network(model(tmp_path / "shares.onnx"), COLUMNS)
    separator = Windowed(network, GEOMETRY)
    assert isinstance(separator, Separator)
    assert isinstance(separator, Skipping)
    mix = np.zeros((6, 2, HOP), np.float32)
    mix[1, :, 100] = 1
    stems = process(separator, mix).transpose(1, 2, 0, 3).reshape(4, 2, -1)
    assert (np.abs(stems).argmax(axis=-1) == HOP + 100 + separator.latency).all()
    np.testing.assert_allclose(stems.max(axis=-1), 2, atol=0.01)  # once by its waveform, once by its spectrogram


def test_what_a_model_file_says_of_itself_is_taken(tmp_path: Path) -> None:
    path = model(tmp_path / "two.onnx", {"sources": "rest,voice", "samplerate": "48000"},
                 spec_out=[1, 2, 4, BINS, "T"], wave_out=[1, 2, 2, "N"])
    network = Network(path, COLUMNS)
    assert (network.sources, network.samplerate, network.columns) == (("rest", "voice"), 48_000, COLUMNS)


def test_a_network_for_another_window_is_refused(tmp_path: Path) -> None:
    network = Network(model(tmp_path / "shares.onnx"), COLUMNS)
    with pytest.raises(ValueError, match="opened for 24 columns, the window has 32"):
        Windowed(network, Geometry(32 * 1024, HOP, 1024, 1024))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model at all")
    with pytest.raises(ValueError, match=r"text\.onnx is not a model that ONNX Runtime can open"):
        Network(tmp_path / "text.onnx", COLUMNS)


@pytest.mark.parametrize("shapes", [
    {"mix": [1, 1, "N"]}, {"spec": [1, 4, 1025, "T"]}, {"mix": [1, 2, 343_980]},
    {"wave_out": [1, 3, 2, "N"]}, {"mix": [1, 2, 24 * 1024], "spec": [1, 4, BINS, 25]}],
    ids=["mono", "another n_fft", "another length", "stems that disagree", "columns that disagree"])
def test_a_model_of_another_shape_is_refused_with_what_was_found_and_wanted(tmp_path: Path,
                                                                            shapes: dict[str, list[int | str]]) -> None:
    path = model(tmp_path / "other.onnx", **shapes)
    with pytest.raises(ValueError, match=r"other\.onnx is a model of another shape") as refused:
        Network(path, COLUMNS)
    for name, shape in shapes.items():
        found = [{"N": COLUMNS * 1024, "T": COLUMNS}.get(str(size), size) for size in shape]
        assert f"{name} {found}" in str(refused.value)
    assert f"needed are float32 mix [1, 2, {COLUMNS * 1024}], spec [1, 4, {BINS}, {COLUMNS}]" in str(refused.value)


def test_a_model_of_another_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"it has mix .* tensor\(float16\).*; needed are float32"):
        Network(model(tmp_path / "half.onnx", kind=TensorProto.FLOAT16), COLUMNS)


@pytest.mark.parametrize(("metadata", "says"), [
    ({"sources": '["drums", "bass"]'}, "has 4 stems but names 2: drums, bass"),
    ({"n_fft": "2048"}, "wants n_fft 2048"), ({"fft_hop": "512"}, "fft_hop 512")])
def test_a_model_that_wants_something_else_is_refused(tmp_path: Path, metadata: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Network(model(tmp_path / "other.onnx", metadata), COLUMNS)
