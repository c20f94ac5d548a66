"""Keys of a Windows console, as far as that can be known elsewhere: what its two functions give is real characters."""

import signal
import subprocess
import sys
import threading
import time
from collections import deque

import pytest

from stream.common.errors import Failure
from stream.control.windowskeys import GONE, INTERRUPT, LOOK_S, WindowsKeyboard


class Typed:
    """A console that somebody has typed at: what `msvcrt` has of it."""

    def __init__(self, text: str = "") -> None:
        self.waiting = deque(text)

    def kbhit(self) -> bool:
        return bool(self.waiting)

    def getwch(self) -> str:
        return self.waiting.popleft()


ARROWS = "\xe0H\xe0P\xe0K\xe0M"


@pytest.mark.parametrize(("typed", "keys"), [
    ("dV1", "dV1"), ("", ""), (f"d{ARROWS}v", "dv"), ("\x00;q\x00D", "q"), ("b\r\n\x1b\t\x08b", "bb"),
    ("\xe0", "à"), ("éß€", "éß€"), ("d\ud83d\ude00v", "dv")],
    ids=["letters", "nothing", "arrows", "function keys", "control letters", "à alone", "other letters", "surrogates"])
def test_letters_are_keys_and_what_has_two_characters_is_none(typed: str, keys: str) -> None:
    console = Typed(typed)
    assert "".join(WindowsKeyboard(console).read(0)) == keys
    assert not console.waiting


def test_a_key_that_comes_while_it_waits_ends_the_wait() -> None:
    console = Typed()
    typist = threading.Timer(5 * LOOK_S, console.waiting.append, ["v"])
    typist.start()
    begun = time.monotonic()
    assert WindowsKeyboard(console).read(60) == ["v"]
    assert time.monotonic() - begun < 60
    typist.join()


def test_without_a_key_it_waits_as_long_as_it_was_told_to() -> None:
    begun = time.monotonic()
    assert WindowsKeyboard(Typed()).read(0.05) == []
    assert time.monotonic() - begun >= 0.05


def test_a_console_that_is_gone_is_said() -> None:
    with pytest.raises(Failure, match="its console is gone"):
        WindowsKeyboard(Typed(f"d{GONE}")).read(0)


def test_ctrl_c_interrupts() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    try:
        assert WindowsKeyboard(Typed(f"d{INTERRUPT}v")).read(0) == ["d", "v"]
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]


CHOSEN = """
import sys, types
import stream.mixer.desk, stream.mixer.mixer
typed = list("v")
sys.modules["msvcrt"] = types.SimpleNamespace(kbhit=lambda: bool(typed), getwch=lambda: typed.pop(0))
sys.platform = "win32"
sys.stdin = types.SimpleNamespace(isatty=lambda: True)
from stream.control.keys import Keys
desk = stream.mixer.desk.Desk(stream.mixer.mixer.Mixer(("drums", "vocals")))
with Keys(desk) as keys:
    print(type(keys._keyboard).__name__, keys.here, keys.step(), desk.mixer.on("vocals", "mute"))
"""


def test_on_windows_keys_are_read_from_its_console() -> None:
    done = subprocess.run([sys.executable, "-c", CHOSEN], capture_output=True, text=True)
    assert done.stdout.split() == ["WindowsKeyboard", "True", "True", "True"], done.stderr
