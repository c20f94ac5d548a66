"""Colours, one for every stem, and lines of text in them."""

from functools import cache

from rich.style import Style

Line = tuple[tuple[str, Style], ...]

STEMS = {"drums": "#e8a33d", "bass": "#d9605a", "other": "#5fb36a", "vocals": "#5aa7e0", "guitar": "#b58be0",
         "piano": "#e07ab4"}
OTHERS = ("#4fc3b5", "#c9b458", "#8fa3ff", "#d98fd0")
GROUND, PANEL, OFF = "#14171a", "#1d2226", "#30373d"
TEXT, DIM, BRIGHT = "#c8d0d6", "#7d8a94", "#ffffff"
GOOD, WARN, BAD = "#5fb36a", "#e8c33d", "#ff5a4f"


@cache
def ink(colour: str = TEXT, ground: str = GROUND, bold: bool = False, reverse: bool = False) -> Style:
    """A style; the same one for the same words, so that lines compare quickly."""
    return Style(color=colour, bgcolor=ground, bold=bold, reverse=reverse)


@cache
def shade(colour: str, share: float) -> str:
    """So much of a colour, on the ground."""
    mixed = [round(share * int(colour[at : at + 2], 16) + (1 - share) * int(GROUND[at : at + 2], 16))
             for at in (1, 3, 5)]
    return f"#{mixed[0]:02x}{mixed[1]:02x}{mixed[2]:02x}"


def of_stem(stem: str, index: int) -> str:
    """The colour of a stem, whose number it is."""
    return STEMS.get(stem, OTHERS[index % len(OTHERS)])


def length(line: Line) -> int:
    """Cells; every character here is one wide."""
    return sum(len(text) for text, _ in line)


def fitted(line: Line, width: int) -> Line:
    """A line of exactly so many cells: cut, or filled up."""
    left = width - length(line)
    if left >= 0:
        return (*line, (" " * left, ink())) if left else line
    found, room = [], width
    for text, style in line:
        found.append((text[:room], style))
        room -= len(text[:room])
    return tuple(found)
