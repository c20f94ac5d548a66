"""Every check of the repository, side by side where they do not disturb each other: `make check`, `test`, `test-all`.

    python -m tests.run [check | test | all]

Three parts, each a pytest of its own: what computes, at the lowest priority; beside it what waits for a clock, several
at once, each on audio servers of its own; then what needs the whole machine. A test that was skipped because the
machine was too busy is tried again at the end, alone. What was skipped, and why, is said last.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.rig import private
from tests.rig.outcomes import BUSY

ROOT = Path(__file__).parents[1]
LOGS = ROOT / ".tests"
AGAIN = 3  # tries of a test that a busy machine has skipped
LOWEST = 19
CHECK = "not weights and not device and not torch"
WHICH = {"check": f"{CHECK} and not long", "test": "not long", "all": ""}


@dataclass(frozen=True)
class Part:
    """marks: of pytest's `-m`      workers: processes side by side      nice: above that of the others"""

    name: str
    marks: str
    workers: int
    nice: int = 0


COMPUTING = Part("computing", "not device and not realtime and not alone", 2, LOWEST)
WAITING = Part("waiting", "(device or realtime) and not alone", 3 if private.possible() else 1)
ALONE = Part("alone", "alone", 0)


class Run:
    """A pytest that is running, with its log and what became of its tests."""

    def __init__(self, name: str, words: Sequence[str], nice: int = 0) -> None:
        self.name, self.began = name, time.monotonic()
        self.log, self._outcomes = LOGS / f"{name}.log", LOGS / f"{name}.jsonl"
        self._outcomes.unlink(missing_ok=True)
        words = [sys.executable, "-m", "pytest", "-p", "tests.rig.outcomes", "--outcomes", str(self._outcomes),
                 "-o", f"cache_dir={LOGS / name}", *words]
        with self.log.open("w") as log:
            self._process = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
                                             preexec_fn=lambda: os.nice(nice) and None)

    @property
    def going(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    @property
    def outcomes(self) -> list[dict[str, str]]:
        """Of each test that has ended."""
        lines = self._outcomes.read_text(encoding="utf-8").splitlines() if self._outcomes.exists() else []
        return [json.loads(line) for line in lines]

    def count(self, outcome: str) -> int:
        """Tests that came to this."""
        return sum(test["outcome"] == outcome for test in self.outcomes)

    @property
    def skipped(self) -> dict[str, str]:
        """Each test that was skipped, with the reason."""
        return {test["test"]: test["reason"] for test in self.outcomes if test["outcome"] == "skipped"}

    def end(self) -> bool:
        """Wait for it; whether all is well (no test at all is well, too)."""
        code = self._process.wait()
        took = time.monotonic() - self.began
        words = ", ".join(f"{n} {what}" for what in ("passed", "failed", "skipped") if (n := self.count(what)))
        print(f"{self.name}: {words or 'no tests'} in {took // 60:.0f} min {took % 60:02.0f} s", flush=True)
        if code not in (0, 5):
            text = self.log.read_text(errors="replace")
            print(text[max(text.find("= FAILURES ="), text.find("= ERRORS ="), 0):], flush=True)
        return code in (0, 5)

    def stop(self) -> None:
        """End it before its time."""
        self._process.terminate()
        self._process.wait()


def pytest(part: Part, which: str) -> Run:
    """A part of the tests, begun."""
    marks = f"({part.marks})" + (f" and ({which})" if which else "")
    spread = ["-n", str(part.workers), "--dist", "loadfile"] if part.workers else []
    if part is WAITING and private.possible():
        spread += ["-p", "tests.rig.private"]
    return Run(part.name, ["-q", "-m", marks, *spread], part.nice)


def compile_first() -> None:
    """What is compiled is compiled once, before several processes want it at the same time."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={folder}/tests",
                        "tests/stream/command/test_command_line.py::test_json_is_one_object_with_what_was_done"],
                       cwd=ROOT, stdout=subprocess.DEVNULL)


def finish(runs: Sequence[Run]) -> bool:
    """Wait for runs that go side by side, and say twice a minute how far they are."""
    said = time.monotonic()
    while any(run.going for run in runs):
        time.sleep(0.5)
        if time.monotonic() - said > 30:
            said = time.monotonic()
            print(", ".join(f"{run.name} {len(run.outcomes)}" for run in runs if run.going), flush=True)
    return all(run.end() for run in runs)


def again(tests: Sequence[str], number: int) -> Run:
    """Tests that a busy machine has skipped, one after the other, with nothing beside them."""
    names = LOGS / f"again{number}.txt"
    names.write_text("\n".join(tests), encoding="utf-8")
    return Run(f"again{number}", ["-q", f"@{names}"])


def busy(skipped: dict[str, str]) -> list[str]:
    """Tests that only a busy machine has skipped."""
    return [test for test, reason in skipped.items() if reason.startswith(BUSY)]


def why(skipped: dict[str, str]) -> Iterator[str]:
    """A line for each reason, with how many tests it has skipped, or which one."""
    for reason, count in Counter(skipped.values()).most_common():
        names = [test for test, its in skipped.items() if its == reason]
        yield f"  {count:3d} · {reason} ({names[0]}{', ...' if count > 1 else ''})"


def main() -> int:
    """Run them all; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("which", nargs="?", choices=WHICH, default="test")
    which = WHICH[parser.parse_args().which]
    LOGS.mkdir(exist_ok=True)
    began, runs = time.monotonic(), list[Run]()
    compile_first()
    try:
        runs += [pytest(COMPUTING, which), pytest(WAITING, which)]
        well = finish(runs)
        runs.append(pytest(ALONE, which))
        well = finish(runs[-1:]) and well
        skipped = {test: reason for run in runs for test, reason in run.skipped.items()}
        for number in range(1, AGAIN + 1):
            if tests := busy(skipped):
                runs.append(again(tests, number))
                well = finish(runs[-1:]) and well
                skipped = {test: skipped[test] for test in skipped if test not in tests} | runs[-1].skipped
    finally:
        for run in runs:
            if run.going:
                run.stop()
    if skipped:
        print(f"{len(skipped)} skipped:", *why(skipped), sep="\n")
    took = time.monotonic() - began
    print(f"{'passed' if well else 'FAILED'} in {took // 60:.0f} min {took % 60:02.0f} s; logs in {LOGS.name}/")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
