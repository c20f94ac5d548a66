"""Weights stored as fp16, computed with as fp32: half the file, the same numbers where fp16 holds them exactly."""

from collections.abc import Collection

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper


def halve(model: onnx.ModelProto, but: Collection[str] = ()) -> onnx.ModelProto:
    """Store every float32 initializer as float16 with a Cast to float32 behind it, in place; the model.

    but: names of those that stay as they are, as does a weight that fp16 would make infinite
    Providers fold the Cast while a session opens.
    """
    initializers, casts = [], []
    for weight in model.graph.initializer:
        stored = _half(weight) if weight.data_type == TensorProto.FLOAT and weight.name not in but else None
        if stored is not None:
            casts.append(helper.make_node("Cast", [stored.name], [weight.name], to=TensorProto.FLOAT))
        initializers.append(weight if stored is None else stored)
    model.graph.ClearField("initializer")
    model.graph.initializer.extend(initializers)
    prepend(model, casts)
    return model


def prepend(model: onnx.ModelProto, nodes: list[NodeProto]) -> None:
    """Put nodes before all others, in place: a graph's nodes stand in the order in which they can run."""
    others = list(model.graph.node)
    model.graph.ClearField("node")
    model.graph.node.extend(nodes + others)


def _half(weight: TensorProto) -> TensorProto | None:
    with np.errstate(over="ignore"):
        half = numpy_helper.to_array(weight).astype(np.float16)
    return numpy_helper.from_array(half, f"{weight.name}_fp16") if np.isfinite(half).all() else None
