"""What does the mixer screen cost: its own process, and the engine that it is attached to?

The worst case: four stems whose every switch, fader, field, meter and waveform changes at every look, on a terminal of
100 by 32. The engine plays noise at its own speed, with stems that swell and fade from block to block; its CPU time is
taken with and without a screen, in turn. Linux only.
`--picture FILE` writes a picture of the screen instead, attached to a run of the demo's song (docs/screen.svg).
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
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.callback_case import BLOCK, SOURCES, Ahead, engine
from benchmarks.report import Report
from stream.command import song
from stream.latency.geometry import SAMPLERATE
from stream.link.client import Attached
from stream.link.endpoint import ENVIRONMENT, endpoint
from stream.link.server import TICK_S, Link
from stream.link.snapshot import Snapshot, changes
from stream.link.verbs import desk_verbs
from stream.live.engine import Engine
from stream.mixer.desk import Desk
from stream.native.atomics import store
from stream.screen.app import MixerScreen

QUESTION = (__doc__ or "").partition("\n")[0]
SIZE = (100, 32)
FACTS = {"model": "noise", "provider": "none", "samplerate": SAMPLERATE, "separator": "none"}
MOST_SHARE = 0.15  # of a core, what the screen may take


def separate(path: Engine, rng: np.random.Generator, frames: int = BLOCK) -> None:
    """Stand for a separator: stems that are as loud as chance will have it."""
    loud = np.repeat(rng.uniform(0, 1, len(SOURCES)), 2)
    path.worker.ring.write((loud * rng.uniform(-1, 1, (frames, len(loud)))).astype(np.float32))


def play(path: Engine, ended: threading.Event) -> None:
    """Serve blocks at the samplerate's pace, with stems ahead of them."""
    rng = np.random.default_rng(0)
    noise = rng.uniform(-0.25, 0.25, (BLOCK, 2)).astype(np.float32)
    store(path.worker.ring.counter, 0, path.latency.hop)
    out, start, served = np.zeros_like(noise), time.perf_counter(), 0
    while not ended.is_set():
        time.sleep(max(0.0, start + served / SAMPLERATE - time.perf_counter()))
        separate(path, rng)
        path.serve(BLOCK, noise, out)
        served += BLOCK


def move(path: Engine, ended: threading.Event) -> None:
    """Change everything that a screen shows, as often as it looks."""
    rng = np.random.default_rng(1)
    while not ended.wait(TICK_S):
        path.worker.hop_times_s.append(float(rng.uniform(0.05, 0.2)))
        path.mixer.recall({stem: {
            "gain": float(rng.uniform(-30, 6)), "pan": float(rng.uniform(-1, 1)), "filter": float(rng.uniform(-1, 1)),
            **{band: float(rng.uniform(-26, 12)) for band in ("low", "mid", "high")},
            **{switch: float(rng.integers(2)) for switch in ("mute", "solo", "cue")}} for stem in SOURCES})


@contextmanager
def screen(link: Link) -> Iterator[int]:
    """A screen on a terminal of its own, which another process reads; gives its process id."""
    typist, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
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


def cpu_s(pid: int) -> float:
    """CPU time that a process has taken, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shares(link: Link, seconds: float, shown: bool) -> tuple[float, float]:
    """Of a core, what engine and screen take."""
    if not shown:
        before = time.process_time()
        time.sleep(seconds)
        return (time.process_time() - before) / seconds, 0.0
    with screen(link) as pid:
        time.sleep(3)  # it starts
        before, its = time.process_time(), cpu_s(pid)
        time.sleep(seconds)
        return (time.process_time() - before) / seconds, (cpu_s(pid) - its) / seconds


def look_us(snapshot: Snapshot, path: Engine) -> float:
    """What one look costs the engine's process in the worst case, microseconds, in the median."""
    times, waveform, rng = [], snapshot.waveform(), np.random.default_rng(2)
    for number in range(2000):
        path.worker.hop_times_s.append(0.1 + number * 1e-6)
        separate(path, rng, round(TICK_S * SAMPLERATE))
        begin = time.perf_counter()
        json.dumps(changes({}, snapshot.now()) | {"slices": waveform.new()}).encode()
        times.append(time.perf_counter() - begin)
    return 1e6 * float(np.median(times))


def measure(quick: bool) -> dict[str, dict[str, float]]:
    path, ended, link = engine(), threading.Event(), Link()
    desk = Desk(path.mixer)
    snapshot = Snapshot(path, Ahead(), desk, FACTS, lambda: True)
    with link:
        link.open(snapshot, desk_verbs(desk))
        threads = [threading.Thread(target=target, args=(path, ended)) for target in (play, move)]
        for thread in threads:
            thread.start()
        try:
            alone, beside, its = [], [], []
            for _ in range(1 if quick else 5):
                alone.append(shares(link, 2 if quick else 10, shown=False)[0])
                both = shares(link, 2 if quick else 10, shown=True)
                beside.append(both[0])
                its.append(both[1])
        finally:
            ended.set()
            for thread in threads:
                thread.join()
        look = look_us(snapshot, path)
    found = {"screen": its, "engine without": alone, "engine with": beside,
             "of which the link": [with_one - without for with_one, without in zip(beside, alone, strict=True)]}
    rows = {name: {"median": float(np.median(values)), "max": max(values)} for name, values in found.items()}
    return rows | {"a look, us": {"median": look, "max": look}}


def picture(file: Path, seconds: float = 18.0) -> None:
    """Attach to a run of the demo's song, mute and turn a few things by keys, and write what is seen."""
    with tempfile.TemporaryDirectory() as folder:
        song.write(Path(folder))
        words = ["run", "--device", str(Path(folder) / "mix.wav"), "--record", str(Path(folder) / "stems"),
                 "--clock", "wall", "--attachable", "--ui", "none"]
        run = subprocess.Popen(
            [sys.executable, "-m", "stream.command.main", *words], stderr=subprocess.PIPE, text=True,
            env=os.environ | dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), folder))  # no scenes of the user's
        assert run.stderr is not None
        said = []
        for line in run.stderr:
            said.append(line)
            if line.startswith("latency "):
                break
        else:
            raise RuntimeError("".join(said))
        place = next(line.split()[-1] for line in said if "--attach" in line)
        svg: str = asyncio.run(_seen(place, seconds))
        run.terminate()
        run.communicate()
    file.write_text(svg)


async def _seen(place: str, seconds: float) -> str:
    with Attached(endpoint(place)) as attached:
        async with MixerScreen(attached).run_test(size=SIZE) as pilot:
            await pilot.press("s", "1", "down", *["left"] * 3, "]", "]", "c", "tab", "tab", *["right"] * 2)
            await pilot.pause(seconds)
            await pilot.press("v")
            await pilot.pause(1.5)
            svg = pilot.app.export_screenshot(title="demucs-stream")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # it asks nobody for a font


def parse() -> Any:
    parser = argparse.ArgumentParser(description=QUESTION)
    parser.add_argument("--quick", action="store_true", help="few rounds: does it run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to FILE as well")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write a picture of the screen, and that is all")
    return parser.parse_args()


def main() -> None:
    chosen = parse()
    if chosen.picture:
        picture(chosen.picture)
        return
    report = Report(QUESTION, 1, ("textual", "rich"), size=f"{SIZE[0]} by {SIZE[1]}", stems=len(SOURCES),
                    looks_per_s=round(1 / TICK_S))
    rows = report.results["of a core"] = measure(chosen.quick)
    print(f"\n{'of a core':20}{'median':>10}{'max':>10}")
    for name, row in rows.items():
        form = "10.0f" if "us" in name else "10.1%"
        print(f"{name:20}{row['median']:{form}}{row['max']:{form}}")
    print(f"the screen is meant to stay below {MOST_SHARE:.0%}")
    report.save(chosen.json)


if __name__ == "__main__":
    main()
