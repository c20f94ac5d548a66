"""A Windows console whose keys come one by one. It was never run on Windows: only its logic is tested, elsewhere.

The C library there has two functions for it (`msvcrt`), which read the console whatever standard input is. Nothing is
set in the console, so that nothing has to be put back, and Ctrl-C interrupts as it always does.
"""

import signal
import sys
import time
from typing import Protocol

from stream.common.errors import Failure

LOOK_S = 0.01  # between two looks: nothing there can wait for a key and for the end of a wait at once
PREFIXES = ("\x00", "\xe0")  # an arrow or a function key: a second character follows, which is no letter
INTERRUPT, GONE = "\x03", "\uffff"


class Console(Protocol):
    """The two functions of `msvcrt` that are used. [keys-thread]"""

    def kbhit(self) -> bool:
        """Whether a character waits to be read."""

    def getwch(self) -> str:
        """The next character, without echo."""


class WindowsKeyboard:
    """The console's keys; the same four names as `Keyboard` in stream/control/keyboard.py."""

    def __init__(self, console: Console | None = None) -> None:
        """Nothing is read yet.

        console: None is this process' own
        [main-thread]
        """
        self.here = sys.stdin is not None and sys.stdin.isatty()
        self._console = console

    def open(self) -> None:
        """Find the console. [main-thread]"""
        if sys.platform == "win32":
            import msvcrt

            self._console = self._console or msvcrt

    def close(self) -> None:
        """Nothing was changed. [main-thread]"""

    def read(self, wait_s: float) -> list[str]:
        """Keys, after a wait of at most so long; none if none came. Raises Failure. [keys-thread]"""
        console = self._console
        if console is None:
            raise Failure("there is no Windows console to read keys from")
        end_s = time.monotonic() + wait_s
        while not console.kbhit():
            if time.monotonic() >= end_s:
                return []
            time.sleep(LOOK_S)
        return _keys(console)


def _keys(console: Console) -> list[str]:
    """The keys that wait to be read. Raises Failure."""
    found: list[str] = []
    while console.kbhit():
        character = console.getwch()
        if character == GONE:
            raise Failure("its console is gone")
        if character == INTERRUPT:
            signal.raise_signal(signal.SIGINT)
        elif character in PREFIXES and console.kbhit():  # alone, U+00E0 is the letter à
            console.getwch()
        elif character.isprintable():
            found.append(character)
    return found
