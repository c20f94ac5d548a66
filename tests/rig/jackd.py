"""A JACK server of one's own: jackd with its dummy driver, a real audio device with no hardware."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

try:
    import jack as jack  # the rig's other files take it from here
except OSError:  # libjack itself, not the PyPI package
    pytest.skip("libjack is not installed (Debian: apt-get install jackd2)", allow_module_level=True)

_count = itertools.count()


def realtime_allowed() -> bool:
    """Whether this user may run threads under SCHED_FIFO, tried in a thread that ends at once. [any-thread]."""
    allowed = []

    def attempt() -> None:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(70))
        except PermissionError:
            return
        allowed.append(True)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return bool(allowed)


class Jackd:
    """A running jackd with a name that no other test run has; skips the test where jackd is not installed.

    env: the variables by which a subprocess finds this server, and starts no other; while the server is entered
        they are in os.environ too.
    period: frames; samplerate: Hz; channels: of `system`, each way.
    synchronous: the server waits for its clients every cycle: exact, where a late client otherwise loses a block.
    Raises RuntimeError with jackd's own words where it does not answer.
    NB: libjack holds one server per process at a time (and jackd eight per machine): enter one after the other.
    """

    def __init__(
        self, samplerate: int = 44100, period: int = 512, channels: int = 2, synchronous: bool = False
    ) -> None:
        self.samplerate, self.period, self.channels, self.synchronous = samplerate, period, channels, synchronous
        self.name = f"rig{os.getpid()}n{next(_count)}"
        self.env = {"JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1"}

    def __enter__(self) -> Jackd:
        if shutil.which("jackd") is None:
            pytest.skip("jackd is not installed (Debian: apt-get install jackd2)")
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(self._command(), stdout=self._log, stderr=self._log)
        self._before = {key: os.environ.get(key) for key in self.env}
        os.environ.update(self.env)
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for key, value in self._before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        self._log.close()
        for left in Path("/dev/shm").glob(f"jack_*{self.name}_*"):  # what clients that were killed left open
            left.unlink(missing_ok=True)

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
        rest = ["-n", self.name, *(["-S"] if self.synchronous else []), "-d", "dummy"]
        sizes = ["-r", str(self.samplerate), "-p", str(self.period)]
        channels = ["-C", str(self.channels), "-P", str(self.channels)]
        # setpriv becomes jackd, and has the kernel end it should this process be killed before __exit__
        dying = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        return [*dying, "jackd", "--no-mlock", *scheduling, *rest, *sizes, *channels]

    def _wait_until_it_answers(self, timeout_s: float = 15) -> None:
        jack.set_error_function(lambda _: None)  # libjack would print each vain attempt
        try:
            end = time.monotonic() + timeout_s
            while time.monotonic() < end and self._process.poll() is None:
                try:
                    jack.Client("knock", no_start_server=True, servername=self.name).close()
                    return
                except jack.JackOpenError:
                    time.sleep(0.05)
        finally:
            jack.set_error_function(None)
        raise RuntimeError(f"jackd does not answer: {self.log.strip()}")
