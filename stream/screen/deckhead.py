"""A deck's head: its song, where it is in it, how fast, what is there of it, and how the deck is set.

    ▌A ▶ Title  Artist
     1:23 -2:41   +4.0%  128.0  ●▌○ ○ ○            stream.screen.decktimes
     ⣀⣤⣶⣿⣷⣤⣀⣀⣠⣴⣾⣷│⣤⣀⣀⣠⣴⣿⣶⣤⣀           stream.screen.deckwave: around what is heard, if it is here
     ⣀⣤⣶⣷⣷⣤│⣶⣤⣀⣠⣴⣿⣶⣷⣾⣿⣷⣶⣤⣀⣀           and all of the song
     ━━━━━━━━━━━━━━┃━━━━━━╍╍╍───────────────        what is separated, in a hurry or not at all; where it is heard
          1    ▲     [ 2 ]                         hot cues, the cue, a loop
      SYNC [KEY] SLIP  QUANT [LOOP 4]  ±10
      CUE  [1][2] 3  4  5  6  7  8  L4 -4 +4 REV   buttons
"""

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.style import Style

from stream.screen.decktimes import times
from stream.screen.ink import BRIGHT, DIM, GOOD, GROUND, OFF, PANEL, TEXT, WARN, ink
from stream.screen.row import ScreenRow, plain

Seen = Mapping[str, Any]  # a song, or a head, as it is told
FLAGS = {"sync": "SYNC", "key_lock": "KEY", "slip": "SLIP", "quantize": "QUANT"}
MORE = {"REV": "reverse", "NEXT": "next_song", "EJECT": "eject", "TAP": "grid_tap", "BRAKE": "brake"}
ROWS = {"title": 1, "times": 1, "wave": 2, "overview": 1, "song": 1, "marks": 1, "flags": 1, "pads": 1}  # their lines
NOTHING, DRAFT, FINAL = range(3)
DARK = 900  # of 2550: darker colours have bright letters
_GLYPHS = {NOTHING: ("─", OFF), DRAFT: ("╍", WARN), FINAL: ("━", GOOD)}


def title(deck: str, song: Seen, width: int, chosen: bool) -> ScreenRow:
    """Name, whether it plays, and what."""
    name = ink(GROUND, BRIGHT, bold=True) if chosen else ink(BRIGHT, PANEL, bold=True)
    row = ScreenRow().add("▌" if chosen else " ", ink(BRIGHT)).add(f" {deck.upper()} ", name, "deck", deck)
    row.add(" ▶ " if song["playing"] else " ∥ ", ink(GOOD if song["playing"] else DIM), "play", deck)
    if not song["loaded"]:
        return row.add("no song: n loads the next one", ink(DIM), "deck", deck)
    words = "  cannot be read" if song["failure"] else "  loading" if song["loading"] else ""
    room = max(0, width - row.width - len(words))
    what, by = (plain(song[name]) for name in ("title", "artist"))
    by = brief(f"  {by}", max(room // 2, room - cell_len(what))) if by else ""
    row.add(brief(what, room - cell_len(by)), ink(BRIGHT, bold=True), "deck", deck).add(by, ink(DIM), "deck", deck)
    return row.add(words, ink(WARN))


def brief(text: str, cells: int) -> str:
    """A text, cut where it is too long."""
    return text if cell_len(text) <= cells else set_cell_size(text, max(0, cells - 1)) + "…"


def there(song: Seen, cells: int) -> list[int]:
    """Of each cell of a song's bar, what is separated of all of it: NOTHING, DRAFT or FINAL."""
    length_s, found = song["length_s"], [NOTHING] * cells
    if not length_s:
        return found
    for kind, spans in ((DRAFT, song["drafts"]), (FINAL, song["stems"])):
        for first, end in spans:
            first_cell = -int(-first / length_s * cells // 1)  # a cell that is begun is not there
            last = cells if end >= length_s - 0.1 else int(end / length_s * cells)
            found[first_cell:last] = [kind] * max(0, last - first_cell)
    return found


def place(seconds: float, song: Seen, cells: int) -> int | None:
    """The cell of a place; None: it is not known, or not in the song."""
    length_s = song["length_s"]
    if not length_s or not 0 <= seconds <= length_s:
        return None
    return min(cells - 1, int(seconds / length_s * cells))


def bar(deck: str, song: Seen, head: Seen, width: int) -> ScreenRow:
    """The whole song, what is separated of it, and where it is heard."""
    cells = width - 2
    now = place(head["position_s"], song, cells) if song["loaded"] else None
    row, line = ScreenRow().add(" "), []
    for at, kind in enumerate(there(song, cells)):
        glyph, colour = _GLYPHS[kind]
        line.append(("┃", ink(BRIGHT, bold=True)) if at == now else (glyph, ink(colour)))
    return row.line(_joined(line), "song", deck).add(" ")


def _joined(line: list[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    """Neighbours in one style as one part."""
    found: list[tuple[str, Any]] = []
    for text, style in line:
        if found and found[-1][1] is style:
            found[-1] = found[-1][0] + text, style
        else:
            found.append((text, style))
    return tuple(found)


def marks(deck: str, song: Seen, width: int) -> ScreenRow:
    """The loop, the cue and hot cues, below the bar."""
    cells = width - 2
    line: list[tuple[str, Any, str]] = [(" ", ink(), "")] * cells
    loop = song["loop"]
    wanted = [(song["cue_s"], "▲", WARN, "")] if song["loaded"] else []
    if loop is not None and loop["length_s"]:
        colour = GOOD if loop["active"] else DIM
        wanted += [(loop["start_s"], "[", colour, ""), (loop["start_s"] + loop["length_s"], "]", colour, "")]
    cues = list(zip(song["hot_cues_s"], song["hot_cue_names"], song["hot_cue_colours"], strict=True))
    wanted += [(at, str(number), colour or BRIGHT, f"hot cue {number}")
               for number, (at, _, colour) in enumerate(cues, 1) if at is not None]
    for seconds, glyph, colour, what in wanted:
        at = place(seconds, song, cells)
        if at is not None:
            line[at] = glyph, ink(colour, bold=True), what
    for number, (seconds, name, _) in enumerate(cues, 1):
        at = None if seconds is None else place(seconds, song, cells)
        if at is not None:
            _write(line, at + 1, plain(name), f"hot cue {number}")
    row = ScreenRow().add(" ")
    for (style, what), run in groupby(line, key=itemgetter(1, 2)):
        row.add("".join(glyph for glyph, _, _ in run), style, what, deck)
    return row


def _write(line: list[tuple[str, Any, str]], first: int, text: str, what: str) -> None:
    """A name where nothing else is: cut off before whatever comes next, and a blank."""
    room = next((at for at in range(first, len(line)) if line[at][0] != " "), len(line) + 1) - 1 - first
    text = text if cell_len(text) == len(text) else ""  # letters of two cells would move what follows
    for at, letter in enumerate(text[: max(0, room)], first):
        line[at] = letter, ink(DIM), what


def flags(deck: str, song: Seen, width: int) -> ScreenRow:
    """Sync, key lock, slip, quantize, the loop, what is held, and where there is room the tempo's range and the key."""
    row = ScreenRow().add(" ")
    for name, word in FLAGS.items():
        on = song[name]
        row.add(f"[{word}]" if on else f" {word} ", ink(GROUND, WARN, bold=True) if on else ink(DIM, OFF), name, deck)
    row.add(" ")
    loop = song["loop"]
    if loop is not None and loop["active"]:
        row.add(f"[LOOP {beats(loop['beats'])}]", ink(GROUND, GOOD, bold=True), "leave_loop", deck).add(" ")
    held = {"none": ""}.get(song["held"], song["held"].upper())
    bend = f"BEND {song['bend_percent']:+g}%" if song["bend_percent"] else ""
    words = [word for word in ("REV" if song["reversed"] else "", held, "END" if song["ended"] else "", bend) if word]
    row.add(" ".join(words), ink(WARN, bold=True))
    tempo_range, key = f"{' ' if words else ''}±{song['tempo_range']:g} ", f"{song['camelot']} {song['key']} "
    row = row.add(tempo_range, ink(DIM), "range", deck) if row.width + len(tempo_range) <= width else row
    return row.add(key, ink(BRIGHT)) if song["key"] and row.width + len(key) <= width else row


def pads(deck: str, song: Seen, width: int) -> ScreenRow:
    """Buttons: the cue, hot cues, of which those that are set are in brackets, jumps and a loop; and others for which
    there is room."""
    held = song["held"] == "cue"
    row, style = ScreenRow(), ink(GROUND, WARN, bold=True) if held else ink(TEXT, OFF)
    row.add("[CUE]" if held else " CUE ", style, "cue press", deck).add(" ")
    for number, (at, colour) in enumerate(zip(song["hot_cues_s"], song["hot_cue_colours"], strict=True), 1):
        there = at is not None
        row.add(f"[{number}]" if there else f" {number} ", on_colour(colour or GOOD) if there else ink(DIM, OFF),
                f"hot cue {number}", deck)
    size = beats(song["jump_beats"])
    for text, what in (("L4", "loop 4"), (f"-{size}", "jump_back"), (f"+{size}", "jump_on")):
        row.add(" ").add(text, ink(TEXT, OFF), what, deck)
    for text, what in MORE.items():
        if row.width + 1 + len(text) <= width:
            row.add(" ").add(text, ink(TEXT, OFF), what, deck)
    return row


def on_colour(colour: str) -> Style:
    """Letters that can be read on a colour."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return ink(GROUND if 3 * red + 6 * green + blue > DARK else BRIGHT, colour, bold=True)


def beats(count: float) -> str:
    """`4`, or `1/8`."""
    return f"1/{round(1 / count)}" if 0 < count < 1 else f"{count:g}"


def head_row(name: str, deck: str, state: Mapping[str, Any], width: int) -> ScreenRow:
    """One of ROWS, but for those that are drawn (stream.screen.deckwave)."""
    song, head = state["songs"][deck], state["heads"][deck]
    if name == "title":
        return title(deck, song, width, state["chosen"] == deck)
    if name == "times":
        return times(deck, song, head, width)
    if name == "song":
        return bar(deck, song, head, width)
    if name == "marks":
        return marks(deck, song, width)
    return flags(deck, song, width) if name == "flags" else pads(deck, song, width)


def of_input(name: str, state: Seen, width: int) -> list[ScreenRow]:
    """The first rows of a player that is no deck."""
    chosen = state["chosen"] == name
    row = ScreenRow().add("▌" if chosen else " ", ink(BRIGHT))
    row.add(set_cell_size(f" {name.upper()}  the input, separated live", width - 1),
            ink(GROUND, BRIGHT, bold=True) if chosen else ink(BRIGHT, PANEL, bold=True), "deck", name)
    latency_s, misses = state["input_latency_s"], state["counts"].get("misses", 0)
    return [row, ScreenRow().add(f" latency {latency_s:.2f} s", ink(TEXT)).add("  misses ", ink(DIM)).add(
        str(misses), ink(WARN if misses else BRIGHT))]
