"""softmax(q·kᵀ / √d)·v as com.microsoft.MultiHeadAttention, which works in blocks that fit the cache.

The plain graph writes and reads 8 · 2688² scores for a window of 7.8 s.
[opening-thread]
"""

from onnx import NodeProto, helper

from stream.separators.fusion.graph import DOMAIN, Graph


def attention(graph: Graph) -> int:
    """Fuse every attention over a batch of one, in place; how many."""
    fused = 0
    for softmax in [node for node in graph.graph.node if node.op_type == "Softmax"]:
        values = graph.taker(softmax, "MatMul")
        merged = graph.taker(graph.taker(values, "Transpose"), "Reshape")
        scores = graph.maker(softmax.input[0], "MatMul")
        if scores is None or values is None or merged is None:
            continue
        heads = [_heads(graph, name) for name in (*scores.input, values.input[1])]
        if None in heads or len({head[1:] for head in heads if head}) != 1:
            continue
        _rewrite(graph, merged, [head for head in heads if head])
        fused += 1
    return fused


def _heads(graph: Graph, name: str) -> tuple[str, int, int] | None:
    """Up from the heads of q, k or v: what they were cut out of, (length, 1, heads · size), with heads and size.

    cut by Reshape to (length, heads, size), Transpose 1 0 2, Reshape to (1, heads, length, size); then scaled, and for
    k turned around.
    """
    for _ in range(8):
        node = graph.makers.get(name)
        if node is None or node.op_type not in ("Mul", "Reshape", "Transpose"):
            return None
        if node.op_type == "Transpose" and list(node.attribute[0].ints) == [1, 0, 2]:
            cut = graph.maker(node.input[0], "Reshape")
            shape = graph.maker(cut.input[1], "Concat") if cut else None
            sizes = [graph.constant(part) for part in shape.input] if shape else []
            if cut is None or len(sizes) != 3 or sizes[1] is None or sizes[2] is None:
                return None
            return cut.input[0], int(sizes[1][0]), int(sizes[2][0])
        name = node.input[0]
    return None


def _rewrite(graph: Graph, merged: NodeProto, heads: list[tuple[str, int, int]]) -> None:
    """Put the fused node before `merged`, which takes its output from now on."""
    name, (_, count, size) = merged.output[0], heads[0]
    shape = f"{name}_batch_first"
    nodes = [helper.make_node("Constant", [], [shape], value_ints=[1, -1, count * size])]
    ends = []
    for part, (source, _, _) in zip("qkv", heads, strict=True):
        ends.append(f"{name}_{part}")
        nodes.append(helper.make_node("Reshape", [source, shape], [ends[-1]]))  # the batch is one: nothing is moved
    nodes.append(helper.make_node("MultiHeadAttention", ends, [f"{name}_heard"], domain=DOMAIN, num_heads=count))
    graph.insert(merged, nodes)
    # looked up again: nodes that moved are other objects
    next(node for node in graph.graph.node if node.output[:1] == [name]).input[0] = f"{name}_heard"
