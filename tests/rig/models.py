"""Small model files of the contract (design.md, The model file), and of other shapes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from dsp.stft import BINS

SHAPES: dict[str, list[int | str]] = {
    "mix": [1, 2, "N"], "spec": [1, 4, BINS, "T"], "spec_out": [1, 4, 4, BINS, "T"], "wave_out": [1, 4, 2, "N"]}


def model(path: Path, metadata: dict[str, str] | None = None, kind: int = TensorProto.FLOAT,
          gains: Sequence[float] = (), **shapes: list[int | str]) -> Path:
    """A model file of the contract's inputs and outputs, which gives every stem the whole mix; or of other shapes.

    gains: what each stem is given of the mix instead
    """
    shapes = {**SHAPES, **shapes}
    values = {name: helper.make_tensor_value_info(name, kind, shape) for name, shape in shapes.items()}
    constants = [helper.make_tensor("axis", TensorProto.INT64, [1], [1])]
    repeats = {out: [1, shapes[out][1], 1, 1, 1][: len(shapes[out])] for out in ("wave_out", "spec_out")}
    constants += [helper.make_tensor(f"{out}_r", TensorProto.INT64, [len(r)], r) for out, r in repeats.items()]
    nodes = []
    for of, out in (("mix", "wave_out"), ("spec", "spec_out")):
        tiled = f"{out}_whole" if gains else out
        nodes += [helper.make_node("Unsqueeze", [of, "axis"], [f"{of}_1"]),
                  helper.make_node("Tile", [f"{of}_1", f"{out}_r"], [tiled])]
        if gains:
            shares = np.array(gains, np.float32).reshape([1, -1, 1, 1, 1][: len(shapes[out])])
            constants.append(numpy_helper.from_array(shares, f"{out}_g"))
            nodes.append(helper.make_node("Mul", [tiled, f"{out}_g"], [out]))
    graph = helper.make_graph(nodes, "shares", [values["mix"], values["spec"]],
                              [values["spec_out"], values["wave_out"]], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(made, metadata or {})
    onnx.save(made, path)
    return path


def published(path: Path, columns: int = 24, missing: int = 84) -> Path:
    """A file of fixed length with names and an order of its own, as the published ones are."""
    frames = columns * 1024 - missing
    model(path, mix=[1, 2, frames], spec=[1, 4, BINS, columns], spec_out=[1, 4, 4, BINS, columns],
          wave_out=[1, 4, 2, frames])
    made = onnx.load(path)
    names = {"mix": "input", "spec": "x", "spec_out": "output", "wave_out": "add_67"}
    for value in (*made.graph.input, *made.graph.output):
        value.name = names[value.name]
    for node in made.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for values in (made.graph.input, made.graph.output):
        turned = list(reversed(values))
        del values[:]
        values.extend(turned)
    onnx.save(made, path)
    return path


def as_ort(path: Path) -> Path:
    """The same model in ONNX Runtime's own format, beside it."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.optimized_model_filepath = str(path.with_suffix(".ort"))
    options.add_session_config_entry("session.save_model_format", "ORT")
    ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return path.with_suffix(".ort")


STATEFUL: dict[str, list[int | str]] = {"positions": ["T", 4], "slots": ["T"], "mask": ["L"], "blend": [2]}
STATE: dict[str, list[int | str]] = {"heard": [1], "layers.0.k": [2, "8*L", 4]}


def stateful(path: Path, recompute: int = 2) -> Path:
    """A model file that carries a state: every stem is a quarter of the mix, half by each branch; it counts hops."""
    model(path, {"recompute": str(recompute), "sources": '["drums", "bass", "other", "vocals"]'}, gains=(0.125,) * 4)
    made = onnx.load(path)
    graph = made.graph
    for name, shape in (STATEFUL | STATE).items():
        kind = TensorProto.INT64 if name == "slots" else TensorProto.FLOAT
        graph.input.append(helper.make_tensor_value_info(name, kind, shape))
    for name, shape in STATE.items():
        graph.output.append(helper.make_tensor_value_info(f"{name}.next", TensorProto.FLOAT, shape))
    graph.initializer.append(numpy_helper.from_array(np.ones(1, np.float32), "one"))
    graph.node.append(helper.make_node("Add", ["heard", "one"], ["heard.next"]))
    graph.node.append(helper.make_node("Identity", ["layers.0.k"], ["layers.0.k.next"]))
    onnx.save(made, path)
    return path
