"""How a hop's columns go together with those before: their place in time, in the caches, and in the statistics."""

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

from stream.separators.protocol import Frames

TURN = 336  # columns: what was trained on; positions run up to here and back, for ever (docs/notes/stateful.md)
TWIN = 30  # columns: positions nearer to each other than this are taken for one (docs/notes/stateful.md)
HORIZON = 220  # columns that statistics are over, older ones fading
NEVER = np.iinfo(np.int64).min // 2  # the column of a place in the caches that holds none
CLOSED = -1e9  # a score that softmax makes nothing of
EXCESS = 4.0  # of the level that is remembered over that of the horizon: 6 dB, and the past is no measure any more
SILENCE = 3e-4  # RMS, -70 dBFS: what is quieter says nothing of the music's level


class Memory:
    """The clock of a stateful network: counts columns and says what each hop is to be told of its past.

    given: the arrays that a graph takes for that (export.stateful.state.Hop), rewritten by `begin`
    """

    def __init__(self, columns: int, recompute: int, length: int, tokens: int) -> None:
        """Make all arrays.

        columns: of a hop; recompute: of these, the last that the next hop is given again
        length: columns of the caches
        tokens: positions a column of the wave branch
        [opening-thread]
        """
        self._columns, self._recompute, self._length = columns, recompute, length
        self._quarters = np.arange(tokens) / tokens
        self._positions: Frames = np.zeros((columns, tokens), np.float32)
        self._slots = np.zeros(columns, np.int64)
        self._mask: Frames = np.zeros(length, np.float32)
        self._blend: Frames = np.zeros(2, np.float32)
        self._written = np.full(length, NEVER)
        self.reset()

    @property
    def given(self) -> dict[str, npt.NDArray[Any]]:
        """By the graph's names. [opening-thread, separator-thread]"""
        return {"positions": self._positions, "slots": self._slots, "mask": self._mask, "blend": self._blend}

    def reset(self) -> None:
        """Nothing was heard yet. [opening-thread, separator-thread]"""
        self.start(-self._recompute)

    def start(self, first: int) -> None:
        """The next hop is the first, and this its first column: those before the song are silence. [opening-thread]"""
        self._first = first
        self._weight = 0.0  # columns' worth of what the statistics have heard
        self._heard = False
        self._level = 0.0  # mean square, as the statistics remember it
        self._powers: deque[float] = deque(maxlen=max(1, HORIZON // (self._columns - self._recompute)))
        self._written[:] = NEVER

    def resize(self, length: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Let the caches have another length; `given` has another mask from here on.

        Returns the places of what is still remembered, before and now.
        [separator-thread]
        """
        cached = self._written[self._written >= self._first - (length - self._columns)]
        before, now = cached % self._length, cached % length
        self._length = length
        self._mask = np.zeros(length, np.float32)
        self._written = np.full(length, NEVER)
        self._written[now] = cached
        return before, now

    def begin(self, frozen: Frames) -> None:
        """Fill `given` for the next hop, whose lasting part is `frozen`: float32 (2, n). [separator-thread]"""
        columns = np.arange(self._first, self._first + self._columns)
        self._positions[:] = folded(columns[:, None] + self._quarters)
        self._slots[:] = columns % self._length
        self._written[self._slots] = columns
        self._mask[:] = np.where(self._open(), 0.0, CLOSED)
        self._blend[:] = self._weigh(float(np.mean(frozen * frozen)))

    def _open(self) -> npt.NDArray[np.bool_]:
        """Which places may be attended to: those of the context, but for twins on the other side of a turn.

        A column of the past whose position is that of now would be heard as if it were now.
        """
        now = self._first + self._columns / 2
        apart = np.abs(folded(self._written) - folded(np.array(now)))
        twin = (apart < TWIN) & (now - self._written > apart + self._columns)
        return (self._written >= self._first - (self._length - self._columns)) & ~twin

    def _weigh(self, power: float) -> tuple[float, float]:
        """How much of the statistics is the past's, in those that a hop uses and in those that it leaves.

        What fades exponentially is not over until a bang is a million times weaker than the music; so when the level
        that is remembered is far above that of the horizon, the past is let go of.
        """
        self._heard = power > SILENCE**2
        if not self._heard and self._weight:
            return 1.0, 1.0
        self._powers.append(power)
        if self._level > EXCESS * float(np.mean(self._powers)):
            self._weight = 0.0
        new, past = self._columns - self._recompute, min(self._weight, HORIZON)
        self._level += new / (past + new) * (power - self._level)
        return past / (past + self._columns), past / (past + new)

    def end(self) -> None:
        """The hop is over. [separator-thread]"""
        new = self._columns - self._recompute
        self._first += new
        if self._heard:
            self._weight = min(self._weight, HORIZON) + new


def folded(columns: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Positions that stay within what was trained: up to TURN and back again, so that neighbours stay neighbours.

    [separator-thread]
    """
    turned = np.mod(columns, 2 * TURN)
    folded: npt.NDArray[np.float64] = np.minimum(turned, 2 * TURN - turned)
    return folded
