"""A terminal whose keys come one by one, while it is ours to read from: stopped and continued, in front or not."""

import os
import select
import signal
import sys
from contextlib import suppress
from typing import Any

from stream.common.errors import Failure
from stream.control.typed import Typed

assert sys.platform != "win32"  # there it is stream/control/windowskeys.py


class Keyboard:
    """Standard input without echo; as it was before whenever the process is stopped, and at the end."""

    def __init__(self) -> None:
        """Nothing is changed yet. [main-thread]"""
        self.here = sys.stdin is not None and sys.stdin.isatty()
        self._typed = Typed()
        self._saved: Any = None
        self._before: dict[int, Any] = {}
        self._was_in_front = True

    def open(self) -> None:
        """Take keys one by one; Ctrl-C still interrupts. [main-thread]"""
        if not self.here:
            return
        self._before = {signal.SIGTSTP: signal.signal(signal.SIGTSTP, self._stop),
                        signal.SIGCONT: signal.signal(signal.SIGCONT, lambda *_: self._begin())}
        self._begin()

    def close(self) -> None:
        """Leave the terminal as it was. [main-thread]"""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
        self._end()

    @property
    def _in_front(self) -> bool:
        """Whether the terminal is ours: whoever reads or sets it from behind is stopped."""
        try:
            return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        except OSError:
            return True  # it is gone, or nobody's: reading says so

    def _begin(self) -> None:
        import termios
        import tty

        if not self._in_front:
            return
        with suppress(termios.error):
            if self._saved is None:
                self._saved = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)

    def _end(self) -> None:
        import termios

        if self._saved is not None and self._in_front:
            with suppress(termios.error):  # it is gone
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)

    def _stop(self, _signal: int, _frame: object) -> None:
        """Ctrl-Z: stopped, the terminal is as it was."""
        self._end()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._stop)
        self._begin()

    def read(self, wait_s: float) -> list[str]:
        """Keys, after a wait of at most so long; none if none came. Raises Failure. [keys-thread]"""
        in_front = self._in_front
        if in_front and not self._was_in_front:
            self._begin()  # NB: a shell that brings to the front what ran behind sends no signal
        self._was_in_front = in_front
        if not select.select([sys.stdin], [], [], wait_s)[0]:
            return self._typed.keys(b"", later=True)
        if not self._in_front:
            return []
        try:
            typed = os.read(sys.stdin.fileno(), 1024)
        except OSError:
            typed = b""
        if not typed:
            raise Failure("its terminal is gone")
        return self._typed.keys(typed)
