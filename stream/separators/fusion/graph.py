"""A graph's nodes by what they make and who takes it. [opening-thread]"""

from typing import Any

import numpy as np
import onnx
from onnx import NodeProto, helper, numpy_helper

DOMAIN = "com.microsoft"


class Graph:
    """An ONNX model's graph with its nodes indexed; made anew after every pass."""

    def __init__(self, model: Any) -> None:
        """Index the nodes."""
        self.graph = model.graph
        self.makers = {name: node for node in self.graph.node for name in node.output}
        self.takers: dict[str, list[NodeProto]] = {}
        for node in self.graph.node:
            for name in node.input:
                self.takers.setdefault(name, []).append(node)

    def maker(self, name: str, kind: str) -> NodeProto | None:
        """The node of this kind that makes a value, or None."""
        node = self.makers.get(name)
        return node if node is not None and node.op_type == kind else None

    def taker(self, node: NodeProto | None, kind: str) -> NodeProto | None:
        """The one node of this kind that takes what another makes, or None."""
        found = [] if node is None else self.takers.get(node.output[0], [])
        return found[0] if len(found) == 1 and found[0].op_type == kind else None

    def constant(self, name: str) -> list[float] | None:
        """The numbers of a constant, or None for anything else."""
        node = self.maker(name, "Constant")
        if node is None:
            return None
        value = helper.get_attribute_value(node.attribute[0])
        array = numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)
        return [float(number) for number in array.reshape(-1)]

    def insert(self, at: NodeProto, nodes: list[NodeProto]) -> None:
        """Put nodes before another one."""
        index = next(i for i, node in enumerate(self.graph.node) if node.output[:1] == at.output[:1])
        for offset, node in enumerate(nodes):
            self.graph.node.insert(index + offset, node)

    def prune(self) -> None:
        """Remove the nodes whose outputs nobody takes any more."""
        needed = {value.name for value in self.graph.output}
        kept = []
        for node in reversed(self.graph.node):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        self.graph.ClearField("node")
        self.graph.node.extend(reversed(kept))


def become(node: NodeProto, kind: str, inputs: list[str], domain: str = DOMAIN) -> None:
    """Turn a node into one of another kind with the same outputs."""
    node.op_type, node.domain = kind, domain
    node.ClearField("attribute")
    node.ClearField("input")
    node.input.extend(inputs)
