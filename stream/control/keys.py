"""Single keys of a terminal: a stem's first letter mutes it, with shift it is soloed."""

import os
import select
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from stream.control.mixer import Mixer

WAIT_S = 0.1


def bindings(sources: tuple[str, ...]) -> dict[str, str]:
    """Key to stem: the first letter of its name that is still free (q is for quitting)."""
    taken: dict[str, str] = {}
    for stem in sources:
        key = next((a for a in stem.lower() if a.isalpha() and a not in taken and a != "q"), "")
        if key:
            taken[key] = stem
    return taken


class Keys:
    """Reads keys from standard input while it is a terminal; does nothing where it is not."""

    def __init__(self, mixer: Mixer, quit_run: Callable[[], None]) -> None:
        """Remember what the keys mean. [main-thread]"""
        self._mixer, self._quit = mixer, quit_run
        self._stems = bindings(mixer.sources)
        self._saved: Any = None
        self.help = " ".join(f"{key}={stem}" for key, stem in self._stems.items())

    def __enter__(self) -> Self:
        """Take keys one by one, without echo; Ctrl-C still interrupts. [main-thread]"""
        if sys.stdin is not None and sys.stdin.isatty() and os.name == "posix":
            import termios
            import tty

            self._saved = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._saved is not None:
            import termios

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)

    @property
    def here(self) -> bool:
        """Whether there is a terminal to read from. [any-thread]"""
        return self._saved is not None

    def step(self) -> bool:
        """Wait a little for a key and do what it says; False if none came. [keys-thread]"""
        if not select.select([sys.stdin], [], [], WAIT_S)[0]:
            return False
        for key in os.read(sys.stdin.fileno(), 64).decode(errors="ignore"):
            self.press(key)
        return True

    def press(self, key: str) -> None:
        """Do what a key says; one that means nothing is passed over. [keys-thread]"""
        if key == "q":
            self._quit()
        elif key in self._stems:
            self._mixer.flip(self._stems[key], "mute")
        elif key.lower() in self._stems:
            self._mixer.flip(self._stems[key.lower()], "solo")
