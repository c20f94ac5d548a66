"""What the screen of decks shows of what it is told, without a terminal."""

import math
from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.style import Style

from stream.screen.deckface import DeckFace
from stream.screen.deckhead import flags, marks, pads
from stream.screen.decklayout import laid_out
from stream.screen.decktimes import times
from stream.screen.deckview import NOTE_S, DeckView
from stream.screen.ink import BRIGHT, GOOD, GROUND, PANEL, ink
from stream.screen.layout import Spot
from tests.rig.attacheddecks import deck_rig
from tests.stream.decks.rig import BLOCK

SMALL, USUAL, LARGE = (80, 24), (120, 36), (132, 50)
Said = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a real engine tells, with a song on deck a that has no stems yet."""
    with deck_rig([tmp_path_factory.mktemp("songs") / "one.wav"]) as made:
        made.decks.booth.next_song("a")
        made.decks.hear(4, np.zeros((4 * BLOCK, 2), np.float32))
        yield {**made.snapshot.always(), **made.snapshot.now(), "done": 0}


def shows(told: dict[str, Any]) -> tuple[DeckFace, Said]:
    said: Said = []
    return DeckFace(DeckView(deepcopy(told), lambda *message: said.append(message))), said


def text(face: DeckFace, size: tuple[int, int] = SMALL) -> list[str]:
    return ["".join(part for part, _ in line) for line in face.paint(*size)]


def style(face: DeckFace, wanted: str) -> Style:
    return next(style for line in face.paint(*SMALL) for part, style in line if part == wanted)


@pytest.mark.parametrize("size", [SMALL, USUAL, (40, 13)], ids=str)
def test_a_key_that_waits_is_bright_as_long_as_it_does(told: dict[str, Any], size: tuple[int, int]) -> None:
    face, _ = shows(told)
    face.view.tell("no song")
    for now_s, pending in ((0, "M ..."), (2 * NOTE_S, "M ..."), (2 * NOTE_S, "")):
        face.take({"pending": pending}, now_s)
        assert ("M ..." in text(face, size)[-2]) == bool(pending)
        if pending:
            assert face.paint(*size)[-2][0] == (" M ... ", ink(BRIGHT, PANEL, bold=True))


def test_escape_takes_back_a_key_that_waits_and_else_clears_marks(told: dict[str, Any]) -> None:
    face, said = shows(told)
    face.view.meters["mix"].clipped = True
    face.take({"pending": "G ..."}, 0)
    assert face.press("escape", "\x1b")
    assert said == [("key", "escape")]
    face.view.tell("something")
    assert face.view.meters["mix"].clipped
    face.take({"pending": ""}, 0)
    assert face.press("escape", "\x1b")
    assert len(said) == 1
    assert not face.view.meters["mix"].clipped
    assert face.view.note == ""


@pytest.mark.parametrize("news", [{"notes": ["a", "stored as one"]}, {"error": "stored as one"}], ids=str)
def test_a_note_goes_after_a_while_by_the_screens_clock(told: dict[str, Any], news: dict[str, Any]) -> None:
    face, _ = shows(told)
    face.take({}, 100)
    face.take(news, 200)
    face.take({}, 200 + 0.9 * NOTE_S)
    assert "stored as one" in text(face)[-2]
    face.take({"notes": ["the next one"]}, 200 + 0.95 * NOTE_S)
    assert "stored" not in text(face)[-2]
    face.take({}, 200 + 1.9 * NOTE_S)
    assert "the next one" in text(face)[-2]
    face.take({}, 200 + 1.96 * NOTE_S)
    assert text(face)[-2].strip() == ""


def test_what_the_screen_says_itself_goes_after_a_while_too(told: dict[str, Any]) -> None:
    face, _ = shows(told)
    face.take({}, 100)
    face.view.store(1)
    for now_s, there in ((200, True), (205, True), (207, False)):
        face.take({}, now_s)
        assert ("stored as scene 1" in text(face)[-2]) == there


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("length_s", [175.4, 36_000.0])
@pytest.mark.parametrize(("tempo", "bpm"), [(0.0, None), (-6.0, 124.1), (-50.0, 264.0), (100.0, 264.0)])
def test_nothing_pushes_the_beats_off_a_head(told: dict[str, Any], by_hand: bool, length_s: float, tempo: float,
                                             bpm: float | None) -> None:
    for width, (bar, bend, key_lock) in product(range(38, 81), ((4, 0.0, True), (3, 4.0, False), (12, -4.0, False))):
        song = {**told["songs"]["a"], "tempo_percent": tempo, "bpm": bpm, "grid_by_hand": by_hand, "key_lock": key_lock,
                "beats_per_bar": bar, "bend_percent": bend}
        head = {"position_s": length_s - 15.1, "left_s": length_s, "beat": bar - 0.5}
        row = times("a", song, head, width)
        line = "".join(part for part, _ in row.parts)
        assert row.width <= width
        assert line.endswith(("●▌", f"{bar}/{bar}▌"))
        assert ("*" in line) == by_hand
        assert f"{tempo:+.1f}%" in line or not tempo
        assert f"{bpm or '---.-'}" in line
        assert ("●" in line) or bar > 4 or (tempo > 50 and length_s > 1000)
        assert ("pitch" in line) or width < 60 or length_s > 1000 or bar > 4


@pytest.mark.parametrize("size", [USUAL, LARGE], ids=str)
@pytest.mark.parametrize("curve", range(4))
def test_words_and_long_values_are_whole_and_have_a_space_before_them(
        told: dict[str, Any], size: tuple[int, int], curve: int) -> None:
    face, _ = shows(told)
    view = face.view
    view.choose("a")
    view.strip("master").update(curve=curve, level=-math.inf)
    view.strip("a").update(low=-26.0, mid=-25.5, trim=-24.0, filter=-1.0, pan=1.0)
    view.strip("a/drums").update(low=-26.0, filter=1.0)
    shown = "\n".join(text(face, size))
    word = view.parameter("master", "curve").words[curve]
    for wanted in (f"cv {word:>6} ", "lvl  off ", "low  off ", "mi -25.5 ", "tr -24.0 ", "fi LP100 ", "pan R100 ",
                   "lo -26.0 ", "fi HP100 "):
        assert wanted in shown
    assert "low off mid -25.5" in shown  # of the chosen strip, in full


@pytest.mark.parametrize(("waiting", "shown"), [
    (0, ""), (1, "1 song waits"), (2, "2 songs wait"), (11, "11 songs wait")])
def test_songs_that_wait_are_counted(told: dict[str, Any], waiting: int, shown: str) -> None:
    face, _ = shows(told)
    face.take({"waiting": waiting}, 0)
    assert shown in text(face)[0]
    assert ("wait" in text(face)[0]) == bool(shown)


@pytest.mark.parametrize("size", [SMALL, USUAL, LARGE, (80, 17), (40, 13), (60, 24), (200, 60)], ids=str)
def test_help_has_each_key_at_the_begin_of_a_line_of_its_own(told: dict[str, Any], size: tuple[int, int]) -> None:
    face, _ = shows(told)
    face.paint(*size)
    pages = []
    while not pages or face.view.helping:
        assert face.press("?", "?")
        pages.append(text(face, size)[1:-2])
    del pages[-1]
    count = max(1, size[0] // 38)
    cells = [line[at * (size[0] // count) :][: size[0] // count] for page in pages for line in page
             for at in range(count)]
    for wanted in (*(entry[:20] for entry in told["key_help"]), "up down:", "escape:", "q quits"):
        assert any(cell.startswith(f" {wanted}") for cell in cells), wanted
    assert "right button resets" in " ".join(" ".join(map(str.strip, page)) for page in pages)
    for number, page in enumerate(pages, 1):
        assert any(f"{number} of {len(pages)}" in line for line in page) == (number < len(pages))


@pytest.mark.parametrize("size", [SMALL, (40, 13)], ids=str)
def test_the_keys_below_say_that_q_quits(told: dict[str, Any], size: tuple[int, int]) -> None:
    assert " q quit " in text(shows(told)[0], size)[-1]


def test_a_mute_or_a_solo_that_is_not_heard_yet_is_in_round_brackets(told: dict[str, Any]) -> None:
    face, _ = shows(told)
    view = face.view
    for strip, switch in (("a/drums", "mute"), ("a/bass", "solo"), ("a/bass", "cue"), ("b/drums", "mute"),
                          ("a", "mute")):
        view.state["strips"][strip][switch] = 1  # b has no song; a deck's own are heard at once
    shown = "\n".join(text(face))
    assert [shown.count(each) for each in ("(M)", "(S)", "[C]", "[M]")] == [1, 1, 1, 2]
    assert style(face, "(M)") != style(face, "[M]")
    for name, place_s, waits in (("stems", 1.0, False), ("drafts", 1.0, False), ("stems", 3.0, True)):
        view.state["songs"]["a"] = {**told["songs"]["a"], name: [[0.0, 2.0]]}
        view.state["heads"]["a"] = {**told["heads"]["a"], "position_s": place_s}
        assert ("(M)" in "".join(text(face))) == ("(S)" in "".join(text(face))) == waits


def cues(told: dict[str, Any], *found: tuple[float, str, str | None]) -> dict[str, Any]:
    """The song of deck a, 100 s long, with these hot cues."""
    places, names, colours = (list(each) for each in zip(*found, strict=True))
    more = 8 - len(found)
    return {**told["songs"]["a"], "length_s": 100.0, "cue_s": 90.0, "hot_cues_s": places + [None] * more,
            "hot_cue_names": names + [""] * more, "hot_cue_colours": colours + [None] * more}


def test_names_of_hot_cues_are_beside_them_as_far_as_there_is_room(told: dict[str, Any]) -> None:
    song = cues(told, (0.0, "Intro\x1b[2J", None), (10.0, "Drop", "#ff0000"), (50.0, "漢字", None), (60.0, "", None))
    row = marks("a", song, 102)
    line = "".join(part for part, _ in row.parts)
    assert line == " 1Intro [2 2Drop" + " " * 35 + "3" + " " * 9 + "4" + " " * 29 + "▲" + " " * 9
    assert [style for part, style in row.parts if part == "2"][-1] == ink("#ff0000", bold=True)
    region = row.under(line.index("Drop"))
    assert region is not None
    assert region.spot == Spot("hot cue 2", "a")


def test_a_songs_key_is_shown_where_there_is_room(told: dict[str, Any]) -> None:
    song = {**told["songs"]["a"], "key": "Bbm", "camelot": "3A"}
    shown = {width: "".join(part for part, _ in flags("a", song, width).parts) for width in (38, 60)}
    assert shown[60].endswith(" 3A Bbm ")
    assert all(len(line) <= width for width, line in shown.items())
    assert "None" not in "".join(part for part, _ in flags("a", {**song, "key": None, "camelot": None}, 60).parts)


@pytest.mark.parametrize(("colour", "letters"), [("#ffff00", GROUND), ("#0000ff", BRIGHT), ("#000000", BRIGHT)])
def test_pads_of_hot_cues_have_their_colours_and_can_be_read(told: dict[str, Any], colour: str, letters: str) -> None:
    row = pads("a", cues(told, (1.0, "", colour), (2.0, "", None)), 38)
    styles = dict(row.parts)
    assert styles["[1]"] == ink(letters, colour, bold=True)
    assert styles["[2]"] == ink(GROUND, GOOD, bold=True)


@pytest.mark.parametrize("over", [None, False, True])
@pytest.mark.parametrize("size", [SMALL, USUAL, (110, 36), (100, 40), LARGE, (160, 50)], ids=str)
def test_rows_that_nothing_else_needs_are_the_waves(told: dict[str, Any], size: tuple[int, int], over: bool | None
                                                    ) -> None:
    face, _ = shows(told)
    face.view.over = over
    lines, layout = text(face, size), laid_out(face.view, size)
    assert layout.over == (over if over is not None else size[0] >= 100)
    assert layout.wave > 2
    assert all(line.strip() for line in lines[1:-2])
    waves = {deck: [y for y, row in enumerate(face._rows) if any(
        (each.spot.what, each.spot.stem) == ("wave", deck) for each in row.regions)] for deck in "ab"}
    first = waves["a"][0]
    assert waves["a"] == [*range(first, first + layout.wave)]
    below = first + layout.wave + 1 if layout.over else first
    assert waves["b"] == [*range(below, below + layout.wave)]


def test_the_guide_says_what_80_by_24_has_no_room_for(told: dict[str, Any]) -> None:
    face, _ = shows(told)
    assert laid_out(face.view, SMALL).dropped == {"stem fields", "stem waves"}
    assert not any(word in "".join(text(face)) for word in ("spl", " cv ", "ham"))
    guide = (Path(__file__).parents[3] / "docs/guide/screen.md").read_text()
    assert "waveforms and values of single stems, split, the curve and hamster" in " ".join(guide.split())
