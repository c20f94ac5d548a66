"""A run in a shell's hands: stopped, continued, in the background, and signals to all of its processes."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import soundfile as sf

from tests.rig.byhand import noise
from tests.rig.live import COMMAND, PATIENCE_S, alive, family

pytestmark = [pytest.mark.realtime,
              pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None,
                                 reason="needs bash and a terminal")]
RATE = 44_100


class Shell:
    """bash on a terminal of its own, with a person in front of it."""

    def __init__(self, folder: Path) -> None:
        self.take, self.said = folder / "take", b""
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], os.environ | {"TERM": "xterm"})
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def until(self, there: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not there():
            if time.monotonic() > end:
                raise AssertionError(self.said[-2000:])
            if select.select([self.terminal], [], [], 0.05)[0]:
                self.said += os.read(self.terminal, 1 << 16)

    def run(self, ui: str, behind: str = "") -> None:
        self.type(f"{COMMAND} run --model center --device song.wav --clock wall --record take --ui {ui}{behind}\n")
        self.plays()

    def plays(self) -> None:
        """Wait until half a second more is recorded."""
        part = self.take / ".mix.wav.part"
        self.until(part.exists)
        before = part.stat().st_size
        self.until(lambda: part.stat().st_size > before + 4 * RATE)

    def modes(self) -> tuple[bool, bool]:
        """Whether the terminal shows what is typed, and waits for whole lines."""
        local = termios.tcgetattr(self.terminal)[3]
        return bool(local & termios.ECHO), bool(local & termios.ICANON)

    def stops(self, times: int = 1) -> None:
        """Ctrl-Z; the terminal is the shell's then."""
        self.type("\x1a")
        self.until(lambda: self.said.count(b"Stopped") == times and self.modes() == (True, True))

    def foreground(self) -> None:
        """It has the terminal."""
        self.type("fg\n")
        self.until(lambda: self.modes() == (False, False))

    def quits(self) -> None:
        """A key mutes, another one ends it; the take has both, and the terminal is as it was."""
        self.type("v")
        self.plays()
        self.type("q")
        self.ends()
        assert '"mute": 1' in (self.take / "gestures.jsonl").read_text()

    def ends(self) -> None:
        """It has ended well, and the terminal is as it was."""
        self.until(lambda: b"vocals.wav" in self.said and self.modes() == (True, True))
        self.type("echo rc=$?.\n")
        self.until(lambda: b"rc=0." in self.said)
        assert self.modes() == (True, True)
        assert b"Traceback" not in self.said


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song that is longer than any test of it."""
    path = tmp_path_factory.mktemp("songs") / "song.wav"
    sf.write(path, noise(120 * RATE), RATE, "PCM_16")
    return path


@pytest.fixture
def shell(written: Path, tmp_path: Path) -> Iterator[Shell]:
    os.link(written, tmp_path / "song.wav")
    made = Shell(tmp_path)
    yield made
    os.close(made.terminal)  # SIGHUP ends what is left
    os.kill(made.pid, signal.SIGKILL)
    os.waitpid(made.pid, 0)


def test_stopped_and_continued_the_keys_work_and_the_terminal_is_the_shells_meanwhile(shell: Shell) -> None:
    shell.run("screen")
    shell.until(lambda: shell.modes() == (False, False))
    shell.stops()
    shell.foreground()
    shell.plays()
    shell.quits()


def test_behind_it_plays_and_in_front_it_has_its_keys_as_often_as_one_likes(shell: Shell) -> None:
    shell.run("plain", " &")
    assert shell.modes() == (True, True)
    shell.foreground()
    shell.stops()
    shell.foreground()
    shell.plays()
    shell.stops(2)
    shell.type("bg\n")
    shell.plays()
    shell.foreground()
    shell.quits()


def test_a_signal_to_all_of_its_processes_is_the_end_of_the_run_and_no_failure_of_its_screen(shell: Shell) -> None:
    shell.run("screen")
    shell.until(lambda: shell.modes() == (False, False))
    os.killpg(os.tcgetpgrp(shell.terminal), signal.SIGTERM)
    shell.ends()
    assert b"has failed" not in shell.said


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_screen_ends_with_its_run_also_while_it_is_loading(shell: Shell, number: signal.Signals) -> None:
    words = "--model center --device song.wav --clock wall --record take --ui screen"
    shell.type(f"exec {COMMAND} run {words}\n")  # it is the terminal's only process then
    shell.until(lambda: any("stream.screen" in words.split() for words in family(shell.pid).values()))
    (screen,) = [pid for pid, words in family(shell.pid).items() if "stream.screen" in words.split()]
    if number == signal.SIGKILL:
        os.kill(shell.pid, number)
    else:
        os.killpg(os.tcgetpgrp(shell.terminal), number)  # it has hardly begun
    end = time.monotonic() + PATIENCE_S
    while alive(screen) or alive(shell.pid):
        assert time.monotonic() < end
        if select.select([shell.terminal], [], [], 0.05)[0]:
            with suppress(OSError):
                shell.said += os.read(shell.terminal, 1 << 16)
    assert b"Traceback" not in shell.said
    assert b"has failed" not in shell.said
    assert b"demucs-stream: " not in shell.said
