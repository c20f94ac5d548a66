"""What every place that weights come from has in common."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from export.weights import Weights

Progress = Callable[[int, int | None, str], None]  # bytes done, bytes in all where known, what is being loaded


def unshown(done: int, total: int | None, label: str) -> None:
    """Progress that nobody looks at."""


class WeightSource(Protocol):
    """A place that weights come from; str() names it in messages."""

    @property
    def origin(self) -> str:
        """The place without the file."""

    def fetch(self, staging: Path, progress: Progress) -> Weights:
        """Load the weights, using the empty folder `staging` as needed.

        Raises OSError or ValueError, in one line.
        """
