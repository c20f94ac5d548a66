"""The two rings that a deck is heard from, as its thread writes them (stream.callback.deckstage)."""

from typing import Any

import numpy as np
import numpy.typing as npt

from stream.callback import header as hd
from stream.callback.player import FADE
from stream.callback.ring import Ring
from stream.native.atomics import load, store
from stream.native.memory import Record, fill

ROWS_MOST = 4096  # that are written at a time
AHEAD_MOST = 12_288  # frames that a ring may be ahead of what is heard


class DeckRings:
    """A row of a ring is the song, left and right, how much of its stems is there, and the stems: float32 (n, width).

    Its one writer is the deck's thread; it swaps them, and then goes on with the one that is heard from now on.
    """

    def __init__(self, stems: int) -> None:
        """Nothing is written, and the first ring is heard. [main-thread]"""
        self.width = hd.REEL + 2 * stems
        self._rings = [Ring(AHEAD_MOST + ROWS_MOST, self.width, ROWS_MOST) for _ in range(2)]
        self._wanted, self._taken = np.zeros(8, np.int64), np.zeros(8, np.int64)
        self._anchors, self._fades = np.zeros(2, np.int64), np.ones(2, np.int64)
        self._records = np.zeros(2, hd.RING)
        for at, ring in enumerate(self._rings):
            hd.connect(self._records[at, ...], ring.data, ring.counter)

    def fill(self, record: Record) -> None:
        """Fill in a deck's record (stream.callback.header.DECK), before the callback runs. [main-thread]"""
        arrays: dict[str, npt.NDArray[Any]] = {"wanted": self._wanted, "taken": self._taken, "anchors": self._anchors,
                                               "fades": self._fades, "rings": self._records}
        fill(record, fade_from=hd.NEVER, **{name: array.ctypes.data for name, array in arrays.items()})

    @property
    def swapping(self) -> bool:
        """Whether the last swap is not over yet: until then there is no other. [deck-thread]"""
        return int(load(self._taken, 0)) != int(self._wanted[0])

    @property
    def written(self) -> int:
        """Frames of the ring that is heard, or will be once the swap is over. [deck-thread]"""
        return self._now.written

    @property
    def _now(self) -> Ring:
        return self._rings[int(self._wanted[0]) & 1]

    def write(self, rows: npt.NDArray[np.float32]) -> None:
        """Go on with the ring that is heard: float32 (n, width), n up to ROWS_MOST. [deck-thread]"""
        self._now.write(rows)

    def swap(self, rows: npt.NDArray[np.float32], anchor: int | None, fade: int = FADE) -> None:
        """Have the other ring be heard, which begins with these rows; not while `swapping`.

        anchor: the device position of its first row; None is whenever the callback takes it over
        fade: frames from the one to the other; 1 is at once
        [deck-thread]
        """
        number = int(self._wanted[0]) + 1
        self._rings[number & 1].write(rows, at=0)
        self._anchors[number & 1] = hd.NEVER if anchor is None else anchor
        self._fades[number & 1] = fade
        store(self._wanted, 0, number)
