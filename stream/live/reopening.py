"""A separator that is opened while music plays: on a thread of its own, which may take as long as it likes."""

import threading
from collections.abc import Callable

from stream.separators.protocol import Separator


class Reopening:
    """made: the separator, once it is there      trouble: why it does not open"""

    def __init__(self, open_: Callable[[], tuple[Separator, float | None]]) -> None:
        """Begin. [main-thread]"""
        self._open = open_
        self.made: Separator | None = None
        self.trouble: Exception | None = None
        threading.Thread(target=self._run, name="separator opening", daemon=True).start()

    def _run(self) -> None:
        try:
            self.made = self._open()[0]
        except Exception as error:  # whatever a plugin raises
            self.trouble = error
