"""GLU behind a convolution as two convolutions of half the width, the second with the sigmoid in it.

    Split(Conv(x, W, b)) -> a, c;  a · Sigmoid(c)   ->   Conv(x, W₁, b₁) · Sigmoid(Conv(x, W₂, b₂))

As many multiplications, but the wide tensor is no longer cut, and ONNX Runtime takes the sigmoid into the convolution
(FusedConv) and keeps all of it in its blocked layout. W is cut by nodes, which are folded when the session opens: so
it may be anything that is constant.
[opening-thread]
"""

from onnx import NodeProto, helper

from stream.separators.fusion.graph import Graph


def glu(graph: Graph) -> int:
    """Divide every GLU whose input is a convolution alone, in place; how many."""
    divided = 0
    for split in [node for node in graph.graph.node if node.op_type == "Split"]:
        conv = graph.maker(split.input[0], "Conv")
        if conv is None or graph.taker(conv, "Split") is None or not _is_glu(graph, split) or len(conv.input) != 3:
            continue
        _divide(graph, conv, split)
        divided += 1
    return divided


def _is_glu(graph: Graph, split: NodeProto) -> bool:
    """Whether a Split cuts the channels in two halves, of which the second goes through a sigmoid."""
    numbers = {entry.name: entry.i for entry in split.attribute}
    if len(split.input) != 1 or numbers != {"num_outputs": 2, "axis": 1}:
        return False
    gate = graph.takers.get(split.output[1], [])
    return len(gate) == 1 and gate[0].op_type == "Sigmoid"


def _divide(graph: Graph, conv: NodeProto, split: NodeProto) -> None:
    x, weight, bias = conv.input
    weights, biases = ([f"{split.output[0]}_{part}{half}" for half in "12"] for part in "wb")
    nodes = [helper.make_node("Split", [weight], weights, axis=0, num_outputs=2),
             helper.make_node("Split", [bias], biases, axis=0, num_outputs=2)]
    for part_weight, part_bias, out in zip(weights, biases, split.output, strict=True):
        half = helper.make_node("Conv", [x, part_weight, part_bias], [out])
        half.attribute.extend(conv.attribute)
        nodes.append(half)
    graph.insert(split, nodes)
    graph.graph.node.remove(next(node for node in graph.graph.node if node.op_type == "Split"
                                 and node.output[:1] == split.output[:1] and node.input[0] == conv.output[0]))
