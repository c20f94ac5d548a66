"""What is in front of a person while a run runs."""

from types import TracebackType
from typing import Protocol, Self


class Front(Protocol):
    """A screen, a line, or nothing."""

    def show(self) -> None:
        """Show things as they are."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None: ...
