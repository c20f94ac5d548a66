"""A `.th` checkpoint is read as its safetensors twin is; nothing in it is ever run."""

import hashlib
import os
import sys
from fractions import Fraction

import numpy as np
import pytest

from export.checkpoint import load
from export.weights import KLASS

torch = pytest.importorskip("torch", reason="needs the export extra")
pytest.importorskip("demucs", reason="needs the export extra")
from demucs.demucs import Demucs  # noqa: E402
from demucs.hdemucs import HDemucs  # noqa: E402
from demucs.htdemucs import HTDemucs  # noqa: E402
from demucs.states import get_state  # noqa: E402

pytestmark = pytest.mark.torch
SOURCES = ["choir", "organ"]
SMALL = {"channels": 8, "t_layers": 1, "t_heads": 2, "bottom_channels": 16, "segment": Fraction(39, 5)}


def package(klass=HTDemucs, args=(), half=True, **kwargs):
    """What demucs' training saves (demucs.states.serialize_model)."""
    torch.manual_seed(0)
    network = klass(*args, **kwargs)
    training = {"epochs": 360, "dset": {"musdb": None, "sources": SOURCES}, "lr": 3e-4, "flags": [True, False]}
    state = get_state(network, None, half)
    return {"klass": klass, "args": args, "kwargs": kwargs, "state": state, "training_args": training}


@pytest.fixture(scope="module")
def small():
    return package(sources=SOURCES, **SMALL)


@pytest.mark.parametrize("half", [True, False], ids=["fp16", "fp32"])
def test_what_demucs_saves_is_read(tmp_path, half):
    saved = package(half=half, sources=SOURCES, **SMALL)
    torch.save(saved, tmp_path / "w.th")
    found = load(tmp_path / "w.th")
    assert found.kwargs == {"sources": SOURCES, **SMALL}
    assert found.tensors.keys() == saved["state"].keys()
    for name, tensor in saved["state"].items():
        assert found.tensors[name].dtype == (np.float16 if half else np.float32)
        np.testing.assert_array_equal(found.tensors[name], tensor.numpy(), err_msg=name)


def test_it_is_what_its_safetensors_twin_is(tmp_path, small):
    torch.save(small, tmp_path / "w.th")
    found = load(tmp_path / "w.th")
    found.write(tmp_path / "w.safetensors")
    twin = load(tmp_path / "w.safetensors")
    assert (twin.kwargs, twin.sha256) == (found.kwargs, found.sha256)


def test_sources_may_be_given_by_position(tmp_path):
    torch.save(package(args=(SOURCES,), **SMALL), tmp_path / "w.th")
    assert load(tmp_path / "w.th").kwargs["sources"] == SOURCES


class Trap:
    """Runs a command when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("place", ["klass", "kwargs", "state", "training_args", "beside"])
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before torch 1.6"])
def test_code_in_a_pickle_is_refused_and_not_run(tmp_path, small, place, zipped):
    sprung = tmp_path / "sprung"
    saved = small | {place: {"x": Trap(sprung)} if place != "klass" else Trap(sprung)}
    torch.save(saved, tmp_path / "w.th", _use_new_zipfile_serialization=zipped)
    calls = r"calls for \w+\.system, which is in no HTDemucs" if zipped else ""
    with pytest.raises(ValueError, match=rf"w\.th is refused: its pickle .*{calls}.*; nothing of it was run"):
        load(tmp_path / "w.th")
    assert not sprung.exists()


def test_a_class_of_demucs_is_not_made(tmp_path, small, monkeypatch):
    class Maker:
        def __reduce__(self):
            return HTDemucs, (SOURCES,)

    monkeypatch.setattr(HTDemucs, "__init__", lambda *_: pytest.fail("a network was made"))
    torch.save(small | {"state": Maker()}, tmp_path / "w.th")
    with pytest.raises(ValueError, match=r"refused|damaged"):
        load(tmp_path / "w.th")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"klass": HDemucs}, "klass 'demucs.hdemucs.HDemucs' found, 'demucs.htdemucs.HTDemucs' wanted; only HTDemucs"),
        ({"klass": Demucs}, "klass 'demucs.demucs.Demucs' found"),
        ({"klass": "HTDemucs"}, "klass 'no class' found"),
        ({"klass": Fraction}, "klass .*Fraction.* found"),
        ({"state": {"__quantized": True, "quantized": []}}, "quantized weights found, plain ones wanted"),
        ({"state": [1]}, "a state of type list found"),
        ({"state": {"a": torch.zeros(2, dtype=torch.bfloat16)}}, "a is torch.bfloat16, torch.float16 or"),
        ({"state": {"a": 3}}, "a is int, torch.float16"),
        ({"args": (1, 2)}, r"args \(1, 2\), kwargs dict found"),
        ({"kwargs": {"sources": torch.zeros(1)}}, "kwargs hold more than plain values"),
        ({"kwargs": 3}, "kwargs int found"),
    ],
    ids=["v3", "v1", "a name", "a number", "quantized", "no state", "bfloat16", "int", "args", "tensor", "no kwargs"],
)
def test_what_is_no_htdemucs_is_refused_in_one_line(tmp_path, small, change, reason):
    torch.save(small | change, tmp_path / "w.th")
    with pytest.raises(ValueError, match=reason) as refused:
        load(tmp_path / "w.th")
    assert "\n" not in str(refused.value)
    assert str(tmp_path / "w.th") in str(refused.value)


@pytest.mark.parametrize(
    ("saved", "found"),
    [({}, "dict found"), ({"a": torch.zeros(1)}, "keys a found"), ([1], "list found"), (torch.zeros(1), "Tensor")],
    ids=["empty", "a state dict", "a list", "a tensor"],
)
def test_what_is_no_package_is_refused(tmp_path, saved, found):
    torch.save(saved, tmp_path / "w.th")
    with pytest.raises(ValueError, match=f"{found}.*; klass, args, kwargs and state wanted"):
        load(tmp_path / "w.th")


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before torch 1.6"])
@pytest.mark.parametrize("kept", [0.0, 0.001, 0.1, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(tmp_path, small, zipped, kept):
    torch.save(small, tmp_path / "w.th", _use_new_zipfile_serialization=zipped)
    whole = (tmp_path / "w.th").read_bytes()
    (tmp_path / "w.th").write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(ValueError, match=r"w\.th is (damaged|refused)") as refused:
        load(tmp_path / "w.th")
    assert "\n" not in str(refused.value)


def test_a_web_page_is_refused(tmp_path):
    (tmp_path / "w.th").write_text("<html>log in</html>")
    with pytest.raises(ValueError, match=r"w\.th is (damaged|refused)"):
        load(tmp_path / "w.th")


def test_a_file_is_what_its_name_says(tmp_path, small):
    torch.save(small, tmp_path / "w.th")
    digest = hashlib.sha256((tmp_path / "w.th").read_bytes()).hexdigest()
    right, wrong = tmp_path / f"5c90dfd2-{digest[:8]}.th", tmp_path / "5c90dfd2-34c22ccb.th"
    for path in (right, wrong):
        path.write_bytes((tmp_path / "w.th").read_bytes())
    assert load(right).kwargs["sources"] == SOURCES
    with pytest.raises(ValueError, match=f"is damaged: its sha256 begins with {digest[:8]}, its name says 34c22ccb"):
        load(wrong)


def test_without_torch_the_extra_is_named(tmp_path, small, monkeypatch):
    torch.save(small, tmp_path / "w.th")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ValueError, match=r"w\.th: a \.th checkpoint is read with torch, .* \(extra `export`\)"):
        load(tmp_path / "w.th")


def test_the_class_is_known_by_the_name_demucs_gives_it():
    assert f"{HTDemucs.__module__}.{HTDemucs.__qualname__}" == KLASS
