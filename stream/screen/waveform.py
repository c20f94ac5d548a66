"""Each stem's waveform: what came of it, by slices of time, and which of them is heard now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stream.link.slices import HISTORY_SLICES

SIDES = 2  # columns of a cell

Row = Sequence[int]  # peak and root mean square of every stem, by turns (stream.link.waveform)


@dataclass(frozen=True)
class Pane:
    """What a waveform has of a screen.

    cells, lines: how wide and how high      per: slices of a column, of which a cell has two
    ahead_of: at most one cell of so many is right of what is heard now
    """

    cells: int
    lines: int
    per: int = 1
    ahead_of: int = 4

    def ahead(self, slices: int) -> int:
        """Cells right of what is heard now, where so many slices may be known before they are heard."""
        return min(self.cells // self.ahead_of, -(-slices // (SIDES * self.per)))

    def past(self, ahead: int) -> int:
        """Cells left of it; it has one itself."""
        return self.cells - 1 - self.ahead(ahead)


class WaveformView:
    """now: the slice that is heard      ahead: how many there may be after it"""

    def __init__(self, ahead: int) -> None:
        """Nothing has come yet."""
        self.now, self.ahead = 0, ahead
        self._rows: dict[int, Row] = {}

    def take(self, now: int, slices: Iterable[Row]) -> None:
        """Know what is heard now, and slices by their numbers."""
        self.now = now
        for number, *row in slices:
            self._rows.pop(number, None)  # one that is told again is the newest
            self._rows[number] = row
        while len(self._rows) > HISTORY_SLICES:
            del self._rows[next(iter(self._rows))]

    def forget(self) -> None:
        """Know no slice."""
        self._rows.clear()

    def columns(self, pane: Pane) -> list[Row | None]:
        """What is in a pane, two columns a cell, without the cell that is now; None is a gap.

        Slices share a column with the same ones wherever it is.
        """
        first = self.now // pane.per - SIDES * pane.past(self.ahead)
        count = SIDES * (pane.cells - 1)
        rows = [self._rows.get(number) for number in range(first * pane.per, (first + count) * pane.per)]
        return rows if pane.per == 1 else [_loudest(rows[at : at + pane.per]) for at in range(0, len(rows), pane.per)]


def _loudest(rows: list[Row | None]) -> Row | None:
    """Slices of one column as one; what is known of them."""
    known = [row for row in rows if row is not None]
    return [max(levels) for levels in zip(*known, strict=True)] if known else None
