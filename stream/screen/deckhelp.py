"""The page of the decks' screen that says what keys and mouse do."""

from textwrap import wrap

from stream.screen.decklayout import COLUMN
from stream.screen.deckview import DeckView
from stream.screen.ink import BRIGHT, DIM, TEXT, WARN, ink
from stream.screen.row import ScreenRow

MOUSE = ("mouse: click switches, words, buttons, scenes and the song; drag faders",
         "and values; the wheel turns them; the right button resets them, deletes a",
         "hot cue, and stores a scene again")


def help_pages(view: DeckView, size: tuple[int, int]) -> list[list[ScreenRow]]:
    """What keys and mouse do, on as many pages as that takes."""
    stems = " ".join(f"{key} {stem}" for key, stem in view.state["keys"].items())
    texts = [f"{stems}: mute; with shift: solo", *view.state["key_help"], "up down: choose a strip",
             "left right: change it", "tab: choose a parameter", "backspace: reset the strip",
             "escape: clear clip marks", "? this page, q closes"]
    width, room = size[0], max(2, size[1] - 3)
    found = _in_columns(texts, width)
    if len(found) > room:
        found = _flowing([*texts, " ".join(MOUSE)], width)
    if len(found) <= room:
        return [found]
    more = ScreenRow().add(" ? for more", ink(WARN))
    parts = [found[at : at + room - 1] for at in range(0, len(found), room - 1)]
    return [[*part, more] for part in parts[:-1]] + [parts[-1]]


def _in_columns(texts: list[str], width: int) -> list[ScreenRow]:
    columns = 2 if width >= 2 * COLUMN else 1
    lines = [line for text in texts for line in wrap(f"  {text}", width // columns - 1, subsequent_indent="    ")]
    a_column = -(-len(lines) // columns)
    found = []
    for at in range(a_column):
        row = ScreenRow()
        for line in lines[at::a_column]:
            row.beside(ScreenRow().add(line, ink(TEXT)).fit(width // columns))
        found.append(row)
    return [*found, *(ScreenRow().add(f"  {line}", ink(DIM)) for line in MOUSE)]


def _flowing(texts: list[str], width: int) -> list[ScreenRow]:
    """As much in a row as it has room for, in two shades by turns."""
    found = [ScreenRow()]
    for number, text in enumerate(texts):
        for word in text.split(" "):
            if found[-1].width + len(word) + 1 > width:
                found.append(ScreenRow())
            found[-1].add(f" {word}", ink(DIM if number % 2 else BRIGHT))
        found[-1].add(" ")
    return found
