"""demucs-stream on the graph as it was exported, and ONNX Runtime as it comes: what there is without our own work.

Takes the words of `demucs-stream`; the provider must be cpu.
"""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import onnxruntime as ort

from stream.command.main import main
from stream.separators.networks import network, session


def options(threads: int) -> Any:
    found = ort.SessionOptions()
    found.intra_op_num_threads = threads
    return found


def opened(path: Path, options: Any) -> Any:
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def undo() -> None:
    """Take our own work out of this process."""
    replaced = {"_options": options, "_opened": opened, "unchanged": nullcontext}
    for module, name, plain in [*((session, *pair) for pair in replaced.items()), (network, "flushed", nullcontext)]:
        if not hasattr(module, name):
            raise SystemExit(f"{module.__name__} has no {name} any more")
        setattr(module, name, plain)


if __name__ == "__main__":
    undo()
    sys.exit(main())
