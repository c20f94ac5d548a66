"""The screen of decks as rows, from what a view knows.

    top      model, counts, time
    columns  a player each: head, a row of each stem, its own strip with its parameters
    x        the crossfader
    buses    mix, cue ...
    detail   the chosen strip's parameters
    note     the last line for the user
    foot     keys
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from textwrap import wrap

from stream.screen import strips
from stream.screen.deckhead import ROWS, clock, head_row, of_input
from stream.screen.deckview import CROSSFADER, MASTER, SWITCHES, DeckView
from stream.screen.deckwave import of_song, of_stem_alone
from stream.screen.ink import BAD, BRIGHT, DIM, GROUND, OFF, PANEL, TEXT, WARN, ink, of_stem
from stream.screen.row import ScreenRow, plain

LEAST_WIDTH, COLUMN = 40, 38  # cells
NAME, VALUE, FIELD = 8, 6, 9  # of a name, of a fader's value, of a parameter
BUS = "#9fb2bf"
# what there is room for, the first to go first
DROPS = ("stem fields", "stem waves", "detail", "own fields", "pads", "other buses", "wave", "marks", "flags")
MOUSE = ("mouse: click switches, words, buttons, scenes and the song; drag faders",
         "and values; the wheel turns them; the right button resets them, deletes a",
         "hot cue, and stores a scene again")
OF_MASTER = ("level", "booth", "cue_mix", "split", "curve", "hamster")  # those that matter most first
FOOT = {"q": "close", "?": "keys", "/": "other deck", " ": "play", "c": "cue", "l": "loop", "n": "next song",
        "x": "leave loop", "k": "key lock", "s": "slip", "g": "quantize", "r": "reverse", "*": "record"}
SHORT = {**strips.SHORT, "trim": "trm", "side": "sd ", "level": "lvl", "curve": "cv", "booth": "bth", "cue_mix": "c/m"}


@dataclass(frozen=True)
class DeckLayout:
    """What of a view fits into so many cells.

    players: those that have a column      width: of a column      dropped: what there is no room for
    """

    size: tuple[int, int]
    players: tuple[str, ...]
    width: int
    dropped: frozenset[str]
    least: int

    @property
    def fits(self) -> bool:
        """Whether it is large enough at all."""
        return self.size[0] >= LEAST_WIDTH and self.size[1] >= self.least


def laid_out(view: DeckView, size: tuple[int, int]) -> DeckLayout:
    """All players if there is room; else those around the chosen one."""
    names = tuple(view.players)
    count = max(1, min(len(names), (size[0] + 1) // (COLUMN + 1)))
    at = names.index(view.player(view.stem) or view.state["chosen"])
    first = min(max(0, at - count + 1), len(names) - count)
    players, width = names[first : first + count], (size[0] - count + 1) // count
    dropped: set[str] = {"stem fields"} if width < 2 + 5 * FIELD else set()
    for each in DROPS:
        if _height(view, players, width, dropped) <= size[1]:
            break
        dropped.add(each)
    least = _height(view, players, width, set(DROPS))
    return DeckLayout(size, players, width, frozenset(dropped), least)


def _height(view: DeckView, players: tuple[str, ...], width: int, dropped: set[str]) -> int:
    head = sum(lines for name, lines in ROWS.items() if name not in dropped)
    stems = max(len(view.players[name]) - 1 for name in players)
    body = stems * _tall(dropped) + 1
    own = 0 if "own fields" in dropped else max(_own_rows(view, name, width) for name in players)
    buses = 1 if "other buses" in dropped else len(_buses(view))
    return 1 + head + body + own + 1 + buses + ("detail" not in dropped) + 2


def _tall(dropped: Collection[str]) -> int:
    """Lines of a stem."""
    return 1 + ("stem fields" not in dropped) + ("stem waves" not in dropped)


def _own_rows(view: DeckView, player: str, width: int) -> int:
    return -(-len(view.fields(player)) // max(1, (width - 2) // FIELD))


def _buses(view: DeckView) -> list[str]:
    return [bus for bus in view.meters if "/" not in bus and bus not in view.players]


def rows(view: DeckView, layout: DeckLayout) -> list[ScreenRow]:
    """As many as the screen has, each as wide as it is."""
    width, height = layout.size
    if not layout.fits:
        return [row.fit(width) for row in _filled(_refusal(layout), height)]
    body = help_pages(view, layout.size)[view.page] if view.helping else [
        *_columns(view, layout), _crossfader(view, width), *_buses_rows(view, layout),
        *([] if "detail" in layout.dropped else [_detail(view)])]
    found = _filled([_top(view, width), *body], height - 2)
    note = ScreenRow().add(f" {view.note}", ink(BAD if view.wrong else TEXT))
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
    waiting = f"{state['waiting']} songs wait  " if state["waiting"] else ""
    right = _record(view).add(waiting, ink(DIM)).add(f"{clock(state['heard_s'])} ", ink(BRIGHT))
    return left.fit(max(0, width - right.width - 1)).add(" ").beside(right)


def _record(view: DeckView) -> ScreenRow:
    """Whether it is recorded, and a button for that where it can be pressed."""
    what = "record" if "record" in view.state["acts"] else ""
    if view.state["recording"]:
        return ScreenRow().add("● REC", ink(BAD, bold=True), what).add("  ")
    return ScreenRow().add("○ rec", ink(DIM), what).add("  ") if what else ScreenRow()


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
    for number, strip in enumerate(stems):
        found.append(_strip(view, strip, number, width))
        if "stem fields" not in layout.dropped:
            found.append(_fields(view, strip, view.fields(strip)))
        if "stem waves" not in layout.dropped:
            found.append(of_stem_alone(view, strip, number, width) if player in view.waves else ScreenRow())
    most = max(len(view.players[name]) - 1 for name in layout.players)
    found += [ScreenRow() for _ in range((most - len(stems)) * _tall(layout.dropped))]
    found.append(_strip(view, own, 0, width))
    if "own fields" not in layout.dropped:
        fields, a_row = view.fields(own), max(1, (width - 2) // FIELD)
        found += [_fields(view, own, fields[at : at + a_row]) for at in range(0, len(fields), a_row)]
    return found


def _head(view: DeckView, layout: DeckLayout, player: str) -> list[ScreenRow]:
    names = [name for name in ROWS if name not in layout.dropped]
    if player not in view.state["decks"]:
        found = of_input(player, view.state, layout.width)
        return [*found, *(ScreenRow() for _ in range(sum(ROWS[name] for name in names) - len(found)))]
    found = []
    for name in names:
        found += of_song(view, player, layout.width) if name == "wave" else [
            head_row(name, player, view.state, layout.width)]
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
            row.add(f"[{letter}]" if on else f" {letter} ",
                    ink(GROUND, strips.ON[switch], bold=True) if on else ink(DIM, OFF), switch, strip)
    room = width - row.width - VALUE - 3
    way = room // 2
    row.add(" ").line(strips.fader(way, values["gain"], colour, chosen), "gain", strip)
    value = strips.shown("gain", values["gain"]).removesuffix(" dB")
    row.add(f"{value:>{VALUE}} ", ink(BRIGHT if chosen else TEXT))
    heard = view.meters[strip]
    clip = ScreenRow().add("!", ink(BAD, bold=True), "clip") if heard.clipped else ScreenRow().add(" ")
    return row.line(strips.bars(room - way, heard, colour), "clip").beside(clip)


def _fields(view: DeckView, strip: str, names: list[str]) -> ScreenRow:
    row, values = ScreenRow().add("  "), view.strip(strip)
    for name in names:
        here, parameter = strip == view.stem and name == view.what, view.parameter(strip, name)
        rest, back = values[name] == parameter.rest, PANEL if here else GROUND
        value = strips.shown(name, values[name], parameter.words) if not parameter.switch else (
            "on" if values[name] else "off")
        text = ScreenRow().add(f"{SHORT.get(name, name[:3]):<3}", ink(BRIGHT if here else DIM, back, bold=here)).add(
            f"{value[:5]:>5}", ink(BRIGHT if here else DIM if rest else TEXT, back))
        row.line(tuple(text.parts), name, strip).add(" ")
    return row


def _crossfader(view: DeckView, width: int) -> ScreenRow:
    way = max(11, width // 2 | 1)
    at = round(view.state["crossfader"] * (way - 1))
    middle = way // 2
    line = "".join("┼" if cell == middle else "─" for cell in range(way))
    row = ScreenRow().add(" " * ((width - way - 4) // 2)).add("A ", ink(BRIGHT, bold=True))
    return row.line(((line[:at], ink(DIM)), ("█", ink(BRIGHT)), (line[at + 1 :], ink(DIM))), CROSSFADER).add(
        " B", ink(BRIGHT, bold=True))


def _buses_rows(view: DeckView, layout: DeckLayout) -> Iterator[ScreenRow]:
    """Meters of the buses, beside the first scenes, and beside the next what the master is set to."""
    buses, left = _buses(view), layout.size[0] // 2
    beside = [_scenes(view), _fields(view, MASTER, [name for name in OF_MASTER if name in view.fields(MASTER)][
        : (left - NAME - 2) // FIELD])]
    for number, bus in enumerate(buses[:1] if "other buses" in layout.dropped else buses):
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
        here, parameter, value = name == view.what, view.parameter(strip, name), view.strip(strip)[name]
        text = strips.shown(name, value, parameter.words)
        row.add(" ").add(f"{name} {text}", ink(BRIGHT if here else DIM, PANEL if here else GROUND, bold=here),
                         name, strip)
    return row


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


def _foot(view: DeckView, width: int) -> ScreenRow:
    """As many keys as there is room for."""
    row = ScreenRow()
    for key, text in FOOT.items():
        shown = "space" if key == " " else key
        if row.width + len(shown) + len(text) + 3 > width or (text == "record" and text not in view.state["acts"]):
            break
        row.line(((f" {shown}", ink(BRIGHT, GROUND, bold=True)), (f" {text} ", ink(DIM))), "key", key)
    return row
