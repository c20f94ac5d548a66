"""A line of a screen while it is made: text in colours, and what a press of each part of it means."""

from dataclasses import dataclass, field
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.style import Style

from stream.screen.ink import Line, ink
from stream.screen.layout import Spot


def cells(text: str) -> int:
    """How many it takes; most text here is ASCII, and then nothing needs to be looked up."""
    return len(text) if text.isascii() else cell_len(text)


class Region(NamedTuple):
    """Cells of a line, from one to before another, and what is there."""

    first: int
    end: int
    spot: Spot

    def along(self, x: int) -> float:
        """How far along it a cell is, 0 to 1."""
        return min(1.0, max(0.0, (x - self.first) / max(1, self.end - self.first - 1)))


@dataclass
class ScreenRow:
    """parts: as a line has them      width: cells so far      regions: what can be pressed"""

    parts: list[tuple[str, Style]] = field(default_factory=list)
    width: int = 0
    regions: list[Region] = field(default_factory=list)

    def add(self, text: str, style: Style | None = None, what: str = "", stem: str = "") -> "ScreenRow":
        """Write on; `what`, of a stem, can be pressed there."""
        self.parts.append((text, ink() if style is None else style))
        return self._widen(cells(text), what, stem)

    def line(self, line: Line, what: str = "", stem: str = "", width: int | None = None) -> "ScreenRow":
        """Write a whole line. width: its cells, where the caller knows them"""
        self.parts += line
        return self._widen(sum(cells(text) for text, _ in line) if width is None else width, what, stem)

    def _widen(self, by: int, what: str, stem: str) -> "ScreenRow":
        first = self.width
        self.width += by
        if what and by:
            self.regions.append(Region(first, self.width, Spot(what, stem)))
        return self

    def beside(self, other: "ScreenRow") -> "ScreenRow":
        """Write another row on."""
        first = self.width
        self.parts += other.parts
        self.width += other.width
        self.regions += [Region(each.first + first, each.end + first, each.spot) for each in other.regions]
        return self

    def fit(self, width: int) -> "ScreenRow":
        """Cut it, or fill it up, to exactly so many cells."""
        if self.width < width:
            return self.add(" " * (width - self.width))
        if self.width == width:
            return self
        parts, left = [], width
        for text, style in self.parts:
            cut = text if cells(text) <= left else set_cell_size(text, left)
            parts.append((cut, style))
            left -= cells(cut)
        self.parts, self.width = parts, width
        self.regions = [Region(each.first, min(each.end, width), each.spot) for each in self.regions
                        if each.first < width]
        return self

    def under(self, x: int) -> Region | None:
        """What a press of a cell means."""
        return next((each for each in self.regions if each.first <= x < each.end), None)


def plain(text: str) -> str:
    """A text that a terminal obeys nothing of."""
    return "".join(character if character.isprintable() else " " for character in text)
