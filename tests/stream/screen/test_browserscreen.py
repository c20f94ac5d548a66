"""Songs on the screen of decks, by textual's pilot and attached to a real booth's link: typed, chosen and loaded."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from stream.link.client import Attached
from stream.link.decksnapshot import DeckSnapshot
from stream.link.deckverbs import deck_verbs
from stream.link.server import Link
from stream.screen.app import MixerScreen
from stream.screen.board import Board
from tests.rig.attacheddecks import FACTS
from tests.stream.decks.test_songbrowser import Evening
from tests.stream.screen.test_deckscreen import face, where
from tests.stream.screen.test_screen import SCREENS, comes, text

pytestmark = pytest.mark.realtime

SMALL, USUAL, WIDE = (80, 24), (120, 36), (170, 44)
Does = Callable[[Evening, Pilot[bool]], Awaitable[None]]


def seen(tmp_path: Path, does: Does, size: tuple[int, int] = SMALL) -> None:
    """Attach a screen to decks and a library of four songs, and do something with both."""

    async def run(link: Link) -> None:
        with Attached(link.door) as attached:
            async with MixerScreen(attached, clock=lambda: 0.0).run_test(size=size) as pilot:
                await does(evening, pilot)

    evening = Evening(tmp_path)
    try:
        with Link() as link:
            link.open(DeckSnapshot(evening.rig.engine, evening.booth, evening.hands, FACTS, lambda: False),
                      deck_verbs(evening.booth, evening.hands))
            asyncio.run(run(link))
    finally:
        evening.close()


def shown(pilot: Pilot[bool]) -> str:
    return "\n".join(text(pilot))


async def loaded(evening: Evening, deck: str, name: str) -> None:
    def there() -> bool:
        evening.rig.hear(1)
        return evening.on(deck) == name

    await comes(there)


@pytest.mark.parametrize("size", [SMALL, USUAL, WIDE], ids=str)
def test_a_song_is_typed_chosen_and_loaded_by_keys(tmp_path: Path, size: tuple[int, int]) -> None:
    async def does(evening: Evening, pilot: Pilot[bool]) -> None:
        await pilot.press("enter")
        await comes(lambda: "4 songs, enter loads to A" in shown(pilot) and "Sand" in shown(pilot))
        await pilot.press("s")
        await comes(lambda: "3 of 4 songs" in shown(pilot))
        await pilot.press("down", "down")
        await comes(lambda: evening.browser.state().selected == tmp_path / "cat.wav")  # a button loads it, too
        await pilot.press("enter")
        await loaded(evening, "a", "cat.wav")
        await comes(lambda: "enter loads to B" in shown(pilot))  # which has none
        await pilot.press("ctrl+u", "8", "a")
        await comes(lambda: "1 of 4 songs" in shown(pilot))
        await pilot.press("shift+right")
        await loaded(evening, "b", "amy.wav")
        evening.play("b")
        await comes(lambda: "+0.0%" in shown(pilot) and "8A Am" in shown(pilot))  # it fits itself
        await pilot.press("shift+right")
        await comes(lambda: "deck b plays: load amy.wav once more within 3 s" in shown(pilot))
        await pilot.press("escape", "v")
        await comes(lambda: evening.rig.mixers["a"].on("vocals", "mute"))
        assert "find:" not in shown(pilot)

    seen(tmp_path, does, size)


def test_a_song_is_chosen_and_loaded_by_the_mouse(tmp_path: Path) -> None:
    async def does(evening: Evening, pilot: Pilot[bool]) -> None:
        await pilot.click(Board, offset=where(pilot, "key", "enter"))
        await comes(lambda: "Sand" in shown(pilot))
        await pilot.click(Board, offset=where(pilot, "found 1", ""))
        await comes(lambda: evening.browser.state().selected == tmp_path / "amy.wav")
        await pilot.click(Board, offset=where(pilot, "load 2", "b"))
        await loaded(evening, "b", "ben.wav")
        await pilot.double_click(Board, offset=where(pilot, "found 3", ""))
        await loaded(evening, "a", "cat.wav")
        await pilot.click(Board, offset=where(pilot, "key", "escape"))
        assert not face(pilot).view.browser.open

    seen(tmp_path, does, USUAL)


def test_a_knob_that_browses_is_followed_and_its_button_loads(tmp_path: Path) -> None:
    async def does(evening: Evening, pilot: Pilot[bool]) -> None:
        evening.desk.act("browse", 2)
        await comes(lambda: "▌  Sea" in shown(pilot))
        evening.desk.act("browse", -1)
        await comes(lambda: "▌  Sun" in shown(pilot))
        evening.desk.act("a/load")
        await loaded(evening, "a", "amy.wav")
        await comes(lambda: "find:" not in shown(pilot) and "amy" in shown(pilot))

    seen(tmp_path, does)


@pytest.mark.parametrize(("name", "size"), [("songs at 80 by 24", SMALL), ("songs at 120 by 36", USUAL),
                                            ("songs at 170 by 44", WIDE)], ids=lambda value: str(value))
def test_the_screen_with_songs_is_as_it_was(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    """Compared with the files in screens/; WRITE_SCREENS=1 writes them anew."""

    async def does(evening: Evening, pilot: Pilot[bool]) -> None:
        evening.browser.load("a", tmp_path / "amy.wav")
        await loaded(evening, "a", "amy.wav")
        track: Any = evening.booth.decks["a"].track
        await comes(lambda: track.ended and track.separated == 1)
        evening.booth.press("a", "seek", 44_100)
        evening.play()
        await pilot.press("enter", "a")
        await comes(lambda: "4 of 4 songs" in shown(pilot) and "-0.8%" in shown(pilot) and "120.0" in shown(pilot))
        await comes(lambda: "◆ Sun" in shown(pilot) and face(pilot).view.waves["a"].columns == 600)
        evening.booth.press("a", "pause")
        evening.rig.hear(4)
        await comes(lambda: "∥ amy" in shown(pilot))
        await pilot.pause()
        found = re.sub(r"0:0[0-9](\.[0-9])?", "0:00", shown(pilot)) + "\n"
        file = SCREENS / f"{name.replace(' ', '-')}.txt"
        if os.environ.get("WRITE_SCREENS"):
            file.write_text(found)
        assert found == file.read_text()

    seen(tmp_path, does, size)
