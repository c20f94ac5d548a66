"""When a separator is to make do with less, because its hops come too late, and when it may have more again."""

from collections import deque
from collections.abc import Sequence

import numpy as np

TIGHT = 0.95  # of the room that a hop has: two in a row, and the next ones will be late
EASY = 0.85  # of the room: what the level above may take, for it to be tried again
PATIENCE, MOST_PATIENCE = 24, 768  # hops before that; twice as many each time that it was in vain


class Governor:
    """Chooses a level, hop by hop; a level is what a hop is made with, 0 what the user asked for."""

    def __init__(self, costs: Sequence[float], room_s: float) -> None:
        """Begin at level 0.

        costs: of a hop at each level, in proportion, falling
        room_s: seconds that a hop may take
        [main-thread]
        """
        self._costs, self._room_s = tuple(costs), room_s
        self.level = 0
        self.hops = [0] * len(self._costs)  # at each level
        self._patience = PATIENCE
        self._stayed = 2 * MOST_PATIENCE  # hops at this level
        self._times_s: deque[float] = deque(maxlen=MOST_PATIENCE)

    def note(self, time_s: float | None, late: bool) -> bool:
        """Take account of a hop; whether the next one is to be of another level.

        time_s: what it took; None for one that was given up
        late: its stems come after their time
        [separator-thread]
        """
        self._stayed += 1
        if time_s is not None:
            self.hops[self.level] += 1
            self._times_s.append(time_s)
        tight = len(self._times_s) > 1 and min(self._times_s[-1], self._times_s[-2]) > TIGHT * self._room_s
        if (late or tight) and self.level + 1 < len(self._costs):
            in_vain = self._stayed <= 2 * self._patience
            self._patience = min(2 * self._patience, MOST_PATIENCE) if in_vain else PATIENCE
            self._move(1)
            return True
        if late:
            self._times_s.clear()
        elif self.level and self._easy():
            self._move(-1)
            return True
        return False

    def _easy(self) -> bool:
        """Whether the level above would be held, by what hops have taken for long enough."""
        if len(self._times_s) < self._patience:
            return False
        more = self._costs[self.level - 1] / self._costs[self.level]
        return float(np.median(list(self._times_s)[-self._patience :])) * more <= EASY * self._room_s

    def _move(self, by: int) -> None:
        self.level += by
        self._stayed = 0
        self._times_s.clear()
