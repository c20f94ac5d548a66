"""A bar for every song that is being separated, with the time that is left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from stream.terminal.answers import shown


class Bars:
    """Shown on a terminal only."""

    def __init__(self, console: Console) -> None:
        """Nothing is shown yet."""
        # a song may be called [bold]
        columns = (TextColumn("{task.description}", markup=False), BarColumn(),
                   TextColumn("{task.percentage:3.0f} %"), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

    @contextmanager
    def bar(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar while inside; what it gives moves it, to a count up to `total`."""
        task = self._progress.add_task(shown(name), total=total)
        try:
            yield lambda done: self._progress.update(task, completed=done)
        finally:
            self._progress.remove_task(task)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._progress.stop()
