"""The run in one line, and its keys; or nothing to see, and no keys."""

from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from rich.console import Console

from stream.control.keys import Keys
from stream.live.engine import Engine
from stream.mixer.desk import Desk
from stream.session.request import Say
from stream.terminal.controllerthread import controller_thread
from stream.terminal.status import Status


class RunLine:
    """Reads keys while there is a terminal, and shows the line while it is entered."""

    def __init__(self, console: Console, engine: Engine, desk: Desk, say: Say, seen: bool = True) -> None:
        """Nothing is shown yet.

        say: takes lines for the user
        """
        self._console, self._engine, self._desk, self._say, self._seen = console, engine, desk, say, seen
        self._open = ExitStack()
        self._status: Status | None = None

    def show(self) -> None:
        """Show things as they are."""
        if self._status is not None:
            with suppress(OSError):  # its terminal is gone: audio goes on
                self._status.show()

    def __enter__(self) -> Self:
        if self._seen:
            keys = self._open.enter_context(Keys(self._desk))
            if keys.here:
                stepper = controller_thread("the keyboard", keys.step, self._say)
                stepper.start()
                self._open.callback(stepper.stop)
            status = Status(self._console, self._engine, self._desk.mixer, keys.help if keys.here else "")
            self._status = self._open.enter_context(status)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._status = None
        self._open.close()
