"""A bar for every song that is being separated, with the time that is left; elsewhere than on a terminal some lines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from stream.terminal.answers import shown

QUARTERS = 4  # of a song, after each of which but the last there is a line
LONG = 60 * 44_100  # frames: a shorter song is done before anybody wonders


class Bars:
    """Shown on a terminal; elsewhere, in a log say, a long song has a line for each quarter."""

    def __init__(self, console: Console, say: Callable[[str], None]) -> None:
        """Nothing is shown yet. say: takes a line for the user"""
        self._say, self._shown = say, console.is_terminal
        # a song may be called [bold]
        columns = (TextColumn("{task.description}", markup=False), BarColumn(),
                   TextColumn("{task.percentage:3.0f} %"), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

    @contextmanager
    def bar(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar while inside; what it gives moves it, to a count of frames up to `total`."""
        if not self._shown:
            yield self._lines(name, total)
            return
        task = self._progress.add_task(shown(name), total=total)
        try:
            yield lambda done: self._progress.update(task, completed=done)
        finally:
            self._progress.remove_task(task)

    def _lines(self, name: str, total: int) -> Callable[[int], None]:
        told = 0

        def move(done: int) -> None:
            nonlocal told
            quarter = QUARTERS * done // total if total >= LONG else 0
            if told < quarter < QUARTERS:
                told = quarter
                self._say(f"{shown(name)}: {100 * quarter // QUARTERS} % separated")

        return move

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._progress.stop()
