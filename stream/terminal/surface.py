"""What a person sees of a run and has their hands on: the mixer screen, pages of it, one line, or nothing."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console

from stream.common.errors import Failure
from stream.link.server import Link
from stream.link.snapshot import Looks, Snapshot
from stream.link.verbs import Verbs, desk_verbs
from stream.mixer.desk import Desk
from stream.session.host import Host
from stream.session.request import Say
from stream.terminal.front import Front
from stream.terminal.runline import RunLine
from stream.terminal.screenprocess import ScreenProcess

SCREEN, PLAIN, NONE = "screen", "plain", "none"


class UserInterface:
    """Chosen by the command line's words; whoever attaches from elsewhere gets in by its link."""

    def __init__(self, arguments: Namespace, say: Say, console: Console, paced: bool = True) -> None:
        """Nothing is shown yet. Raises ValueError or Failure where what was asked for cannot be.

        paced: the run goes as fast as music does, so that there is something to see
        """
        self._say, self._console, self._open = say, console, ExitStack()
        serving = vars(arguments).get("port") is not None
        at_terminal = _terminal() and paced and not arguments.json and not serving
        self._kind = arguments.ui or (SCREEN if at_terminal else PLAIN)
        if self._kind == SCREEN and not _terminal():
            raise ValueError("--ui screen takes a terminal; elsewhere it is plain or none")
        self._link: Link | None = None
        if self._kind != SCREEN and not serving and not arguments.attachable:
            return
        try:
            self._link = self._open.enter_context(Link())
            self._invite(arguments, serving)
        except OSError as error:  # no folder for its socket, say
            if arguments.ui == SCREEN or serving or arguments.attachable:
                raise Failure(f"no screen can attach: {error.strerror or error}") from error
            self._kind = PLAIN
            say(f"no screen can attach: {error.strerror or error}; going on without")
        except BaseException:
            self._open.close()
            raise

    def _invite(self, arguments: Namespace, serving: bool) -> None:
        assert self._link is not None
        if arguments.attachable:
            self._say(f"another screen: demucs-stream screen --attach {self._link.door}")
        if serving:
            from stream.terminal.pageprocess import PageProcess

            door, say = self._link.door, self.say
            page = self._open.enter_context(PageProcess(door, arguments.host, arguments.port, arguments.token, say))
            self._say(f"the mixer is at {page.url}")

    def say(self, text: str) -> None:
        """One line to the user, wherever they look."""
        self._say(text)
        if self._link is not None:
            self._link.note(text)

    def front(self, host: Host, desk: Desk, quit_run: Callable[[], None]) -> Front:
        """Open the link's door, and show a run once this is entered."""
        plain = RunLine(self._console, host.engine, desk, self.say, seen=self._kind != NONE)
        report = host.report()
        facts = {"provider": report.provider, "samplerate": report.samplerate, "separator": report.separator,
                 "model": Path(report.model).name}
        snapshot = Snapshot(host.engine, host.separator, desk, facts, lambda: host.recording)
        return self.shown(plain, snapshot, desk_verbs(desk), quit_run)

    @property
    def console(self) -> Console:
        """What lines are shown on."""
        return self._console

    @property
    def seen(self) -> bool:
        """Whether there is anything to see."""
        return self._kind != NONE

    def shown(self, plain: Front, snapshot: Looks, verbs: Verbs, quit_run: Callable[[], None]) -> Front:
        """Open the link's door. plain: what is shown where no screen is, or once it has failed"""
        if self._link is None:
            return plain
        self._link.open(snapshot, verbs)
        return ScreenProcess(self._link, plain, quit_run, self.say) if self._kind == SCREEN else plain

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._open.close()


def _terminal() -> bool:
    """Whether there is one that can be drawn on."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return os.environ.get("TERM") != "dumb" and all(stream is not None and stream.isatty() for stream in streams)
