"""A model: its files, and what each of them has to say about each stem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

SUFFIXES = (".onnx", ".safetensors", ".th")


@dataclass(frozen=True)
class BagFiles:
    """Files and weights: stem = Σ weight[file][stem] · stem[file] / Σ weight[file][stem] (demucs.apply.BagOfModels)."""

    files: tuple[Path, ...]
    weights: tuple[Mapping[str, float], ...] = ()  # of each file, by stem; none if all are the same
    segment_s: float | None = None  # seconds, where it is not the files' own
    recompute: int | None = None  # columns of each hop that the next computes again; None for files without a state


@dataclass(frozen=True)
class Listed:
    """What a bag's `.yaml` says."""

    files: tuple[Path, ...]  # checkpoints or model files
    rows: tuple[tuple[float, ...], ...]  # weights, (files, stems); none if all are the same
    segment_s: float | None


def by_stem(rows: Sequence[Sequence[float]], sources: Sequence[str]) -> tuple[Mapping[str, float], ...]:
    """Weights by the stems' names. Raises ValueError where there is not one for every stem."""
    for row in rows:
        if len(row) != len(sources):
            raise ValueError(f"a bag's weights must be {len(sources)} for {', '.join(sources)}, not {len(row)}")
    return tuple(dict(zip(sources, row, strict=True)) for row in rows)


def read_bag(path: Path) -> Listed:
    """Read a bag as demucs writes it (demucs.repo.BagOnlyRepo); its files lie beside it.

    Raises ValueError, in one line, on anything else.
    """
    try:
        said = yaml.safe_load(path.read_bytes())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    signatures = said.get("models") if isinstance(said, dict) else None
    if not isinstance(signatures, list) or not signatures or not all(isinstance(name, str) for name in signatures):
        raise ValueError(f"{path}: a list `models` of signatures is wanted, {signatures!r} found")
    rows = said.get("weights") or []
    if not isinstance(rows, list) or (rows and len(rows) != len(signatures)) or not all(map(_row, rows)):
        raise ValueError(f"{path}: `weights` must be a row of numbers from 0 on for each of {len(signatures)} models")
    segment = said.get("segment")
    if segment is not None and not (_number(segment) and segment > 0):
        raise ValueError(f"{path}: `segment` must be seconds, more than 0, not {segment!r}")
    found = tuple(_beside(path, signature) for signature in signatures)
    return Listed(found, tuple(tuple(map(float, row)) for row in rows), None if segment is None else float(segment))


def _row(row: Any) -> bool:
    return isinstance(row, list) and all(_number(weight) and weight >= 0 for weight in row)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _beside(path: Path, signature: str) -> Path:
    """The file of this signature: a model file if there is one, else a .safetensors, else a .th checkpoint."""
    for suffix in SUFFIXES:
        found = [file for file in sorted(path.parent.glob(f"*{suffix}"))
                 if signature == file.stem or (suffix == ".th" and signature == file.stem.rpartition("-")[0])]
        if len(found) > 1:
            names = ", ".join(file.name for file in found)
            raise ValueError(f"{path}: more than one file ({names}) of signature {signature} in {path.parent}")
        if found:
            return found[0]
    raise ValueError(f"{path}: no file of signature {signature} ({', '.join(SUFFIXES)}) in {path.parent}")
