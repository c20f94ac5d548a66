"""Single keys of a terminal: a stem's first letter mutes it, with shift it is soloed; digits recall scenes."""

import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

from stream.control.keytable import ACTS, KeyTable, stem_keys
from stream.mixer.desk import Desk

if sys.platform == "win32":
    from stream.control.windowskeys import WindowsKeyboard as Keyboard
else:
    from stream.control.keyboard import Keyboard

WAIT_S = 0.1


class Keys:
    """Reads keys from standard input while it is a terminal; does nothing where it is not."""

    def __init__(self, desk: Desk) -> None:
        """Remember what the keys mean. [main-thread]"""
        self._desk = desk
        self._table = KeyTable(stem_keys(desk.mixer.sources), ACTS)
        self._keyboard = Keyboard()
        self.help = self._table.line(desk.acts)

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
            self.press(key)
        return bool(keys)

    def press(self, key: str) -> None:
        """Do what a key says; one that means nothing is passed over. [keys-thread]"""
        command, what = self._table.meaning(key, key) or ("", "")
        with suppress(ValueError):  # a scene or an act that is not here
            if command in ("mute", "solo"):
                self._desk.mixer.flip(str(what), command)
            elif command == "word":
                self._desk.act(str(what))
            elif command == "scene":
                self._desk.recall(what)
