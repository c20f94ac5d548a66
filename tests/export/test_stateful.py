"""With a state it is the published network; in hops it is the published network that is not told the future."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra [export]")
pytest.importorskip("demucs", reason="needs the extra [export]")

import onnx  # noqa: E402

from dsp.stft import BINS, FFT_HOP, stft  # noqa: E402
from export import making  # noqa: E402
from export.bind import BARE_NETWORKS, STATEFUL, bare_path, bind_weights  # noqa: E402
from export.command import Order, Tools, export  # noqa: E402
from export.graph import Core  # noqa: E402
from export.source import unshown  # noqa: E402
from export.stateful.network import StatefulHTDemucs  # noqa: E402
from export.stateful.state import Hop, TracedState  # noqa: E402
from export.stateful.trace import GIVEN, RECOMPUTE  # noqa: E402
from export.verify import random_weights  # noqa: E402
from stream.separators.networks.statefulnetwork import StatefulNetwork  # noqa: E402
from tests.export.reference import Reference  # noqa: E402
from tests.export.traced import traced  # noqa: E402

pytestmark = pytest.mark.torch

SMALL: dict[str, Any] = {"sources": ["a", "b", "c"], "channels": 8, "t_layers": 3, "t_heads": 2, "bottom_channels": 32,
                         "dconv_mode": 3}
KINDS: dict[str, dict[str, Any]] = {
    "small": SMALL, "no bottom": SMALL | {"bottom_channels": 0}, "cross first": SMALL | {"t_cross_first": True},
    "shallow": SMALL | {"depth": 3, "t_layers": 2}, "encoders' branches only": SMALL | {"dconv_mode": 1},
    "no norm out": SMALL | {"t_norm_out": False}}
LENGTH = 40  # columns of the caches


def networks(kwargs: Mapping[str, Any], recompute: int) -> tuple[Core, StatefulHTDemucs]:
    state = {name: torch.from_numpy(value) for name, value in random_weights(kwargs).tensors.items()}
    core, stateful = Core(**kwargs).eval(), StatefulHTDemucs(recompute, **kwargs).eval()
    core.load_state_dict(state)
    stateful.load_state_dict(state)
    return core.double(), stateful.double()


@pytest.fixture
def _exactly() -> Iterator[None]:
    """In double precision: norms over a column or two lose four digits of float32, in demucs as here."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def music_of(columns: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(columns)
    fading = np.linspace(0.1, 1, columns * FFT_HOP) * (1 + np.sin(np.arange(columns * FFT_HOP) / 3000))
    return (rng.standard_normal((2, columns * FFT_HOP)) * 0.1 * fading).astype(np.float32)


def music(columns: int) -> tuple[Any, Any]:
    mix = music_of(columns)
    return torch.from_numpy(mix)[None].double(), torch.from_numpy(stft(mix))[None].double()


def told(stateful: StatefulHTDemucs, first: int, columns: int, heard: int) -> list[Any]:
    """What a hop is told that begins at column `first`, when `heard` are frozen."""
    at = torch.arange(first, first + columns)
    positions = at[:, None] + torch.arange(stateful.tokens) / stateful.tokens
    mask = torch.where(torch.arange(LENGTH) < first + columns, 0.0, -1e9)
    new = columns - stateful.recompute
    return [positions, at, mask, torch.tensor([heard / (heard + columns), heard / (heard + new)])]


def streamed(stateful: StatefulHTDemucs, mix: Any, spec: Any, hops: list[int]) -> Iterator[tuple[Any, Any]]:
    """What each hop gives; the first one has `recompute` columns on top."""
    left: dict[str, Any] = {}
    first, end = 0, stateful.recompute
    for hop in hops:
        end += hop
        state = TracedState(left)
        part = mix[..., FFT_HOP * first : FFT_HOP * end], spec[..., first:end]
        yield stateful(*part, Hop(state, stateful.recompute, *told(stateful, first, end - first, first)))
        left, first = state.left, end - stateful.recompute


def close(found: Any, wanted: Any, limit: float = 1e-5) -> bool:
    return bool((found - wanted).abs().max() <= limit * wanted.abs().max())


@pytest.mark.usefixtures("_exactly")
@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_all_in_one_hop_it_is_the_published_network(kind: str) -> None:
    core, stateful = networks(KINDS[kind], 2)
    mix, spec = music(24)
    (found,) = streamed(stateful, mix, spec, [22])
    assert all(close(*pair, limit=1e-4) for pair in zip(found, core(mix, spec), strict=True))


@pytest.mark.usefixtures("_exactly")
@pytest.mark.parametrize(("hops", "recompute"), [
    ([8, 8, 8], 0), ([8, 8, 8], 2), ([6, 1, 1, 1, 1], 1), ([3, 11, 2, 5], 2), ([4] * 4, 5)], ids=str)
@torch.no_grad()
def test_hop_by_hop_it_is_the_published_network_that_is_not_told_the_future(hops: list[int], recompute: int) -> None:
    core, stateful = networks(SMALL, recompute)
    reference, (mix, spec) = Reference(core, recompute), music(recompute + sum(hops))
    end = recompute
    for hop, found in zip(hops, streamed(stateful, mix, spec, hops), strict=True):
        end += hop
        assert all(map(close, found, reference.hop(mix[..., : FFT_HOP * end], spec[..., :end])))


@pytest.mark.usefixtures("_exactly")
@pytest.mark.parametrize("kind", list(KINDS)[1:])
@torch.no_grad()
def test_every_kind_of_network_is_followed_hop_by_hop(kind: str) -> None:
    core, stateful = networks(KINDS[kind], 2)
    reference, (mix, spec) = Reference(core, 2), music(14)
    found = list(streamed(stateful, mix, spec, [4, 4, 4]))
    for end, outputs in zip((6, 10, 14), found, strict=True):
        assert all(map(close, outputs, reference.hop(mix[..., : FFT_HOP * end], spec[..., :end])))


@pytest.mark.usefixtures("_exactly")
@torch.no_grad()
def test_a_frozen_column_is_not_changed_by_what_follows() -> None:
    _, stateful = networks(SMALL, 2)
    mix, spec = music(14)
    other = spec.clone()
    other[..., 6:] = 0
    first, second = ({}, {})  # type: ignore[var-annotated]
    for given, into in ((spec, first), (other, second)):
        state = TracedState()
        stateful(mix[..., : FFT_HOP * 6], given[..., :6], Hop(state, 2, *told(stateful, 0, 6, 0)))
        into.update(state.left)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(("change", "says"), [
    ({"norm_starts": 2}, "no norms of their own"), ({"rewrite": False}, "have a rewrite"),
    ({"t_emb": "cape"}, "sine embeddings"), ({"t_layers": 0}, "a transformer"),
    ({"multi_freqs": [0.5], "multi_freqs_depth": 1}, "without bands")], ids=str)
def test_a_network_whose_past_is_not_kept_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        StatefulHTDemucs(2, **SMALL | change)


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network's stateful model file."""
    bare = traced(SMALL, RECOMPUTE)
    return bind_weights(random_weights(SMALL), tmp_path_factory.mktemp("stateful") / "small.onnx", bare)


@torch.no_grad()
def test_the_graph_in_onnx_runtime_is_the_network_in_torch(small_model: Path) -> None:
    core, _ = networks(SMALL, 2)
    reference, (mix, spec) = Reference(core, 2), music(26)
    network = StatefulNetwork(small_model, 10, context=30, threads=1, provider="cpu")
    network.memory.start(0)
    for end in (10, 18, 26):
        network.mix[:] = mix[0, :, FFT_HOP * (end - 10) : FFT_HOP * end]
        network.spec[:] = spec[0, ..., end - 10 : end]
        network.run()
        wanted = reference.hop(mix[..., : FFT_HOP * end], spec[..., :end])
        found = torch.from_numpy(network.spec_out)[None], torch.from_numpy(network.wave_out)[None]
        assert all(close(*pair, limit=1e-4) for pair in zip(found, wanted, strict=True))


def test_export_writes_a_stateful_file_beside_the_other_and_verifies_it(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "trace", traced)
    monkeypatch.setattr(making, "trace_stateful", traced)
    random_weights(SMALL | {"segment": 1}).write(tmp_path / "small.safetensors")
    said: list[str] = []
    music = music_of(60)
    order = Order(str(tmp_path / "small.safetensors"), tmp_path / "out", stateful=True)
    report = export(order, Tools(music, said.append, unshown))
    assert sorted(report["files"]) == ["small-stateful.onnx", "small.onnx"]
    assert {row["file"] for row in report["parity"]} == {"small-stateful.onnx", "small.onnx"}
    assert report["metadata"]["small-stateful.onnx"]["recompute"] == str(RECOMPUTE)
    assert StatefulNetwork(tmp_path / "out" / "small-stateful.onnx", 6, context=10, threads=1, provider="cpu").columns


@pytest.mark.parametrize("change", [{"weights": "fp16"}, {"length": "44"}], ids=str)
def test_a_stateful_file_of_other_weights_or_of_a_length_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a stateful file is fp32 and takes hops of any length"):
        export(Order("htdemucs", tmp_path, stateful=True, **change), Tools(music_of(20), print, unshown))


@pytest.mark.parametrize("name", BARE_NETWORKS)
def test_the_kept_graph_holds_no_weights_and_says_what_it_is(name: str) -> None:
    kept = onnx.load(bare_path(name, STATEFUL))
    assert bare_path(name, STATEFUL).stat().st_size <= 900_000
    assert not any(weight.raw_data or weight.float_data for weight in kept.graph.initializer)
    assert [value.name for value in kept.graph.input][: len(GIVEN)] == list(GIVEN)
    names = {value.name for value in kept.graph.input}
    assert {value.name.removesuffix(".next") for value in kept.graph.output} - {"spec_out", "wave_out"} == (
        names - set(GIVEN))
    assert {prop.key: prop.value for prop in kept.metadata_props}["recompute"] == str(RECOMPUTE)


@pytest.mark.weights
def test_with_the_real_weights_one_hop_is_the_published_network(
        stateful_path: Path, model_path: Path, lithium: np.ndarray[Any, Any]) -> None:
    from export.verify import outputs_of

    window = np.ascontiguousarray(lithium[44_100 * 8 :][: 88 * FFT_HOP].T)
    network = StatefulNetwork(stateful_path, 88, context=8, threads=1, provider="cpu")
    network.memory.start(0)
    network.mix[:], network.spec[:] = window, stft(window)
    network.run()
    wanted = outputs_of(model_path, window)
    assert network.spec_out.shape == (4, 4, BINS, 88)
    assert np.abs(network.spec_out - wanted.spec_out).max() <= 1e-4 * np.abs(wanted.spec_out).max()
    assert np.abs(network.wave_out - wanted.wave_out).max() <= 1e-4 * np.abs(wanted.wave_out).max()
