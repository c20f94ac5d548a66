"""Is this checkout slower than another: a short answer, start, first compile, a hop, a call of the callback?

    python -m benchmarks.against DIR

DIR is another checkout, for example of `git worktree add DIR COMMIT`. Both run with this environment's packages, in
turns. Every figure is CPU time or the program's own; below 1, this checkout is faster.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.report import Report, Times, parser
from stream.audiofiles.audiofile import AudioWriter
from stream.latency.geometry import SAMPLERATE

QUESTION = (__doc__ or "").partition("\n")[0]
ROOT = Path(__file__).parents[1]
ROUNDS = 5
MAIN = "import sys; from stream.command.main import main; sys.exit(main())"
OLD_MAIN = "import sys; from stream.cli import main; sys.exit(main())"  # before stream/command/main.py


class Checkout:
    """A tree, and a cache that is its own."""

    def __init__(self, root: Path, cache: Path, song: Path, model: str) -> None:
        self._root, self._cache, self._song, self._model = root, cache, song, model

    def answer_s(self) -> float:
        """CPU time of `--help`."""
        return self._cpu_s("--help")

    def compile_s(self) -> float:
        """CPU time of the first run with the built-in separator, which compiles."""
        shutil.rmtree(self._cache / "compiled", ignore_errors=True)
        return self.start_s()

    def start_s(self) -> float:
        """CPU time of such a run over a second, compiled before."""
        return self._cpu_s(*self._run("center"))

    def hop_s(self) -> float:
        """Median of a hop of the network, as a run states it."""
        done = self._command(*self._run(self._model), "--latency", "balanced", "--provider", "cpu", "--json")
        return float(json.loads(done.stdout)["hop_time_s"]["median"])

    def call_s(self) -> float:
        """Median of a call of the callback over JACK, beside nothing."""
        file = self._cache / "callback.json"
        self._python("-m", "benchmarks.callback", "--quick", "--json", str(file))
        return float(json.loads(file.read_text())["results"]["nothing"]["compiled"]["own_us_p50"]) * 1e-6

    def _run(self, model: str) -> list[str]:
        return ["run", "--device", str(self._song), "--output-device", str(self._cache / "out.wav"), "--model", model]

    def _cpu_s(self, *words: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._command(*words)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def _command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        main = MAIN if (self._root / "stream" / "command" / "main.py").is_file() else OLD_MAIN
        return self._python("-c", main, *words)

    def _python(self, *words: str) -> "subprocess.CompletedProcess[str]":
        own = {"PYTHONPATH": str(self._root), "DEMUCS_STREAM_CACHE": str(self._cache)}
        environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"} | own
        return subprocess.run([sys.executable, *words], cwd=self._root, env=environment, check=True,
                              capture_output=True, text=True)


ASKED: dict[str, Callable[[Checkout], float]] = {
    "first run, which compiles: CPU time": Checkout.compile_s, "a later run over 10 s: CPU time": Checkout.start_s,
    "--help: CPU time": Checkout.answer_s, "a hop of the network": Checkout.hop_s,
    "a call of the callback": Checkout.call_s}


def in_turns(ask: Callable[[Checkout], float], ours: Checkout, other: Checkout, rounds: int) -> dict[str, Times]:
    """What both answer, round by round."""
    pairs = [(ask(ours), ask(other)) for _ in range(rounds)]
    return {"this": Times(tuple(pair[0] for pair in pairs)), "other": Times(tuple(pair[1] for pair in pairs))}


def main() -> None:
    options = parser(QUESTION, model="htdemucs")
    options.add_argument("other", type=Path, metavar="DIR", help="another checkout")
    chosen = options.parse_args()
    report = Report(QUESTION, os.cpu_count() or 1, ("onnxruntime", "numba"), other=chosen.other.resolve())
    with TemporaryDirectory() as folder:
        song = Path(folder) / "song.wav"
        writer = AudioWriter(song, SAMPLERATE)
        writer.write(np.random.default_rng(0).uniform(-0.1, 0.1, (10 * SAMPLERATE, 2)).astype(np.float32))
        writer.close()
        both = []
        for name, root in (("this", ROOT), ("other", chosen.other.resolve())):
            (Path(folder) / name).mkdir()
            both.append(Checkout(root, Path(folder) / name, song, chosen.model))
        for title, ask in ASKED.items():
            report.table(title, in_turns(ask, both[0], both[1], 1 if chosen.quick else ROUNDS), "this")
    report.save(chosen.json)


if __name__ == "__main__":
    main()
