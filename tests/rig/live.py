"""The command line in a process of its own, and takes of it that the machine did not disturb."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from tests.rig.jackd import Jackd, jack
from tests.rig.loopback import Loopback
from tests.rig.steal import Crowd, Steal

COMMAND = str(Path(sys.executable).with_name("demucs-stream"))
PATIENCE_S = 300  # the first run compiles, on a busy core for minutes; what hangs ends sooner than pytest ends the test
STOLEN = 0.01  # of the time; with more a block of JACK's is late now and then, whoever asks for it
TAKES = 3


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)

    @property
    def said(self) -> list[str]:
        """Lines on stderr that are not progress, each list of what there is being one with its line."""
        lines = [line for line in self.err.replace("\n  ", "  ").splitlines() if line.strip()]
        return [line for line in lines if not line.startswith(("timing ", "latency ", "making ", "compiling "))]


class Ended(Exception):
    """A command has ended too early."""


class Live:
    """`demucs-stream` with these words, running; whatever happens, it is gone when this is left."""

    def __init__(self, *words: object, stdin: int = subprocess.DEVNULL, nohup: bool = False,
                 group: bool = False) -> None:
        """group: it has a process group of its own, which can be signalled as supervisors do"""
        self._words, self._stdin, self._nohup, self._group = [str(word) for word in words], stdin, nohup, group

    def __enter__(self) -> Self:
        self._out, self._err = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        # a shell that starts something in the background has it ignore Ctrl-C, and whatever it starts too; nohup has it
        # ignore a terminal that is closed
        def own_signals() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN if self._nohup else signal.SIG_DFL)

        self.process = subprocess.Popen(
            [COMMAND, *self._words], stdin=self._stdin, stdout=self._out, stderr=self._err,
            start_new_session=self._group,
            preexec_fn=own_signals if os.name == "posix" else None)
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._out.close()
        self._err.close()

    @property
    def err(self) -> str:
        """What it has said so far; it goes on writing where it was."""
        return os.pread(self._err.fileno(), 1 << 20, 0).decode()

    def until(self, there: Callable[[], bool]) -> None:
        """Wait for something that it brings about; raises Ended, with what it said, when it ends before."""
        end = time.monotonic() + PATIENCE_S
        while not there():
            if self.process.poll() is not None or time.monotonic() > end:
                raise Ended(self._text(self._err))
            time.sleep(0.02)

    def interrupt(self) -> Done:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def end(self, patience_s: float = PATIENCE_S) -> Done:
        """Wait for it to end; raises subprocess.TimeoutExpired."""
        code = self.process.wait(patience_s)
        return Done(code, self._text(self._out), self._text(self._err))

    @staticmethod
    def _text(file: Any) -> str:
        file.seek(0)
        return str(file.read())


def family(pid: int) -> dict[int, str]:
    """A process's children, their children and so on, each with its words (Linux)."""
    found: dict[int, str] = {}
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                found |= family(child)
    return found


def alive(pid: int) -> bool:
    """Whether a process is still there, and not only waited for (Linux)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def free_port() -> int:
    """A UDP port that nobody has, so that two suites can run at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def command(*words: object) -> Done:
    """`demucs-stream` with these words, ended."""
    with Live(*words) as live:
        return live.end()


@dataclass(frozen=True)
class Take:
    """What a host was given and what it gave, frame by frame of one clock.

    played, recorded: float32 (frames, 2)
    disturbed: what the machine did to it; empty where nothing
    """

    played: np.ndarray
    recorded: np.ndarray
    report: Any
    disturbed: str

    @property
    def answer(self) -> np.ndarray:
        """What was recorded for what was played, the printed latency taken off."""
        late = self.report["latency_frames"]
        return self.recorded[late : late + len(self.played)]

    @property
    def exact(self) -> bool:
        """Whether what was played came out bit for bit, and silence before it."""
        before = self.recorded[: self.report["latency_frames"]]
        return not before.any() and np.array_equal(self.answer, self.played)


def take(jackd: Jackd, played: np.ndarray, tail: int, *words: object, freewheel: bool = False,
         output: str = "rig", channels: int = 2) -> Take:
    """Play into a host between two JACK devices, record what it plays, end it by Ctrl-C.

    tail: frames recorded after what was played; at least the latency
    output: a device of PortAudio's, or one of JACK's own, then the input is too
    channels: recorded
    """
    own = output.startswith("jack:")
    source = "jack:rig" if own else "rig"
    with (
        Loopback(jackd, played, tail=tail, record_channels=channels) as loopback,
        Live("run", "--input-device", source, "--output-device", output, "--json", *words) as live,
    ):
        live.until(lambda: connected(loopback))
        with Steal() as steal, Crowd() as crowd:
            if freewheel:
                with loopback.freewheel():
                    loopback.start()
                    loopback.wait()
            else:
                loopback.start()
                loopback.wait()
        done = live.interrupt()
        assert done.code == 0, done.err
        what = "" if freewheel else disturbed(loopback, steal, crowd, done.report)
        return Take(played, loopback.recorded.copy(), done.report, what)


def disturbed(loopback: Loopback, steal: Steal, crowd: Crowd, report: Any) -> str:
    """What the machine did to a take in real time; a crowded one only where somebody was late. Empty where nothing."""
    seconds = loopback.done / loopback.jackd.samplerate
    stolen = steal.seconds > STOLEN * seconds
    late = (report["misses"] or report["underruns"] or report["insert_misses"]) and crowd.crowded(seconds)
    what = f"{steal.seconds:.2f} s stolen, {loopback.xruns} xruns of JACK's, {loopback.skipped} frames skipped"
    if late:
        what += f", {report['misses']} hops and {report['insert_misses']} blocks of effects late beside other programs"
    return what if stolen or late or loopback.xruns or loopback.skipped else ""


def connected(loopback: Loopback) -> bool:
    """Connect a rig and the host; False while the host is not there yet, or is busy connecting itself."""
    try:
        loopback.connect("demucs-stream", outs=range(loopback.recorded.shape[1]), timeout_s=0.5)
    except (TimeoutError, jack.JackError):
        return False
    return True


def calm(attempt: Callable[[], Take]) -> Take:
    """A take that the machine has not disturbed; skips where there is none."""
    for _ in range(TAKES):
        taken = attempt()
        if not taken.disturbed:
            return taken
    pytest.skip(f"this machine is too busy for a real-time test: {taken.disturbed}")


def noise(frames: int, seed: int = 11) -> np.ndarray:
    """float32 (frames, 2), neither silent nor central anywhere."""
    return np.random.default_rng(seed).standard_normal((frames, 2), np.float32) / np.float32(8)
