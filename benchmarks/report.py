"""What every benchmark prints and how it times: contenders in turn, medians, tails and paired ratios."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Times:
    """Seconds that one contender took, round by round."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one, seconds."""
        return float(np.median(self.seconds))

    @property
    def p99(self) -> float:
        """What 99 of 100 stay within, seconds."""
        return float(np.quantile(self.seconds, 0.99))

    @property
    def max(self) -> float:
        """The worst, seconds."""
        return max(self.seconds)

    def ratio(self, peer: "Times") -> float:
        """Median over the rounds of this contender's time by the peer's in the same round: below 1 is faster."""
        return float(np.median(np.divide(self.seconds, peer.seconds)))


def interleave(contenders: Mapping[str, Callable[[], object]], rounds: int, warmup: int = 2) -> dict[str, Times]:
    """Time contenders in turn, so that what else the machine does falls on all of them alike.

    contenders: name to what is timed
    rounds: how often each is timed, after `warmup` rounds that are not
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for n in range(warmup + rounds):
        for name, run in contenders.items():
            begin = time.perf_counter()
            run()
            elapsed = time.perf_counter() - begin
            if n >= warmup:
                seconds[name].append(elapsed)
    return {name: Times(tuple(values)) for name, values in seconds.items()}


def parse(question: str, model: str | None = None) -> argparse.Namespace:
    """Read the options of `parser`, where there are no others."""
    return parser(question, model).parse_args()


def parser(question: str, model: str | None = None) -> argparse.ArgumentParser:
    """The options that all benchmarks share: `quick` (bool) and `json` (path or None).

    model: default of `--model` (a name or a path, as export.store takes it), where there shall be one
    """
    made = argparse.ArgumentParser(description=question)
    made.add_argument("--quick", action="store_true", help="few rounds: does it run, and are the answers right")
    made.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to FILE as well")
    if model is not None:
        made.add_argument("--model", default=model, help="name or path of the model (%(default)s)")
    return made


class Report:
    """Prints machine, versions, threads and sizes once, then a table per comparison; keeps all of it for --json."""

    def __init__(self, question: str, threads: int, packages: tuple[str, ...] = (), **sizes: object) -> None:
        """Print the head. `threads` are those of each contender, `packages` those whose versions matter."""
        self.facts: dict[str, object] = {
            "question": question,
            "machine": f"{_cpu()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
            "versions": {"python": platform.python_version()} | {name: _version(name) for name in packages},
            "threads": threads,
            **sizes,
        }
        for name, value in self.facts.items():
            shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
            print(f"{name}: {shown}")
        self.results: dict[str, dict[str, dict[str, float]]] = {}

    def table(self, title: str, times: Mapping[str, Times], ours: str) -> None:
        """Print a comparison in milliseconds, and the paired ratio of `ours` to each peer (below 1: ours is faster)."""
        print(f"\n{title}\n{'':28}{'median':>10}{'p99':>10}{'max':>10}  ms{'ours / it':>12}")
        rows = self.results[title] = {}
        for name, its in times.items():
            rows[name] = {"median_s": its.median, "p99_s": its.p99, "max_s": its.max, "ratio": times[ours].ratio(its)}
            figures = "".join(f"{seconds * 1e3:10.3f}" for seconds in (its.median, its.p99, its.max))
            print(f"{name:28}{figures}    {'' if name == ours else format(rows[name]['ratio'], '12.2f')}".rstrip())
        sys.stdout.flush()

    def save(self, path: Path | None) -> None:
        """Write everything to a JSON file, where one was asked for."""
        if path:
            path.write_text(json.dumps(self.facts | {"results": self.results}, indent=2) + "\n")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _cpu() -> str:
    # platform.processor() is empty on Linux
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
