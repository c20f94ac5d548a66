"""The whole screen as lines of coloured text, and what is under the mouse in head and foot."""

from collections.abc import Iterator
from typing import Any

from stream.screen import braille, strips
from stream.screen.ink import BAD, BRIGHT, DIM, GROUND, TEXT, WARN, Line, fitted, ink, length, of_stem
from stream.screen.keys import page
from stream.screen.layout import Layout, Spot
from stream.screen.meter import share
from stream.screen.view import View
from stream.screen.waveform import SIDES

BRIEF = {"device in": "in", "resampler": "resample", "lookahead": "ahead", "crossfade": "fade", "device out": "out"}
TIGHT = 0.9  # of its hop: beyond it a hop's time is shown in another colour
BUS = "#9fb2bf"
MARKS_DB = (-48, -36, -24, -12, -6)

Item = tuple[str, str]  # what is written, and the key that a press of it stands for


def paint(view: View, layout: Layout) -> list[Line]:
    """As many lines as the screen has, each as wide as it is."""
    if not layout.fits:
        return _refusal(layout)
    body = page(view) if view.helping else [*_strips(view, layout), *_buses(view, layout)]
    lines = [*_head(view.state, layout.width), () if view.helping else _scale(view, layout), *body][: layout.height - 2]
    lines += [()] * (layout.height - 2 - len(lines))
    note = ((f" {view.note}", ink(BAD if view.wrong else TEXT)),)
    return [fitted(line, layout.width) for line in (*lines, note, _written(foot(view), ink(DIM)))]


def _refusal(layout: Layout) -> list[Line]:
    width, height = layout.least
    text = [f"This window is {layout.width} by {layout.height};", f"the mixer needs {width} by {height}."]
    lines: list[Line] = [((line.center(layout.width), ink(BRIGHT)),) for line in text]
    lines = [()] * ((layout.height - len(lines)) // 2) + lines
    return [fitted(line, layout.width) for line in (lines + [()] * layout.height)[: layout.height]]


def _head(state: dict[str, Any], width: int) -> Iterator[Line]:
    rate = f"{state['samplerate'] / 1000:g} kHz"
    left = ((f" {state['model']}", ink(BRIGHT, bold=True)), (f"  {state['provider']}  {rate}", ink(TEXT)),
            (f"  eased: {state['eased']}" if state["eased"] else "", ink(WARN)))
    of = f" of {clock(state['expected_s'])}" if state["expected_s"] is not None else ""
    right = (("● REC  " if state["recording"] else "", ink(BAD, bold=True)),
             (f"{clock(state['heard_s'])}{of} ", ink(BRIGHT)))
    yield (*fitted(left, width - length(right)), *right)
    yield ((_latency(state, width), ink(TEXT)),)
    yield _hops(state)


def _latency(state: dict[str, Any], width: int) -> str:
    parts = {name.replace("_", " "): round(part * 1000) for name, part in state["latency_parts_s"].items()}
    head = f" latency {round(state['latency_s'] * 1000)} ms = "
    full, brief = (" + ".join(f"{names.get(name, name)} {ms}" for name, ms in parts.items() if ms)
                   for names in ({}, BRIEF))
    return head + (full if len(head) + len(full) <= width else brief)


def _hops(state: dict[str, Any]) -> Line:
    shares = {name: time / state["hop_s"] for name, time in state["hop_times_s"].items()}
    line = [(f" hop {state['hop_s'] * 1000:.0f} ms, load", ink(TEXT))]
    for name, of_hop in shares.items():
        line += [(f" {name}", ink(DIM)), (f" {of_hop:3.0%}", ink(BAD if of_hop > TIGHT else BRIGHT))]
    line.append(("  ", ink()))
    for name, count in state["counts"].items():
        line += [(f" {name}", ink(DIM)), (f" {count}", ink(WARN if count else BRIGHT))]
    return tuple(line)


def _scale(view: View, layout: Layout) -> Line:
    """How long waveforms last, and the marks of the meters, in dB."""
    marks = [" "] * layout.meter
    for db in MARKS_DB:
        at = round(share(db) * layout.meter) - len(str(db)) + 1
        marks[at : at + len(str(db))] = str(db)
    pane = layout.pane
    past_s = SIDES * pane.per * pane.past(view.waveform.ahead) * view.state["slice_s"]
    says = f"waveforms: {past_s:.1f} s {braille.NOW} now and what comes  "
    return ((f"{says:>{layout.right}}", ink(DIM)), ("".join(marks), ink(DIM)), ("   peak", ink(DIM)))


def _strips(view: View, layout: Layout) -> Iterator[Line]:
    pane = layout.pane
    columns, past = view.waveform.columns(pane), pane.past(view.waveform.ahead)
    for index, stem in enumerate(layout.stems):
        colour, chosen = of_stem(stem, index), view.what if index == view.index else None
        heard, strip = view.meters[stem], view.strip(stem)
        yield (*strips.first(layout, stem, strip, colour, chosen), *strips.meter(layout.meter, heard, colour))
        lines = braille.waveform(columns, index, pane, past, braille.shades(colour, view.heard(stem)))
        second = strips.second(strip, chosen)
        if layout.beside:
            yield (*fitted(second, layout.right), *lines[0])
            continue
        yield second
        for line in lines:
            yield ((" ", ink()), *line)


def _buses(view: View, layout: Layout) -> Iterator[Line]:
    for bus, left in (("mix", _written(scenes(view), ink(TEXT))), ("cue", ())):
        name = ((f" {bus:<8}", ink(BUS, bold=True)),)
        yield (*fitted((*name, *left), layout.right), *strips.meter(layout.meter, view.meters[bus], BUS))


def scenes(view: View) -> list[Item]:
    """Scenes and their digits."""
    return [(f" {number} {name} ", str(number)) for number, name in enumerate(view.state["scenes"][:9], 1)]


def foot(view: View) -> list[Item]:
    """The keys that are always shown."""
    acts = [(f" {key} {word} ", key) for key, word in view.keys.words.items()]
    stems = [(f" {key}", key) for key in view.state["keys"]]
    return [(" q close ", "q"), (" mute", ""), *stems, ("  ", ""), ("? keys ", "?"), *acts, (" tab EQ ", "tab")]


def _written(items: list[Item], style: Any) -> Line:
    line: list[tuple[str, Any]] = []
    for text, key in items:
        before, found, after = text.partition(key) if key else (text, "", "")
        line += [(before, style), (found, ink(BRIGHT, GROUND, bold=True)), (after, style)]
    return tuple(line)


def key_under(view: View, layout: Layout, x: int, y: int) -> Spot | None:
    """The key of what is written there in the foot, or of a scene."""
    rows = {layout.height - 1: (0, foot(view)), layout.buses: (9, scenes(view))}
    at, items = rows.get(y, (0, []))
    for text, key in items:
        if at <= x < at + len(text) and key and not (view.helping and y == layout.buses):
            return Spot("key", key)
        at += len(text)
    return None


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds // 60)}:{int(seconds % 60):02}"
