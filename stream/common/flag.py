"""Something that has happened, told by whoever saw it."""


class Flag:
    """Not set at first, and never unset.

    A signal's handler may set it at any moment. A `threading.Event` it may not: its lock is held while it is set, and a
    handler that comes in just then on the same thread would wait for itself.
    """

    def __init__(self) -> None:
        """Not set."""
        self._set = False

    def set(self) -> None:
        """It has happened."""
        self._set = True

    def is_set(self) -> bool:
        """Whether it has."""
        return self._set
