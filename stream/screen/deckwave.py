"""Waveforms of a deck: the song around the place where it is heard, all of it, and each stem alone.

    1      ╷         ╻    [     ╷    ]     beats and bars, hot cues, the cue (▲), a loop
    ⣀⣤⣶⣿⣷⣤⣀⣀⣠⣴⣾⣷⣶│⣤⣀⣀⣠⣴⣿⣶⣤⣀
    ┊      ╵         ╹          ╵

Both decks are drawn in time as it is heard, so beats of decks in sync lie below each other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt

from stream.mixer.fader import position
from stream.screen.braille import NOW
from stream.screen.deckview import DeckView
from stream.screen.ink import BAD, BRIGHT, DIM, GOOD, TEXT, WARN, ink, of_stem, shade
from stream.screen.row import ScreenRow
from stream.screen.strips import TOP_DB
from stream.screen.waveform import SIDES
from stream.screen.wavepaint import CellMark, Colours, each_stem, painted

Seen = Mapping[str, Any]  # a song, as it is told
BEAT, BAR, BELOW = "╷", "╻", {"╷": "╵", "╻": "╹"}
CLOSEST = 3  # cells between beats that are marked; where they are closer only bars are
CUE_LINE = "┊"
DARKEST, STEPS = 0.3, 8  # of a stem's colour: the share that is left with its fader down, and how many there are
LEFT_LOOP, LOOP = 1, 2  # of stream.screen.wavepaint.GROUNDS


@dataclass(frozen=True)
class WaveScale:
    """Where columns of a song are in so many cells.

    first: bin of the first cell      per: columns of a bin      column_s: seconds of the song
    """

    first: int
    per: float
    column_s: float

    def cell(self, seconds: float) -> int:
        """In which a place of the song is; any, also beyond the pane."""
        return (floor(seconds / self.column_s / self.per) - self.first) // SIDES

    def seconds(self, cell: int) -> float:
        """Where a cell begins."""
        return (self.first + SIDES * cell) * self.per * self.column_s


def around(view: DeckView, deck: str, cells: int) -> WaveScale:
    """The scale of what is around the place that is heard, which is in the middle cell."""
    per = view.zoom * (1 + view.state["songs"][deck]["tempo_percent"] / 100)
    return WaveScale(floor(view.waves[deck].now / per) - SIDES * (cells // 2), per, view.state["column_s"])


def of_song(view: DeckView, deck: str, width: int, lines: int) -> list[ScreenRow]:
    """The song around the place where it is heard, so many lines high, with what lies there."""
    cells = width - 2
    scale, song = around(view, deck, cells), view.state["songs"][deck]
    marks = [*_ticks(beats(view, deck, cells), lines), *_cues(song, scale, cells, lines),
             CellMark(cells // 2, None, NOW, BRIGHT)]
    drawn = painted(view.waves[deck].bins(scale.first, SIDES * cells, scale.per), lines, colours(view, deck), marks,
                    _grounds(song, scale, cells))
    name = ink(BRIGHT, bold=True) if view.state["chosen"] == deck else ink(DIM)
    return [ScreenRow().add(" " if number else deck.upper(), name).line(line, "wave", deck, cells)
            for number, line in enumerate(drawn)]


def colours(view: DeckView, deck: str) -> Colours:
    """Of each of a deck's stems, darker as its fader is down; none for one that its switches keep silent."""
    return tuple(_faded(of_stem(strip.partition("/")[2], number), view.strip(strip)["gain"])
                 if view.heard(strip) else None for number, strip in enumerate(view.players[deck][:-1]))


def _faded(colour: str, gain: float) -> str:
    up = round(min(1.0, position(gain, TOP_DB) / position(0.0, TOP_DB)) * STEPS) / STEPS
    return shade(colour, DARKEST + (1 - DARKEST) * up)


def beats(view: DeckView, deck: str, cells: int) -> dict[int, str]:
    """The cells in which a beat begins; a bar begins with a stronger one."""
    head, bar = view.state["heads"][deck], view.state["songs"][deck]["beats_per_bar"]
    if head["beat"] is None:
        return {}
    scale, period_s = around(view, deck, cells), head["beat_s"]
    wide = period_s / (SIDES * scale.per * scale.column_s)  # cells
    step = 1 if wide >= CLOSEST else bar if wide * bar >= CLOSEST else 0
    first, end = (head["beat"] + (scale.seconds(at) - head["position_s"]) / period_s for at in (0, cells))
    found = {}
    for beat in range(ceil(first), ceil(end)) if step else ():
        if beat % step == 0:
            at = scale.cell(head["position_s"] + (beat - head["beat"]) * period_s)
            if 0 <= at < cells:
                found[at] = BAR if beat % bar == 0 else BEAT
    return found


def _ticks(found: dict[int, str], lines: int) -> Iterator[CellMark]:
    for at, tick in found.items():
        colour = BAD if tick == BAR else TEXT
        yield CellMark(at, (0,), tick, colour)
        if lines > 1:
            yield CellMark(at, (lines - 1,), BELOW[tick], colour)


def _cues(song: Seen, scale: WaveScale, cells: int, lines: int) -> Iterator[CellMark]:
    """The cue and hot cues, each over the whole height with its sign above, and the ends of a loop."""
    loop, cue_s, hot_cues_s = song["loop"], song["cue_s"], song["hot_cues_s"]
    found = [(cue_s, "▲", WARN)] if song["loaded"] else []
    if loop is not None:
        colour = GOOD if loop["active"] else DIM
        found += [(loop["start_s"], "[", colour), (loop["start_s"] + loop["length_s"], "]", colour)]
    found += [(at, str(number), BRIGHT) for number, at in enumerate(hot_cues_s, 1) if at is not None]
    for seconds, sign, colour in found:
        at = scale.cell(seconds)
        if 0 <= at < cells:
            yield CellMark(at, tuple(range(1, lines)), CUE_LINE, colour)
            yield CellMark(at, (0,), sign, colour)


def _grounds(song: Seen, scale: WaveScale, cells: int) -> npt.NDArray[np.int64] | None:
    loop = song["loop"]
    if loop is None:
        return None
    first, end = (min(cells, max(0, scale.cell(at))) for at in (
        loop["start_s"], loop["start_s"] + loop["length_s"]))
    found = np.zeros(cells, np.int64)
    found[first:end] = LOOP if loop["active"] else LEFT_LOOP
    return found


def overview(view: DeckView, deck: str, width: int, lines: int) -> list[ScreenRow]:
    """All of the song, and where it is heard; drawn again when that is another cell, or more is known."""
    cells, wave, song = width - 2, view.waves[deck], view.state["songs"][deck]
    column_s = view.state["column_s"]
    per = ((song["length_s"] or 0) / column_s or wave.columns or 1) / (SIDES * cells)
    at = min(cells - 1, int(wave.now / per / SIDES))
    key = (wave.version, colours(view, deck), cells, lines, per, at)
    known, drawn = view.overviews.get(deck, (None, ()))
    if known != key:
        mark = [CellMark(at, None, NOW, BRIGHT)] if song["loaded"] else []
        drawn = tuple(painted(wave.bins(0, SIDES * cells, per), lines, key[1], mark))
        view.overviews[deck] = key, drawn
    return [ScreenRow().add(" ").line(line, "song", deck, cells).add(" ") for line in drawn]


def of_stems_alone(view: DeckView, deck: str, width: int) -> list[ScreenRow]:
    """One line of each stem; a gap where it is not there yet."""
    cells, strips = width - 2, view.players[deck][:-1]
    scale = around(view, deck, cells)
    shown = [colour or shade(of_stem(strip.partition("/")[2], number), DARKEST)
             for number, (strip, colour) in enumerate(zip(strips, colours(view, deck), strict=True))]
    lines = each_stem(view.waves[deck].bins(scale.first, SIDES * cells, scale.per), shown, cells // 2)
    return [ScreenRow().add(" ").line(line, width=cells) for line in lines]
