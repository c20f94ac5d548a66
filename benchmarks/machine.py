"""What a benchmark needs of a Linux machine: an audio device that is none, and how much of the machine we had."""

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import jack

_STEAL = 8  # of the line "cpu user nice system idle iowait irq softirq steal ..." in /proc/stat, see proc(5)
_count = itertools.count()


def steal() -> float:
    """CPU time that the machine's owner took since it booted, seconds, all cores together."""
    ticks = Path("/proc/stat").read_text().split("\n", 1)[0].split()[_STEAL]
    return int(ticks) / os.sysconf("SC_CLK_TCK")


def resident(pid: int | str = "self") -> int:
    """Memory that a process has, bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def realtime_allowed() -> bool:
    """Whether this user may run a process under SCHED_FIFO, tried on one that ends at once."""
    chrt = shutil.which("chrt")
    return chrt is not None and subprocess.run([chrt, "-f", "70", "true"], stderr=subprocess.DEVNULL).returncode == 0


def _ended(process: subprocess.Popen[bytes]) -> int:
    """End a process and give its exit code, below zero where a signal was its end."""
    process.terminate()
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


class Jackd:
    """jackd with its dummy driver, under a name that no other run has: a real audio device with no hardware.

    env: the variables by which a subprocess finds this server, and starts no other; while the server is entered
        they are in os.environ too
    period: frames; samplerate: Hz; channels: of `system`, each way
    synchronous: the server waits for its clients every cycle: exact, where a late client otherwise loses a block
    Raises RuntimeError with jackd's own words where it does not answer, FileNotFoundError where it is not installed.
    NB: libjack holds one server per process at a time (and jackd eight per machine): enter one after the other.
    """

    def __init__(self, samplerate: int = 44100, period: int = 512, channels: int = 2,
                 synchronous: bool = False) -> None:
        """Nothing runs yet."""
        self.samplerate, self.period, self.channels, self.synchronous = samplerate, period, channels, synchronous
        self.name = f"rig{os.getpid()}n{next(_count)}"
        self.env = {"JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1"}

    def __enter__(self) -> Self:
        self._log = tempfile.TemporaryFile("w+")
        self._before = {key: os.environ.get(key) for key in self.env}
        os.environ.update(self.env)
        try:
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._end()

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait()

    def start(self) -> None:
        """Start it again, with the sizes that it has now. Raises RuntimeError."""
        self._process = subprocess.Popen(self._command(), stdout=self._log, stderr=self._log)
        self._wait_until_it_answers()

    @property
    def pid(self) -> int:
        """Of jackd."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What jackd has said so far."""
        self._log.seek(0)
        return self._log.read()

    def _command(self) -> list[str]:
        scheduling = ["-R", "-P70"] if realtime_allowed() else ["-r"]
        # setpriv becomes jackd, and has the kernel end it should this process be killed
        dying = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        driver = ["-n", self.name, *(["-S"] if self.synchronous else []), "-d", "dummy"]
        sizes = ["-r", self.samplerate, "-p", self.period, "-C", self.channels, "-P", self.channels]
        return [*dying, "jackd", "--no-mlock", *scheduling, *driver, *map(str, sizes)]

    def _end(self) -> None:
        if _ended(self._process) < 0:
            # a jackd that was killed keeps one of the machine's eight places until one of its name ends well
            self._process = subprocess.Popen(self._command(), stdout=self._log, stderr=self._log)
            with contextlib.suppress(RuntimeError):
                self._wait_until_it_answers()
            _ended(self._process)
        for key, value in self._before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        self._log.close()
        for left in Path("/dev/shm").glob(f"jack_*{self.name}_*"):  # what clients that were killed left open
            left.unlink(missing_ok=True)

    def _wait_until_it_answers(self, timeout_s: float = 15) -> None:
        jack.set_error_function(lambda _: None)  # libjack would print each vain attempt
        end = time.monotonic() + timeout_s
        try:
            while time.monotonic() < end and self._process.poll() is None:
                try:
                    jack.Client("knock", no_start_server=True, servername=self.name).close()
                    return
                except jack.JackOpenError:
                    time.sleep(0.05)
        finally:
            jack.set_error_function(None)
        raise RuntimeError(f"jackd does not answer: {self.log.strip()}")
