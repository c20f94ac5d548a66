"""What does the audio callback cost, and is it ever late, beside threads that hold the GIL and a callback in Python?

jackd's dummy driver stands for the sound card; Linux only. A block is *served* if the callback was called for it, and
*dropped* if JACK went on without us because a call before it had not returned (`benchmarks.probe.Served`): that is
the callback's fault, whatever else the machine did. Flags are JACK's, for whoever was late: read steal beside them.
A call is timed from its coming to its return (`% block`: its p99), late is from JACK's cycle to that return.
"""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.callback_case import BLOCK, agree
from benchmarks.hogs import HOGS
from benchmarks.machine import Jackd
from benchmarks.report import Report, parse
from stream.latency.geometry import SAMPLERATE

QUESTION = (__doc__ or "").partition("\n")[0]
BLOCK_US = 1e6 * BLOCK / SAMPLERATE
KINDS = ("compiled", "Python")
MOST_STEAL = 0.02  # of a case's time, all cores together: beyond it a case says more of the machine than of us


@dataclass(frozen=True)
class Case:
    """One callback beside one hog; blocks and times as `benchmarks.probe.Served` has them.

    flagged: calls that came with an xrun flag
    steal_s: CPU time that was stolen meanwhile, seconds, all cores together
    """

    kind: str
    hog: str
    due: int
    served: int
    dropped: int
    own_us: tuple[float, float, float]
    late_us: tuple[float, float, float]
    flagged: int
    steal_s: float

    @property
    def p99_share(self) -> float:
        """The p99 of a call, as a share of a block."""
        return self.own_us[1] / BLOCK_US


def measure(kind: str, hog: str, seconds: float) -> Case:
    """Run a case in a process of its own, on the JACK server that os.environ names. Raises RuntimeError.

    kind: `compiled` or `Python`
    hog: a key of `benchmarks.hogs.HOGS`
    """
    command = [sys.executable, "-m", "benchmarks.callback_case", kind, hog, str(seconds)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], timeout=seconds + 120)
    if ran.returncode:
        raise RuntimeError(f"{kind} beside {hog}: {ran.stderr.strip()}")
    return Case(**json.loads(ran.stdout.splitlines()[-1]))


def measure_quietly(kind: str, hog: str, seconds: float, tries: int = 3) -> Case:
    """The first of a few runs of a case that little was stolen from, else the one with least."""
    cases: list[Case] = []
    while len(cases) < tries and not (cases and cases[-1].steal_s <= MOST_STEAL * seconds):
        cases.append(measure(kind, hog, seconds))
    return min(cases, key=lambda case: case.steal_s)


def head() -> None:
    tail = f"{'p50':>10}{'p99':>10}{'max':>10}"
    print(f"\n{'':50}{'a call, us':>40}{'late, ms':>30}\n{'beside':14}{'callback':10}{'due':>6}{'served':>8}"
          f"{'dropped':>8}{'flagged':>8}{tail}{'% block':>10}{tail}{'steal, s':>10}")


def line(case: Case) -> str:
    own = "".join(f"{us:10.1f}" for us in case.own_us)
    late = "".join(f"{us / 1e3:10.2f}" for us in case.late_us)
    return (f"{case.hog:14}{case.kind:10}{case.due:6}{case.served:8}{case.dropped:8}{case.flagged:8}{own}"
            f"{100 * case.p99_share:10.2f}{late}{case.steal_s:10.2f}")


def main() -> None:
    options = parse(QUESTION)
    agree()
    seconds = 1.0 if options.quick else 20.0
    report = Report(QUESTION, 1, ("numpy", "numba", "sounddevice"), block=BLOCK, block_us=round(BLOCK_US),
                    samplerate=SAMPLERATE, seconds=seconds)
    head()
    for hog in HOGS:
        report.results[hog] = {}
        for kind in KINDS:
            with Jackd(SAMPLERATE, BLOCK):  # a fresh one: after drops JACK's clock takes seconds to be smooth again
                case = measure(kind, hog, seconds)
            print(line(case), flush=True)
            report.results[hog][kind] = flat(case)
    report.save(options.json)


def flat(case: Case) -> dict[str, float]:
    """A case as the report keeps it: a name and a number each."""
    numbers: dict[str, float] = {}
    for name, value in asdict(case).items():
        if isinstance(value, (list, tuple)):
            numbers |= {f"{name}_{tail}": us for tail, us in zip(("p50", "p99", "max"), value, strict=True)}
        elif not isinstance(value, str):
            numbers[name] = value
    return numbers


if __name__ == "__main__":
    main()
