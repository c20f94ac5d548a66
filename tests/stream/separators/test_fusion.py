"""The passes for the CPU provider find what they are for, and change no value."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from export.bind import BARE_NETWORKS, bare_path
from stream.separators.fusion.graph import Graph
from stream.separators.fusion.passes import PASSES, fused

COUNTS = {"gelu": 56, "attention": 10, "glu": 16}
REPLACED = {"gelu": "Erf", "attention": "Softmax", "glu": "Split"}


@pytest.mark.parametrize("kept", BARE_NETWORKS)
@pytest.mark.parametrize("name", PASSES)
def test_every_pattern_of_htdemucs_is_found(kept: str, name: str) -> None:
    model = onnx.load(bare_path(kept), load_external_data=False)
    assert PASSES[name](Graph(model)) == COUNTS[name]
    assert PASSES[name](Graph(model)) == 0
    Graph(model).prune()
    left = [node for node in model.graph.node if node.op_type == REPLACED[name]]
    assert all(name == "glu" and node.input[0].endswith((".weight", ".bias")) for node in left)


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("kind", REPLACED.values())
def test_a_graph_without_the_patterns_is_left_as_it_is(name: str, kind: str) -> None:
    value = onnx.helper.make_tensor_value_info
    outputs = ["y", "z"] if kind == "Split" else ["y"]
    node = onnx.helper.make_node(kind, ["x"], outputs, **({"num_outputs": 2} if kind == "Split" else {}))
    float32 = onnx.TensorProto.FLOAT
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "g", [value("x", float32, [4])],
                                                          [value(out, float32, None) for out in outputs]))
    before = model.SerializeToString()
    assert PASSES[name](Graph(model)) == 0
    assert model.SerializeToString() == before


@pytest.mark.parametrize("columns", [16, 44])
@pytest.mark.parametrize("names", [*[(name,) for name in PASSES], tuple(PASSES)], ids="+".join)
def test_fused_equals_plain(model_path: Path, columns: int, names: tuple[str, ...]) -> None:
    options = ort.SessionOptions()
    options.add_free_dimension_override_by_name("T", columns)
    options.add_free_dimension_override_by_name("N", 1024 * columns)
    rng = np.random.default_rng(5)
    feeds = {"mix": rng.standard_normal((1, 2, 1024 * columns), np.float32) / 8,
             "spec": rng.standard_normal((1, 4, 2048, columns), np.float32) / 8}
    plain, made = (ort.InferenceSession(source, options, providers=["CPUExecutionProvider"]).run(None, feeds)
                   for source in (str(model_path), fused(model_path, names)))
    for a, b in zip(plain, made, strict=True):
        assert np.abs(a - b).max() <= 1e-5 * np.abs(a).max()
