"""The mixer screen as a textual program, fed by a thread that waits for what the engine tells."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from stream.link.client import Attached
from stream.screen.board import Board
from stream.screen.face import Face
from stream.screen.ink import GROUND
from stream.screen.runface import RunFace
from stream.screen.view import View


def _face(attached: Attached) -> Face:
    """What shows the mixer of a run, or decks."""
    state, say = attached.state, attached.say
    if "decks" not in state:
        return RunFace(View(state, say))
    from stream.screen.deckface import DeckFace  # numpy, which draws waveforms of songs, and a run has none
    from stream.screen.deckview import DeckView

    return DeckFace(DeckView(state, say))


class MixerScreen(App[bool]):
    """One board and nothing else; it ends with True when its user closes it, with False when the run has ended."""

    CSS = f"Screen {{ background: {GROUND}; overflow: hidden; }}"
    ENABLE_COMMAND_PALETTE = False
    TITLE = "demucs-stream"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+z", "halt", show=False, priority=True)]

    def __init__(self, attached: Attached, clock: Callable[[], float] = time.monotonic) -> None:
        """Show what this one is attached to.

        clock: seconds, that what meters hold and what went by are measured in
        """
        super().__init__()
        self._attached = attached
        self.board = Board(_face(attached), clock)

    def compose(self) -> ComposeResult:
        """The board."""
        yield self.board

    def on_mount(self) -> None:
        """Listen to the engine from now on."""
        self.board.focus()
        self.board.take(self._attached.state)
        loop, context = asyncio.get_running_loop(), copy_context()  # textual finds its program in the context

        def listen() -> None:
            with suppress(RuntimeError):  # the loop is closed: the screen was faster
                while (news := self._attached.wait()) is not None:
                    loop.call_soon_threadsafe(self._take, news, context=context)
                loop.call_soon_threadsafe(self.exit, False, context=context)

        threading.Thread(target=listen, name="link", daemon=True).start()

    def action_halt(self) -> None:
        """Ctrl-Z: the terminal is as it was, and the run stops with its screen, until both go on."""
        if sys.platform != "win32" and self._driver is not None and self._driver.can_suspend:
            with self.suspend():
                os.killpg(os.getpgrp(), signal.SIGTSTP)

    def _take(self, news: Mapping[str, Any]) -> None:
        if self.is_running:
            self.board.take(news)
