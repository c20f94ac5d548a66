"""Weights bound to a bare graph: from a checkpoint to a self-contained ONNX file, without torch."""

import hashlib
import json
import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from export.files import atomic_file
from export.weights import PUBLISHED, SIX, Weights, decoded, encoded, read

# the graphs that are kept, made by export.graph, and the arguments of their networks
BARE_NETWORKS: Mapping[str, Mapping[str, Any]] = {"htdemucs": PUBLISHED, "htdemucs_6s": SIX}
# arguments of HTDemucs that may differ from the bare graph's: they name or train the network, they do not shape it
FREE = {"sources", "samplerate", "segment", "use_train_segment", "rescale", "dconv_init", "emb_smooth", "t_dropout"}
FREE |= {"t_lr", "t_weight_decay"}
VERSION = 2  # of what is written beside the weights: raised when that changes, so that caches are made again
KINDS: dict[str, type | tuple[type, ...]] = {"sources": list, "samplerate": int, "segment": (int, float, Fraction)}


WINDOWED, STATEFUL = "", "-stateful"  # what a graph's file name has behind that of its network


def bind(weights: Path, to: Path) -> Path:
    """Put the weights of a safetensors file into the kept graph that fits and write the model file `to`.

    It is written whole or not at all. Raises ValueError with the key, what was found and what was wanted, where no
    graph's network is that of the weights.
    """
    return bind_weights(read(weights), to)


def bind_weights(weights: Weights, to: Path, bare: onnx.ModelProto | None = None) -> Path:
    """The same for weights already read; `bare`, which is filled, in place of the kept graph without state."""
    bare = check(weights, bare)
    metadata = _metadata(weights, bare)
    wanted = _shapes(bare)
    bare.graph.ClearField("initializer")
    onnx.helper.set_model_props(bare, metadata)
    with atomic_file(to) as file:
        file.write(bare.SerializeToString(deterministic=True))
        # Protocol buffers written one after the other are read as one, repeated fields appended:
        # so a tensor at a time is in memory twice, not all of them three times.
        for name, shape in wanted.items():
            tensor = onnx.TensorProto(name=name, dims=shape, data_type=onnx.TensorProto.FLOAT)
            tensor.raw_data = weights.tensors[name].astype("<f4").tobytes()
            file.write(onnx.ModelProto(graph=onnx.GraphProto(initializer=[tensor])).SerializeToString())
    return to


def check(weights: Weights, bare: onnx.ModelProto | None = None) -> onnx.ModelProto:
    """The graph that the weights fit, a kept one if none is given. Raises ValueError: key, found and wanted."""
    if bare is None:
        bare = bare_graph(weights.kwargs)
    _check(weights, bare)
    return bare


def bare_path(name: str, form: str = WINDOWED) -> Path:
    """The file of a kept graph; form: WINDOWED or STATEFUL."""
    return Path(__file__).with_name(f"{name}{form}.onnx")


def bare_graph(kwargs: Mapping[str, Any], form: str = WINDOWED) -> onnx.ModelProto:
    """The kept graph of the network that these arguments make. Raises ValueError if there is none."""
    return onnx.load(bare_path(fitting(kwargs), form))


def recompute_of(model: onnx.ModelProto) -> int | None:
    """Columns of each hop that the next one computes again; None for a model that carries no state."""
    return next((int(prop.value) for prop in model.metadata_props if prop.key == "recompute"), None)


def wanted_shapes(name: str = "htdemucs") -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that a kept graph wants."""
    return _shapes(onnx.load(bare_path(name)))


def bound_name(stem: str, weights_sha256: str, kwargs: Mapping[str, Any], form: str = WINDOWED) -> str:
    """The file name of a bound model: another one for other weights, arguments or graphs. Raises ValueError."""
    facts = json.dumps([weights_sha256, VERSION, dict(kwargs)], default=encoded, sort_keys=True)
    tag = hashlib.sha256(facts.encode() + bare_path(fitting(kwargs), form).read_bytes()).hexdigest()[:12]
    return f"{stem}{form}-{tag}.onnx"


def fitting(kwargs: Mapping[str, Any]) -> str:
    """The name of the kept graph whose network these arguments make. Raises ValueError if there is none."""
    differences = {name: _differences(kwargs, _settings(onnx.load(bare_path(name)))) for name in BARE_NETWORKS}
    name = min(differences, key=lambda name: len(differences[name]))
    if differences[name]:
        raise ValueError(f"{differences[name][0]}; no graph of this network is kept: `demucs-stream export` (extra "
                         "`export`) makes a model file of it")
    return name


def sources_of(model: Path) -> tuple[str, ...]:
    """The stems that a model file names. Raises ValueError for one that names none."""
    try:
        metadata = onnx.load(model, load_external_data=False).metadata_props
        return tuple(json.loads(next(prop.value for prop in metadata if prop.key == "sources")))
    except (DecodeError, StopIteration, ValueError) as error:
        raise ValueError(f"{model} is no model file that names its stems") from error


def _differences(kwargs: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    found = []
    for key, kinds in KINDS.items():
        if not isinstance(kwargs.get(key, settings[key]), kinds):
            raise ValueError(f"{key}: {kwargs[key]!r} found, {kinds} wanted")
    sources = kwargs.get("sources", [])
    if not all(isinstance(stem, str) for stem in sources):
        raise ValueError(f"sources: {sources!r} found, names wanted")
    stems, wanted = len(sources), len(settings["sources"])
    if stems != wanted:
        found.append(f"sources: {stems} found, {wanted} wanted")
    for key, value in kwargs.items():
        if key not in FREE and value != settings.get(key):
            found.append(f"{key}: {value!r} found, {settings.get(key)!r} wanted")
    return found


def _check(weights: Weights, bare: onnx.ModelProto) -> None:
    different = _differences(weights.kwargs, _settings(bare))
    if different:
        raise ValueError(f"{different[0]}: the graph is of another network")
    wanted = _shapes(bare)
    for name, shape in wanted.items():
        if name not in weights.tensors:
            raise ValueError(f"{name}: no such tensor found, one of shape {shape} wanted")
        if weights.tensors[name].shape != shape:
            raise ValueError(f"{name}: shape {weights.tensors[name].shape} found, {shape} wanted")
        if not np.isfinite(weights.tensors[name]).all():
            raise ValueError(f"{name}: values that are not finite found, finite ones wanted")
    extra = sorted(weights.tensors.keys() - wanted.keys())
    if extra:
        raise ValueError(f"{extra[0]}: tensor found ({len(extra)} such), none of this name wanted")


def _metadata(weights: Weights, bare: onnx.ModelProto) -> dict[str, str]:
    settings = {**_settings(bare), **weights.kwargs}
    fft_hop = settings["nfft"] // 4
    return {
        "sources": json.dumps(settings["sources"]),
        "samplerate": str(settings["samplerate"]),
        "n_fft": str(settings["nfft"]),
        "fft_hop": str(fft_hop),
        "max_window": str(segment_columns(settings) * fft_hop),  # frames: the segment, in whole columns
        "segment": str(segment_frames(settings)),  # frames
        "model": "htdemucs",
        "weights_sha256": weights.sha256,
        "licence": weights.licence,
    } | {prop.key: prop.value for prop in bare.metadata_props if prop.key != "kwargs"}  # frames, recompute


def segment_columns(settings: Mapping[str, Any]) -> int:
    """STFT columns of the segment that a network of these arguments, all of them, was trained on."""
    columns: int = math.ceil(settings["segment"] * settings["samplerate"] / (settings["nfft"] // 4))
    return columns


def segment_frames(settings: Mapping[str, Any]) -> int:
    """Frames of that segment, as demucs.apply rounds them."""
    return int(settings["segment"] * settings["samplerate"])


def _settings(bare: onnx.ModelProto) -> Mapping[str, Any]:
    """Every argument of a bare graph's network."""
    kwargs = next(prop.value for prop in bare.metadata_props if prop.key == "kwargs")
    settings: Mapping[str, Any] = decoded(json.loads(kwargs))
    return settings


def _shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    return {weight.name: tuple(weight.dims) for weight in model.graph.initializer}
