from fractions import Fraction

import numpy as np
import pytest
from safetensors.numpy import save

from export.weights import UNKNOWN, Weights, read

KWARGS = {"sources": ["a", "b"], "segment": Fraction(39, 5)}
KLASS = {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": "{}"}


def some(dtype, **changed):
    tensors = {"b": np.arange(6).reshape(2, 3), "a": np.ones(4)} | changed
    return Weights({name: np.asarray(tensor, dtype) for name, tensor in tensors.items()}, KWARGS)


def test_what_is_written_is_read(tmp_path):
    some(np.float16).write(tmp_path / "w.safetensors")
    found = read(tmp_path / "w.safetensors")
    assert (found.kwargs, found.licence) == (KWARGS, UNKNOWN)
    assert found.sha256 == some(np.float16).sha256
    np.testing.assert_array_equal(found.tensors["b"], some(np.float16).tensors["b"])


def test_the_pin_is_of_the_content_not_of_the_container():
    assert some(np.float32).sha256 == some(np.float16).sha256


@pytest.mark.parametrize(
    "changed",
    [{"b": np.zeros((2, 3))}, {"b": np.arange(6)}, {"c": np.ones(1)}, {"b": np.arange(6).reshape(2, 3) + 1e-6}],
    ids=["value", "shape", "name", "digit"],
)
def test_the_pin_tells_any_change(changed):
    assert some(np.float32, **changed).sha256 != some(np.float32).sha256


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a safetensors file"),
        (b"\x00" * 100, "not a safetensors file"),
        (save({"a": np.ones(9, np.float32)}, KLASS)[:-1], "not a safetensors file"),
        (save({"a": np.ones(9, np.float32)}), "klass None found"),
        (save({"a": np.ones(9, np.float32)}, KLASS | {"klass": "demucs.hdemucs.HDemucs"}), "klass 'demucs.hdemucs"),
        (save({"a": np.ones(9, np.float32)}, KLASS | {"structure": "{}"}), "quantized weights found"),
        (save({"a": np.ones(9, np.float32)}, KLASS | {"kwargs": "{"}), "kwargs"),
        (save({"a": np.ones(9, np.float64)}, KLASS), "a has dtype F64, F16 or F32 wanted"),
    ],
    ids=["empty", "garbage", "cut short", "no metadata", "other network", "quantized", "no arguments", "float64"],
)
def test_what_is_no_checkpoint_is_refused(tmp_path, content, reason):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        read(path)
