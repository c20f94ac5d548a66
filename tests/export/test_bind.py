import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

from export.bind import BARE_NETWORKS, bare_path, bind, bind_weights, bound_name, fitting, wanted_shapes
from export.weights import UNKNOWN, Weights
from tests.export.rig import sparse


def test_the_networks_are_as_large_as_the_published_ones():
    """In fp16 htdemucs is a file of 84.0 MB, htdemucs_6s one of 54.9: values, and at most 0.2 MB of names."""
    values = {name: sum(math.prod(shape) for shape in wanted_shapes(name).values()) for name in BARE_NETWORKS}
    assert values == {"htdemucs": 41_984_456, "htdemucs_6s": 27_414_996}
    assert 0 < 54.95e6 - 2 * values["htdemucs_6s"] < 0.2e6


@pytest.mark.parametrize("name", BARE_NETWORKS)
def test_arguments_find_the_graph_of_their_network(name):
    assert fitting(BARE_NETWORKS[name]) == name
    other = {"sources": BARE_NETWORKS[name]["sources"][::-1], "segment": 11, "t_heads": 8}
    assert fitting(BARE_NETWORKS[name] | other) == name


@pytest.fixture(scope="module")
def model(weights, tmp_path_factory):
    return bind_weights(weights, tmp_path_factory.mktemp("bound") / "model.onnx")


@pytest.mark.parametrize(("name", "tensors"), [("htdemucs", 533), ("htdemucs_6s", 525)])
def test_a_kept_graph_is_small_and_holds_no_values(name, tensors):
    assert bare_path(name).stat().st_size <= 500_000
    bare = onnx.load(bare_path(name))
    assert len(bare.graph.initializer) == tensors
    assert not any(weight.raw_data or weight.float_data for weight in bare.graph.initializer)


def test_a_bound_model_holds_every_weight_in_fp32(model, weights):
    found = {weight.name: onnx.numpy_helper.to_array(weight) for weight in onnx.load(model).graph.initializer}
    assert found.keys() == weights.tensors.keys()
    for name, tensor in found.items():
        assert tensor.dtype == np.float32
        np.testing.assert_array_equal(tensor, weights.tensors[name], err_msg=name)


def test_a_bound_model_says_what_it_is(model, weights):
    found = {prop.key: prop.value for prop in onnx.load(model).metadata_props}
    assert json.loads(found["sources"]) == ["drums", "bass", "other", "vocals"]
    sizes = {key: int(found[key]) for key in ("samplerate", "n_fft", "fft_hop", "max_window", "segment")}
    assert sizes == {
        "samplerate": 44100, "n_fft": 4096, "fft_hop": 1024, "max_window": 336 * 1024, "segment": 343_980
    }
    assert found["model"] == "htdemucs"
    assert found["weights_sha256"] == weights.sha256
    assert "Meta AI" in found["licence"]


def test_weights_of_ones_own_are_not_called_published(weights, tmp_path):
    """Other names for the stems, another segment: the graph is kept all the same."""
    own = Weights(weights.tensors, weights.kwargs | {"sources": list("abcd"), "segment": 3})
    bound = bind_weights(own, tmp_path / "own.onnx")
    found = {prop.key: prop.value for prop in onnx.load(bound, load_external_data=False).metadata_props}
    assert (json.loads(found["sources"]), found["segment"], found["licence"]) == (list("abcd"), "132300", UNKNOWN)


def test_a_bound_file_has_another_name_for_other_weights_and_other_arguments():
    names = {
        bound_name("w", digest, BARE_NETWORKS["htdemucs"] | more)
        for digest in ("a", "b")
        for more in ({}, {"segment": 3}, {"sources": list("abcd")})
    }
    assert len(names) == 6


def test_six_stems_are_bound_and_run(tmp_path):
    bound = bind_weights(sparse("htdemucs_6s"), tmp_path / "six.onnx")
    options = onnxruntime.SessionOptions()
    options.add_free_dimension_override_by_name("T", 16)
    options.add_free_dimension_override_by_name("N", 1024 * 16)
    session = onnxruntime.InferenceSession(bound, options, providers=["CPUExecutionProvider"])
    assert json.loads(session.get_modelmeta().custom_metadata_map["sources"])[4:] == ["guitar", "piano"]
    mix, spec = np.zeros((1, 2, 1024 * 16), np.float32), np.zeros((1, 4, 2048, 16), np.float32)
    spec_out, wave_out = session.run(["spec_out", "wave_out"], {"mix": mix, "spec": spec})
    assert (spec_out.shape, wave_out.shape) == ((1, 6, 4, 2048, 16), (1, 6, 2, 1024 * 16))


@pytest.mark.parametrize("columns", [16, 17, 44])
def test_a_bound_model_runs_at_any_length(model, columns):
    options = onnxruntime.SessionOptions()
    options.add_free_dimension_override_by_name("T", columns)
    options.add_free_dimension_override_by_name("N", 1024 * columns)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    mix = np.random.default_rng(0).normal(0, 0.1, (1, 2, 1024 * columns)).astype(np.float32)
    spec = np.zeros((1, 4, 2048, columns), np.float32)
    spec_out, wave_out = session.run(["spec_out", "wave_out"], {"mix": mix, "spec": spec})
    assert spec_out.shape == (1, 4, 4, 2048, columns)
    assert wave_out.shape == (1, 4, 2, 1024 * columns)
    assert np.isfinite(spec_out).all()
    assert np.isfinite(wave_out).all()


def test_fp32_weights_bind_to_the_same_file_as_fp16(model, weights, tmp_path):
    wide = replace(weights, tensors={name: tensor.astype(np.float32) for name, tensor in weights.tensors.items()})
    wide.write(tmp_path / "wide.safetensors")
    assert bind(tmp_path / "wide.safetensors", tmp_path / "wide.onnx").read_bytes() == model.read_bytes()


NAME = "decoder.0.dconv.layers.0.0.bias"
SHAPE = wanted_shapes()[NAME]


@pytest.mark.parametrize(
    ("tensors", "kwargs", "reason"),
    [
        ({NAME: None}, {}, rf"{NAME}: no such tensor found, one of shape \(48,\) wanted"),
        ({NAME: np.zeros(47, np.float16)}, {}, rf"{NAME}: shape \(47,\) found, \(48,\) wanted"),
        ({NAME: np.full(SHAPE, np.nan, np.float16)}, {}, f"{NAME}: values that are not finite"),
        ({"more": np.zeros(1, np.float16)}, {}, r"more: tensor found \(1 such\), none"),
        ({}, {"sources": list("abcdef")}, "sources: 6 found, 4 wanted.*demucs-stream export"),
        ({}, {"sources": [1, 2, 3, 4]}, r"sources: \[1, 2, 3, 4\] found, names wanted"),
        ({}, {"segment": "long"}, "segment: 'long' found"),
        ({}, {"t_heads": 4}, "t_heads: 4 found, 8 wanted.*demucs-stream export"),
        ({}, {"unheard": 1}, "unheard: 1 found, None wanted.*demucs-stream export"),
    ],
    ids=["missing", "misshaped", "not finite", "extra", "six sources", "no names", "no number", "other heads",
         "unknown argument"],
)
def test_weights_that_do_not_fit_are_refused_and_nothing_is_written(weights, tmp_path, tensors, kwargs, reason):
    changed = {name: tensor for name, tensor in (weights.tensors | tensors).items() if tensor is not None}
    with pytest.raises(ValueError, match=reason):
        bind_weights(Weights(changed, weights.kwargs | kwargs), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_arguments_that_are_demucs_defaults_fit(weights, tmp_path):
    bind_weights(Weights(weights.tensors, weights.kwargs | {"t_heads": 8, "depth": 4}), tmp_path / "model.onnx")


FULL = """
import resource, sys
from pathlib import Path
from export.bind import bind
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, 10_000_000))
try:
    bind(Path(sys.argv[1]), Path(sys.argv[2]))
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes to set")
def test_no_room_for_the_model_leaves_nothing_behind(weights, tmp_path):
    weights.write(tmp_path / "w.safetensors")
    command = [sys.executable, "-c", FULL, tmp_path / "w.safetensors", tmp_path / "cache" / "model.onnx"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout
    assert list((tmp_path / "cache").iterdir()) == []
