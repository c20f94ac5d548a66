"""Small model files of the contract (design.md, The model file), and of other shapes."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from dsp.stft import BINS

SHAPES: dict[str, list[int | str]] = {
    "mix": [1, 2, "N"], "spec": [1, 4, BINS, "T"], "spec_out": [1, 4, 4, BINS, "T"], "wave_out": [1, 4, 2, "N"]}


def model(path: Path, metadata: dict[str, str] | None = None, kind: int = TensorProto.FLOAT,
          **shapes: list[int | str]) -> Path:
    """A model file of the contract's inputs and outputs, which gives every stem the whole mix; or of other shapes."""
    shapes = {**SHAPES, **shapes}
    values = {name: helper.make_tensor_value_info(name, kind, shape) for name, shape in shapes.items()}
    constants = [helper.make_tensor("axis", TensorProto.INT64, [1], [1])]
    repeats = {out: [1, shapes[out][1], 1, 1, 1][: len(shapes[out])] for out in ("wave_out", "spec_out")}
    constants += [helper.make_tensor(f"{out}_r", TensorProto.INT64, [len(r)], r) for out, r in repeats.items()]
    nodes = []
    for of, out in (("mix", "wave_out"), ("spec", "spec_out")):
        nodes += [helper.make_node("Unsqueeze", [of, "axis"], [f"{of}_1"]),
                  helper.make_node("Tile", [f"{of}_1", f"{out}_r"], [out])]
    graph = helper.make_graph(nodes, "shares", [values["mix"], values["spec"]],
                              [values["spec_out"], values["wave_out"]], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(made, metadata or {})
    onnx.save(made, path)
    return path
