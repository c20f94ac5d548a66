"""When the graph of a JACK server may be read: once it has changed, and rests again."""


class GraphRest:
    """A graph rests when two looks, one after the other, find the same number of changes."""

    def __init__(self) -> None:
        """It has not changed yet."""
        self._seen = self._read = 0

    def look(self, changes: int) -> bool:
        """Whether it rests.

        changes: how many there have been
        """
        rests, self._seen = changes == self._seen, changes
        return rests

    @property
    def unread(self) -> bool:
        """Whether it has changed since `read` was called last."""
        return self._seen != self._read

    def read(self) -> None:
        """All changes that the last look has found are known now."""
        self._read = self._seen
