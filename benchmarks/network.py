"""What do fused operators and zeroed denormals save of the network's time on a CPU?"""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from benchmarks.report import Report, interleave, parse
from dsp.stft import FFT_HOP, stft
from export.store import model_file
from stream.command import song as demo
from stream.separators.denormals import flushed, unchanged
from stream.separators.fusion import fused

QUESTION = __doc__ or ""
START = 10 * 44_100  # where all four stems of our own song play
LIMIT = 1e-5  # of the largest value


def session(source: str | bytes, columns: int, zero: bool) -> Any:
    options = ort.SessionOptions()
    options.add_session_config_entry("session.set_denormal_as_zero", str(int(zero)))
    options.add_free_dimension_override_by_name("T", columns)
    options.add_free_dimension_override_by_name("N", FFT_HOP * columns)
    with unchanged():
        return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def run(opened: Any, zero: bool, feeds: dict[str, Any]) -> list[Any]:
    with flushed() if zero else nullcontext():
        found: list[Any] = opened.run(None, feeds)
    return found


def compare(report: Report, path: Path, mix: Any, columns: int, rounds: int) -> None:
    window = np.ascontiguousarray(mix[:, START : START + FFT_HOP * columns])
    feeds = {"mix": window[None], "spec": stft(window)[None]}
    plain, together = str(path), fused(path)
    cases: dict[str, tuple[str | bytes, bool]] = {
        "as exported": (plain, False), "fused": (together, False), "denormals as zero": (plain, True),
        "both, as we run it": (together, True)}
    contenders: dict[str, Callable[[], Any]] = {
        name: partial(run, session(source, columns, zero), zero, feeds) for name, (source, zero) in cases.items()}
    wanted = contenders["as exported"]()
    for name, contender in contenders.items():
        for a, b in zip(wanted, contender(), strict=True):
            if not np.abs(a - b).max() <= LIMIT * np.abs(a).max():
                raise SystemExit(f"{name} does not agree at {columns} columns")
    report.table(f"{columns} columns ({columns * FFT_HOP / 44_100:.2f} s)", interleave(contenders, rounds, warmup=1),
                 ours="both, as we run it")


def main() -> None:
    options = parse(QUESTION, model="htdemucs")
    path = model_file(options.model, print)
    mix = np.sum(list(demo.stems().values()), axis=0, dtype=np.float32).T
    report = Report(QUESTION, ort.SessionOptions().intra_op_num_threads, ("onnxruntime",))
    for columns in (44,) if options.quick else (44, 88, 336):
        compare(report, path, mix, columns, 2 if options.quick else 7)
    report.save(options.json)


if __name__ == "__main__":
    main()
