"""Waveforms in braille, eight dots a cell: peaks in a darker shade, the root mean square in the stem's own colour."""

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from rich.style import Style

from stream.screen.ink import DIM, Line, ink, shade
from stream.screen.waveform import Pane, Row

FULL = 255  # of a level, as it is told
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
def _tiers(lines: int) -> tuple[list[int], list[Tier]]:
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
    high, tiers = _tiers(pane.lines)
    most, peak, square = high[FULL], 2 * index, 2 * index + 1
    heights = [0 if row is None else high[row[peak]] for row in columns]
    filled = [0 if row is None else row[square] for row in columns]
    pairs = [left * (most + 1) + right for left, right in zip(heights[::2], heights[1::2], strict=True)]
    louder = [*map(max, filled[::2], filled[1::2])]
    lines = []
    for glyphs, depth in tiers:
        text, reaches = [glyphs[pair] for pair in pairs], depth * FULL / most
        inks = [INNER if level > reaches else OUTER for level in louder]
        text[past:past], inks[past:past] = [NOW], [MARK]
        lines.append(_runs("".join(text), inks, shades))
    return lines


def _runs(text: str, inks: list[int], shades: Shades) -> Line:
    line, at = [], 0
    for which, run in groupby(inks):
        end = at + len([*run])
        line.append((text[at:end], shades[which]))
        at = end
    return tuple(line)
