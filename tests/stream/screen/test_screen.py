"""The screen, run by textual's pilot and attached to a real engine's link: keys, mouse, and what is seen."""

import asyncio
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.style import Style
from textual import events
from textual.pilot import Pilot

from stream.mixer.fader import gain_db
from stream.mixer.strip import REST
from stream.screen.app import MixerScreen
from stream.screen.board import Board
from stream.screen.braille import shades
from stream.screen.ink import of_stem
from stream.screen.layout import FADER, FIELD, FIELDS, FIRST_FIELD, SWITCH_NAMES, SWITCHES, Layout
from stream.screen.runface import RunFace
from stream.screen.strips import TOP_DB
from tests.rig.attached import SIX, WAIT_S, Rig, rig
from tests.rig.byhand import Frames, noise

pytestmark = pytest.mark.realtime

FOUR = SIX[:4]
SMALL, USUAL = (80, 24), (100, 32)
SLICE, LOOKED = 1470, 7350  # frames of a slice; played between two looks, which the stem ring holds
SCREENS = Path(__file__).parent / "screens"
Does = Callable[[Rig, Pilot[bool]], Awaitable[None]]


def seen(does: Does, sources: tuple[str, ...] = FOUR, size: tuple[int, int] = USUAL, acts: tuple[str, ...] = (),
         before: Callable[[Rig], object] = id) -> None:
    """Attach a screen to an engine, and do something with both; its clock stands still."""

    async def run(made: Rig) -> None:
        with made.attach() as attached:
            async with MixerScreen(attached, clock=lambda: 0.0).run_test(size=size) as pilot:
                await does(made, pilot)

    with rig(sources, acts) as made:
        before(made)
        asyncio.run(run(made))


async def comes(there: Callable[[], bool]) -> None:
    """Wait for something that the engine or the screen brings about."""
    end = time.monotonic() + WAIT_S
    while not there():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.01)


def text(pilot: Pilot[bool]) -> list[str]:
    """What is written on the screen, line by line, as its picture has it."""
    root = ElementTree.fromstring(pilot.app.export_screenshot())
    cells = [(round(float(node.get("y", 0)), 1), float(node.get("x", 0)), node.text or "")
             for node in root.iter("{http://www.w3.org/2000/svg}text") if "-matrix" not in node.get("class", "")[-7:]
             and node.get("clip-path")]
    lines: dict[float, str] = {}
    for y, x, written in sorted(cells):
        lines[y] = lines.get(y, "").ljust(round(x / 12.2)) + written.replace("\xa0", " ")
    return [line.rstrip() for line in lines.values()]


def newest(pilot: Pilot[bool]) -> int:
    """The number of the waveforms' last slice."""
    assert isinstance(pilot.app, MixerScreen)
    face = pilot.app.board.face
    assert isinstance(face, RunFace)
    return max(face.view.waveform._rows, default=-1)


async def play(made: Rig, pilot: Pilot[bool], mix: Frames) -> None:
    """Play while the screen looks, a little longer each time than it takes for it to see a slice."""
    for at in range(0, len(mix), LOOKED):
        made.live.play(mix[at : at + LOOKED])
        await comes(lambda: newest(pilot) == made.live.engine.worker.ring.written // SLICE - 1)


def where(stem: str, x: int, line: int = 0, size: tuple[int, int] = USUAL, sources: tuple[str, ...] = FOUR,
          ) -> tuple[int, int]:
    """A cell of a stem's strip."""
    return x, Layout(*size, sources).strip(sources.index(stem)) + line


def on(made: Rig, switch: str) -> list[str]:
    return [stem for stem in made.desk.mixer.sources if made.desk.mixer.on(stem, switch)]


@pytest.mark.parametrize(("keys", "switch", "stems"), [
    ("v", "mute", ["vocals"]), ("db", "mute", ["drums", "bass"]), ("vv", "mute", []), ("V", "solo", ["vocals"]),
    ("c", "cue", ["drums"]), (["down", "down", "c"], "cue", ["other"]), (["up", "space"], "mute", ["vocals"])], ids=str)
def test_keys_turn_switches(keys: str | list[str], switch: str, stems: list[str]) -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        await pilot.press(*keys)
        await comes(lambda: on(made, switch) == stems)

    seen(does)


@pytest.mark.parametrize(("keys", "name", "value"), [
    (["left"], "gain", -1), (["right", "right"], "gain", 2), (["shift+left"], "gain", -0.1),
    (["tab", "right"], "pan", 0.1), (["]", "]"], "pan", 0.2), (["["], "pan", -0.1),
    (["tab", "tab", "left"], "low", -1), (["tab"] * 3 + ["right"], "mid", 1),
    (["tab"] * 4 + ["shift+right"], "high", 0.1),
    (["shift+tab", "left"], "filter", -0.05), (["<"], "filter", -0.05), ([">"] * 3, "filter", 0.15),
    (["left"] * 3 + ["0"], "gain", 0), (["]", "backspace"], "pan", 0), (["right"] * 40, "gain", 24)], ids=str)
def test_keys_move_what_is_chosen(keys: list[str], name: str, value: float) -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        await pilot.press(*keys)
        await comes(lambda: math.isclose(made.desk.mixer.get("drums", name), value, abs_tol=1e-9))

    seen(does)


def test_a_fader_goes_off_below_its_way_and_comes_back() -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        await pilot.press(*["left"] * 50)
        await comes(lambda: made.desk.mixer.get("drums", "gain") == -math.inf)
        await pilot.press("right")
        await comes(lambda: made.desk.mixer.get("drums", "gain") == -60)

    seen(does)


def test_scenes_are_stored_and_recalled_by_their_digits() -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        await pilot.press("v", "s", "1", "v", "b", "s", "9")
        await comes(lambda: list(made.desk.scenes) == ["scene 1", "scene 2"])
        await pilot.press("1")
        await comes(lambda: on(made, "mute") == ["vocals"])
        await pilot.press("2")
        await comes(lambda: on(made, "mute") == ["bass"])
        await pilot.press("3")
        assert any("there is no scene 3" in line for line in text(pilot))

    seen(does)


def test_a_scene_of_no_name_never_takes_the_place_of_another() -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        await pilot.press("s", "9")
        await comes(lambda: list(made.desk.scenes) == ["verse", "scene 3", "scene 4"])

    def before(made: Rig) -> None:
        for name in ("verse", "scene 3"):
            made.desk.store(name)

    seen(does, before=before)


def test_what_the_run_offers_has_a_key_and_is_done() -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        await pilot.press("r", "k")
        await comes(lambda: made.done == ["record", "keep"])
        await comes(lambda: "● REC" in text(pilot)[0])

    seen(does, acts=("quit", "record", "keep"))


def test_what_the_engine_refuses_is_shown_and_taken_back() -> None:
    def offer(made: Rig) -> None:
        def fail() -> None:
            raise ValueError("the disk is full")

        made.desk.offer("record", fail)

    async def does(_made: Rig, pilot: Pilot[bool]) -> None:
        await pilot.press("r")
        await comes(lambda: any("the disk is full" in line for line in text(pilot)))

    seen(does, acts=("record",), before=offer)


@pytest.mark.parametrize(("first", "switch"), [*zip(SWITCHES, SWITCH_NAMES, strict=True)])
def test_a_click_turns_a_switch(first: int, switch: str) -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        await pilot.click(Board, offset=where("other", first + 1))
        await comes(lambda: on(made, switch) == ["other"])

    seen(does)


def test_a_fader_is_clicked_dragged_and_turned_by_the_wheel() -> None:
    fader = Layout(*USUAL, FOUR).fader

    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        def gain() -> float:
            return made.desk.mixer.get("bass", "gain")

        await pilot.mouse_down(Board, offset=where("bass", FADER + 4))
        await comes(lambda: gain() == round(gain_db(4 / (fader - 1), TOP_DB), 1))
        await pilot.hover(Board, offset=where("vocals", FADER + 9))  # held: wherever the mouse goes
        await comes(lambda: gain() == round(gain_db(9 / (fader - 1), TOP_DB), 1))
        await pilot.hover(Board, offset=where("bass", 0))
        await comes(lambda: gain() == -math.inf)
        await pilot.mouse_up(Board, offset=where("bass", FADER))
        await pilot.hover(Board, offset=where("bass", FADER + 9))
        await pilot.click(Board, offset=where("bass", FADER + fader - 1))
        await comes(lambda: gain() == TOP_DB)
        x, y = where("bass", FADER)
        board = pilot.app.query_one(Board)
        for wheel in (events.MouseScrollDown, events.MouseScrollDown, events.MouseScrollUp):
            board.post_message(wheel(board, x, y, 0, 0, 0, False, False, False))
        await comes(lambda: gain() == TOP_DB - 1)
        assert {made.desk.mixer.get(stem, "gain") for stem in FOUR if stem != "bass"} == {0}

    seen(does)


@pytest.mark.parametrize("name", FIELDS)
def test_fields_turn_by_the_wheel_and_by_dragging_and_the_right_button_puts_them_back(name: str) -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        x, y = where("vocals", FIRST_FIELD + FIELD * FIELDS.index(name) + 1, 1)
        board = pilot.app.query_one(Board)
        board.post_message(events.MouseScrollUp(board, x, y, 0, 0, 0, False, False, False))
        await comes(lambda: made.desk.mixer.get("vocals", name) > 0)
        await pilot.mouse_down(Board, offset=(x + 4, y))
        await pilot.hover(Board, offset=(x, y))
        await pilot.mouse_up(Board, offset=(x, y))
        await comes(lambda: made.desk.mixer.get("vocals", name) < 0)
        await pilot.mouse_down(Board, offset=(x, y), button=3)
        await comes(lambda: made.desk.mixer.get("vocals", name) == REST[name])

    seen(does)


def test_what_is_written_in_the_foot_and_scenes_can_be_clicked() -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        foot = text(pilot)[-1]
        await pilot.click(Board, offset=(foot.index("store"), USUAL[1] - 1))
        await pilot.press("1")
        await comes(lambda: list(made.desk.scenes) == ["scene 1"])
        await pilot.click(Board, offset=(foot.index(" v") + 1, USUAL[1] - 1))
        await comes(lambda: on(made, "mute") == ["vocals"])
        await comes(lambda: any("1 scene 1" in line for line in text(pilot)))
        await pilot.click(Board, offset=(12, Layout(*USUAL, FOUR).buses))
        await comes(lambda: on(made, "mute") == [])

    seen(does)


def test_what_other_hands_change_is_seen() -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        made.desk.mixer.recall({"bass": {"mute": 1, "gain": -12.5, "pan": -0.2, "filter": 0.3}})
        made.link.note("a pad was pressed")
        await comes(lambda: any(re.match(r" bass     \[M\]  S   C .* -12.5 dB ", line) for line in text(pilot)))
        shown = "\n".join(text(pilot))
        assert "pan  L20" in shown
        assert "fil HP30" in shown
        assert "a pad was pressed" in shown

    seen(does)


@pytest.mark.parametrize("size", [USUAL, SMALL, (80, 16)], ids=str)
def test_waveforms_are_as_they_were_separated_and_dim_where_they_are_not_heard(size: tuple[int, int]) -> None:
    layout = Layout(*size, FOUR)

    def looks(pilot: Pilot[bool], stem: str) -> list[tuple[str, Style]]:
        """A stem's waveform: all that is in braille of its strip."""
        assert isinstance(pilot.app, MixerScreen)
        first = layout.strip(FOUR.index(stem))
        found = [(text, style) for line in pilot.app.board._lines[first : first + layout.tall] for text, style in line
                 if re.search("[\u2801-\u28ff]", text)]
        assert found
        return found

    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        await play(made, pilot, noise(14_700))
        before = {stem: looks(pilot, stem) for stem in FOUR}
        made.desk.mixer.recall({"bass": {"solo": 1}, "other": {"gain": -20}})
        await comes(lambda: looks(pilot, "drums") != before["drums"])
        assert looks(pilot, "bass") == before["bass"]
        for stem in ("drums", "other", "vocals"):
            bright, dim = (shades(of_stem(stem, FOUR.index(stem)), heard) for heard in (True, False))
            assert looks(pilot, stem) == [(text, dim[bright.index(style)]) for text, style in before[stem]]

    seen(does, size=size)


def test_too_loud_is_marked_until_it_is_seen() -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        made.live.play(8 * noise(44_100))
        await comes(lambda: sum("CLIP" in line for line in text(pilot)) >= 2)
        made.live.play(0 * noise(8 * 44_100))
        await comes(lambda: made.live.engine.peaks()["mix"][0] < 1)
        await asyncio.sleep(0.2)
        await pilot.press("escape")
        await comes(lambda: not any("CLIP" in line for line in text(pilot)))

    seen(does)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_it_closes_for_its_user(key: str) -> None:
    async def does(_made: Rig, pilot: Pilot[bool]) -> None:
        await pilot.press(key)
        assert pilot.app.return_value is True

    seen(does)


def test_it_closes_when_the_run_ends() -> None:
    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        made.link.end()
        await comes(lambda: pilot.app.return_value is False)

    seen(does)


def settle(made: Rig) -> None:
    """The same settings for every picture."""
    first, second = made.desk.mixer.sources[:2]
    made.desk.mixer.recall({first: {"gain": -6, "pan": 0.3, "low": 3.5}, second: {"mute": 1, "cue": 1}})
    made.desk.store("verse")
    made.link.note("0:01  bass muted")


@pytest.mark.parametrize(("name", "sources", "size", "keys"), [
    ("four at 100 by 32", FOUR, USUAL, []), ("four at 80 by 24", FOUR, SMALL, ["down", "tab"]),
    ("six at 80 by 24", SIX, SMALL, []), ("six at 80 by 20", SIX, (80, 20), []),
    ("two at 132 by 40", FOUR[:2], (132, 40), []), ("too small", SIX, (80, 19), []), ("keys", FOUR, SMALL, ["?"])],
    ids=lambda value: value if isinstance(value, str) else "")
def test_it_looks_as_it_did(name: str, sources: tuple[str, ...], size: tuple[int, int], keys: list[str]) -> None:
    """Compared with the files in screens/; WRITE_SCREENS=1 writes them anew."""

    async def does(made: Rig, pilot: Pilot[bool]) -> None:
        await play(made, pilot, noise(44_100) * (np.arange(44_100, dtype=np.float32) % 22_050 / 22_050)[:, None])
        times = made.live.engine.worker.hop_times_s
        del times[:]
        times.extend([0.01, 0.012, 0.015])
        await comes(lambda: "last 65%" in text(pilot)[2] or "mixer" in "".join(text(pilot)))
        await pilot.press(*keys)
        await pilot.pause()
        found = "\n".join(text(pilot)) + "\n"
        file = SCREENS / f"{name.replace(' ', '-')}.txt"
        if os.environ.get("WRITE_SCREENS"):
            file.write_text(found)
        assert found == file.read_text()

    seen(does, sources, size, ("quit", "record", "keep"), settle)


def test_it_follows_the_window() -> None:
    async def does(_made: Rig, pilot: Pilot[bool]) -> None:
        await pilot.resize_terminal(79, 24)
        await comes(lambda: any("the mixer needs 80 by 16" in line for line in text(pilot)))
        await pilot.resize_terminal(90, 30)
        await comes(lambda: any(re.match("▌drums", line) for line in text(pilot)))

    seen(does)


@pytest.mark.parametrize(("module", "loads"), [("__main__", []), ("deckface", ["numpy"])])
def test_the_screens_process_loads_nothing_of_the_engine(module: str, loads: list[str]) -> None:
    code = (f"import sys, stream.screen.{module}; "
            "print(sorted({'numba', 'numpy', 'onnxruntime', 'sounddevice', 'scipy'} & sys.modules.keys()))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(loads)
