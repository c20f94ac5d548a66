"""A PulseAudio daemon of one's own for a test, with a null sink in the place of a sound card.

PortAudio has it as the ALSA device `pulse`, through ALSA's plugin. It may be killed and started again.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import pytest


class Pulse:
    """While it is entered, os.environ leads to it."""

    def __init__(self, samplerate: int = 44_100) -> None:
        self.samplerate = samplerate

    def __enter__(self) -> Self:
        plugin = list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so"))
        if not shutil.which("pulseaudio") or not plugin:
            pytest.skip("PulseAudio is not installed (Debian: apt-get install pulseaudio libasound2-plugins)")
        self._folder = tempfile.TemporaryDirectory()
        self._socket = Path(self._folder.name) / "native"
        wanted = {"PULSE_SERVER": f"unix:{self._socket}", "PULSE_RUNTIME_PATH": self._folder.name,
                  "PULSE_COOKIE": f"{self._folder.name}/cookie"}
        self._before = {key: os.environ.get(key) for key in wanted}
        os.environ.update(wanted)
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        for key, value in self._before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})
        self._folder.cleanup()

    def start(self) -> None:
        """Let it run, and wait until it answers."""
        self._socket.unlink(missing_ok=True)
        sink = f"module-null-sink sink_name=one norewinds=1 rate={self.samplerate}"
        socket = f"module-native-protocol-unix socket={self._socket} auth-anonymous=1"
        words = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-L", sink, "-L", socket]
        self._process = subprocess.Popen(["pulseaudio", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 15
        while not self._socket.exists() and time.monotonic() < end:
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Stop it, or let it go on."""
        self._process.send_signal(number)
