"""Commands that separate a file: ours, in each way it can compute, and the peers', as their users start them."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from demucs.hf import load_safetensors_model

from export.store import cache, model_file

SIGNATURE = "955717e8"  # of htdemucs among demucs' models
PACKAGE = "demucs@1.0.0"  # of npm


class Absent(Exception):
    """A peer that is not here; the text says why."""


@dataclass(frozen=True)
class Run:
    """What one run took: seconds from start to end, seconds of all cores together, and memory in bytes."""

    wall_s: float
    cpu_s: float
    memory: int


@dataclass
class Peer:
    """A command for a song and a folder, and its runs so far.

    words: of the command; the song and the folder are put in for {song} and {folder}
    """

    name: str
    words: tuple[str, ...]
    threads: int
    runs: list[Run] = field(default_factory=list)

    def separate(self, song: Path, folder: Path) -> None:
        """Run it, and keep what it took. Ends the program with what the command said if it fails."""
        words = [word.format(song=song, folder=folder) for word in self.words]
        begin = time.perf_counter()
        with (folder.parent / "said.txt").open("w+") as said:
            process = subprocess.Popen(words, env=os.environ | _pinned(self.threads), stdin=subprocess.DEVNULL,
                                       stdout=said, stderr=said)
            status, usage, memory = _watched(process.pid)
            wall_s = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            if process.returncode:
                raise SystemExit(f"{' '.join(words)}\n{said.read()}")
        run = Run(wall_s, usage.ru_utime + usage.ru_stime, memory)
        print(f"  {self.name}: {run.wall_s:.1f} s, {run.cpu_s:.1f} s of all cores, {run.memory / 1e6:.0f} MB",
              file=sys.stderr)
        self.runs.append(run)


def _watched(pid: int) -> tuple[int, Any, int]:
    """A process to its end: its status, its usage, and the most memory it held, bytes.

    The usage has a peak too, but one that begins with what this process holds, from which that one was forked.
    """
    memory = 0
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, usage, memory
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        memory = max([memory, *(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))])
        time.sleep(0.02)


def peers(threads: int, checkpoints: Path) -> list[Peer]:
    """All that are here; a line for each that is not. Ours with the CPU provider is the first.

    checkpoints: the folder that `checkpoint` wrote
    """
    found = []
    for make in (_ours, _openvino, _plain, _demucs, _npm):
        try:
            found.append(make(threads, checkpoints))
        except Absent as absent:
            print(f"left out: {absent}")
    return found


def checkpoint(folder: Path) -> Any:
    """demucs' network, and a local repository for its command, so that nobody asks a hub while he is timed."""
    model_file("htdemucs", print)  # its weights are in the cache from then on
    network: Any = load_safetensors_model(cache() / "htdemucs.safetensors")
    args, kwargs = network._init_args_kwargs
    folder.mkdir(exist_ok=True)
    torch.save({"klass": type(network), "args": args, "kwargs": kwargs, "state": network.state_dict()},
               folder / f"{SIGNATURE}.th")
    return network.eval()


def _separate(module: str, threads: int, provider: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, "separate", "{song}", "-o", "{folder}", "--force", "--threads", str(threads),
            "--provider", provider)


def _ours(threads: int, _checkpoints: Path) -> Peer:
    return Peer("ours", _separate("stream.command.main", threads, "cpu"), threads)


def _openvino(threads: int, _checkpoints: Path) -> Peer:
    if find_spec("onnxruntime_ep_openvino") is None:
        raise Absent("ours, openvino: onnxruntime-ep-openvino is not installed")
    return Peer("ours, openvino", _separate("stream.command.main", threads, "openvino"), threads)


def _plain(threads: int, _checkpoints: Path) -> Peer:
    return Peer("ours, plain graph", _separate("benchmarks.plain", threads, "cpu"), threads)


def _demucs(threads: int, checkpoints: Path) -> Peer:
    return Peer("demucs 4.1's command", (
        sys.executable, "-m", "demucs.separate", "--repo", str(checkpoints), "-n", SIGNATURE, "-d", "cpu",
        "--shifts", "0", "--overlap", "0.25", "--float32", "-o", "{folder}", "{song}"), threads)


def _npm(threads: int, _checkpoints: Path) -> Peer:
    """Its command has no word for threads: onnxruntime-node takes as many as the process has cores."""
    node, npm, taskset = (shutil.which(name) for name in ("node", "npm", "taskset"))
    if node is None or npm is None:
        raise Absent(f"npm {PACKAGE}: node and npm are not installed")
    if taskset is None and threads != os.cpu_count():
        raise Absent(f"npm {PACKAGE}: no taskset to give it {threads} threads of {os.cpu_count()}")
    place = cache() / "npm-demucs"
    command = place / "node_modules" / "demucs" / "dist" / "cli.js"
    if not command.is_file():
        # its libraries come in the packages; their scripts would load CUDA's as well
        words = [npm, "install", PACKAGE, "--prefix", str(place), "--ignore-scripts", "--no-fund", "--no-audit"]
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Absent(f"npm {PACKAGE}: npm install failed: {(done.stderr.splitlines() or ['no reason given'])[-1]}")
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))[:threads])) if taskset else ""
    pinned = (taskset, "-c", cores) if taskset else ()
    return Peer(f"npm {PACKAGE}", (*pinned, node, str(command), "{song}", "-o", "{folder}", "--overlap", "0.25"),
                threads)


def _pinned(threads: int) -> Mapping[str, str]:
    return {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
