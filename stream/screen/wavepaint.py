"""Waveforms of songs in braille: as high as the song, and inside in the colours of its stems, as thick as each is loud.

    lines   outermost   drums        a stem has as much of the height as it has of the sum of all stems;
              ...       bass         those that are not heard leave their part dark, at the outside
            innermost   vocals
A pane of one or two lines has no inside: each cell has the colour of the loudest stem that is heard.
"""

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.style import Style

from stream.link.slices import FULL
from stream.screen.braille import DOTS, NOW, tiers
from stream.screen.ink import BAD, BRIGHT, DIM, GOOD, GROUND, TEXT, WARN, Line, ink, shade
from stream.screen.songwave import STEMS, UNKNOWN, Levels

FLAT = 2  # lines: up to so many have no inside
MARKS = (DIM, TEXT, BRIGHT, GOOD, WARN, BAD)  # what marks may be coloured in
GROUNDS = (GROUND, "#2a3038", "#1d3b28")  # of cells: usual, in a loop that was left, in one that repeats

Codes = npt.NDArray[np.uint32]
Colours = tuple[str | None, ...]  # of each stem, as it is to be seen; None is one that is not heard


class CellMark(NamedTuple):
    """What is in a cell instead of the waveform.

    lines: of the pane; None: all      glyph: empty leaves what is there, in another colour      colour: of MARKS
    """

    cell: int
    lines: tuple[int, ...] | None
    glyph: str
    colour: str


class _Tier(NamedTuple):
    glyphs: Codes
    depth: float


@cache
def _shapes(lines: int) -> tuple[npt.NDArray[np.int64], list[_Tier]]:
    """As `stream.screen.braille.tiers`, as arrays; a level of 0 is a dot where something is known."""
    heights, found = tiers(lines)
    return np.array(heights, np.int64), [_Tier(np.array([*map(ord, tier.glyphs)], np.uint32), tier.depth)
                                         for tier in found]


@lru_cache(maxsize=64)
def _styles(colours: Colours) -> list[Style]:
    """By ground, and in it by colour: song alone, what is not heard, stems, marks."""
    shown = (TEXT, shade(TEXT, 0.28), *(colour or GROUND for colour in colours), *MARKS)
    return [ink(colour, ground) for ground in GROUNDS for colour in shown]


def painted(bins: tuple[Levels, Levels], lines: int, colours: Colours, marks: Iterable[CellMark] = (),
            grounds: npt.NDArray[np.int64] | None = None) -> list[Line]:
    """A pane of so many lines; of its bins each cell has two.

    bins: as `SongWave.bins` gives them      grounds: of each cell, by its number in GROUNDS
    """
    levels, known = bins
    high, shapes = _shapes(lines)
    heights = np.where(known[:, None] == UNKNOWN, 0, high[levels])
    pairs = heights[::2, 0] * (high[FULL] + 1) + heights[1::2, 0]
    codes = [tier.glyphs[pairs] for tier in shapes]
    used = _used(levels, known, heights, [tier.depth for tier in shapes], colours)
    used = _blank_as_before(np.stack(codes), used)
    which = {colour: 2 + len(colours) + at for at, colour in enumerate(MARKS)}
    for mark in marks:
        for line in range(lines) if mark.lines is None else mark.lines:
            if mark.glyph:
                codes[line][mark.cell] = ord(mark.glyph)
            used[line, mark.cell] = which[mark.colour]
    if grounds is not None:
        used += grounds * (2 + len(colours) + len(MARKS))
    styles = _styles(colours)
    return [_runs(text, row, styles) for text, row in zip(codes, used, strict=True)]


def each_stem(bins: tuple[Levels, Levels], colours: Sequence[str], now: int) -> list[Line]:
    """A line of each stem, in its colour, with a mark in a cell; blank where it is not known.

    bins: as `SongWave.bins` gives them
    """
    levels, known = bins
    high, (shape,) = _shapes(1)
    heights = np.where(known[:, None] == STEMS, high[levels[:, 1:]], 0)
    codes = shape.glyphs[heights[::2] * (high[FULL] + 1) + heights[1::2]]
    texts = (row.tobytes().decode("utf-32-le") for row in codes.T)
    return [((text[:now], ink(colour)), (NOW, ink(DIM)), (text[now + 1 :], ink(colour)))
            for text, colour in zip(texts, colours, strict=True)]


def _used(levels: Levels, known: Levels, heights: npt.NDArray[np.int64], depths: Sequence[float],
          colours: Colours) -> npt.NDArray[np.int64]:
    """Of each line and cell the number of its colour: 0 where no stems are there, 1 where none is heard, 2 + a stem."""
    cells, stems = len(levels) // 2, len(colours)
    there = known.reshape(cells, 2).max(axis=1) == STEMS
    loud = levels[:, 1:].reshape(cells, 2, stems).max(axis=1).astype(np.int64)
    heard = loud * np.array([colour is not None for colour in colours])
    if len(depths) <= FLAT:
        found = np.where(heard.any(axis=1), 2 + heard.argmax(axis=1), 1) if stems else np.ones(cells, np.int64)
        return np.repeat(np.where(there, found, 0)[None], len(depths), axis=0)
    tall = heights[:, 0].reshape(cells, 2).max(axis=1)
    reach = heard[:, ::-1].cumsum(axis=1) * (tall / np.maximum(1, loud.sum(axis=1)))[:, None]
    begins = np.array(depths)[:, None] - (DOTS - 1) / 2
    middle = (begins + np.minimum(begins + DOTS, tall)) / 2  # of what a line has of the wave
    passed = (reach[None] <= middle[:, :, None]).sum(axis=2)  # stems that end further in
    found = np.where(passed < stems, 1 + stems - passed, 1)
    found[:, heard.sum(axis=1) == 0] = 1
    return np.where(there[None], found, 0)


def _blank_as_before(codes: Codes, used: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Cells in which nothing is in the colour of those before them, so that they need no part of their own."""
    last = np.maximum.accumulate(np.where(codes == ord(" "), 0, np.arange(codes.shape[1])), axis=1)
    return np.take_along_axis(used, last, axis=1)


def _runs(codes: Codes, used: npt.NDArray[np.int64], styles: Sequence[Style]) -> Line:
    """Neighbours in one colour as one part."""
    text = codes.tobytes().decode("utf-32-le")
    cuts = [0, *(np.flatnonzero(np.diff(used)) + 1).tolist(), len(text)]
    return tuple((text[first:end], styles[colour])
                 for (first, end), colour in zip(pairwise(cuts), used[cuts[:-1]].tolist(), strict=True))
