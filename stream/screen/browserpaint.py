"""The songs that can be loaded, as rows of the screen of decks.

     find: amy▏                                      12 of 50000 songs, enter loads to A
       song                    artist            bpm      key  length    fits
     ▌◆ Title                 Somebody         128.0    8A Am    3:21   +0.4%   A  B
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stream.screen.browserview import BrowserView
from stream.screen.deckhead import brief
from stream.screen.decktimes import clock
from stream.screen.ink import BRIGHT, DIM, GOOD, GROUND, OFF, PANEL, TEXT, WARN, ink
from stream.screen.row import ScreenRow, plain

PREPARED, OTHER = "◆", " "
HEAD = 2  # rows above the songs
NUMBERS = {"bpm": 6, "key": 9, "length": 8, "fits": 8}  # their cells
NARROW = {"bpm": 6, "key": 5}  # where there is less room
BESIDE = 58  # cells from which on a row has all of these
FITS_PERCENT = 6.0


def browser_rows(browser: BrowserView, decks: list[str], goal: str, size: tuple[int, int]) -> Iterator[ScreenRow]:
    """As many rows as there are.

    decks: on which songs can be loaded      goal: on which enter loads them      size: cells that there are
    """
    width, height = size
    browser.fit(height - HEAD)
    yield _find(browser, goal, width)
    yield _titles(decks, width)
    for at in range(browser.top, min(len(browser.songs), browser.top + browser.room)):
        yield _song(browser.songs[at], at, at == browser.at, decks, width)


def _find(browser: BrowserView, goal: str, width: int) -> ScreenRow:
    there = browser.told["songs"] if browser.told else 0
    words = f"{browser.count} of {there} songs" if browser.text else f"{there} song{'' if there == 1 else 's'}"
    count = f" {words}, enter loads to {goal.upper()} "
    count = count if len(count) < width // 2 else f" {words} "
    text = plain(browser.text)[-max(1, width - len(count) - 8):]  # its end is where somebody types
    row = ScreenRow().add(" find: ", ink(DIM)).add(text, ink(BRIGHT, bold=True)).add("▏", ink(BRIGHT))
    return row.fit(width - len(count)).add(count, ink(DIM))


def _widths(decks: list[str], width: int) -> tuple[int, int, Mapping[str, int]]:
    """Cells of the title, of the artist, and of the numbers that there is room for."""
    numbers = NUMBERS if width >= BESIDE else NARROW
    left = width - 3 - sum(numbers.values()) - 3 * len(decks)
    artist = left * 2 // 5
    return left - artist, artist, numbers


def _titles(decks: list[str], width: int) -> ScreenRow:
    title, artist, numbers = _widths(decks, width)
    row = ScreenRow().add("   ").add(f"{'song':<{title}}{'artist':<{artist}}", ink(DIM))
    for name, cells in numbers.items():
        row.add(f"{name:>{cells}}", ink(DIM))
    return row.fit(width)


def _song(song: Mapping[str, Any], at: int, chosen: bool, decks: list[str], width: int) -> ScreenRow:
    title, artist, numbers = _widths(decks, width)
    ground = PANEL if chosen else GROUND
    row, what = ScreenRow(), f"found {at}"
    row.add("▌" if chosen else " ", ink(BRIGHT, ground), what)
    row.add(PREPARED if song["prepared"] else OTHER, ink(GOOD, ground), what).add(" ", ink(ground=ground), what)
    row.beside(_cell(song["title"], title, BRIGHT if chosen else TEXT, ground, what))
    row.beside(_cell(song["artist"], artist, DIM, ground, what))
    for (text, colour), cells in zip(_values(song, numbers), numbers.values(), strict=True):
        row.add(f"{text:>{cells}}", ink(colour, ground), what)
    for deck in decks:
        row.add(" ", ink(ground=ground)).add(f" {deck.upper()}", ink(TEXT, OFF), f"load {at}", deck)
    return row.fit(width)


def _values(song: Mapping[str, Any], numbers: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """What is known of it, and in which colours: green is what fits the song that plays."""
    bpm, percent, length_s = song["bpm"], song["tempo_percent"], song["length_s"]
    tempo = GOOD if percent is not None and abs(percent) <= FITS_PERCENT else TEXT
    key = song["camelot"] if numbers is NARROW else f"{song['camelot']} {song['key']}".strip()
    found = {"bpm": (f"{bpm:.1f}" if bpm else "", tempo), "key": (key, GOOD if song["key_fits"] else TEXT),
             "length": (clock(length_s) if length_s else "", DIM),
             "fits": (f"{percent:+.1f}%" if percent is not None else "", tempo if tempo is GOOD else WARN)}
    yield from (found[name] for name in numbers)


def _cell(text: str, cells: int, colour: str, ground: str, what: str) -> ScreenRow:
    row = ScreenRow().add(brief(plain(text), cells - 1), ink(colour, ground), what)
    return row.add(" " * (cells - row.width), ink(ground=ground), what)
