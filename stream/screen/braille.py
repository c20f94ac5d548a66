"""Waveforms in braille, eight dots a cell: peaks in a darker shade, the root mean square in the stem's own colour."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from rich.style import Style

from stream.link.slices import FULL
from stream.screen.ink import DIM, Line, ink, shade
from stream.screen.waveform import Pane, Row

DOTS = 4  # one above the other in a cell
LEFT, RIGHT = (0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80)  # from above
NOW = "│"
OUTER, INNER, MARK = range(3)

Shades = tuple[Style, Style, Style]  # of OUTER, INNER, MARK


class Tier(NamedTuple):
    """A line of a waveform: its glyphs, by the heights of both columns; how far from the middle it lies, in dots."""

    glyphs: list[str]
    depth: float


@cache
def shades(colour: str, heard: bool) -> Shades:
    """Of a stem; one that is not heard is dim."""
    outer, inner = (0.55, 1.0) if heard else (0.25, 0.45)
    return ink(shade(colour, outer)), ink(shade(colour, inner)), ink(DIM)


@cache
def tiers(lines: int) -> tuple[list[int], list[Tier]]:
    """The height in dots of each level, and all lines: around their middle, or where there are few from the floor."""
    most = DOTS * lines // (2 if lines > 2 else 1)
    found = []
    for line in range(lines):
        away = [most - 1 - y if y < most else y - most for y in range(DOTS * line, DOTS * (line + 1))]
        left, right = ([sum(dot for dot, row in zip(dots, away, strict=True) if row < height)
                        for height in range(most + 1)] for dots in (LEFT, RIGHT))
        glyphs = [chr(0x2800 + a + b) if a + b else " " for a in left for b in right]
        found.append(Tier(glyphs, sum(away) / DOTS))
    return [max(1, round(level * most / FULL)) for level in range(FULL + 1)], found


def waveform(columns: Sequence[Row | None], index: int, pane: Pane, past: int, shades: Shades) -> list[Line]:
    """A stem's, as high as the pane, with a mark after its past, which is now.

    columns: two for each cell but that of the mark; None is a gap, where silence is a line      index: of the stem
    past: cells
    """
    lines = []
    for text, inks in _drawn(columns, index, pane):
        text[past:past], inks[past:past] = [NOW], [MARK]
        lines.append(_runs(text, inks, shades))
    return lines


def _drawn(columns: Sequence[Row | None], index: int, pane: Pane) -> Iterator[tuple[list[str], list[int]]]:
    """Of each line, what is in its cells, and which of OUTER and INNER that is."""
    high, found = tiers(pane.lines)
    most, peak, square = high[FULL], 2 * index, 2 * index + 1
    heights = [0 if row is None else high[row[peak]] for row in columns]
    filled = [0 if row is None else row[square] for row in columns]
    pairs = [left * (most + 1) + right for left, right in zip(heights[::2], heights[1::2], strict=True)]
    louder = [*map(max, filled[::2], filled[1::2])]
    for glyphs, depth in found:
        reaches = depth * FULL / most
        yield [glyphs[pair] for pair in pairs], [INNER if level > reaches else OUTER for level in louder]


def _runs(text: list[str], inks: list[int], shades: Shades) -> Line:
    line, at = [], 0
    for which, run in groupby(inks):
        end = at + len([*run])
        line.append(("".join(text[at:end]), shades[which]))
        at = end
    return tuple(line)
