"""How many frames the wave branch is given: a segment's own offline, whole columns live and in older files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stream.offline.engine import SeparateOptions, open_offline_engine
from stream.separators.bag import Bag
from stream.separators.networks import providers
from stream.separators.networks.catalogue import BUILT_IN, BuiltIn
from stream.separators.networks.modelio import SEGMENT
from stream.separators.networks.network import Network
from stream.separators.opening import Opening
from tests.rig.models import as_ort, model, published

FULL = 336 * 1024
ANY = {"frames": "any"}


def newer(folder: Path, name: str = "newer", **metadata: str) -> Path:
    return model(folder / f"{name}.onnx", ANY | metadata, gains=(1.0, 2.0, 3.0, 4.0))


def older(folder: Path) -> Path:
    return model(folder / "older.onnx", gains=(0.5, 0.5, 0.5, 0.5))


def fixed(folder: Path) -> Path:
    return published(folder / "fixed.onnx", 336, FULL - SEGMENT)


def offline(frames: int, *files: Path, **how: str) -> Bag:
    bag = Opening("model", files, threads=1, **how).offline(frames)  # type: ignore[arg-type]
    assert bag is not None
    return bag


@pytest.mark.parametrize("form", [lambda path: path, as_ort], ids=["onnx", "ORT format"])
@pytest.mark.parametrize(("make", "frames"), [(newer, SEGMENT), (older, FULL), (fixed, SEGMENT)],
                         ids=["any length", "an older file", "fixed as published"])
def test_a_segment_is_given_to_the_frame_where_the_file_takes_it(tmp_path: Path, make: Callable[[Path], Path],
                                                                 frames: int, form: Callable[[Path], Path]) -> None:
    bag = offline(SEGMENT, form(make(tmp_path)))
    assert (bag.columns, bag.frames) == (336, frames)
    bag.mix[:] = np.random.default_rng(0).standard_normal(bag.mix.shape)
    bag.run()
    spec_out, wave_out = bag.infer(bag.mix, bag.spec)
    assert wave_out.shape[-1] == frames
    np.testing.assert_array_equal(wave_out, bag.wave_out)
    np.testing.assert_array_equal(wave_out[0], bag.mix[:, :frames] * (0.5 if make is older else 1))
    assert spec_out.shape[-1] == 336


@pytest.mark.parametrize("frames", [16 * 1024 + 1, 20_000, 88_200, 89 * 1024], ids=str)
def test_any_segment_is_given_to_the_frame(tmp_path: Path, frames: int) -> None:
    bag = offline(frames, newer(tmp_path))
    assert (bag.columns, bag.frames) == (-(-frames // 1024), frames)


def test_what_is_shorter_than_the_graph_takes_is_filled_up(tmp_path: Path) -> None:
    assert (bag := offline(15 * 1024, newer(tmp_path))).frames == bag.columns * 1024 == 16 * 1024


def test_live_windows_are_of_whole_columns(tmp_path: Path) -> None:
    network = Network(newer(tmp_path), 24, threads=1)
    other = network.shorter(16)
    assert other is not None
    assert (network.frames, other.frames) == (24 * 1024, 16 * 1024)


@pytest.mark.parametrize("turned", [False, True], ids=["newer first", "older first"])
def test_older_and_newer_files_in_one_bag_each_get_what_they_take(tmp_path: Path, turned: bool) -> None:
    files = (newer(tmp_path), older(tmp_path))[:: -1 if turned else 1]
    bag = offline(SEGMENT, *files)
    assert bag.frames == SEGMENT
    bag.mix[:] = np.random.default_rng(0).standard_normal(bag.mix.shape)
    bag.run()
    np.testing.assert_allclose(bag.wave_out[0], bag.mix[:, :SEGMENT] * 0.75, rtol=1e-6)
    np.testing.assert_array_equal(bag.infer(bag.mix, bag.spec)[1], bag.wave_out)


@pytest.mark.parametrize(("metadata", "segment_s", "frames"), [
    ({}, None, SEGMENT), ({}, 2.0, 88_200), ({}, 7.8, SEGMENT), ({"segment": "100001"}, None, 100_001),
    ({"segment": "100001"}, 1.5, 66_150)], ids=["trained", "--segment 2", "--segment 7.8", "its own", "shorter"])
def test_separate_opens_a_model_for_its_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                metadata: dict[str, str], segment_s: float | None, frames: int) -> None:
    opened, real = [], Opening.offline

    def noted(*given: object, **named: object) -> Bag | None:
        opened.append(real(*given, **named))  # type: ignore[arg-type]
        return opened[-1]

    monkeypatch.setattr(Opening, "offline", noted)
    opening = Opening("model", (newer(tmp_path, **metadata),), threads=1)
    engine = open_offline_engine(opening, SeparateOptions(segment_s=segment_s))
    assert opened[-1] is not None
    assert engine.segment == opened[-1].frames == frames


@pytest.mark.parametrize(("make", "frames"), [(newer, SEGMENT), (older, FULL)], ids=["any length", "an older file"])
def test_a_provider_that_compiles_is_told_sizes_that_the_file_takes(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Path], frames: int) -> None:
    """Azure's provider leaves all nodes to the CPU, but its sessions are opened with fixed sizes as any other's."""
    if "AzureExecutionProvider" not in providers.ort.get_available_providers():
        pytest.skip("no provider in this onnxruntime that leaves everything to the CPU")
    monkeypatch.setitem(BUILT_IN, "azure", BuiltIn(("AzureExecutionProvider",), "", 60.0))
    monkeypatch.setattr(providers, "ORDER", ("azure", "cpu"))
    monkeypatch.setattr("stream.separators.networks.session.elsewhere", lambda _session, _name: None)
    bag = offline(SEGMENT, make(tmp_path), provider="azure")
    (network,) = bag._networks
    sizes = {value.name: value.shape[-1] for value in network._session.get_inputs()}
    assert sizes == {"mix": frames, "spec": 336}
    assert bag.frames == frames
    bag.run()
