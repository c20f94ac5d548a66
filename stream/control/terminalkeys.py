"""Single keys of a terminal, each of which does something."""

import sys
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

if sys.platform == "win32":
    from stream.control.windowskeys import WindowsKeyboard as Keyboard
else:
    from stream.control.keyboard import Keyboard

WAIT_S = 0.1


class TerminalKeys(ABC):
    """Reads keys from standard input while it is a terminal; does nothing where it is not."""

    def __init__(self) -> None:
        """Nothing is read yet. [main-thread]"""
        self._keyboard = Keyboard()

    def __enter__(self) -> Self:
        """Take keys one by one, without echo; Ctrl-C still interrupts. [main-thread]"""
        self._keyboard.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._keyboard.close()

    @property
    def here(self) -> bool:
        """Whether there is a terminal to read from. [any-thread]"""
        return self._keyboard.here

    def step(self) -> bool:
        """Wait a little for keys and do what they say; False if none came. Raises Failure. [keys-thread]"""
        keys = self._keyboard.read(WAIT_S)
        for key in keys:
            self.typed(key)
        return bool(keys)

    @abstractmethod
    def press(self, key: str) -> None:
        """Do what a key says; one that means nothing is passed over. Raises ValueError. [keys-thread]"""

    def typed(self, key: str) -> None:
        """A key has come. [keys-thread]"""
        self.press(key)
