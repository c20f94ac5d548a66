"""The pages of the decks' screen that say what keys and mouse do, an entry a line, in as many columns as fit."""

from collections.abc import Sequence
from textwrap import wrap

from stream.screen.decklayout import COLUMN
from stream.screen.deckview import DeckView
from stream.screen.ink import BRIGHT, DIM, TEXT, WARN, ink
from stream.screen.row import ScreenRow

MOUSE = ("mouse: click switches, words, buttons, scenes, the song and its waveform; click a song twice to load it; "
         "drag faders and values; the wheel turns them, and magnifies waveforms; the right button resets them, deletes "
         "a hot cue, stores a scene again, and has waveforms over or beside each other")

Entry = list[ScreenRow]


def help_pages(view: DeckView, size: tuple[int, int]) -> list[list[ScreenRow]]:
    """What keys and mouse do, on as many pages as that takes."""
    width, room = size[0], max(2, size[1] - 3)
    count = max(1, width // COLUMN)
    entries = [_entry(text, width // count) for text in _texts(view)]
    mouse = [ScreenRow().add(f" {line}", ink(DIM)) for line in wrap(MOUSE, width - 2)]
    pages = []
    while (columns := _level(entries, count, room - len(mouse))) is None:
        columns = _columns(entries, room - 1)[:count]
        pages.append(_beside(columns, width // count))
        entries = entries[sum(map(len, columns)) :]
    pages.append([*_beside(columns, width // count), *mouse])
    for number, page in enumerate(pages[:-1], 1):
        page.append(ScreenRow().add(f" ? for more: this is {number} of {len(pages)}", ink(WARN)))
    return pages


def _texts(view: DeckView) -> list[str]:
    stems = " ".join(f"{key} {stem}" for key, stem in view.state["keys"].items())
    close = [] if "q quits" in view.state["key_help"] else ["q quits"]
    return [f"{stems}: mute; with shift: solo", *view.state["key_help"], "up down: choose a strip",
            "left right: change it", "tab: choose a parameter", "backspace: reset the strip",
            "escape: take back a key that waits, or clear clip marks",
            "page up, page down: see waveforms larger, or more of them",
            "enter: the songs: type to find one, arrows choose, enter loads, shift left and right to A and B, escape "
            "closes", "F2: waveforms over each other, or beside each other", *close]


def _entry(text: str, width: int) -> Entry:
    """In lines, of which the first has its first word bright."""
    first, _, rest = wrap(text, width - 2)[0].partition(" ")
    found = [ScreenRow().add(f" {first}", ink(BRIGHT, bold=True)).add(f" {rest}", ink(TEXT))]
    for line in wrap(text, width - 2, subsequent_indent="  ")[1:]:
        found.append(ScreenRow().add(f" {line}", ink(TEXT)))
    return found


def _columns(entries: Sequence[Entry], height: int) -> list[list[Entry]]:
    """Entries below each other, in as many columns as that takes, none of them in two."""
    found: list[list[Entry]] = [[]]
    for entry in entries:
        if found[-1] and sum(map(len, found[-1])) + len(entry) > height:
            found.append([])
        found[-1].append(entry)
    return found


def _level(entries: Sequence[Entry], count: int, most: int) -> list[list[Entry]] | None:
    """So many columns, as low as they can be; None: they would be too high."""
    for height in range(max(1, -(-sum(map(len, entries)) // count)), most + 1):
        columns = _columns(entries, height)
        if len(columns) <= count and all(sum(map(len, column)) <= most for column in columns):
            return columns
    return None


def _beside(columns: Sequence[Sequence[Entry]], width: int) -> list[ScreenRow]:
    lines = [[row for entry in column for row in entry] for column in columns]
    found = []
    for at in range(max(map(len, lines))):
        row = ScreenRow()
        for number, column in enumerate(lines, 1):
            row.beside(column[at] if at < len(column) else ScreenRow()).fit(number * width)
        found.append(row)
    return found
