"""Many short texts, and which of them have a word somewhere.

All are looked through at once, as an array of bytes: numpy leaves the interpreter to others meanwhile.
[any-thread]
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 3  # first bytes of a word that all places are compared with; the others only where these are


class TextRows:
    """Texts side by side. A word never lies in two of them, as it has no blank."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Take them."""
        rows = [_bytes(text) for text in texts]
        self._data = np.frombuffer(b"\n".join([*rows, b""]), np.uint8)
        lengths = np.fromiter(map(len, rows), np.int64, len(rows)) + 1
        self._row = np.repeat(np.arange(len(rows), dtype=np.int32), lengths)
        self._count = len(rows)

    def having(self, word: str) -> NDArray[np.bool_]:
        """Which texts have a word: bool (texts,). word: not empty, and without a blank"""
        wanted, data, found = _bytes(word), self._data, np.zeros(self._count, np.bool_)
        count = len(data) - len(wanted) + 1
        if count <= 0:
            return found
        hits = data[:count] == wanted[0]
        for at in range(1, min(_AT_ONCE, len(wanted))):
            hits &= data[at : count + at] == wanted[at]
        places = np.flatnonzero(hits)
        for at in range(_AT_ONCE, len(wanted)):
            places = places[data[places + at] == wanted[at]]
        found[self._row[places]] = True
        return found


def _bytes(text: str) -> bytes:
    """A file's name may have bytes that are no text."""
    return text.encode("utf-8", "surrogatepass")
