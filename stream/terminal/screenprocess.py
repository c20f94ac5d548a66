"""The mixer screen on this terminal, in a process of its own; should it fail, the run goes on with a line."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from stream.common import interrupt
from stream.link.endpoint import ENVIRONMENT
from stream.link.server import Link
from stream.session.request import Say
from stream.terminal.front import Front
from stream.terminal.modes import lent

PATIENCE_S = 3.0  # for a screen to go when the run has ended


class ScreenProcess:
    """While entered, whatever is printed waits until the terminal is its own again."""

    def __init__(self, link: Link, plain: Front, quit_run: Callable[[], None], say: Say) -> None:
        """Nothing is shown yet.

        plain: what goes on when the screen fails
        quit_run: called when the user closes the screen
        """
        self._link, self._plain, self._quit, self._say = link, plain, quit_run, say
        self._open = ExitStack()
        self._screen: subprocess.Popen[bytes] | None = None

    def show(self) -> None:
        """See whether the screen is still there."""
        code = self._screen.poll() if self._screen is not None else None
        if code == 0:
            self._quit()
        elif code is not None:
            self._screen = None
            self._open.close()
            self._say(f"the screen has failed (exit code {code}): going on without")
            self._open.enter_context(self._plain)
        elif self._screen is None:
            self._plain.show()

    def __enter__(self) -> Self:
        terminal = self._open.enter_context(lent())
        with interrupt.blocked():
            self._screen = subprocess.Popen(
                [sys.executable, "-P", "-m", "stream.screen"], stdout=terminal, stderr=terminal,
                env=os.environ | {ENVIRONMENT: str(self._link.door)})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._screen is not None:
            self._link.end()
            try:
                self._screen.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._screen.kill()
                self._screen.wait()
        self._open.close()
