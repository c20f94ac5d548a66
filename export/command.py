"""From a checkpoint to model files that are verified before they are there: `demucs-stream export`."""

import contextlib
import json
import logging
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from export.bag import read_bag
from export.compare import LIMITS, Compared
from export.length import length
from export.making import MadeFile, One, Order, Tools, Traced, fixed_columns, make, make_stateful
from export.ortfile import CONFIG, write_config
from export.published import MODELS
from export.staging import staging
from export.store import checkpoints

__all__ = ["Order", "Tools", "export"]


def export(order: Order, tools: Tools) -> dict[str, Any]:
    """Write `<name>.onnx` for every checkpoint of a model, and what else was ordered; what was made and measured.

    Everything is made and verified in a folder beside it first: nothing is in `to` that did not pass, and what was
    there stays until it is replaced. Raises ValueError on wrong use, Refused, OSError.
    """
    wanted = None if order.length is None else length(order.length)
    if order.weights not in LIMITS:
        raise ValueError(f"weights must be {', '.join(LIMITS)}, not {order.weights!r}")
    if order.stateful and (wanted is not None or order.weights != "fp32"):
        raise ValueError("a stateful file is fp32 and takes hops of any length: --stateful goes with neither --weights "
                         "nor --length")
    made, traced, names = MadeFile(), Traced(), []
    with staging(order.to) as folder, _quiet():
        for name, weights in checkpoints(order.model, tools.say, tools.progress):
            if f"{name}.onnx" not in made.files:
                one = One(name, weights, fixed_columns(name, weights, wanted), order, folder)
                make(one, traced.graph(name, weights), tools, made)
                if order.stateful:
                    make_stateful(one, traced.graph(name, weights, stateful=True), tools, made)
            names.append(name)
        if order.ort:
            models = [path for path in made.files.values() if path.suffix == ".ort"]
            made.files[CONFIG] = folder / CONFIG
            write_config(models, made.files[CONFIG])
        if len(names) > 1:
            _write_bag(order.model, names, made, folder)
        sizes = {name: path.stat().st_size for name, path in made.files.items()}
        for path in made.files.values():
            path.replace(order.to / path.name)
    return {
        "model": order.model, "weights": order.weights, "files": {name: str(order.to / name) for name in made.files},
        "bytes": sizes, "metadata": made.about, "parity": [_plain(row) for row in made.rows],
        "table": [row.line() for row in made.rows],
    }


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No warnings from torch's exporter and ONNX Runtime's tools: what counts is verified."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _write_bag(model: str, names: list[str], made: MadeFile, folder: Path) -> None:
    """Write the `.yaml` that makes a bag of the files, as demucs writes it: a model of its folder."""
    sources = json.loads(made.about[f"{names[0]}.onnx"]["sources"])
    bag: dict[str, Any] = {"models": names}
    if model in MODELS:
        bag["weights"] = [[row.get(stem, 0.0) for stem in sources] for row in MODELS[model].weights]
        stem = model
    else:
        listed = read_bag(Path(model).expanduser())
        bag |= {"weights": [list(row) for row in listed.rows]} if listed.rows else {}
        bag |= {"segment": listed.segment_s} if listed.segment_s is not None else {}
        stem = Path(model).stem
    made.files[f"{stem}.yaml"] = folder / f"{stem}.yaml"
    with made.files[f"{stem}.yaml"].open("w") as file:
        yaml.safe_dump(bag, file, sort_keys=False, default_flow_style=None)
        file.flush()
        os.fsync(file.fileno())


def _plain(row: Compared) -> Mapping[str, Any]:
    """A row as JSON has it; a limit that is none is null."""
    limits = {key: value if math.isfinite(value) else None for key, value in asdict(row.limits).items()}
    return {**asdict(row), "limits": limits}
