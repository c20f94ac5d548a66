"""Waveforms of a deck around the place where it is heard: the song in the colours of its stems, and each stem alone."""

from collections.abc import Sequence
from math import floor

from stream.screen.braille import Shades, coloured, shades, waveform
from stream.screen.deckview import DeckView
from stream.screen.ink import DIM, TEXT, of_stem
from stream.screen.row import ScreenRow
from stream.screen.waveform import SIDES, Pane
from stream.screen.waveform import Row as Levels

BEAT, BAR = "╷", "╻"
AHEAD_OF = 2  # half of the cells are of what comes


def of_song(view: DeckView, deck: str, width: int, lines: int) -> list[ScreenRow]:
    """The song, so many lines high; each cell in the colour of the loudest of the stems that are heard there."""
    wave, pane = view.waves[deck], Pane(width - 2, lines, ahead_of=AHEAD_OF)
    columns = wave.columns(pane)
    colours = [shades(of_stem(strip.partition("/")[2], number), True) if view.heard(strip) else None
               for number, strip in enumerate(view.players[deck][:-1])]
    found = [_colour(columns[at : at + 2], colours) for at in range(0, len(columns), 2)]
    past = pane.past(wave.ahead)
    drawn = coloured(columns, pane, past, found, beats(view, deck, past, len(found)))
    return [ScreenRow().add(" ").line(line) for line in drawn]


def beats(view: DeckView, deck: str, past: int, cells: int) -> dict[int, str]:
    """The cells in which a beat begins, of so many without that of the mark; a bar begins with a stronger one.

    past: how many are before what is heard now
    """
    song, head, slice_s = view.state["songs"][deck], view.state["heads"][deck], view.state["slice_s"]
    if head["beat"] is None or not song["bpm"]:
        return {}
    period_s = 60 / song["bpm"] * (1 + song["tempo_percent"] / 100) * (1 + song["bend_percent"] / 100)  # of the song
    first = view.waves[deck].now - SIDES * past
    found = {}
    for cell in range(cells):
        begins, ends = (head["beat"] + ((first + SIDES * at) * slice_s - head["position_s"]) / period_s
                        for at in (cell, cell + 1))
        if floor(ends) > floor(begins):
            found[cell] = BAR if floor(ends) % song["beats_per_bar"] == 0 else BEAT
    return found


def _colour(columns: Sequence[Levels | None], colours: Sequence[Shades | None]) -> Shades:
    """Of a cell; where no stems are there yet that of none, and where none is heard the darkest."""
    known = [row for row in columns if row is not None and len(row) > 2]
    if not known:
        return shades(TEXT, True)
    heard = [(max(row[2 * number + 3] for row in known), shade) for number, shade in enumerate(colours)
             if shade is not None]
    return max(heard, key=lambda each: each[0])[1] if heard else shades(DIM, False)


def of_stem_alone(view: DeckView, strip: str, number: int, width: int) -> ScreenRow:
    """One line of a stem, the number-th of its deck; a gap where it is not there yet."""
    deck, _, stem = strip.partition("/")
    wave, pane = view.waves[deck], Pane(width - 2, 1, ahead_of=AHEAD_OF)
    columns = [row if row is not None and len(row) > 2 else None for row in wave.columns(pane)]
    lines = waveform(columns, 1 + number, pane, pane.past(wave.ahead), shades(of_stem(stem, number), view.heard(strip)))
    return ScreenRow().add(" ").line(lines[0])
