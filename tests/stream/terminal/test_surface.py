"""The command on a real terminal: the screen comes, closes, fails and ends as it should, and leaves it whole."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from stream.command.main import main
from stream.terminal.modes import lent
from tests.rig.attached import until
from tests.rig.live import COMMAND, Live, noise

pytestmark = pytest.mark.realtime

termios = pytest.importorskip("termios", reason="terminals of POSIX")
pty = pytest.importorskip("pty")

RATE = 44_100
LONG_S, SHORT_S = 120, 1
SWITCHED_ON, SWITCHED_OFF = b"\x1b[?1049h", b"\x1b[?1049l"  # the terminal's other screen
WORDS = ("--model", "center", "--clock", "wall")


class Terminal:
    """A terminal with a command in it, and everything that was written on it."""

    def __init__(self, *words: object) -> None:
        self._typist, terminal = pty.openpty()
        termios.tcsetwinsize(terminal, (30, 100))
        self.before = termios.tcgetattr(terminal)
        self.seen = b""
        self.process = subprocess.Popen(
            [COMMAND, *map(str, words)], stdin=terminal, stdout=terminal, stderr=terminal,
            env=os.environ | {"TERM": "xterm-256color"}, start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self._terminal = terminal
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while (found := os.read(self._typist, 1 << 16)):
            self.seen += found

    def type(self, keys: str) -> None:
        os.write(self._typist, keys.encode())

    @property
    def after(self) -> Any:
        return termios.tcgetattr(self._terminal)

    def screens(self) -> list[int]:
        """Processes that show the screen."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"stream.screen" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def until(self, there: Callable[[], bool]) -> None:
        until(lambda: there() or self.process.poll() is not None)
        assert there(), self.text()

    def text(self) -> str:
        """What was written since the screen was last left, without what moves the cursor."""
        plain = re.sub(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]", b"", self.seen.rpartition(SWITCHED_OFF)[2])
        return plain.decode().replace("\r\n", "\n")

    def end(self) -> int:
        return self.process.wait(60)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song that is longer than any test of it, and one that is over at once."""
    folder = tmp_path_factory.mktemp("songs")
    sf.write(folder / "long.wav", noise(LONG_S * RATE), RATE)
    sf.write(folder / "short.wav", noise(SHORT_S * RATE), RATE)
    return folder


@pytest.fixture
def song(written: Path, tmp_path: Path) -> Path:
    for name in ("long.wav", "short.wav"):
        os.link(written / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def shown(song: Path) -> Iterator[Terminal]:
    made = Terminal("run", "--device", song / "long.wav", "--output-device", song / "out.wav", *WORDS)
    made.until(lambda: b"htdemucs" in made.seen or b" center" in made.seen.partition(SWITCHED_ON)[2])
    yield made
    made.process.kill()
    made.process.wait()


@pytest.mark.parametrize("closing", ["\x03", signal.SIGINT], ids=["ctrl-c", "SIGINT"])
def test_the_screen_is_there_by_itself_and_closing_it_ends_the_run_with_everything_written(
        shown: Terminal, song: Path, closing: str | signal.Signals) -> None:
    if isinstance(closing, str):
        shown.type(closing)
    else:
        os.kill(shown.process.pid, closing)
    assert shown.end() == 0
    shown.until(lambda: f"wrote {song / 'out.wav'}" in shown.text())
    assert "heard" in shown.text()
    assert SWITCHED_OFF in shown.seen
    assert shown.after == shown.before
    assert sf.info(song / "out.wav").frames > 0
    assert not list(song.glob(".*"))


def test_a_screen_that_is_killed_leaves_the_run_a_line_its_keys_and_a_whole_terminal(shown: Terminal) -> None:
    os.kill(shown.screens()[0], signal.SIGKILL)
    shown.until(lambda: "the screen has failed (exit code -9): going on without" in shown.text())
    shown.until(lambda: "misses" in shown.text())  # the line
    assert shown.process.poll() is None
    shown.type("q")
    assert shown.end() == 0
    assert "heard" in shown.text()
    assert shown.after == shown.before


def test_the_run_ends_the_screen_when_its_song_does(song: Path) -> None:
    made = Terminal("run", "--device", song / "short.wav", "--output-device", song / "out.wav", *WORDS)
    assert made.end() == 0
    made.until(lambda: f"0:0{SHORT_S}.0 heard" in made.text())
    assert SWITCHED_ON in made.seen
    assert made.after == made.before


def test_plain_figures_for_a_program_and_a_run_that_nobody_waits_for_show_no_screen(song: Path) -> None:
    for words in (("--ui", "plain", "--clock", "wall"), ("--json", "--clock", "wall"), ()):
        made = Terminal("run", "--device", song / "short.wav", "--output-device", song / "out.wav", "--model", "center",
                        *words)
        assert made.end() == 0
        assert SWITCHED_ON not in made.seen


def refused(capsys: pytest.CaptureFixture[str], code: int, *words: object) -> str:
    """The one line that a command ends with."""
    assert main([*map(str, words)]) == code
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_the_screen_takes_a_terminal(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("run", "--device", song / "short.wav", "--output-device", song / "out.wav", "--ui", "screen")
    said = refused(capsys, 2, *words)
    assert said == "demucs-stream: --ui screen takes a terminal; elsewhere it is plain or none"


def test_another_terminal_attaches_and_closes_without_ending_the_run(song: Path) -> None:
    words = ("--device", song / "long.wav", "--output-device", song / "out.wav", *WORDS, "--attachable")
    with Live("run", *words) as live:
        live.until(lambda: "latency" in live.err and "--attach" in live.err)
        place = next(line for line in live.err.splitlines() if "--attach" in line).rpartition(" ")[2]
        other = Terminal("screen", "--attach", place)
        other.until(lambda: b"misses" in other.seen)
        other.type("q")
        assert other.end() == 0
        again = Terminal("screen", "--attach", place)
        again.until(lambda: b"misses" in again.seen)
        done = live.interrupt()
        assert again.end() == 0
        again.until(lambda: "the run has ended" in again.text())
    assert done.code == 0


@pytest.mark.parametrize(("words", "code", "says"), [
    ((), 2, "there is no run to attach to: name one with"),
    (("--attach", "nonsense"), 2, "is not the address of a run"),
    (("--attach", "00@/nowhere"), 1, "no run answers at /nowhere")], ids=str)
def test_what_cannot_be_attached_to_is_one_line(words: tuple[str, ...], code: int, says: str,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    assert says in refused(capsys, code, "screen", *words)


def test_what_is_printed_while_the_terminal_is_lent_comes_when_it_is_back(capfd: pytest.CaptureFixture[str]) -> None:
    with lent() as terminal:
        os.write(1, b"from C\n")
        subprocess.run(["echo", "from a child"], check=True)
        os.write(terminal, b"drawn\n")
        assert capfd.readouterr().err == "drawn\n"
    assert capfd.readouterr() == ("", "from C\nfrom a child\n")
