"""Weights of matrix products as int8: weight-only (stored so, computed with as fp32) or dynamic (multiplied so).

Both leave the convolutions alone, and both store what is left as fp16. What each costs and gains: docs/notes/export.md.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnxruntime.quantization import quantize_dynamic

from export.half import halve, prepend

BLOCK = 64  # values that share a scale
VIEWS = ("Transpose", "Split", "Reshape", "Squeeze", "Unsqueeze", "Slice", "Gather", "Identity")
PRODUCTS = ("MatMul", "Gemm")
SMALLEST = 4096  # values; what is smaller gains nothing


def weight_only(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store the weights of matrix products as int8 and a float32 scale for each block, in place; the model.

    w = int8 · scale, blocks along the last axis, as plain Cast, Mul and Reshape: every provider folds them while a
    session opens, and computes as it would with fp32.
    """
    wanted = {name for name in _multiplied(model) if not name.endswith("bias")}
    remaining, nodes = [], []
    for weight in model.graph.initializer:
        if weight.name not in wanted or np.prod(weight.dims) < SMALLEST:
            remaining.append(weight)
            continue
        tensors, widening = _blocks(weight)
        remaining += tensors
        nodes += widening
    model.graph.ClearField("initializer")
    model.graph.initializer.extend(remaining)
    prepend(model, nodes)
    return halve(model, _scales(model))


def dynamic(model: onnx.ModelProto, scratch: Path) -> onnx.ModelProto:
    """The model with its matrix products in int8, the other factor quantized anew on every run.

    scratch: a folder for what lies between
    Standard operators (DynamicQuantizeLinear, MatMulInteger), which ONNX Runtime's CPU provider fuses.
    """
    fold_views(model)
    model.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")  # else it warns that we did not
    between = scratch / "quantized.onnx"
    quantize_dynamic(model, between, op_types_to_quantize=list(PRODUCTS), per_channel=True)
    made: onnx.ModelProto = onnx.load(between)
    between.unlink()
    props = {prop.key: prop.value for prop in made.metadata_props if not prop.key.startswith("onnx.")}
    helper.set_model_props(made, props)
    return halve(made, _scales(made))


def fold_views(model: onnx.ModelProto) -> None:
    """Compute what is only a view of a matrix product's weight (a Transpose, a Slice), in place."""
    wanted = _multiplied(model)
    known = _Known(model)
    views = [node for node in model.graph.node if node.op_type in VIEWS and node.input[0] in wanted]
    gone = {name for node in views for name in node.output}
    remaining = [node for node in model.graph.node if node.output[0] not in gone]
    taken = {name for node in remaining for name in node.input}
    weights = [weight for weight in model.graph.initializer if weight.name in taken]
    weights += [
        numpy_helper.from_array(np.ascontiguousarray(known.value(name)), name) for name in sorted(taken & gone)]
    model.graph.ClearField("node")
    model.graph.node.extend(remaining)
    model.graph.ClearField("initializer")
    model.graph.initializer.extend(weights)


class _Known:
    """The values of a graph that do not depend on its inputs, computed where they are asked for."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._weights = {weight.name: weight for weight in model.graph.initializer}
        self._makers = {name: node for node in model.graph.node for name in node.output}
        self._values: dict[str, NDArray[Any]] = {}

    def value(self, name: str) -> NDArray[Any]:
        """Of a weight, or of what is made of weights and constants only."""
        if name in self._weights:
            return numpy_helper.to_array(self._weights[name])
        if name not in self._values:
            node = self._makers[name]
            inputs = {source: self.value(source) for source in node.input if source}
            self._values |= dict(zip(node.output, ReferenceEvaluator(node).run(None, inputs), strict=True))
        return self._values[name]


def _scales(model: onnx.ModelProto) -> set[str]:
    """Scales are small numbers, which fp16 would round away."""
    return {weight.name for weight in model.graph.initializer if weight.name.endswith("_scale")}


def _multiplied(model: onnx.ModelProto) -> set[str]:
    """The names of weights that are a matrix product's second factor, and of the views on the way there.

    Where the first is a weight too the product is a constant, computed once and better exact.
    """
    weights = {weight.name for weight in model.graph.initializer}
    makers = {name: node for node in model.graph.node for name in node.output}
    found: set[str] = set()
    for node in model.graph.node:
        if node.op_type in PRODUCTS:
            chain = list(_upwards(node.input[1], makers))
            if chain[-1] in weights and list(_upwards(node.input[0], makers))[-1] not in weights:
                found.update(chain)
    return found


def _upwards(name: str, makers: dict[str, NodeProto]) -> Iterator[str]:
    yield name
    while (node := makers.get(name)) is not None and node.op_type in VIEWS:
        name = node.input[0]
        yield name


def _blocks(weight: TensorProto) -> tuple[list[TensorProto], list[NodeProto]]:
    """A weight as int8 in blocks with their scales, and the nodes that make it what it was."""
    name, shape = weight.name, tuple(weight.dims)
    block = BLOCK if shape[-1] % BLOCK == 0 else shape[-1]
    rows = numpy_helper.to_array(weight).reshape(-1, block)
    scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True) / 127, np.finfo(np.float32).tiny).astype(np.float32)
    tensors = {
        f"{name}_int8": np.rint(rows / scale).astype(np.int8),
        f"{name}_scale": scale,
        f"{name}_shape": np.array(shape, np.int64),
    }
    nodes = [
        helper.make_node("Cast", [f"{name}_int8"], [f"{name}_wide"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}_wide", f"{name}_scale"], [f"{name}_rows"]),
        helper.make_node("Reshape", [f"{name}_rows", f"{name}_shape"], [name]),
    ]
    return [numpy_helper.from_array(array, key) for key, array in tensors.items()], nodes


# what makes each kind of weights of a plain model, given a folder for scratch
WEIGHTS: Mapping[str, Callable[[onnx.ModelProto, Path], onnx.ModelProto]] = {
    "fp16": lambda model, _: halve(model),
    "int8": lambda model, _: weight_only(model),
    "int8-dynamic": dynamic,
}
