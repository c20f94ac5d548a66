"""Single keys of a terminal: a stem's first letter mutes it, with shift it is soloed; digits recall scenes."""

import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

from stream.mixer.desk import Desk

if sys.platform == "win32":
    from stream.control.windowskeys import WindowsKeyboard as Keyboard
else:
    from stream.control.keyboard import Keyboard

WAIT_S = 0.1
ACTS = {"q": "quit", "r": "record", "k": "keep", "l": "learn"}


def bindings(sources: tuple[str, ...]) -> dict[str, str]:
    """Key to stem: the first letter of its name that is still free and does nothing else. [any-thread]"""
    taken: dict[str, str] = {}
    for stem in sources:
        key = next((a for a in stem.lower() if a.isalpha() and a not in taken and a not in ACTS), "")
        if key:
            taken[key] = stem
    return taken


class Keys:
    """Reads keys from standard input while it is a terminal; does nothing where it is not."""

    def __init__(self, desk: Desk) -> None:
        """Remember what the keys mean. [main-thread]"""
        self._desk = desk
        self._stems = bindings(desk.mixer.sources)
        self._keyboard = Keyboard()
        self.help = " ".join(f"{key}={stem}" for key, stem in self._stems.items()) + ", shift solos, " + ", ".join(
            f"{key} {act}s" for key, act in ACTS.items() if act in desk.acts)

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
        with suppress(ValueError):  # a scene or an act that is not here
            if key in self._stems:
                self._desk.mixer.flip(self._stems[key], "mute")
            elif key.lower() in self._stems:
                self._desk.mixer.flip(self._stems[key.lower()], "solo")
            elif key in ACTS:
                self._desk.act(ACTS[key])
            elif key.isascii() and key.isdigit():
                self._desk.recall((int(key) - 1) % 10)
