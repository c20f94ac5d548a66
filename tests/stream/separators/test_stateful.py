"""The stateful separator: what it gives hop by hop, what it survives, and that it stays what it is."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from dsp.stft import FFT_HOP
from export.bind import STATEFUL, bare_path
from stream.latency.geometry import HopGeometry
from stream.separators.networks.catalogue import REDUCED_DB
from stream.separators.networks.providers import here, missing
from stream.separators.networks.statefulnetwork import StatefulNetwork
from stream.separators.opening import Opening
from stream.separators.stateful import Stateful

pytestmark = pytest.mark.weights
GEOMETRY = HopGeometry(8 * FFT_HOP, 1024, 1024, 2 * FFT_HOP, 64 * FFT_HOP)


@pytest.fixture(scope="module", params=["cpu", "cuda"])
def separator(stateful_path: Path, request: pytest.FixtureRequest) -> Stateful:
    """On the CPU; on an NVIDIA GPU too, where there is one."""
    return opened(stateful_path, str(request.param))


def opened(path: Path, provider: str) -> Stateful:
    if provider not in here():
        pytest.skip(f"{missing(provider)}; and it takes an NVIDIA GPU")
    opening = Opening("htdemucs", (path,), provider=provider, threads=1, recompute=2, geometry=GEOMETRY)
    made, _ = opening.open(None)
    assert isinstance(made, Stateful)
    return made


def run(separator: Stateful, mix: np.ndarray[Any, Any], skipped: tuple[int, ...] = ()) -> np.ndarray[Any, Any]:
    """Stems of whole hops of a mix, (2, n), the latency not taken off; hops may be skipped."""
    parts = []
    for index, at in enumerate(range(0, mix.shape[1] - separator.hop + 1, separator.hop)):
        hop = np.ascontiguousarray(mix[:, at : at + separator.hop])
        parts.append(np.zeros((4, 2, separator.hop), np.float32))
        if index in skipped:
            separator.skip(hop)
        else:
            separator.process(hop, parts[-1])
    return np.concatenate(parts, axis=2)


def seconds(lithium: np.ndarray[Any, Any], first: float, last: float) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(lithium[int(first * 44_100) : int(last * 44_100)].T)


def db(reference: np.ndarray[Any, Any], found: np.ndarray[Any, Any]) -> float:
    return float(10 * np.log10(np.sum(reference**2) / np.sum((reference - found) ** 2)))


def test_its_stems_sum_to_the_delayed_mix(separator: Stateful, lithium: np.ndarray[Any, Any]) -> None:
    mix = seconds(lithium, 12, 15)
    separator.reset()
    total = run(separator, mix).sum(axis=0)
    delayed = np.pad(mix, ((0, 0), (separator.latency, 0)))[:, : total.shape[1]]
    assert db(delayed[:, 44_100:], total[:, 44_100:]) > 15  # the network leaves a little over, as offline


def test_after_a_reset_the_same_comes_out_bit_for_bit(separator: Stateful, lithium: np.ndarray[Any, Any]) -> None:
    separator.reset()
    first = run(separator, seconds(lithium, 12, 14))
    run(separator, seconds(lithium, 3, 4))
    separator.reset()
    assert np.array_equal(run(separator, seconds(lithium, 12, 14)), first)


@pytest.fixture(scope="module")
def undisturbed(separator: Stateful, lithium: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Stems of 10 s with nothing before them."""
    separator.reset()
    return run(separator, seconds(lithium, 11, 21))


@pytest.mark.parametrize("kind", ["silence", "clipping", "seek", "loudest"])
def test_it_survives(separator: Stateful, undisturbed: np.ndarray[Any, Any], lithium: np.ndarray[Any, Any],
                     kind: str) -> None:
    """Whatever was heard before the horizon, what comes out now is music again."""
    music, rng = seconds(lithium, 11, 21), np.random.default_rng(1)
    before = {"silence": np.zeros((2, 88_200), np.float32), "clipping": np.clip(40 * seconds(lithium, 20, 22), -1, 1),
              "seek": seconds(lithium, 30, 32), "loudest": 1000 * rng.standard_normal((2, 8192)).astype(np.float32)}
    separator.reset()
    shift = before[kind].shape[1] // separator.hop * separator.hop
    found = run(separator, np.concatenate([before[kind][:, :shift], music], axis=1))[..., shift:]
    assert np.isfinite(found).all()
    assert db(undisturbed[0][:, -44_100:], found[0][:, -44_100:]) > 10  # drums


def test_what_is_no_number_is_forgotten(separator: Stateful, lithium: np.ndarray[Any, Any]) -> None:
    separator.reset()
    spoiled = np.full((2, separator.hop), np.nan, np.float32)
    separator.process(spoiled, np.zeros((4, 2, separator.hop), np.float32))
    separator.process(np.zeros((2, separator.hop), np.float32), np.zeros((4, 2, separator.hop), np.float32))
    found = run(separator, seconds(lithium, 12, 14))
    assert np.isfinite(found[..., 3 * separator.hop :]).all()
    assert np.abs(found[..., 3 * separator.hop :]).max() > 0.01


def test_a_hop_that_is_skipped_is_missing_and_those_after_it_are_not(
        separator: Stateful, lithium: np.ndarray[Any, Any]) -> None:
    mix = seconds(lithium, 12, 15)
    separator.reset()
    wanted = run(separator, mix)
    separator.reset()
    found = run(separator, mix, skipped=(6,))
    hop = separator.hop
    assert np.array_equal(found[..., : 6 * hop], wanted[..., : 6 * hop])
    assert db(wanted[0][:, 9 * hop :], found[0][:, 9 * hop :]) > 10


def test_the_caches_are_written_in_place(stateful_path: Path) -> None:
    """What a hop does not write of a ring stays where it is, and both turns share one array."""
    network = StatefulNetwork(stateful_path, 10, context=30, threads=1, provider="cpu")
    first, second = network._state._arrays
    cache = first["layers.0.k"]
    assert cache is second["layers.0.k"]
    cache[:] = 7
    network.run()
    written = (cache != 7).any(axis=(0, 2)).reshape(40, -1).any(axis=1)
    assert np.array_equal(np.flatnonzero(written), sorted(column % 40 for column in range(-2, 8)))


def test_the_gpu_gives_the_stems_of_the_cpu(stateful_path: Path, lithium: np.ndarray[Any, Any]) -> None:
    """Its state stays there; TF32 rounds, so they agree as far as `--provider auto` asks for."""
    mix = seconds(lithium, 12, 18)
    found, wanted = (run(opened(stateful_path, provider), mix) for provider in ("cuda", "cpu"))
    assert all(db(*pair) > REDUCED_DB for pair in zip(wanted, found, strict=True))


def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path, model_path: Path) -> None:
    with pytest.raises(ValueError, match=r"stateful model of another shape: positions \[\] found"):
        StatefulNetwork(model_path, 10, context=30, threads=1, provider="cpu")
    damaged = onnx.load(bare_path("htdemucs", STATEFUL))
    (tmp_path / "bare.onnx").write_bytes(damaged.SerializeToString()[:1000])
    with pytest.raises(ValueError, match="is not a model that ONNX Runtime can open"):
        StatefulNetwork(tmp_path / "bare.onnx", 10, context=30, threads=1, provider="cpu")


def test_a_hop_of_nothing_new_is_refused(stateful_path: Path) -> None:
    with pytest.raises(ValueError, match="a hop must have more than the 2 columns"):
        StatefulNetwork(stateful_path, 2, context=30, threads=1, provider="cpu")


def test_networks_of_a_bag_each_carry_a_state_of_their_own(stateful_path: Path, lithium: np.ndarray[Any, Any]) -> None:
    """Two of them, of which one gives two stems and one the others, are one that gives all; made with less too."""
    shares = ({"drums": 1.0, "bass": 1.0}, {"other": 1.0, "vocals": 1.0})
    geometry = HopGeometry(8 * FFT_HOP, 1024, 1024, 2 * FFT_HOP, 70 * FFT_HOP)
    made = [Opening("x", (stateful_path,) * count, weights, provider="cpu", threads=1, recompute=2, geometry=geometry)
            for count, weights in ((1, ()), (2, shares))]
    alone, bag = (opening.open(None)[0] for opening in made)
    assert isinstance(alone, Stateful)
    assert isinstance(bag, Stateful)
    mix = seconds(lithium, 12, 15)
    for level in (0, 1, 0):
        alone.ease(level)
        bag.ease(level)
        assert np.array_equal(run(bag, mix), run(alone, mix))
    assert bag.levels == alone.levels
