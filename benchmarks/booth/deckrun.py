"""A run of decks from outside: `demucs-stream play` in a terminal, keys and OSC in, what it tells by OSC out."""

import fcntl
import os
import pty
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from pythonosc.osc_message_builder import build_msg
from pythonosc.osc_packet import OscPacket

from benchmarks.machine import resident
from stream.common.places import cache
from stream.tracks.store import store_folder

SIZE = (120, 40)
PATIENCE_S = 300.0  # the first run compiles
NOT_SHARED = ("scratch", "jackname.json")  # of a cache


def free_port() -> int:
    """A UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _without_stems(home: Path) -> Path:
    """A cache that has what the user's has, models and what was compiled, but no song's stems."""
    made = home / "cache"
    made.mkdir()
    for there in cache().iterdir() if cache().is_dir() else ():
        if there.name not in (store_folder().name, *NOT_SHARED):
            (made / there.name).symlink_to(there)
    return made


class DeckRun:
    """told: the last value of each OSC address      seen: what the terminal was sent, the last of it

    Whatever happens, it has ended when this is left.
    """

    def __init__(self, *words: object, probe: Path | None = None) -> None:
        """words: of `play`      probe: where its stopwatch writes, if there is to be one"""
        self._port = free_port()
        program = ["stream.cli"] if probe is None else ["benchmarks.booth.probed", str(probe)]
        # setpriv becomes the program, and has the kernel end it should this process be killed
        dying = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        self._command = [*dying, sys.executable, "-m", *program, "play", *map(str, words), "--level", "off",
                         "--osc", str(self._port)]
        self.told: dict[str, int | float | str] = {}
        self.seen = b""

    def __enter__(self) -> Self:
        self._typist, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        self._home = TemporaryDirectory(prefix="decks")
        own = {"DEMUCS_STREAM_CACHE": str(_without_stems(Path(self._home.name))), "TERM": "xterm-256color",
               **dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), self._home.name)}
        self._process = subprocess.Popen(self._command, stdin=terminal, stdout=terminal, stderr=terminal,
                                         env=os.environ | own, cwd=Path(__file__).parents[2], start_new_session=True)
        os.close(terminal)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=read, daemon=True) for read in (self._read, self._hear)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._home.cleanup()
        self._socket.close()
        for thread in self._threads:
            thread.join(1)
        os.close(self._typist)

    def _read(self) -> None:
        try:
            while data := os.read(self._typist, 65_536):
                self.seen = (self.seen + data)[-1_000_000:]
        except OSError:  # it has ended
            return

    def _hear(self) -> None:
        try:
            while True:
                for timed in OscPacket(self._socket.recv(65_536)).messages:
                    self.told[timed.message.address] = timed.message.params[0]
        except OSError:
            return

    @property
    def pids(self) -> list[int]:
        """The process, and its children."""
        found = [self._process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, task.read_text().split())
        return found

    @property
    def resident(self) -> int:
        """Bytes of memory of the process itself."""
        return resident(self._process.pid)

    def key(self, keys: str) -> None:
        """Type something."""
        os.write(self._typist, keys.encode())

    def send(self, address: str, *values: float) -> None:
        """Send a message."""
        self._socket.sendto(build_msg(address, list(values)).dgram, ("127.0.0.1", self._port))

    def until(self, there: Callable[[], object], what: str = "what was waited for") -> None:
        """Wait for something. Raises RuntimeError where it does not come, or the program has ended."""
        end = time.monotonic() + PATIENCE_S
        while not there():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{what} has not come: {self.seen[-2000:].decode(errors='replace')}")
            time.sleep(0.01)

    def ready(self) -> None:
        """Wait until it listens, and is told of everything from then on. Raises RuntimeError."""
        self._ask(lambda: "/underruns" in self.told, "an answer")

    def loaded(self, decks: Sequence[str] = ("a",)) -> None:
        """Wait until songs are on decks. Raises RuntimeError."""
        self._ask(lambda: all(self.told.get(f"/{deck}/title") and self.told.get(f"/{deck}/length", 0)
                              for deck in decks), "a song")

    def _ask(self, there: Callable[[], object], what: str) -> None:
        """Wait for something that is told, and ask again: more is told at once than a socket may take in."""
        def asked() -> object:
            self.send("/state")
            time.sleep(0.2)
            return there()

        self.until(asked, what)

    def end(self, code: int = 0) -> None:
        """Ctrl-C, and wait. Raises RuntimeError where it does not end with that exit code."""
        self._process.send_signal(signal.SIGINT)
        if self._process.wait(PATIENCE_S) != code:
            raise RuntimeError(f"it has failed: {self.seen[-2000:].decode(errors='replace')}")
