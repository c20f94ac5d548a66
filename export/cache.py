"""The folder of everything that can be had again: weights, bound models, and the sums they are held against."""

from collections.abc import Callable
from pathlib import Path

from export.bind import bare_graph, bind_weights
from export.files import atomic_file, sha256
from export.weights import Weights


def bind_once(weights: Weights, bound: Path, form: str, say: Callable[[str], None]) -> Path:
    """The bound model, made unless it is there and whole, which takes seconds; form: of export.bind."""
    if not intact(bound):
        say(f"making {bound} (once) ...")
        bind_weights(weights, bound, bare_graph(weights.kwargs, form))
        note(bound, sha256(bound))
    return bound


def intact(bound: Path) -> bool:
    """Whether a file is the one that was written; 0.1 to 0.3 s, so it is asked every time."""
    found = noted(bound)
    return found is not None and bound.is_file() and found == sha256(bound)


def note(file: Path, digest: str) -> None:
    """Write a sum down beside its file, as sha256sum does."""
    with atomic_file(_record(file)) as record:
        record.write(f"{digest}  {file.name}\n".encode())


def noted(file: Path) -> str | None:
    """The sum that was written down, or None."""
    try:
        return _record(file).read_text().split()[0]
    except (OSError, ValueError, IndexError):
        return None


def _record(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256")
