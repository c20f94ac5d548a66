"""What is printed: answers on stdout, lines for the user on stderr; whatever names are like, and wherever it goes."""

import argparse
import json
import math
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.text import Text

from stream.common.errors import Failure

# what a terminal would obey: C0 and C1 but tab and newline, and what turns the direction of writing
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Unread(Failure):
    """Whoever read stdout, such as `head`, has read enough: there is nobody to tell, and nothing to say."""


def safe(text: str) -> str:
    """A text whose control characters are seen instead of obeyed: `\\x1b`."""
    return _OBEYED.sub(lambda found: repr(found[0])[1:-1], text)


def shown(name: Path | str) -> str:
    """A name in one line: as `safe`, newlines too."""
    return safe(str(name)).replace("\n", "\\n").replace("\t", "\\t")


def printed(text: str, encoding: str | None) -> str:
    """A text with backslashes for what an encoding lacks, and for the bytes of names that are no text."""
    name = encoding or "ascii"
    return safe(text).encode(name, "backslashreplace").decode(name)


def say(console: Console, text: str) -> None:
    """Lines for the user on a console; a terminal that is gone, or a full disk, ends nothing."""
    with suppress(OSError, ValueError):  # ValueError: it is closed
        # NB: a Text: rich reads neither markup nor emoji codes such as :cd: in it
        console.print(Text(printed(text, console.encoding)), soft_wrap=True)


def tell(*lines: object) -> None:
    """Print lines on stdout. Raises Failure where it cannot take them, Unread where nobody does."""
    out = sys.stdout
    if out is None:
        raise Failure("stdout cannot be written: it is closed")
    text = "".join(f"{printed(str(line), out.encoding)}\n" for line in lines)
    try:
        out.write(text)
        out.flush()
    except (OSError, ValueError) as error:
        _give_up(out)
        if isinstance(error, BrokenPipeError):
            raise Unread("nobody reads stdout any more") from error
        raise Failure(f"stdout cannot be written: {getattr(error, 'strerror', None) or error}") from error


def tell_json(answer: Mapping[str, Any]) -> None:
    """Print an object as one line of JSON, in ASCII; bytes that are no text are \\udc80 to \\udcff. Raises Failure.

    What is no finite number is null: JSON has none.
    """
    tell(json.dumps(_finite(answer), allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value


def _give_up(out: Any) -> None:
    """Let the interpreter's own flush at its end succeed, which would complain once more."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out.fileno())
        os.close(nowhere)


def all_open() -> None:
    """Have something behind 0, 1 and 2: the first file that is opened would else be somebody's stdout."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free


class Parser(argparse.ArgumentParser):
    """Raises ValueError for what is wrong, instead of showing the usage; prints as everything else is printed."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong."""
        raise ValueError(f"{message}; see {self.prog} --help")

    def _print_message(self, message: str, _file: Any = None) -> None:  # NB: argparse's own, of help and version
        if message:
            tell(message.removesuffix("\n"))
