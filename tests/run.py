"""Every check of the repository, side by side where they do not disturb each other: `make check`, `test`, `test-all`.

    python -m tests.run [check | test | all]

First lint, while what is compiled is compiled. Then three parts, each a pytest of its own: what computes, at the lowest
priority; beside it what waits for a clock, several at once, each on audio servers of its own; then what needs the whole
machine. What others may have disturbed is tried again at the end, alone: tests that were skipped because the machine
was too busy, and those that failed while they waited beside others. What was skipped or tried again, and why, is said
last.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.rig import private
from tests.rig.outcomes import BUSY

ROOT = Path(__file__).parents[1]
LOGS = ROOT / ".tests"
AGAIN = 3  # tries of a test that a busy machine has skipped; one that fails alone has failed
FAILURES = 1  # pytest's exit code where tests failed, and nothing else is wrong
EVERY_S = 30  # a line that says how far it is
LOWEST = 19
WHICH = {"check": "not weights and not device and not torch and not long", "test": "not long", "all": ""}
# hundreds of processes load the same files of ours: what Python makes of them is kept, whatever else may be wanted
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
LINT = ["make", "--no-print-directory", "--keep-going", "-j2", "lint"]
# reads all tests that compute: what compiles as it is imported, and the tests themselves, is compiled once and kept
COMPILES = ["-k", "test_json_is_one_object_with_what_was_done"]


@dataclass(frozen=True)
class Part:
    """marks: of pytest's `-m`      workers: processes side by side      nice: above that of the others"""

    name: str
    marks: str
    workers: int = 0
    nice: int = 0


COMPUTING = Part("computing", "not device and not realtime and not alone", 2, LOWEST)
WAITING = Part("waiting", "(device or realtime) and not alone", 3 if private.possible() else 1)
ALONE = Part("alone", "alone")


class Program:
    """A program that is running, with its log."""

    well: tuple[int, ...] = (0,)  # exit codes
    code: int | None = None

    def __init__(self, name: str, words: Sequence[str], nice: int = 0) -> None:
        self.name, self._began, self._log = name, time.monotonic(), LOGS / f"{name}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(words, cwd=ROOT, env=ENVIRONMENT, stdout=log, stderr=subprocess.STDOUT,
                                             preexec_fn=lambda: os.nice(nice) and None)

    @property
    def going(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    @property
    def so_far(self) -> str:
        """What it has done, in a few words."""
        return ""

    def end(self) -> bool:
        """Wait for it and say how it ended, with what it printed where that was not well."""
        self.code, took = self._process.wait(), time.monotonic() - self._began
        well = self.code in self.well
        print(f"{self.name}: {self.so_far or ('passed' if well else 'FAILED')}, {minutes(took)}", flush=True)
        if not well:
            text = self._log.read_text(errors="replace")
            begins = [at for title in ("= ERRORS =", "= FAILURES =") if (at := text.find(title)) >= 0]
            print(text[min(begins, default=0):], flush=True)
        return well

    def stop(self) -> None:
        """End it before its time."""
        self._process.terminate()
        self._process.wait()


class Tests(Program):
    """A pytest that is running."""

    well = (0, 5)  # 5: there was no such test

    def __init__(self, name: str, words: Sequence[str], nice: int = 0) -> None:
        self._outcomes = LOGS / f"{name}.jsonl"
        self._outcomes.unlink(missing_ok=True)
        super().__init__(name, [sys.executable, "-m", "pytest", "-q", "-o", f"cache_dir={LOGS / name}", "-p",
                                "tests.rig.outcomes", "--outcomes", str(self._outcomes), *words], nice)

    @property
    def so_far(self) -> str:
        found = Counter(test["outcome"] for test in self._read())
        words = [f"{found[what]} {what}" for what in ("passed", "failed", "skipped") if found[what]]
        return ", ".join(words) or "no tests"

    @property
    def failed(self) -> list[str]:
        """Tests that failed, each once."""
        return list(dict.fromkeys(test["test"] for test in self._read() if test["outcome"] == "failed"))

    @property
    def skipped(self) -> dict[str, str]:
        """Each test that was skipped, with the reason."""
        return {test["test"]: test["reason"] for test in self._read() if test["outcome"] == "skipped"}

    def _read(self) -> list[dict[str, str]]:
        lines = self._outcomes.read_text(encoding="utf-8").splitlines() if self._outcomes.exists() else []
        return [json.loads(line) for line in lines]


def minutes(seconds: float) -> str:
    """As people say it."""
    return f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"


def marks(part: Part, which: str) -> str:
    """For pytest's `-m`."""
    return f"({part.marks})" + (f" and ({which})" if which else "")


def tests(part: Part, which: str) -> Tests:
    """A part of the tests, begun."""
    spread = ["-n", str(part.workers), "--dist", "loadfile", "--no-loadscope-reorder"] if part.workers else []
    own = ["-p", "tests.rig.private"] if part is WAITING and private.possible() else []
    return Tests(part.name, ["-m", marks(part, which), *spread, *own], part.nice)


def again(names: Sequence[str], number: int) -> Tests:
    """Tests that a busy machine has skipped, one after the other, with nothing beside them."""
    file = LOGS / f"again {number}.txt"
    file.write_text("\n".join(names), encoding="utf-8")
    return Tests(f"again {number}", [f"@{file}"])


def finish(programs: Sequence[Program]) -> bool:
    """Wait for programs that go side by side, and say now and then how far they are; whether all ended well."""
    said = time.monotonic()
    try:
        while any(program.going for program in programs):
            time.sleep(0.2)
            if time.monotonic() - said > EVERY_S:
                said = time.monotonic()
                print("; ".join(f"{it.name} {it.so_far}".strip() for it in programs if it.going), flush=True)
    finally:
        for program in programs:
            if program.going:
                program.stop()
    ends = [program.end() for program in programs]  # of all, also where one failed
    return all(ends)


def tried_again(names: Sequence[str], skipped: dict[str, str]) -> tuple[bool, dict[str, str]]:
    """Tests that others may have disturbed, and those that a busy machine has skipped: alone, until all have been done.

    Whether all is well, and what is still skipped.
    """
    well = True
    for number in range(1, AGAIN + 1):
        busy = [test for test, reason in skipped.items() if reason.startswith(BUSY)]
        if names := [*names, *busy]:
            run = again(names, number)
            well = finish([run]) and well
            skipped = {test: reason for test, reason in skipped.items() if test not in busy} | run.skipped
            names = []
    return well, skipped


def why(skipped: dict[str, str]) -> Iterator[str]:
    """A line for each reason, with how many tests it has skipped."""
    for reason, count in Counter(skipped.values()).most_common():
        first = next(test for test, its in skipped.items() if its == reason)
        yield f"  {count} skipped: {reason} ({first}{', ...' if count > 1 else ''})"


def main() -> int:
    """Run them; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("which", nargs="?", choices=WHICH, default="test")
    which, began = WHICH[parser.parse_args().which], time.monotonic()
    LOGS.mkdir(exist_ok=True)
    well = finish([Program("lint", LINT), Tests("compiling", ["-m", marks(COMPUTING, which), *COMPILES])])
    computing, waiting = tests(COMPUTING, which), tests(WAITING, which)
    finish([computing, waiting])
    alone = tests(ALONE, which)
    well = finish([alone]) and well and computing.code in Tests.well and waiting.code in (*Tests.well, FAILURES)
    disturbed = waiting.failed
    fine, skipped = tried_again(disturbed, computing.skipped | waiting.skipped | alone.skipped)
    if disturbed:
        print("  failed beside others and was tried again alone:", *disturbed, sep="\n    ")
    print(*why(skipped), f"{'passed' if well and fine else 'FAILED'}, {minutes(time.monotonic() - began)}; "
          f"the logs are in {LOGS.name}/", sep="\n")
    return 0 if well and fine else 1


if __name__ == "__main__":
    sys.exit(main())
