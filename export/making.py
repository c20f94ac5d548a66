"""One checkpoint's model files: bound, converted, and each held against its reference before it counts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx
from numpy.typing import NDArray

from export.bind import KINDS, STATEFUL, bind_weights, segment_columns, segment_frames
from export.compare import EXACT, LIMITS, Compared, Outputs, Subject
from export.graph import settings, trace
from export.length import FFT_HOP, LEAST, Length, fix, frames_of
from export.ortfile import Fuse, write_ort
from export.quantize import WEIGHTS
from export.source import Progress
from export.stateful.trace import RECOMPUTE, trace_stateful
from export.store import Say
from export.verify import Reference, excerpt, outputs_of
from export.weights import Weights, encoded

SHORT = 44  # columns of the second length that a file of any length is verified at


@dataclass(frozen=True)
class Order:
    """What is to be made.

    model: a name, or a path as export.store.checkpoints takes it
    to: the folder
    length: see export.length; None is any length
    weights: one of export.compare.LIMITS
    ort: ORT format too
    stateful: a second file, which takes a hop's columns and carries a state (export.stateful)
    """

    model: str
    to: Path
    length: str | None = None
    weights: str = "fp32"
    ort: bool = False
    stateful: bool = False


@dataclass(frozen=True)
class Tools:
    """What the room outside lends.

    music: float32 (2, frames), what the files are verified with
    fuse: see export.ortfile
    """

    music: NDArray[Any]
    say: Say
    progress: Progress
    fuse: Fuse | None = None


class Refused(RuntimeError):
    """A file that was made is not what it should be, and was removed."""


@dataclass
class MadeFile:
    """What has been made and seen so far; `files` by name, in the staging folder."""

    files: dict[str, Path] = field(default_factory=dict)
    rows: list[Compared] = field(default_factory=list)
    about: dict[str, dict[str, str]] = field(default_factory=dict)  # each model file's metadata


class Traced:
    """Graphs of the networks traced so far: the checkpoints of a bag share theirs."""

    def __init__(self) -> None:
        self._graphs: dict[str, bytes] = {}

    def graph(self, name: str, weights: Weights, stateful: bool = False) -> onnx.ModelProto:
        """A bare graph, the caller's own. Raises ValueError for a network that cannot be traced."""
        key = json.dumps([dict(weights.kwargs), stateful], default=encoded, sort_keys=True)
        if key not in self._graphs:
            try:
                made = trace_stateful(weights.kwargs, RECOMPUTE) if stateful else trace(weights.kwargs)
                self._graphs[key] = made.SerializeToString()
            except Exception as error:  # torch raises a class of its own for each kind of failure
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise ValueError(f"{name}: a network of these arguments cannot be traced: {reason}") from error
        graph: onnx.ModelProto = onnx.ModelProto.FromString(self._graphs[key])
        return graph


@dataclass(frozen=True)
class One:
    """One checkpoint, and what is made of it. columns: None is any length."""

    name: str
    weights: Weights
    columns: int | None
    order: Order
    folder: Path

    @property
    def hops(self) -> tuple[int, ...]:
        """Frames of windows of whole columns that it is verified at: the longest, and a short one."""
        most = segment_columns(settings(self.weights.kwargs))
        return (most * FFT_HOP, max(LEAST, min(SHORT, most // 2)) * FFT_HOP)

    def lengths(self, bare: onnx.ModelProto) -> tuple[int, ...]:
        """Frames of all windows that it is verified at; where its graph takes that, the network's own segment too."""
        segment, exact = segment_frames(settings(self.weights.kwargs)), "frames" in _props(bare)
        if self.columns is not None:
            return (frames_of(self.columns, segment) if exact else self.columns * FFT_HOP,)
        return (*self.hops, segment) if exact and segment % FFT_HOP else self.hops


def make_stateful(one: One, bare: onnx.ModelProto, tools: Tools, made: MadeFile) -> None:
    """Bind one checkpoint's stateful file, and verify that in one hop it is demucs'."""
    path = one.folder / f"{one.name}{STATEFUL}.onnx"
    windows = [excerpt(tools.music, frames) for frames in one.hops]
    bind_weights(one.weights, path, bare)
    tools.say(f"{path.name}: comparing one hop of {_listed(one.hops)} frames with demucs")
    about = _props(onnx.load(path))
    subject = Subject(path.name, "torch", tuple(json.loads(about["sources"])), EXACT)
    _judged(path, subject, windows, _torch(one, windows), made)
    made.files[path.name], made.about[path.name] = path, about


def make(one: One, bare: onnx.ModelProto, tools: Tools, made: MadeFile) -> None:
    """Bind, convert and verify one checkpoint's files."""
    kind, path = one.order.weights, one.folder / f"{one.name}.onnx"
    tools.say(f"{one.name}: {one.weights.licence}")
    lengths = one.lengths(bare)
    windows = [excerpt(tools.music, frames) for frames in lengths]
    plain = bind_weights(one.weights, one.folder / f"{one.name}.fp32", bare)
    model = onnx.load(plain)
    if one.columns is not None:
        fix(model, one.columns)
        onnx.save(model, plain)
    sources = tuple(json.loads(_props(model)["sources"]))
    demucs = _torch(one, windows)
    tools.say(f"{one.name}: comparing with demucs at {_listed(lengths)} frames")
    exact = Subject(path.name, "torch", sources, EXACT)
    bound = _judged(plain, exact, windows, demucs, made)
    if kind == "fp32":
        plain.replace(path)
    else:
        model = WEIGHTS[kind](model, one.folder)
        onnx.save(model, path)
        plain.unlink()
        _judged(path, Subject(path.name, "fp32", sources, LIMITS[kind]), windows, bound, made)
    made.files[path.name], made.about[path.name] = path, _props(model)
    if one.order.ort:
        ort = path.with_suffix(".ort")
        write_ort(path, ort, tools.fuse)
        subject = Subject(ort.name, "torch", sources, EXACT) if kind == "fp32" else Subject(
            ort.name, "fp32", sources, LIMITS[kind])
        _judged(ort, subject, windows, demucs if kind == "fp32" else bound, made)
        made.files[ort.name] = ort


def _listed(lengths: Sequence[int]) -> str:
    return ", ".join(f"{frames:,}" for frames in lengths)


def _torch(one: One, windows: list[NDArray[Any]]) -> list[Outputs]:
    reference = Reference(one.weights)
    return [reference.outputs(window) for window in windows]


def _judged(path: Path, subject: Subject, windows: list[NDArray[Any]], wanted: list[Outputs],
            made: MadeFile) -> list[Outputs]:
    """A file's outputs, which pass. Raises Refused."""
    found = []
    for window, reference in zip(windows, wanted, strict=True):
        try:
            found.append(outputs_of(path, window))
        except Exception as error:  # onnxruntime raises a class of its own for each kind of failure
            raise Refused(f"{subject.file} is refused: it does not run: {str(error).splitlines()[0]}; nothing is "
                          "left") from error
        row = subject.compare(found[-1], reference)
        if row.fault is not None:
            raise Refused(f"{row.file} is refused: at {row.frames:,} frames {row.fault} (against {row.against}); "
                          "nothing is left")
        made.rows.append(row)
    return found


def fixed_columns(name: str, weights: Weights, wanted: Length | None) -> int | None:
    """The fixed length, if one is wanted. Raises ValueError for it, and for a network that stream cannot feed."""
    full = settings(weights.kwargs)
    for key, can in (("nfft", 4096), ("audio_channels", 2)):
        if full[key] != can:
            raise ValueError(f"{name}: {key} is {full[key]}; only {can} can be run")
    for key, kinds in KINDS.items():
        if not isinstance(full.get(key), kinds):
            raise ValueError(f"{name}: {key}: {full.get(key)!r} found, {kinds} wanted")
    most = segment_columns(full)
    if most < LEAST:
        raise ValueError(f"{name}: its segment of {float(full['segment']):g} s is shorter than {LEAST} columns")
    return None if wanted is None else wanted.within(most, full["samplerate"] / (full["nfft"] // 4))


def _props(model: onnx.ModelProto) -> dict[str, str]:
    return {prop.key: prop.value for prop in model.metadata_props}
