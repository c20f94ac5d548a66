"""What does the mixer screen cost: its own process, the engine that it is attached to, and the callback?

The worst case: a run with four stems, and two decks with four stems each, whose every switch, fader, field, meter and
waveform changes at every look (benchmarks.screen_cases). The CPU time of engine and screen and the callback's time are
taken with and without a screen, in turn. Linux only.
`--picture FILE` writes a picture of the screen instead, attached to a run of the demo's song (docs/screen.svg); with
`--songs` one of the screen of two decks, which play these songs over JACK (docs/decks.svg).
"""

import argparse
import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.callback_case import SOURCES
from benchmarks.machine import Jackd
from benchmarks.report import Report
from benchmarks.screen_cases import CASES, Case
from stream.command import song
from stream.link.client import Attached
from stream.link.endpoint import ENVIRONMENT, endpoint
from stream.link.server import TICK_S, Link
from stream.link.snapshot import changes
from stream.screen.app import MixerScreen

QUESTION = (__doc__ or "").partition("\n")[0]
SIZES = {"run": (100, 32), "playing decks": (120, 36), "decks": (120, 36), "small decks": (80, 24),
         "large decks": (200, 50)}
Presses = list[tuple[float, list[str]]]  # seconds to wait, and the keys that are pressed then
RUN: tuple[tuple[int, int], Presses] = (SIZES["run"], [
    (0, ["s", "1", "down", *["left"] * 3, "]", "]", "c", "tab", "tab",
         *["right"] * 2]), (18, ["v"])])
DECKS: tuple[tuple[int, int], Presses] = (SIZES["decks"], [
    (28, ["S", "s", "1", "k", "1", "slash", "k", "ampersand", "space", "number_sign"]), (4, ["slash", "2"]),
    (3, ["3", "v", "slash", "D", "l", *["less_than_sign"] * 2]), (4, ["slash"])])
MOST_SHARE = 0.15  # of a core, what the screen may take


@contextmanager
def screen(link: Link, size: tuple[int, int]) -> Iterator[int]:
    """A screen on a terminal of its own, which another process reads; gives its process id."""
    typist, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    reader = subprocess.Popen(["cat"], stdin=typist, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = subprocess.Popen(
        [sys.executable, "-m", "stream.screen"], stdin=terminal, stdout=terminal, stderr=terminal,
        env=os.environ | {ENVIRONMENT: str(link.door), "TERM": "xterm-256color", "COLORTERM": "truecolor"})
    try:
        yield made.pid
    finally:
        os.write(typist, b"q")
        assert made.wait(10) == 0
        os.close(terminal)
        os.close(typist)
        reader.wait(10)


def cpu_s(pid: int | None) -> float:
    """CPU time that a process has taken, seconds; none by None."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shares(case: Case, link: Link, size: tuple[int, int], seconds: float, shown: bool) -> dict[str, float]:
    """Of a core, what engine and screen take; and a call of the callback, microseconds."""
    with screen(link, size) if shown else nullcontext(None) as pid:
        time.sleep(3 if shown else 0)  # it starts
        before, its, called = time.process_time(), cpu_s(pid), len(case.call_us)
        time.sleep(seconds)
        calls = case.call_us[called:]
        return {"engine": (time.process_time() - before) / seconds, "screen": (cpu_s(pid) - its) / seconds,
                "call": float(np.median(calls)), "late call": float(np.quantile(calls, 0.99))}


def look_us(case: Case) -> float:
    """What one look costs the engine's process in the worst case, microseconds, in the median."""
    times, waveform = [], case.snapshot.waveform()
    for number in range(2000):
        case.before_look(number)
        begin = time.perf_counter()
        json.dumps(changes({}, case.snapshot.now()) | {"slices": waveform.new()}).encode()
        times.append(time.perf_counter() - begin)
    return 1e6 * float(np.median(times))


def measure(name: str, quick: bool) -> dict[str, dict[str, float]]:
    """Rows of the table for a case."""
    alone, beside = [], []
    with CASES[name]() as case:
        with Link() as link:
            link.open(case.snapshot, case.verbs)
            time.sleep(3)  # what is compiled at first is
            for _ in range(1 if quick else 5):
                alone.append(shares(case, link, SIZES[name], 2 if quick else 10, shown=False))
                beside.append(shares(case, link, SIZES[name], 2 if quick else 10, shown=True))
        look = look_us(case)
    found = {"screen": [each["screen"] for each in beside], "engine without": [each["engine"] for each in alone],
             "engine with": [each["engine"] for each in beside],
             "of which the link": [there["engine"] - none["engine"] for there, none in zip(beside, alone, strict=True)],
             **{f"callback {what}{tail}, us": [each[key] for each in rows]
                for key, tail in (("call", ""), ("late call", ", p99"))
                for what, rows in (("without", alone), ("with", beside))}}
    rows = {name: {"median": float(np.median(values)), "max": max(values)} for name, values in found.items()}
    return rows | {"a look, us": {"median": look, "max": look}}


def picture(file: Path, songs: list[Path]) -> None:
    """Attach to a run of the demo's song, or to decks that play songs, press keys, and write what is seen."""
    with tempfile.TemporaryDirectory() as folder, Jackd() if songs else nullcontext():
        song.write(Path(folder))
        words = ["run", "--device", str(Path(folder) / "mix.wav"), "--record", str(Path(folder) / "stems"),
                 "--clock", "wall"]
        if songs:
            words = ["play", *map(str, songs), "--device", "jack", "--record", str(Path(folder) / "stems")]
        run = subprocess.Popen(
            [sys.executable, "-m", "stream.command.main", *words, "--attachable", "--ui", "none"],
            stderr=subprocess.PIPE, text=True,
            env=os.environ | dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), folder))  # no scenes of the user's
        assert run.stderr is not None
        said: list[str] = []
        for line in run.stderr:
            said.append(line)
            if line.startswith("another screen" if songs else "latency "):
                break
        else:
            raise RuntimeError("".join(said))
        place = next(line.split()[-1] for line in said if "--attach" in line)
        svg: str = asyncio.run(_seen(place, *(DECKS if songs else RUN)))
        run.terminate()
        run.communicate()
    file.write_text(svg)


async def _seen(place: str, size: tuple[int, int], presses: Presses) -> str:
    with Attached(endpoint(place)) as attached:
        async with MixerScreen(attached).run_test(size=size) as pilot:
            for seconds, keys in presses:
                await pilot.pause(seconds)
                await pilot.press(*keys)
            await pilot.pause(1.5)
            svg = pilot.app.export_screenshot(title="demucs-stream")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # it asks nobody for a font


def parse() -> Any:
    parser = argparse.ArgumentParser(description=QUESTION)
    parser.add_argument("--quick", action="store_true", help="few rounds: does it run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to FILE as well")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write a picture of the screen, and that is all")
    parser.add_argument("--songs", type=Path, nargs=2, default=[], metavar="SONG",
                        help="what two decks play in the picture")
    return parser.parse_args()


def main() -> None:
    chosen = parse()
    if chosen.picture:
        picture(chosen.picture, chosen.songs)
        return
    report = Report(QUESTION, 1, ("textual", "rich"), stems=len(SOURCES), looks_per_s=round(1 / TICK_S))
    for case, size in SIZES.items():
        rows = report.results[f"{case}, of a core"] = measure(case, chosen.quick)
        print(f"\n{f'{case}, {size[0]} by {size[1]}':28}{'median':>10}{'max':>10}")
        for name, row in rows.items():
            form = "10.1f" if "us" in name else "10.1%"
            print(f"{name:28}{row['median']:{form}}{row['max']:{form}}")
    print(f"the screen is meant to stay below {MOST_SHARE:.0%}")
    report.save(chosen.json)


if __name__ == "__main__":
    main()
