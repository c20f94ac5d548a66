"""Weights bound to the bare graph: from a safetensors file to a self-contained ONNX file, without torch."""

import hashlib
import json
import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from export.files import whole
from export.weights import Weights, decoded, read

BARE = Path(__file__).with_name("htdemucs.onnx")  # made by export.graph
# arguments of HTDemucs that may differ from the bare graph's: they name or train the network, they do not shape it
FREE = {"sources", "samplerate", "segment", "use_train_segment", "rescale", "dconv_init", "emb_smooth", "t_dropout"}
FREE |= {"t_lr", "t_weight_decay"}
KINDS: dict[str, type | tuple[type, ...]] = {"sources": list, "samplerate": int, "segment": (int, float, Fraction)}
LICENCE = "weights by Meta AI, made available for personal and research use"


def bind(weights: Path, to: Path) -> Path:
    """Put the weights of a safetensors file into the bare graph and write the model file `to`, whole or not at all.

    Raises ValueError with the key, what was found and what was wanted, where the weights are not the graph's.
    """
    return bind_weights(read(weights), to)


def bind_weights(weights: Weights, to: Path) -> Path:
    """The same for weights already read."""
    bare = onnx.load(BARE)
    _check(weights, bare)
    metadata = _metadata(weights, bare)
    wanted = _shapes(bare)
    bare.graph.ClearField("initializer")
    onnx.helper.set_model_props(bare, metadata)
    with whole(to) as file:
        file.write(bare.SerializeToString(deterministic=True))
        # Protocol buffers written one after the other are read as one, repeated fields appended:
        # so a tensor at a time is in memory twice, not all of them three times.
        for name, shape in wanted.items():
            tensor = onnx.TensorProto(name=name, dims=shape, data_type=onnx.TensorProto.FLOAT)
            tensor.raw_data = weights.tensors[name].astype("<f4").tobytes()
            file.write(onnx.ModelProto(graph=onnx.GraphProto(initializer=[tensor])).SerializeToString())
    return to


def wanted_shapes() -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that the bare graph wants."""
    return _shapes(onnx.load(BARE))


def bound_name(stem: str, weights_sha256: str) -> str:
    """The file name of a bound model: another one for other weights or another graph."""
    tag = hashlib.sha256(weights_sha256.encode() + BARE.read_bytes()).hexdigest()[:12]
    return f"{stem}-{tag}.onnx"


def _check(weights: Weights, bare: onnx.ModelProto) -> None:
    settings = decoded(json.loads(_props(bare)["kwargs"]))
    hint = "this network is not the one whose graph is kept; trace it with `demucs-stream export` (extra [export])"
    for key, kinds in KINDS.items():
        if not isinstance(weights.kwargs.get(key, settings[key]), kinds):
            raise ValueError(f"{key}: {weights.kwargs[key]!r} found, {kinds} wanted")
    found_stems, wanted_stems = len(weights.kwargs.get("sources", [])), len(settings["sources"])
    if found_stems != wanted_stems:
        raise ValueError(f"sources: {found_stems} found, {wanted_stems} wanted; {hint}")
    for key, found in weights.kwargs.items():
        if key not in FREE and found != settings.get(key):
            raise ValueError(f"{key}: {found!r} found, {settings.get(key)!r} wanted; {hint}")
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
    settings = decoded(json.loads(_props(bare)["kwargs"])) | dict(weights.kwargs)
    fft_hop = settings["nfft"] // 4
    columns = math.ceil(settings["segment"] * settings["samplerate"] / fft_hop)
    return {
        "sources": json.dumps(settings["sources"]),
        "samplerate": str(settings["samplerate"]),
        "n_fft": str(settings["nfft"]),
        "fft_hop": str(fft_hop),
        "max_window": str(columns * fft_hop),  # frames: the segment it was trained on, in whole columns
        "model": "htdemucs",
        "weights_sha256": weights.sha256,
        "licence": LICENCE,
    }


def _props(model: onnx.ModelProto) -> Mapping[str, Any]:
    return {prop.key: prop.value for prop in model.metadata_props}


def _shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    return {weight.name: tuple(weight.dims) for weight in model.graph.initializer}
