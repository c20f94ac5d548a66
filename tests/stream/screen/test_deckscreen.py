"""The screen of decks, run by textual's pilot and attached to a real booth's link: keys, mouse, and what is seen."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from dsp.beatgrid import BeatGrid
from stream.link.slices import CHUNK
from stream.screen.app import MixerScreen
from stream.screen.board import Board
from stream.screen.deckface import DeckFace
from stream.screen.deckhead import title
from stream.screen.decklayout import laid_out
from stream.screen.deckwave import BAR, BEAT, around, beats
from stream.screen.ink import ink, of_stem
from stream.screen.songwave import STEMS
from stream.separators.protocol import Separator
from tests.rig.attacheddecks import DeckRig, deck_rig
from tests.rig.byhand import Shares
from tests.stream.decks.rig import BLOCK, RATE, noise, track
from tests.stream.link.test_decklink import deck_grid
from tests.stream.screen.test_screen import SCREENS, comes, text

pytestmark = pytest.mark.realtime

SMALL, USUAL = (80, 24), (110, 36)
TITLE, TIMES, WAVE, SONG, MARKS, FLAGS, PADS = 1, 2, 3, 7, 8, 9, 10  # lines of a head at 80 by 24
Does = Callable[[DeckRig, Pilot[bool]], Awaitable[None]]


def seen(tmp_path: Path, does: Does, size: tuple[int, int] = SMALL, separator: Separator | None = None) -> None:
    """Attach a screen to decks of which a has a song, and do something with both."""

    async def run(made: DeckRig) -> None:
        with made.attach() as attached:
            async with MixerScreen(attached, clock=lambda: 0.0).run_test(size=size) as pilot:
                await does(made, pilot)

    with deck_rig([tmp_path / f"{name}.wav" for name in ("one", "two", "three")], separator) as made:
        made.decks.booth.next_song("a")
        made.decks.hear(4, None if separator is None else np.zeros((4 * BLOCK, 2), np.float32))
        asyncio.run(run(made))


def face(pilot: Pilot[bool]) -> DeckFace:
    assert isinstance(pilot.app, MixerScreen)
    assert isinstance(pilot.app.board.face, DeckFace)
    return pilot.app.board.face


def where(pilot: Pilot[bool], what: str, stem: str, along: float = 0.5) -> tuple[int, int]:
    """A cell of what can be pressed."""
    for y, row in enumerate(face(pilot)._rows):
        for each in row.regions:
            if (each.spot.what, each.spot.stem) == (what, stem):
                return each.first + int(along * (each.end - each.first - 1)), y
    raise AssertionError(f"there is no {what} of {stem}")


def test_keys_are_the_decks_own_and_arrows_move_what_is_chosen(tmp_path: Path) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        await pilot.press("v", "D", "greater_than_sign")
        mixer = made.decks.mixers["a"]
        await comes(lambda: mixer.on("vocals", "mute") and mixer.on("drums", "solo"))
        await comes(lambda: made.decks.booth.master.crossfader == 0.6)
        await pilot.press("down", "down", "left", "left")  # from the first stem on
        await comes(lambda: mixer.get("other", "gain") == -2)
        await pilot.press("down", "down", "left", "tab", "shift+right")
        await comes(lambda: (made.decks.booth.master.get("a", "gain"), made.decks.booth.master.get("a", "trim")) == (
            -1, 0.1))
        await pilot.press("slash")
        await comes(lambda: made.keys.chosen == "b" and face(pilot).view.player(face(pilot).view.stem) == "b")
        await pilot.press("v")
        await comes(lambda: made.decks.mixers["b"].on("vocals", "mute"))
        await pilot.press("space")
        await comes(lambda: bool(made.decks.b._waiting))

    seen(tmp_path, does)


def test_a_head_follows_its_song(tmp_path: Path) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        shown = "\n".join(text(pilot))
        assert "one.made" in shown
        assert "no song: n loads the next one" in shown
        assert "2 songs wait" in shown
        made.decks.a.press("play")
        made.decks.a.press("key_lock", True)
        made.decks.a.press("hot_cue_set", 2)
        made.decks.a.press("auto_loop", 4)
        made.decks.hear(100)
        await comes(lambda: "▶" in text(pilot)[TITLE] and "[KEY]" in text(pilot)[FLAGS] and "[LOOP 4]" in text(pilot)[
            FLAGS])
        await comes(lambda: re.search(r"0:01 -0:0\d", text(pilot)[TIMES]) is not None)
        assert "3" in text(pilot)[MARKS]
        assert "1  2 [3] 4" in text(pilot)[PADS]
        track = made.decks.a.track
        assert track is not None
        assert "━" not in text(pilot)[SONG]
        track.put(0, np.zeros((2 * RATE, 6), np.float32))
        track.put(3 * RATE, np.zeros((RATE, 6), np.float32), draft=True)
        await comes(lambda: "━" in text(pilot)[SONG] and "╍" in text(pilot)[SONG])
        assert text(pilot)[SONG].count("━") + 1 >= 37 // 3

    seen(tmp_path, does)


def test_the_mouse_presses_switches_words_and_the_song_and_drags_faders(tmp_path: Path) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        mixers, master = made.decks.mixers, made.decks.booth.master
        await pilot.click(Board, offset=where(pilot, "mute", "b/bass"))
        await comes(lambda: mixers["b"].on("bass", "mute"))
        await pilot.click(Board, offset=where(pilot, "cue", "a"))
        await comes(lambda: master.on("a", "cue"))
        await pilot.mouse_down(Board, offset=where(pilot, "crossfader", ""))
        await pilot.hover(Board, offset=where(pilot, "crossfader", "", 1.0))
        await pilot.mouse_up(Board, offset=where(pilot, "crossfader", "", 1.0))
        await comes(lambda: master.crossfader == 1)
        await pilot.click(Board, offset=where(pilot, "gain", "b/drums", 0.0))
        await comes(lambda: mixers["b"].get("drums", "gain") == float("-inf"))
        assert made.keys.chosen == "b"
        await pilot.mouse_down(Board, offset=where(pilot, "low", "a"), button=1)
        x, y = where(pilot, "low", "a")
        await pilot.hover(Board, offset=(x - 3, y))
        await pilot.mouse_up(Board, offset=(x - 3, y))
        await comes(lambda: master.get("a", "low") < 0)
        await pilot.click(Board, offset=where(pilot, "slip", "a"))
        await pilot.click(Board, offset=where(pilot, "song", "a", 0.5))
        await comes(lambda: len(made.decks.a._waiting) == 2)
        made.decks.hear(4)
        assert made.decks.a.state.settings.slip
        assert 2.5 < made.decks.a.state.position / RATE < 3.5

    seen(tmp_path, does)


@pytest.mark.parametrize("size", [SMALL, USUAL, (80, 17), (132, 50), (40, 20), (60, 24)], ids=str)
def test_every_size_is_filled_to_the_cell_and_has_what_matters(tmp_path: Path, size: tuple[int, int]) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        assert made.decks.a.track is not None
        made.decks.a.track.title, made.decks.a.track.artist = "長い名前の歌 \x1b[31m" * 9, "Ünï"
        await comes(lambda: "長" in "".join(text(pilot)))
        await pilot.pause()
        rows = [tuple(row.parts) for row in face(pilot)._rows]
        assert len(rows) == size[1]
        assert {sum(cell_len(part) for part, _ in row) for row in rows} == {size[0]}
        assert "\x1b" not in "".join(part for row in rows for part, _ in row)
        for what, stem in (("song", "a"), ("mute", "a/vocals"), ("gain", "a"), ("crossfader", "")):
            where(pilot, what, stem)
        pages = []
        while not pages or face(pilot).view.helping:
            await pilot.press("question_mark")
            pages.append("\n".join(text(pilot)))
        assert "crossfade" in "".join(pages)
        assert "right button" in " ".join("".join(pages).split())
        where(pilot, "song", "a")

    seen(tmp_path, does, size)


def test_a_window_that_is_too_small_says_so_until_it_grows(tmp_path: Path) -> None:
    async def does(_made: DeckRig, pilot: Pilot[bool]) -> None:
        assert any("the decks need 40 by" in line for line in text(pilot))
        await pilot.resize_terminal(*SMALL)
        await comes(lambda: any("one.made" in line for line in text(pilot)))

    seen(tmp_path, does, (80, 10))


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_it_closes_for_its_user_and_the_run_goes_on(tmp_path: Path, key: str) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        await pilot.press(key)
        assert pilot.app.return_value is True

    seen(tmp_path, does)


def test_buttons_that_only_a_wide_window_has_press_what_they_say(tmp_path: Path) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        a, b = made.decks.a, made.decks.b

        async def click(what: str, button: int = 1) -> None:
            await pilot.click(Board, offset=where(pilot, what, "a"), button=button)
            await comes(lambda: bool(a._waiting))
            made.decks.hear(4)

        await click("sync")
        assert a.state.settings.sync
        await comes(lambda: "[SYNC]" in "".join(text(pilot)))
        await click("sync")
        assert not a.state.settings.sync
        await click("reverse")
        assert a.state.reversed
        await click("reverse")
        await click("grid_tap")
        await click("brake")
        a.press("pause")
        made.decks.hear(100)
        await click("eject")
        assert a.track is None
        await pilot.click(Board, offset=where(pilot, "next_song", "a"))
        await comes(lambda: bool(a._waiting))
        made.decks.hear(4)
        assert a.track is not None
        assert b.track is None
        await pilot.click(Board, offset=where(pilot, "sync", "b"), button=3)
        await comes(lambda: made.decks.booth.leader._asked == "b")

    seen(tmp_path, does, size=(170, 44))


def test_buttons_of_a_head_press_what_they_say(tmp_path: Path) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        deck = made.decks.a

        async def click(what: str, name: str = "a", button: int = 1) -> None:
            await comes(lambda: not deck._waiting)
            await pilot.click(Board, offset=where(pilot, what, name), button=button)
            if name == "a":
                await comes(lambda: bool(deck._waiting))
                made.decks.hear(4)
                await pilot.pause()

        await click("hot cue 2")
        await comes(lambda: "[2]" in text(pilot)[PADS])
        await click("jump_on")
        assert deck.state.position > RATE
        await click("loop 4")
        assert deck.state.looping
        await click("hot cue 2", button=3)
        await comes(lambda: "[2]" not in text(pilot)[PADS])
        await click("range")
        await comes(lambda: "±16" in text(pilot)[FLAGS])
        x, y = where(pilot, "tempo", "a")
        face(pilot).turn(x, y, 3, fine=False)
        await comes(lambda: bool(deck._waiting))
        made.decks.hear(4)
        assert deck.state.settings.tempo * deck.state.settings.tempo_range == pytest.approx(0.3, abs=1e-3)
        await comes(lambda: "+0.3%" in text(pilot)[TIMES])
        await click("tempo", button=3)
        assert deck.state.settings.tempo == 0
        await click("cue press")  # stands beside its cue: sets it there
        assert deck.state.cue > 0
        await click("cue press")
        await comes(lambda: "[CUE]" in text(pilot)[PADS])
        assert deck.state.moving
        await click("cue press")
        await comes(lambda: "[CUE]" not in text(pilot)[PADS])
        assert not deck.state.playing

    seen(tmp_path, does)


def test_scenes_recording_and_refusals_are_seen_and_pressed(tmp_path: Path) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        assert "rec" not in text(pilot)[0]
        made.decks.mixers["b"].set("vocals", "mute", 1)
        await pilot.click(Board, offset=where(pilot, "store", ""))
        await comes(lambda: list(made.desk.scenes) == ["scene 1"] and any("scene 1" in line for line in text(pilot)))
        made.decks.mixers["b"].set("vocals", "mute", 0)
        await comes(lambda: any("scene 1 " in line for line in text(pilot)[:-2]))
        await pilot.click(Board, offset=where(pilot, "scene", "1"))
        await comes(lambda: made.decks.mixers["b"].on("vocals", "mute"))
        made.recording.append(True)
        await comes(lambda: "● REC" in text(pilot)[0])
        made.decks.said.append("")
        for _ in "abcd":
            await pilot.press("n")
        await comes(lambda: "there are no more songs" in text(pilot)[-2])

    seen(tmp_path, does)


@pytest.mark.parametrize("size", [SMALL, (100, 40)], ids=["beside", "over"])
def test_a_song_is_drawn_and_its_stems_in_their_colours_once_they_are_there(tmp_path: Path, size: tuple[int, int]
                                                                           ) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        middle = where(pilot, "wave", "a")[1] + laid_out(face(pilot).view, size).wave // 2
        await comes(lambda: re.search("[⠁-⣿]{16}", text(pilot)[middle]) is not None)
        assert "│" in text(pilot)[middle]
        track, yellow = made.decks.a.track, of_stem("drums", 0)
        assert track is not None
        assert not drawn(pilot, yellow)
        stems = np.zeros((6 * RATE, 6), np.float32)
        stems[:, :2] = 0.9
        track.put(0, stems)
        await comes(lambda: drawn(pilot, yellow))
        await pilot.press("d")
        await comes(lambda: not drawn(pilot, yellow))

    def drawn(pilot: Pilot[bool], colour: str) -> bool:
        rows = [row for row in face(pilot)._rows if any(each.spot.what == "wave" for each in row.regions)]
        return any(part.strip() and used == ink(colour) for row in rows for part, used in row.parts)

    seen(tmp_path, does, size)


@pytest.mark.parametrize(("name", "size", "keys"), [
    ("decks over each other at 120 by 36", (120, 36), []), ("decks beside each other at 120 by 36", (120, 36), ["f2"]),
    ("decks at 80 by 24", SMALL, []), ("decks at 40 by 13", (40, 13), [])], ids=lambda value: str(value))
def test_it_looks_as_it_did(tmp_path: Path, name: str, size: tuple[int, int], keys: list[str]) -> None:
    """Compared with the files in screens/; WRITE_SCREENS=1 writes them anew."""

    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        decks, end = made.decks, 20 * RATE
        swell = (np.arange(end, dtype=np.float32) % (RATE // 2) / (RATE // 2))[::-1, None] ** 2
        for deck, seed, tempo in ((decks.a, 1, 0.0), (decks.b, 2, 0.4)):
            song = track(tmp_path / f"song {seed}.wav", 4 * noise(20, seed) * swell)
            deck.load(song)
            decks.hear(2)
            stems = np.zeros((12 * RATE, 6), np.float32)
            song.read_dry(0, dry := np.empty((12 * RATE, 2), np.float32))
            stems[:, :2], stems[:, 2:4] = 0.5 * dry, 0.3 * dry
            song.put(0, stems)
            deck._waiting.append(deck_grid(BeatGrid(0.0, RATE / 2)))
            deck.press("tempo", tempo)
            deck.press("seek", 4 * RATE + seed * RATE // 10)
            deck.press("hot_cue_set", 2)
            deck.press("seek", 5 * RATE + seed * RATE // 10)
            deck.press("auto_loop", 4)
            decks.hear(4)
        made.desk.mixer.set("b/drums", "gain", -12.0)
        made.desk.mixer.set("a/bass", "mute", 1)
        view = face(pilot).view
        await comes(lambda: all(wave.columns == 3000 for wave in view.waves.values()) and all(
            view.state["heads"][deck]["beat"] is not None and view.state["songs"][deck]["loop"] for deck in "ab"))
        await comes(lambda: [view.state["strips"][strip][name] for strip, name in (
            ("b/drums", "gain"), ("a/bass", "mute"))] == [-12, 1])
        await comes(lambda: all((wave.bins(0, 30, CHUNK)[1] == STEMS).all() for wave in view.waves.values()))
        await pilot.press(*keys)
        await pilot.pause()
        found = "\n".join(text(pilot)) + "\n"
        file = SCREENS / f"{name.replace(' ', '-')}.txt"
        if os.environ.get("WRITE_SCREENS"):
            file.write_text(found)
        assert found == file.read_text()

    seen(tmp_path, does, size)


@pytest.mark.parametrize(("what", "by", "shown"), [
    ("Short", "Somebody", "Short  Somebody"), ("A title " * 9, "Somebody", "…  Somebody"),
    ("Short", "Somebody and " * 9, "Short  Somebody and"), ("A title " * 9, "Somebody and " * 9, "  Somebody"),
    ("長い名前" * 9, "長い名前" * 9, "…  長い"), ("A title " * 9, "", "A title A title A titl…")], ids=str)
def test_a_title_leaves_room_for_its_artist_and_both_for_what_is_wrong(what: str, by: str, shown: str) -> None:
    song = {"loaded": True, "playing": True, "title": what, "artist": by, "failure": "", "loading": True}
    row = title("a", song, 39, chosen=False)
    written = "".join(text for text, _ in row.parts)
    assert shown in written
    assert written.endswith("  loading")
    assert row.width <= 39


@pytest.mark.parametrize("size", [SMALL, (124, 40), (40, 13)], ids=str)
def test_an_input_beside_the_decks_has_a_column_that_is_there_once_it_is_chosen(
        tmp_path: Path, size: tuple[int, int]) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        wide = size[0] > 120
        assert ("LIVE" in "".join(text(pilot))) == wide
        await pilot.press("slash")
        await comes(lambda: made.keys.chosen == "b")
        await pilot.press("slash")
        await comes(lambda: any("LIVE" in line for line in text(pilot)))
        if size[1] > 13:
            times = 1 + next(at for at, line in enumerate(text(pilot)) if "LIVE" in line)
            assert "latency" in text(pilot)[times]
            assert "misses 0" in text(pilot)[times]
        assert {sum(cell_len(part) for part, _ in row.parts) for row in face(pilot)._rows} == {size[0]}
        await pilot.press("v")
        await comes(lambda: made.decks.mixers["live"].on("vocals", "mute"))
        await comes(lambda: "[M]" in "".join(text(pilot)))
        await pilot.click(Board, offset=where(pilot, "solo", "live/drums"))
        await comes(lambda: made.decks.mixers["live"].on("drums", "solo"))
        await pilot.press("space")
        await comes(lambda: "live" in text(pilot)[-2])

    seen(tmp_path, does, size, Shares())


@pytest.mark.parametrize("size", [SMALL, (100, 40)], ids=["beside", "over"])
@pytest.mark.parametrize("tempo", [0.0, 0.5])
def test_beats_are_marked_where_they_are_heard_whatever_the_tempo(tmp_path: Path, tempo: float, size: tuple[int, int]
                                                                  ) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        deck = made.decks.a
        deck._waiting.append(deck_grid(BeatGrid(0.25 * RATE, 0.5 * RATE)))
        deck.press("tempo", tempo)
        deck.press("seek", 3 * RATE)
        made.decks.hear(4)
        view = face(pilot).view
        await comes(lambda: view.state["heads"]["a"]["beat"] is not None and view.waves["a"].now == pytest.approx(
            450) and bool(view.state["songs"]["a"]["tempo_percent"]) == bool(tempo))
        cells = where(pilot, "wave", "a", 1.0)[0] - where(pilot, "wave", "a", 0.0)[0] + 1
        found, scale = beats(view, "a", cells), around(view, "a", cells)
        wanted = [beat for beat in range(-8, 40) if scale.seconds(0) <= 0.25 + 0.5 * beat < scale.seconds(cells)]
        assert len(found) == len(wanted) > 2
        for (at, tick), beat in zip(found.items(), wanted, strict=True):
            assert scale.seconds(at) - 0.01 <= 0.25 + 0.5 * beat <= scale.seconds(at + 1) + 0.01
            assert tick == (BAR if beat % 4 == 0 else BEAT)
        line = where(pilot, "wave", "a")[1]
        await comes(lambda: text(pilot)[line].count(BAR) + text(pilot)[line].count(BEAT) >= len(wanted) - 1)

    seen(tmp_path, does, size)


def test_waveforms_are_over_or_beside_each_other_as_a_key_and_the_mouse_say(tmp_path: Path) -> None:
    async def does(_made: DeckRig, pilot: Pilot[bool]) -> None:
        def wide(deck: str) -> bool:
            return where(pilot, "wave", deck, 1.0)[0] - where(pilot, "wave", deck, 0.0)[0] > 70

        assert not wide("a")
        await pilot.press("f2")
        assert wide("a")
        assert wide("b")
        assert where(pilot, "wave", "b")[1] > where(pilot, "wave", "a")[1]
        await pilot.click(Board, offset=where(pilot, "wave", "b"), button=3)
        await comes(lambda: not wide("a"))
        assert where(pilot, "wave", "b")[1] == where(pilot, "wave", "a")[1]

    seen(tmp_path, does)


def test_waveforms_are_magnified_by_keys_and_the_wheel_and_a_press_goes_there(tmp_path: Path) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        view, deck = face(pilot).view, made.decks.a
        before = view.zoom
        await pilot.press("pageup")
        assert view.zoom == before // 2
        await pilot.press("pagedown", "pagedown")
        assert view.zoom == 2 * before
        x, y = where(pilot, "wave", "a")
        face(pilot).turn(x, y, 9, fine=False)
        assert view.zoom == 1
        face(pilot).turn(x, y, -2, fine=False)
        assert view.zoom == 4
        await comes(lambda: view.waves["a"].columns > 0)
        x, y = where(pilot, "wave", "a", 0.75)
        first = where(pilot, "wave", "a", 0.0)[0]
        cells = where(pilot, "wave", "a", 1.0)[0] - first + 1
        goal = around(view, "a", cells).seconds(x - first)
        await pilot.click(Board, offset=(x, y))
        await comes(lambda: bool(deck._waiting))
        made.decks.hear(4)
        assert deck.state.position / RATE == pytest.approx(goal, abs=0.01)
        assert goal > 0.3

    seen(tmp_path, does)


def test_an_overview_is_all_of_the_song_and_a_press_goes_there(tmp_path: Path) -> None:
    async def does(made: DeckRig, pilot: Pilot[bool]) -> None:
        y = where(pilot, "song", "a")[1]
        await comes(lambda: re.search("│[⠁-⣿]{30}", text(pilot)[y]) is not None)
        await pilot.click(Board, offset=where(pilot, "song", "a", 0.5))
        await comes(lambda: bool(made.decks.a._waiting))
        made.decks.hear(4)
        await comes(lambda: re.search("[⠁-⣿]{15}│[⠁-⣿]{15}", text(pilot)[y]) is not None)

    seen(tmp_path, does)
