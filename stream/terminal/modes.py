"""The terminal while a screen draws on it: everything else that is printed waits, and it is left as it was."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# no mouse, no focus, no pasting marks, the main screen, a cursor, plain text: what a screen that was killed leaves on
SANE = (b"\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[<u"
        b"\x1b[?1049l\x1b[?7h\x1b[?25h\x1b[0m")


@contextmanager
def lent() -> Iterator[int]:
    """Keep what this process, and C libraries in it, print from the terminal; at the end it is printed.

    Gives a file descriptor of the terminal, for who draws.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    settings = _settings(saved[1])
    with tempfile.TemporaryFile() as aside:
        try:
            for number in (1, 2):
                os.dup2(aside.fileno(), number)
            yield saved[1]
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, before in zip((1, 2), saved, strict=True):
                os.dup2(before, number)
                os.close(before)
            _restore(2, settings)
            aside.seek(0)
            with os.fdopen(os.dup(2), "wb") as terminal:
                shutil.copyfileobj(aside, terminal)


def _settings(terminal: int) -> Any:
    if sys.platform == "win32":
        return None
    import termios

    return termios.tcgetattr(terminal) if os.isatty(terminal) else None


def _restore(terminal: int, settings: Any) -> None:
    if sys.platform != "win32" and settings is not None:
        import termios

        if termios.tcgetattr(terminal) != settings:  # it was killed, and left its own
            termios.tcsetattr(terminal, termios.TCSADRAIN, settings)
            os.write(terminal, SANE)
