"""What the callback leaves word of: when a change of the mixer was taken over, when stems came late and came back."""

from collections.abc import Iterator

import numpy as np

from stream.native.atomics import load

KEPT = 4096  # a power of two


class Events:
    """A ring of events with one writer, the callback, and one reader.

    rows: int64 (KEPT, 3): what (stream.callback.header), its value, the position in the input that was heard then
    counter: int64 (8,), only [0] is used: events written
    lost: events that were written over before they were read
    """

    def __init__(self) -> None:
        """Nothing has happened. [main-thread]"""
        self.rows = np.zeros((KEPT, 3), np.int64)
        self.counter = np.zeros(8, np.int64)
        self.lost = 0
        self._read = 0

    def new(self) -> Iterator[tuple[int, int, int]]:
        """What has happened since it was last asked. [recorder-thread]"""
        written = int(load(self.counter, 0))
        start = max(self._read, written - KEPT // 2)  # the older half may be written over while it is read
        self.lost += start - self._read
        self._read = written
        for at in range(start, written):
            what, value, position = self.rows[at % KEPT].tolist()
            yield what, value, position
