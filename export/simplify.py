"""Operators that ORT cannot fold while it opens a model, written as ones that it can."""

from collections.abc import Iterable, Iterator
from typing import Any

import onnx
from onnx import NodeProto, numpy_helper


def simplify(model: onnx.ModelProto) -> None:
    """Rewrite CastLike as Cast, SplitToSequence with its SequenceAt as Split, and long means in two steps, in place.

    Left as they are, ORT warns of the first, transposes the pieces of the second, which are weights, on every run, and
    loses digits in the third.
    """
    inferred = onnx.shape_inference.infer_shapes(model).graph
    kinds = {weight.name: weight.data_type for weight in inferred.initializer}
    kinds |= {v.name: v.type.tensor_type.elem_type for v in (*inferred.value_info, *inferred.input, *inferred.output)}
    constants = {
        node.output[0]: numpy_helper.to_array(node.attribute[0].t)
        for node in model.graph.node
        if node.op_type == "Constant" and node.attribute[0].name == "value"
    }
    taken: dict[str, dict[int, str]] = {}
    for node in model.graph.node:
        if node.op_type == "SequenceAt":
            taken.setdefault(node.input[0], {})[int(constants[node.input[1]])] = node.output[0]
    nodes = list(_rewritten(model.graph.node, kinds, taken, constants))
    model.graph.ClearField("node")
    model.graph.node.extend(nodes)


def _rewritten(
    nodes: Iterable[NodeProto], kinds: dict[str, int], taken: dict[str, dict[int, str]], constants: dict[str, Any]
) -> Iterator[NodeProto]:
    make = onnx.helper.make_node
    for node in nodes:
        match node.op_type:
            case "CastLike":
                yield make("Cast", node.input[:1], node.output, name=node.name, to=kinds[node.input[1]])
            case "SplitToSequence":
                pieces = taken[node.output[0]]
                axis = next((a.i for a in node.attribute if a.name == "axis"), 0)
                yield make("Split", node.input, [pieces[i] for i in sorted(pieces)], name=node.name, axis=axis)
            case "SequenceAt":
                continue
            case "ReduceMean" if len(axes := constants.get(node.input[1], ())) > 1:
                # along the rows first: a float that sums millions of others has lost its last digits
                row, rest = f"{node.output[0]}_row", f"{node.output[0]}_axes"
                yield make("Constant", [], [f"{row}_axes"], value_ints=[int(axes[-1])])
                yield make("Constant", [], [rest], value_ints=[int(axis) for axis in axes[:-1]])
                yield make("ReduceMean", [node.input[0], f"{row}_axes"], [row], keepdims=1)
                yield make("ReduceMean", [row, rest], node.output, keepdims=1)
            case _:
                yield node
