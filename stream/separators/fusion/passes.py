"""All passes over a model file, to open a session from: each is a file of this room and says what it replaces.

ONNX Runtime has fusions of its own, but none that knows these as torch exports them. A graph in which a pattern is not
found is left as it is. What each saves: docs/notes/speed.md, `python -m benchmarks.network`.
[opening-thread]
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import onnx
from onnx import helper

from stream.separators.fusion.attention import attention
from stream.separators.fusion.gelu import gelu
from stream.separators.fusion.glu import glu
from stream.separators.fusion.graph import DOMAIN, Graph

PASSES: Mapping[str, Callable[[Graph], int]] = {"gelu": gelu, "attention": attention, "glu": glu}


def fused(path: Path, names: Iterable[str] = PASSES) -> bytes:
    """A model file with the named passes applied, as bytes to open a session from.

    Raises whatever onnx raises for a file that it cannot read.
    """
    model = onnx.load(path)
    if sum([PASSES[name](Graph(model)) for name in names]):
        Graph(model).prune()
        if all(entry.domain != DOMAIN for entry in model.opset_import):
            model.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    raw: bytes = model.SerializeToString()
    return raw


def revision() -> bytes:
    """The passes themselves: another text for other passes."""
    return b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")))
