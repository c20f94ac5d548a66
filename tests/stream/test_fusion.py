"""The passes for the CPU provider find what they are for, and change no value."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from stream.separators.fusion import Graph, fuse_attention, fuse_gelu, fused, prune

BARE = Path(__file__).parents[2] / "export" / "htdemucs.onnx"


def test_every_gelu_and_every_attention_of_htdemucs_is_found() -> None:
    model = onnx.load(BARE, load_external_data=False)
    assert (fuse_gelu(Graph(model)), fuse_attention(Graph(model))) == (56, 10)
    prune(Graph(model))
    kinds = {node.op_type for node in model.graph.node}
    assert not kinds & {"Erf", "Softmax"}
    assert (fuse_gelu(Graph(model)), fuse_attention(Graph(model))) == (0, 0)


def test_a_graph_without_the_patterns_is_left_as_it_is() -> None:
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("Erf", ["x"], ["y"])
    kind = onnx.TensorProto.FLOAT
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "g", [value("x", kind, [4])],
                                                          [value("y", kind, [4])]))
    before = model.SerializeToString()
    assert (fuse_gelu(Graph(model)), fuse_attention(Graph(model))) == (0, 0)
    assert model.SerializeToString() == before


@pytest.mark.parametrize("columns", [16, 44])
def test_fused_equals_plain(model_path: Path, columns: int) -> None:
    options = ort.SessionOptions()
    options.add_free_dimension_override_by_name("T", columns)
    options.add_free_dimension_override_by_name("N", 1024 * columns)
    rng = np.random.default_rng(5)
    feeds = {"mix": rng.standard_normal((1, 2, 1024 * columns), np.float32) / 8,
             "spec": rng.standard_normal((1, 4, 2048, columns), np.float32) / 8}
    plain, made = (ort.InferenceSession(source, options, providers=["CPUExecutionProvider"]).run(None, feeds)
                   for source in (str(model_path), fused(model_path)))
    for a, b in zip(plain, made, strict=True):
        assert np.abs(a - b).max() <= 1e-5 * np.abs(a).max()
