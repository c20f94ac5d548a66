"""The weights of a checkpoint and its network's arguments, in the layout of demucs 4.1.0's safetensors files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from export.files import atomic_file

KLASS = "demucs.htdemucs.HTDemucs"
DTYPES = ("F16", "F32")
LICENCE = "weights by Meta AI, made available for personal and research use"
UNKNOWN = "not known: the weights are the user's own"
# the arguments of the network published as htdemucs; htdemucs_ft has four of it
PUBLISHED: Mapping[str, Any] = {
    "sources": ["drums", "bass", "other", "vocals"],
    "samplerate": 44100,
    "segment": Fraction(39, 5),
    "bottom_channels": 512,
    "dconv_mode": 3,
    "t_layers": 5,
    "audio_channels": 2,
}
# of htdemucs_6s: 27,414,996 values, which are the 54.9 MB of fp16 that are published
SIX: Mapping[str, Any] = {
    **PUBLISHED,
    "sources": ["drums", "bass", "other", "vocals", "guitar", "piano"],
    "bottom_channels": 0,
}


def decoded(value: Any) -> Any:
    """Fractions out of the JSON that demucs writes them in."""
    if isinstance(value, dict):
        if value.get("_type") == "fraction":
            return Fraction(value["numerator"], value["denominator"])
        return {key: decoded(item) for key, item in value.items()}
    return [decoded(item) for item in value] if isinstance(value, list) else value


def encoded(value: Any) -> Any:
    """The inverse of `decoded`, as `default` of json.dumps."""
    if isinstance(value, Fraction):
        return {"_type": "fraction", "numerator": value.numerator, "denominator": value.denominator}
    raise TypeError(f"no JSON for {type(value).__name__}")


@dataclass(frozen=True)
class Weights:
    """What one checkpoint holds."""

    tensors: Mapping[str, NDArray[Any]]  # by the state dict's names; float16 or float32
    kwargs: Mapping[str, Any]  # of HTDemucs
    licence: str = UNKNOWN

    @cached_property
    def sha256(self) -> str:
        """One number for the content, whatever the container: names, shapes, values (as fp16 where exact)."""
        digest = hashlib.sha256()
        for name in sorted(self.tensors):
            tensor = self.tensors[name]
            with np.errstate(over="ignore"):
                half = tensor.astype(np.float16)
            stored = half if np.array_equal(half, tensor) else tensor
            digest.update(f"{name} {stored.dtype} {stored.shape}\n".encode())
            digest.update(np.ascontiguousarray(stored).data)
        return digest.hexdigest()

    def write(self, path: Path) -> None:
        """Write the safetensors file, whole or not at all."""
        kwargs = json.dumps(dict(self.kwargs), default=encoded)
        metadata = {"klass": KLASS, "args": "[]", "kwargs": kwargs, "licence": self.licence}
        with atomic_file(path) as file:
            file.write(save(dict(self.tensors), metadata))


def read(path: Path) -> Weights:
    """Read a safetensors file of demucs' layout.

    Raises ValueError, saying what was found and what was wanted, on anything else.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            names = list(file.keys())
            if metadata.get("klass") != KLASS or "structure" in metadata:
                found = "quantized weights" if "structure" in metadata else f"klass {metadata.get('klass')!r}"
                raise ValueError(f"{path}: {found} found, plain {KLASS!r} wanted")
            dtypes = {name: file.get_slice(name).get_dtype() for name in names}
            odd = next((name for name in names if dtypes[name] not in DTYPES), None)
            if odd is not None:
                raise ValueError(f"{path}: {odd} has dtype {dtypes[odd]}, {' or '.join(DTYPES)} wanted")
            tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError as error:
        raise ValueError(f"{path} is not a safetensors file ({error})") from error
    return Weights(tensors, _kwargs(path, metadata), metadata.get("licence", UNKNOWN))


def _kwargs(path: Path, metadata: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        args = json.loads(metadata.get("args", "[]"))
        kwargs = decoded(json.loads(metadata["kwargs"]))
    except (KeyError, ValueError, TypeError, ZeroDivisionError) as error:
        raise ValueError(f"{path}: metadata 'kwargs' is not what demucs writes ({error!r})") from error
    return named(path, args, kwargs)


def named(path: Path, args: Any, kwargs: Any) -> Mapping[str, Any]:
    """HTDemucs' arguments by name; its first, `sources`, may come without. Raises ValueError on anything else."""
    if not isinstance(args, list | tuple) or not isinstance(kwargs, dict) or len(args) > 1:
        raise ValueError(f"{path}: args {args!r}, kwargs {type(kwargs).__name__} found, no args and a dict wanted")
    return dict(zip(("sources",), args, strict=False)) | kwargs
