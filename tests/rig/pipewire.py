"""A PipeWire daemon of one's own for a test, which is skipped where there is none to be had.

Its libjack stands for JACK's in whatever is started meanwhile, as with `pw-jack`. It needs no sound card: its
`Dummy-Driver` paces whoever is connected to nothing else.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import pytest

LIBRARY = "/usr/${LIB}/pipewire-0.3/jack"  # the dynamic linker knows what LIB is


class Pipewire:
    """While it is entered, os.environ leads to it."""

    def __enter__(self) -> Self:
        if not shutil.which("pipewire") or not shutil.which("pw-jack"):
            pytest.skip("PipeWire is not installed (Debian: apt-get install pipewire pipewire-bin pipewire-jack)")
        self._folder = tempfile.TemporaryDirectory()
        wanted = {"XDG_RUNTIME_DIR": self._folder.name, "LD_LIBRARY_PATH": LIBRARY}
        self._before = {key: os.environ.get(key) for key in wanted}
        os.environ.update(wanted)
        self._log = tempfile.TemporaryFile()
        self.start()
        return self

    def start(self) -> None:
        """Let it run, and wait until it answers."""
        self._process = subprocess.Popen(["pipewire"], stdout=self._log, stderr=self._log)
        end = time.monotonic() + 15
        while not (Path(self._folder.name) / "pipewire-0").exists() and time.monotonic() < end:
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait()

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._log.close()
        for key, value in self._before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})
        self._folder.cleanup()

    @staticmethod
    @contextmanager
    def program(*words: object) -> Iterator[None]:
        """A Python program beside it, from its first line on, which is ended when this is left."""
        process = subprocess.Popen([sys.executable, "-m", *map(str, words)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        try:
            assert process.stdout.readline()
            yield
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()

    def ports(self) -> list[str]:
        """All that there are, by name."""
        for _ in range(3):  # NB: pw-link 0.3.65 waits for ever when something comes while it looks
            with suppress(subprocess.TimeoutExpired):
                done = subprocess.run(["pw-link", "-io"], capture_output=True, text=True, check=True, timeout=5)
                return done.stdout.split()
        raise TimeoutError("pw-link does not answer")
