"""The songs of the library as rows of the screen of decks.

     find: amy_                                        12 of 50000 songs, enter loads to A
      song                    artist            bpm     key  length
     ▌◆ Title                 Somebody         128.0    8A    3:21   +0.4%   A  B
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stream.screen.browser import SongBrowser
from stream.screen.deckhead import brief
from stream.screen.decktimes import clock
from stream.screen.ink import BRIGHT, DIM, GOOD, GROUND, OFF, PANEL, TEXT, WARN, ink
from stream.screen.row import ScreenRow, plain

PREPARED, OTHER = "◆", " "
NUMBERS = 6, 5, 7, 8  # cells of beats per minute, key, length, and how much a tempo has to be changed
BESIDE = 58  # cells from which on a row has all of these; below only the first two
FITS_PERCENT = 6.0


def browser_rows(browser: SongBrowser, decks: list[str], chosen: str, size: tuple[int, int]) -> Iterator[ScreenRow]:
    """As many rows as there is room for.

    decks: on which songs can be loaded      chosen: on which enter loads them      size: cells
    """
    width, height = size
    browser.fit(height - 2)
    yield _find(browser, chosen, width)
    yield _titles(decks, width)
    for at in range(browser.top, min(len(browser.songs), browser.top + browser.room)):
        yield _song(browser.songs[at], at, at == browser.at, decks, width)


def _find(browser: SongBrowser, chosen: str, width: int) -> ScreenRow:
    row = ScreenRow().add(" find: ", ink(DIM)).add(plain(browser.text), ink(BRIGHT, bold=True)).add("▏", ink(BRIGHT))
    count = f"{browser.count} song{'' if browser.count == 1 else 's'}, enter loads to {chosen.upper()} "
    return row.fit(max(row.width, width - len(count))).add(count, ink(DIM))


def _widths(decks: list[str], width: int) -> tuple[int, int, tuple[int, ...]]:
    """Cells of the title, of the artist, and of the numbers that there is room for."""
    numbers = NUMBERS if width >= BESIDE else NUMBERS[:2]
    left = width - 3 - sum(numbers) - 3 * len(decks) - 1
    return left - left * 2 // 5, left * 2 // 5, numbers


def _titles(decks: list[str], width: int) -> ScreenRow:
    title, artist, numbers = _widths(decks, width)
    row = ScreenRow().add(f"{'   song':<{3 + title}}{'artist':<{artist}}", ink(DIM))
    for cells, name in zip(numbers, ("bpm", "key", "length", "fits"), strict=False):
        row.add(f"{name:>{cells}}", ink(DIM))
    return row


def _song(song: Mapping[str, Any], at: int, chosen: bool, decks: list[str], width: int) -> ScreenRow:
    title, artist, numbers = _widths(decks, width)
    ground = PANEL if chosen else GROUND
    row, what = ScreenRow(), f"found {at}"
    row.add("▌" if chosen else " ", ink(BRIGHT, ground))
    row.add(PREPARED if song["prepared"] else OTHER, ink(GOOD, ground), what).add(" ", ink(ground=ground))
    row.beside(_cell(song["title"], title, BRIGHT if chosen else TEXT, ground, what))
    row.beside(_cell(song["artist"], artist, DIM, ground, what))
    bpm, percent = song["bpm"], song["tempo_percent"]
    fits = percent is not None and abs(percent) <= FITS_PERCENT
    values = ((f"{bpm:.1f}" if bpm else "", TEXT), (song["key"] or "", GOOD if song["key_fits"] else TEXT),
              (clock(song["length_s"]) if song["length_s"] else "", DIM),
              (f"{percent:+.1f}%" if percent is not None else "", GOOD if fits else WARN))
    for cells, (text, colour) in zip(numbers, values, strict=False):
        row.add(f"{text:>{cells}}", ink(colour, ground), what)
    for deck in decks:
        row.add(" ", ink(ground=ground)).add(f" {deck.upper()}", ink(TEXT, OFF), f"load {at}", deck)
    return row


def _cell(text: str, cells: int, colour: str, ground: str, what: str) -> ScreenRow:
    row = ScreenRow().add(brief(plain(text), cells - 1), ink(colour, ground), what)
    return row.add(" " * (cells - row.width), ink(ground=ground), what)
