"""A separator that fails while music plays, and the one that takes its place."""

from collections.abc import Callable

from stream.live.engine import Engine
from stream.live.reopening import Reopening
from stream.separators.protocol import Separator
from stream.session.request import Say


class Recovery:
    """Puts a new separator in the place of one that has failed, once in a run, and says so.

    separator: the one that is in use
    """

    def __init__(self, engine: Engine, separator: Separator,
                 open_again: Callable[[], tuple[Separator, float | None]], say: Say) -> None:
        """Nothing has failed."""
        self.separator = separator
        self._engine, self._open_again, self._say = engine, open_again, say
        self._failed: Exception | None = None  # what the separator has failed with last
        self._again: Reopening | None = None

    def look(self) -> None:
        """See whether it has failed, and whether a new one is there."""
        failed, again = self._engine.worker.failed, self._again
        if failed is not None and failed is not self._failed:
            self._failed = failed
            self._say(f"the separator has failed ({_text(failed)}); the music goes on dry"
                      + ("" if again else " until it is opened once more"))
            if again is None:
                self._again = Reopening(self._open_again)
        elif again is not None and again.trouble is not None:
            self._say(f"the separator cannot be opened again: {_text(again.trouble)}")
            again.trouble = None
        elif again is not None and again.made is not None:
            self.separator, again.made = again.made, None
            self._engine.worker.replace(self.separator)

    @property
    def trouble(self) -> str | None:
        """What a run that has come to its end has done without; None if it has had a separator to its end."""
        failed = self._engine.worker.failed
        return None if failed is None else f"the separator has failed ({_text(failed)}); the rest was heard dry"


def _text(error: BaseException) -> str:
    """What an exception says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__
