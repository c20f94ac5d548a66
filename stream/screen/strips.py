"""How a stem's strip looks: its switches, fader and fields, and its meter."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rich.style import Style

from stream.mixer.fader import position
from stream.screen.ink import BAD, BRIGHT, DIM, GROUND, OFF, PANEL, TEXT, WARN, Line, ink
from stream.screen.layout import FIELDS, NAME, SWITCH_NAMES, Layout
from stream.screen.meter import FLOOR_DB, Meter, share

TOP_DB = 6.0  # of a fader; keys and other hands may go beyond
ON = {"mute": BAD, "solo": WARN, "cue": "#5aa7e0"}
SHORT = {"pan": "pan", "low": "low", "mid": "mid", "high": "hi ", "filter": "fil"}


def shown(name: str, value: float, words: Sequence[str] = ()) -> str:
    """A parameter's value in a few characters; words: what its values are called, if they have names."""
    if words:
        return words[round(value)]
    if name == "gain":
        return "off" if value == -math.inf else f"{value:+.1f} dB"
    if name in ("pan", "filter"):
        sides, rest = (("L", "R"), "C") if name == "pan" else (("LP", "HP"), "off")
        percent = round(100 * abs(value))
        return f"{sides[value > 0]}{percent}" if percent else rest
    return f"{value:+.1f}" if value else "0"


def first(layout: Layout, stem: str, strip: Mapping[str, float], colour: str, chosen: str | None) -> Line:
    """Name, switches, fader and value.

    chosen: the parameter that arrows change, where this is the stem
    """
    mark = "▌" if chosen else " "
    name = ink(BRIGHT if chosen else colour, PANEL if chosen else GROUND, bold=True)
    line = [(mark, ink(colour)), (f"{stem:<{NAME - 1}.{NAME - 1}}", name)]
    for switch in SWITCH_NAMES:
        on = strip[switch] == 1
        letter = switch[0].upper()
        cell = (f"[{letter}]", ink(GROUND, ON[switch], bold=True)) if on else (f" {letter} ", ink(DIM, OFF))
        line += [(" ", ink()), cell]
    value = f"{shown('gain', strip['gain']):>8}"
    return (*line, (" ", ink()), *fader(layout.fader, strip["gain"], colour, chosen == "gain"), (" ", ink()),
            (value, ink(BRIGHT if chosen == "gain" else TEXT)), (" ", ink()))


def fader(cells: int, gain: float, colour: str, chosen: bool) -> Line:
    """A way with a knob, and a mark where 0 dB is."""
    knob = round(position(gain, TOP_DB) * (cells - 1))
    unity = round(position(0.0, TOP_DB) * (cells - 1))
    way = "".join("┷" if at == unity and at < knob else "┴" if at == unity else "━" if at < knob else "─"
                  for at in range(cells))
    return ((way[:knob], ink(colour)), ("█", ink(BRIGHT if chosen else TEXT)), (way[knob + 1 :], ink(DIM)))


def second(strip: Mapping[str, float], chosen: str | None) -> Line:
    """Pan, equalizer and filter."""
    line = [("  ", ink())]
    for name in FIELDS:
        here, rest = chosen == name, strip[name] == 0
        label = ink(BRIGHT if here else DIM, PANEL if here else GROUND, bold=here)
        value = ink(BRIGHT if here else DIM if rest else TEXT, PANEL if here else GROUND)
        line += [(SHORT[name], label), (f"{shown(name, strip[name]):>5}", value), (" ", ink())]
    return tuple(line)


def meter(cells: int, heard: Meter, colour: str) -> Line:
    """Both sides in one line, with what they hold; and the number of the louder one."""
    loudest = max(heard.peak_hold)
    number = f"{loudest:>7.1f}" if loudest > FLOOR_DB else f"{'-inf':>7}"
    return (*bars(cells, heard, colour), ("   CLIP", ink(BAD, bold=True)) if heard.clipped else (number, ink(DIM)))


def bars(cells: int, heard: Meter, colour: str) -> Line:
    """Both sides in one line, the left one above, with what they hold."""
    left, right = (round(share(db) * cells) for db in heard.level)
    holds = [round(share(db) * cells) - 1 if db > FLOOR_DB else -1 for db in heard.peak_hold]
    hot = round(share(-6.0) * cells)
    cuts = sorted({0, left, right, hot, cells, *(at for hold in holds for at in (hold, hold + 1) if hold >= 0)})
    line = []
    for at, end in pairwise(cuts):
        glyph, style = _cell(*(_lit(at, level, hold, colour if at < hot else WARN)
                               for level, hold in zip((left, right), holds, strict=True)))
        line.append((glyph * (end - at), style))
    return tuple(line)


def _lit(at: int, level: int, hold: int, colour: str) -> str:
    return BRIGHT if at == hold else colour if at < level else OFF


def _cell(above: str, below: str) -> tuple[str, Style]:
    """A cell in two colours, such that what is lit is seen without colours too."""
    if above == below:
        return (" ", ink(ground=OFF)) if above == OFF else ("█", ink(above))
    return ("▄", ink(below, above)) if above == OFF else ("▀", ink(above, below))
