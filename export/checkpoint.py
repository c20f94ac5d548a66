"""A checkpoint on this machine, as weights: a safetensors file, or what demucs and its training save with torch.

A `.th` file is a pickle, and a pickle can hold code. torch reads it with `weights_only`, which runs none: beside
tensors and plain values it takes the names below and no others. No class of demucs is even made: what stands in for it
has its name, and demucs need not be installed.
"""

import json
import pickle
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from export.files import sha256
from export.weights import KLASS, Weights, decoded, encoded, named, read

SUFFIXES = (".safetensors", ".th")
DTYPES = ("torch.float16", "torch.float32")
# what `klass` may be, so that a network of another kind is called by its name
STAND_INS = {name: type("StandIn", (), {}) for name in (
    KLASS, "demucs.hdemucs.HDemucs", "demucs.demucs.Demucs", "demucs.model.Demucs", "demucs.tasnet.ConvTasNet")}
NAMES = {klass: name for name, klass in STAND_INS.items()}


def load(path: Path) -> Weights:
    """The weights of a checkpoint. Raises ValueError, in one line, on what is none of an HTDemucs."""
    return _load_th(path) if path.suffix == ".th" else read(path)


def _load_th(path: Path) -> Weights:
    _summed(path)
    package = _unpickled(path)
    if not isinstance(package, dict) or not {"klass", "args", "kwargs", "state"} <= package.keys():
        keys = isinstance(package, dict) and ", ".join(map(str, list(package)[:4]))
        raise ValueError(f"{path}: {f'keys {keys}' if keys else type(package).__name__} found; klass, args, kwargs and "
                         "state wanted, as demucs saves them")
    state = package["state"]
    if not isinstance(state, dict) or state.get("__quantized"):
        found = "quantized weights" if isinstance(state, dict) else f"a state of type {type(state).__name__}"
        raise ValueError(f"{path}: {found} found, plain ones wanted")
    klass = NAMES.get(package["klass"], repr(package["klass"])) if isinstance(package["klass"], type) else "no class"
    if klass != KLASS:
        raise ValueError(f"{path}: klass {klass!r} found, {KLASS!r} wanted; only HTDemucs (v4) can be run")
    return Weights({str(name): _array(path, name, value) for name, value in state.items()}, _kwargs(path, package))


def _summed(path: Path) -> None:
    """`<signature>-<checksum>.th` must be what its name says (demucs.repo.check_checksum)."""
    said = path.stem.rpartition("-")[2] if "-" in path.stem else ""
    if re.fullmatch("[0-9a-f]{8}", said) and not (found := sha256(path)).startswith(said):
        raise ValueError(f"{path} is damaged: its sha256 begins with {found[:8]}, its name says {said}")


def _unpickled(path: Path) -> Any:
    try:
        import torch
    except ImportError as error:
        raise ValueError(f"{path}: a .th checkpoint is read with torch, which is not installed (extra `export`); a "
                         ".safetensors file needs none") from error
    allowed: list[Any] = [Fraction, *((klass, name) for name, klass in STAND_INS.items())]
    with path.open("rb") as file, torch.serialization.safe_globals(allowed):
        try:
            return torch.load(file, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            code = re.search(r"GLOBAL ([\w.]+)", str(error))
            what = f"calls for {code[1]}, which is in no HTDemucs" if code else "holds more than weights, or is damaged"
            raise ValueError(f"{path} is refused: its pickle {what}; nothing of it was run") from error
        except Exception as error:  # torch, zipfile and pickle raise a class of their own for each kind of damage
            raise ValueError(f"{path} is damaged, or no checkpoint: torch cannot read it") from error


def _array(path: Path, name: Any, value: Any) -> Any:
    found = str(getattr(value, "dtype", type(value).__name__))
    if found not in DTYPES:
        raise ValueError(f"{path}: {name} is {found}, {' or '.join(DTYPES)} wanted")
    return value.detach().numpy()


def _kwargs(path: Path, package: Mapping[str, Any]) -> Mapping[str, Any]:
    kwargs = named(path, package["args"], package["kwargs"])
    try:
        plain: Mapping[str, Any] = decoded(json.loads(json.dumps(kwargs, default=encoded)))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: kwargs hold more than plain values ({error})") from error
    return plain
