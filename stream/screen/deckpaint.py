"""The screen of decks as rows, from what a view knows.

    top      model, counts, time
    waves    of the decks over each other, and between them their phase; or else they are in the columns
    columns  a player each: head, a row of each stem, its own strip with its parameters
    x        the crossfader
    buses    mix, cue ...
    detail   the chosen strip's parameters
    note     the last line for the user
    foot     keys
"""

import math
from collections.abc import Iterator

from stream.screen import strips
from stream.screen.browserpaint import browser_rows
from stream.screen.deckhead import head_row, of_input
from stream.screen.deckhelp import help_pages
from stream.screen.decklayout import FIELD, LEAST_WIDTH, DeckLayout, buses, stem_lines
from stream.screen.decktimes import clock
from stream.screen.deckview import CROSSFADER, MASTER, SWITCHES, DeckView
from stream.screen.deckwave import of_song, of_stems_alone, overview
from stream.screen.ink import BAD, BRIGHT, DIM, GROUND, OFF, PANEL, TEXT, WARN, ink, of_stem
from stream.screen.phasemeter import beside_crossfader, between_waves
from stream.screen.row import ScreenRow, plain

NAME, VALUE = 8, 6  # cells of a name, of a fader's value
BUS = "#9fb2bf"
BANDS = "low", "mid", "high"
OF_MASTER = ("level", "booth", "cue_mix", "split", "curve", "hamster")  # those that matter most first
FOOT = {"q": "quit", "?": "keys", "enter": "songs", "/": "other deck", " ": "play", "c": "cue", "l": "loop",
        "n": "next song", "x": "leave loop", "k": "key lock", "s": "slip", "g": "quantize", "r": "reverse",
        "*": "record"}
FOOT_OF_SONGS = {"escape": "decks", "enter": "load", "shift+left": "to A", "shift+right": "to B", "up": "",
                 "down": "choose", "ctrl+u": "all songs"}
LEAST_SONGS = 20  # lines that are left for songs and all the rest, or else there are no waveforms above
OFFERED = ("record", "songs")  # what not every run has
SHORT = {**strips.SHORT, "trim": "trm", "side": "sd ", "level": "lvl", "curve": "cv", "booth": "bth", "cue_mix": "c/m"}


def rows(view: DeckView, layout: DeckLayout) -> list[ScreenRow]:
    """As many as the screen has, each as wide as it is."""
    width, height = layout.size
    if not layout.fits:
        return [row.fit(width) for row in _filled(_refusal(layout), height)]
    songs = view.browser.open and not view.browser.beside
    body = help_pages(view, layout.size)[view.page] if view.helping else _songs(view, layout) if songs else [
        *_waves(view, layout), *_columns(view, layout), _crossfader(view, layout), *_buses_rows(view, layout),
        *([] if "detail" in layout.dropped else [_detail(view)])]
    found = _filled([_top(view, width), *body], height - 2)
    note = ScreenRow().add(f" {view.pending} " if view.pending else "", ink(BRIGHT, PANEL, bold=True)).add(
        f" {view.note}", ink(BAD if view.wrong else TEXT))
    return [row.fit(width) for row in (*found, note, _foot(view, width))]


def _refusal(layout: DeckLayout) -> list[ScreenRow]:
    width, height = layout.size
    text = [f"This window is {width} by {height};", f"the decks need {LEAST_WIDTH} by {layout.least}."]
    return [ScreenRow() for _ in range((height - 2) // 2)] + [
        ScreenRow().add(line.center(width), ink(BRIGHT)) for line in text]


def _filled(found: list[ScreenRow], height: int) -> list[ScreenRow]:
    return [*found[:height], *(ScreenRow() for _ in range(height - len(found)))]


def _top(view: DeckView, width: int) -> ScreenRow:
    state = view.state
    left = ScreenRow().add(f" {state['model']}", ink(BRIGHT, bold=True)).add(
        f"  {state['provider']}  {state['samplerate'] / 1000:g} kHz", ink(TEXT))
    for name, count in state["counts"].items():
        left.add(f"  {name}", ink(DIM)).add(f" {count}", ink(WARN if count else BRIGHT))
    count = state["waiting"]
    waiting = f"{count} song{'s wait' if count > 1 else ' waits'}  " if count else ""
    right = _record(view).add(waiting, ink(DIM), "browse").add(f"{clock(state['heard_s'])} ", ink(BRIGHT))
    return left.fit(max(0, width - right.width - 1)).add(" ").beside(right)


def _record(view: DeckView) -> ScreenRow:
    """Whether it is recorded, and a button for that where it can be pressed."""
    what = "record" if "record" in view.state["acts"] else ""
    if view.state["recording"]:
        return ScreenRow().add("● REC", ink(BAD, bold=True), what).add("  ")
    return ScreenRow().add("○ rec", ink(DIM), what).add("  ") if what else ScreenRow()


def _waves(view: DeckView, layout: DeckLayout) -> Iterator[ScreenRow]:
    if not layout.over or "wave" in layout.dropped:
        return
    for number, deck in enumerate(view.state["decks"]):
        if number:
            yield between_waves(view, layout.size[0])
        yield from of_song(view, deck, layout.size[0], layout.wave)


def _songs(view: DeckView, layout: DeckLayout) -> list[ScreenRow]:
    """The songs that can be loaded, below what is needed of the decks to choose from them."""
    width, height = layout.size
    waves = [*_waves(view, layout)]
    found = waves if height - len(waves) >= LEAST_SONGS else []
    for name in ("title", "times"):
        row = ScreenRow()
        for number, player in enumerate(layout.players):
            row.add("│" if number else "", ink(OFF))
            head = head_row(name, player, view.state, layout.width) if player in view.state["decks"] else ScreenRow()
            row.beside(head.fit(layout.width))
        found.append(row)
    return [*found, *browser_rows(view.browser, view.state["decks"], view.free_deck, (width, height - 3 - len(found)))]


def _columns(view: DeckView, layout: DeckLayout) -> Iterator[ScreenRow]:
    columns = [_column(view, layout, player) for player in layout.players]
    tallest = max(map(len, columns))
    for at in range(tallest):
        row = ScreenRow()
        for number, column in enumerate(columns):
            row.add("│" if number else "", ink(OFF))
            row.beside((column[at] if at < len(column) else ScreenRow()).fit(layout.width))
        yield row


def _column(view: DeckView, layout: DeckLayout, player: str) -> list[ScreenRow]:
    width = layout.width
    found = _head(view, layout, player)
    *stems, own = view.players[player]
    drawn = "stem waves" not in layout.dropped
    waves = of_stems_alone(view, player, width) if drawn and player in view.waves else [ScreenRow()] * len(stems)
    for number, strip in enumerate(stems):
        found.append(_strip(view, strip, number, width))
        if "stem fields" not in layout.dropped:
            found.append(_fields(view, strip, view.fields(strip), width))
        if drawn:
            found.append(waves[number])
    most = max(len(view.players[name]) - 1 for name in layout.players)
    found += [ScreenRow() for _ in range((most - len(stems)) * stem_lines(layout.dropped))]
    found.append(_strip(view, own, 0, width))
    if "own fields" not in layout.dropped:
        fields, a_row = view.fields(own), max(1, (width - 2) // FIELD)
        found += [_fields(view, own, fields[at : at + a_row], width) for at in range(0, len(fields), a_row)]
    return found


def _head(view: DeckView, layout: DeckLayout, player: str) -> list[ScreenRow]:
    if player not in view.state["decks"]:
        found = of_input(player, view.state, layout.width)
        return [*found, *(ScreenRow() for _ in range(sum(map(layout.lines, layout.head)) - len(found)))]
    found = []
    for name in layout.head:
        if name == "wave":
            found += of_song(view, player, layout.width, layout.wave)
        elif name == "overview":
            found += overview(view, player, layout.width, layout.overview)
        else:
            found.append(head_row(name, player, view.state, layout.width))
    return found


def _strip(view: DeckView, strip: str, number: int, width: int) -> ScreenRow:
    """Name, switches, fader, value, meter."""
    name = strip.partition("/")[2]
    colour, here, values = of_stem(name, number) if name else BUS, strip == view.stem, view.strip(strip)
    chosen = here and view.what == "gain"
    row = ScreenRow().add("▌" if here else " ", ink(colour))
    shown = name or f"deck {strip}" if strip in view.state["decks"] or name else strip
    row.add(f"{shown:<{NAME - 1}.{NAME - 1}}", ink(BRIGHT if here else colour, PANEL if here else GROUND, bold=True),
            "strip", strip)
    for switch in SWITCHES:
        if switch in values:
            on, letter = values[switch] == 1, switch[0].upper()
            if on and switch != "cue" and view.waits(strip):
                row.add(f"({letter})", ink(strips.ON[switch], OFF), switch, strip)
            else:
                row.add(f"[{letter}]" if on else f" {letter} ",
                        ink(GROUND, strips.ON[switch], bold=True) if on else ink(DIM, OFF), switch, strip)
    room = width - row.width - VALUE - 3
    way = room // 2
    row.add(" ").line(strips.fader(way, values["gain"], colour, chosen), "gain", strip, way)
    value = strips.shown("gain", values["gain"]).removesuffix(" dB")
    row.add(f"{value:>{VALUE}} ", ink(BRIGHT if chosen else TEXT))
    heard = view.meters[strip]
    clip = ScreenRow().add("!", ink(BAD, bold=True), "clip") if heard.clipped else ScreenRow().add(" ")
    return row.line(strips.bars(room - way, heard, colour), "clip", width=room - way).beside(clip)


def _fields(view: DeckView, strip: str, names: list[str], room: int) -> ScreenRow:
    """As many as there is room for. A long value has a shorter name before it, and always a space."""
    row, values = ScreenRow().add("  "), view.strip(strip)
    for name in names:
        here, parameter = strip == view.stem and name == view.what, view.parameter(strip, name)
        rest, back = values[name] == parameter.rest, PANEL if here else GROUND
        cells = max(FIELD, *(len(word) + 4 for word in parameter.words)) if parameter.words else FIELD
        if row.width + cells > room:
            break
        value = _value(view, strip, name).removesuffix(" dB")
        label = SHORT.get(name, name[:3]).strip()[: cells - 2 - len(value)]
        row.line(((label, ink(BRIGHT if here else DIM, back, bold=here)), (value.rjust(cells - 1 - len(label)), ink(
            BRIGHT if here else DIM if rest else TEXT, back))), name, strip, cells - 1).add(" ")
    return row


def _value(view: DeckView, strip: str, name: str) -> str:
    """What a parameter is set to: `off` where nothing passes, as a player's band at its lowest (dsp.isolator)."""
    parameter, value = view.parameter(strip, name), view.strip(strip)[name]
    if parameter.switch:
        return "on" if value else "off"
    isolated = strip in view.players and name in BANDS
    if value == parameter.least and (isolated or value == -math.inf):
        return "off"
    return strips.shown(name, value, parameter.words)


def _crossfader(view: DeckView, layout: DeckLayout) -> ScreenRow:
    """And the phase, where it is not between the waveforms and there is room."""
    width = layout.size[0]
    way = max(11, width // 2 | 1)
    at = round(view.state["crossfader"] * (way - 1))
    middle = way // 2
    line = "".join("┼" if cell == middle else "─" for cell in range(way))
    row = ScreenRow().add(" " * ((width - way - 4) // 2)).add("A ", ink(BRIGHT, bold=True))
    row.line(((line[:at], ink(DIM)), ("█", ink(BRIGHT)), (line[at + 1 :], ink(DIM))), CROSSFADER)
    row.add(" B", ink(BRIGHT, bold=True))
    between = layout.over and "wave" not in layout.dropped
    return row if between else row.beside(beside_crossfader(view, width - row.width))


def _buses_rows(view: DeckView, layout: DeckLayout) -> Iterator[ScreenRow]:
    """Meters of the buses, beside the first scenes, and beside the next what the master is set to."""
    others, left = buses(view), layout.size[0] // 2
    beside = [_scenes(view), _fields(view, MASTER, [name for name in OF_MASTER if name in view.fields(MASTER)],
                                     left - NAME)]
    for number, bus in enumerate(others[:1] if "other buses" in layout.dropped else others):
        here = number == 0 and view.stem == MASTER
        row = ScreenRow().add("▌" if here else " ", ink(BUS))
        row.add(f"{bus:<{NAME - 1}}", ink(BUS, bold=True), "strip", MASTER)
        row.beside(beside[number] if number < len(beside) else ScreenRow()).fit(left)
        yield row.line(strips.meter(layout.size[0] - left - 7, view.meters[bus], BUS), "clip")


def _scenes(view: DeckView) -> ScreenRow:
    """Scenes, and a button for another."""
    row = ScreenRow()
    for number, name in enumerate(view.state["scenes"][:9], 1):
        row.add(f" {plain(name)} ", ink(TEXT, OFF), "scene", str(number)).add(" ")
    return row.add("+scene", ink(DIM), "store")


def _detail(view: DeckView) -> ScreenRow:
    """All parameters of the chosen strip, under their full names."""
    strip = view.stem
    row = ScreenRow().add(f" {strip}", ink(BRIGHT, bold=True)).add(" ")
    for name in view.choices(strip):
        here = name == view.what
        row.add(" ").add(f"{name} {_value(view, strip, name)}",
                         ink(BRIGHT if here else DIM, PANEL if here else GROUND, bold=here), name, strip)
    return row


def _foot(view: DeckView, width: int) -> ScreenRow:
    """As many keys as there is room for."""
    row, offered = ScreenRow(), {*view.state["acts"], *(["songs"] if view.browser.told else [])}
    for key, text in (FOOT_OF_SONGS if view.browser.open else FOOT).items():
        shown = "space" if key == " " else key
        if row.width + len(shown) + len(text) + 3 > width:
            break
        if text not in OFFERED or text in offered:
            row.line(((f" {shown}", ink(BRIGHT, GROUND, bold=True)), (f" {text} ", ink(DIM))), "key", key)
    return row
