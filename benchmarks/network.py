"""What does each step from the network as traced to the network as we run it save, in time and memory, on a CPU?"""

import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime as ort

from benchmarks.report import Report, Times, interleave, parse
from dsp.stft import BINS, FFT_HOP, stft
from export.store import model_file
from stream.command import song as demo
from stream.separators.fusion.passes import PASSES, fused
from stream.separators.networks.denormals import flushed, unchanged

QUESTION = __doc__ or ""
START = 10 * 44_100  # where all four stems of our own song play
LIMIT = 1e-4  # of the largest value, against the graph as traced
NEEDED = ("embedding", "length")  # export.traceable: without the first ONNX Runtime runs nothing, N needs the second
FORMS = ("norm", "projection", "branch")


@dataclass(frozen=True)
class Step:
    """One way to run the network: which graph, which passes, denormals, and ONNX Runtime's reuse of buffers by size."""

    model: Path
    passes: tuple[str, ...] = ()
    zero: bool = False
    reuse: bool = True


def steps(model: Path, folder: Path) -> Iterator[tuple[str, Step]]:
    """Every step with all those before it; the forms of the trace only where torch is."""
    step = Step(model)
    if find_spec("torch") and find_spec("demucs"):
        for count in range(len(FORMS)):
            yield ("as demucs is traced", *FORMS)[count], Step(_traced((*NEEDED, *FORMS[:count]), model, folder))
        yield FORMS[-1], step
    else:
        yield "as kept (no torch: the forms of the trace are left out)", step
    yield "no reuse by size", (step := Step(model, reuse=False))
    for name in PASSES:
        yield name, (step := Step(model, (*step.passes, name), reuse=False))
    yield "denormals as zero", Step(model, step.passes, True, False)


def _traced(forms: tuple[str, ...], model: Path, folder: Path) -> Path:
    """The network of a model file, traced again in other forms."""
    import onnx

    from export.graph import trace
    from export.weights import PUBLISHED

    whole, bare = onnx.load(model), trace(PUBLISHED, forms)
    bare.graph.ClearField("initializer")
    bare.graph.initializer.extend(whole.graph.initializer)
    path = folder / f"{'-'.join(forms)}.onnx"
    path.write_bytes(bare.SerializeToString())
    return path


def session(step: Step, columns: int) -> Any:
    options = ort.SessionOptions()
    options.enable_mem_pattern = False
    options.enable_mem_reuse = step.reuse
    options.add_session_config_entry("session.set_denormal_as_zero", str(int(step.zero)))
    options.add_free_dimension_override_by_name("T", columns)
    options.add_free_dimension_override_by_name("N", FFT_HOP * columns)
    with unchanged():
        return ort.InferenceSession(fused(step.model, step.passes), options, providers=["CPUExecutionProvider"])


def run(opened: Any, zero: bool, feeds: dict[str, Any]) -> list[Any]:
    with flushed() if zero else nullcontext():
        found: list[Any] = opened.run(None, feeds)
    return found


def compare(report: Report, chosen: Mapping[str, Step], mix: Any, columns: int, rounds: int) -> None:
    window = np.ascontiguousarray(mix[:, START : START + FFT_HOP * columns])
    feeds = {"mix": window[None], "spec": stft(window)[None]}
    contenders: dict[str, Callable[[], Any]] = {
        name: partial(run, session(step, columns), step.zero, feeds) for name, step in chosen.items()}
    names = list(contenders)
    wanted = contenders[names[0]]()
    for name, contender in contenders.items():
        for a, b in zip(wanted, contender(), strict=True):
            if not np.abs(a - b).max() <= LIMIT * np.abs(a).max():
                raise SystemExit(f"{name} does not agree at {columns} columns")
    times = interleave(contenders, rounds, warmup=1)
    title = f"{columns} columns ({columns * FFT_HOP / 44_100:.2f} s), each step with those above"
    report.table(title, times, names[-1])
    print("against the step before: " + ", ".join(_saved(times, names)))


def _saved(times: Mapping[str, Times], names: list[str]) -> Iterator[str]:
    for before, name in pairwise(names):
        yield f"{name} {times[name].ratio(times[before]) - 1:+.1%}"


def peak_mb(step: Step, columns: int) -> float:
    """Most memory that a process of its own held in which the network ran twice, MB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak_mb, (step, columns))


def _peak_mb(step: Step, columns: int) -> float:
    opened = session(step, columns)
    rng = np.random.default_rng(0)
    feeds = {"mix": rng.normal(0, 0.1, (1, 2, columns * FFT_HOP)).astype(np.float32),
             "spec": rng.normal(0, 0.1, (1, 4, BINS, columns)).astype(np.float32)}
    for _ in range(2):
        run(opened, zero=True, feeds=feeds)
    # NB: not getrusage: a process inherits its parent's peak there
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1.024e-3


def main() -> None:
    options = parse(QUESTION, model="htdemucs")
    path = model_file(options.model, print)
    mix = np.sum(list(demo.stems().values()), axis=0, dtype=np.float32).T
    report = Report(QUESTION, ort.SessionOptions().intra_op_num_threads, ("onnxruntime", "torch"))
    with TemporaryDirectory() as folder:
        chosen = dict(steps(path, Path(folder)))
        for columns in (44,) if options.quick else (44, 88, 336):
            compare(report, chosen, mix, columns, 2 if options.quick else 7)
        for name in ("branch", "no reuse by size"):
            if name in chosen and Path("/proc/self/status").exists():
                print(f"memory at 336 columns, {name}: {peak_mb(chosen[name], 336):.0f} MB at the most")
    report.save(options.json)


if __name__ == "__main__":
    main()
