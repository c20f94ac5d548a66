"""Waveforms of songs: as high as the song, and in the colours of the stems that are heard."""

import numpy as np
import pytest
from rich.style import Style

from stream.screen.ink import BRIGHT, GROUND, Line, ink
from stream.screen.songwave import SONG, STEMS, UNKNOWN
from stream.screen.wavepaint import GROUNDS, CellMark, Colours, painted

DRUMS, BASS = "#e8a33d", "#d9605a"


def cells(line: Line) -> list[tuple[str, Style]]:
    return [(glyph, style) for text, style in line for glyph in text]


def drawn(columns: list[tuple[int, ...]], lines: int, colours: Colours = (DRUMS, BASS), known: int = STEMS,
          marks: list[CellMark] | None = None, grounds: list[int] | None = None) -> list[list[tuple[str, Style]]]:
    levels = np.array(columns, np.uint8)
    found = painted((levels, np.full(len(levels), known, np.uint8)), lines, colours, marks or [],
                    None if grounds is None else np.array(grounds))
    return [cells(line) for line in found]


@pytest.mark.parametrize(("lines", "looks"), [
    (1, ["⣿⣤⣀"]), (2, ["⣿  ", "⣿⣿⣀"]), (4, ["⣿  ", "⣿⣿⣀", "⣿⣿⠉", "⣿  "])], ids=["1 line", "2 lines", "4 lines"])
def test_it_is_as_high_as_the_song_and_silence_is_a_line(lines: int, looks: list[str]) -> None:
    columns = [(level, level, 0) for level in (255, 255, 128, 128, 0, 0)]
    assert ["".join(glyph for glyph, _ in row) for row in drawn(columns, lines)] == looks


def test_what_is_not_known_is_a_gap() -> None:
    assert {glyph for row in drawn([(255, 255, 255)] * 4, 4, known=UNKNOWN) for glyph, _ in row} == {" "}


def test_stems_have_as_much_of_the_height_as_they_are_loud_the_first_outside() -> None:
    column = drawn([(255, 200, 100)] * 2, 12)  # 24 dots to each side: bass to 8, drums from there on
    used = [row[0][1] for row in column]
    assert used == [ink(DRUMS)] * 4 + [ink(BASS)] * 4 + [ink(DRUMS)] * 4
    quiet = drawn([(255, 1, 255)] * 2, 12)
    assert {row[0][1] for row in quiet} == {ink(BASS)}


@pytest.mark.parametrize(("colours", "outside", "inside"), [
    ((None, BASS), "dark", BASS), ((DRUMS, None), "dark", DRUMS), ((None, None), "dark", "dark")])
def test_what_is_not_heard_leaves_its_part_dark(colours: Colours, outside: str, inside: str) -> None:
    rows = drawn([(255, 128, 128)] * 2, 12, colours)
    dark = drawn([(255, 128, 128)] * 2, 12, (None, None))[0][0][1]
    assert dark not in (ink(DRUMS), ink(BASS))
    for row, wanted in ((rows[0], outside), (rows[5], inside)):
        assert row[0][1] == (dark if wanted == "dark" else ink(wanted))


@pytest.mark.parametrize("lines", [1, 2])
@pytest.mark.parametrize(("levels", "colours", "wanted"), [
    ((255, 90, 80), (DRUMS, BASS), DRUMS), ((255, 80, 90), (DRUMS, BASS), BASS), ((255, 90, 80), (None, BASS), BASS)])
def test_a_low_one_has_the_colour_of_the_loudest(lines: int, levels: tuple[int, ...], colours: Colours,
                                                 wanted: str) -> None:
    assert {style for row in drawn([levels] * 2, lines, colours) for _, style in row} == {ink(wanted)}


def test_a_song_without_its_stems_is_in_no_stems_colour() -> None:
    used = {style for row in drawn([(255, 0, 0)] * 2, 4, known=SONG) for _, style in row}
    assert used.isdisjoint({ink(DRUMS), ink(BASS)})
    assert len(used) == 1


def test_marks_are_where_they_were_put_and_loops_have_a_ground_of_their_own() -> None:
    rows = drawn([(255, 128, 128)] * 8, 3, marks=[CellMark(1, (0,), "4", BRIGHT), CellMark(2, None, "│", BRIGHT)],
                 grounds=[0, 0, 2, 1])
    assert [row[1][0] for row in rows] == ["4", "⣿", "⣿"]
    assert [row[2] for row in rows] == [("│", ink(BRIGHT, GROUNDS[2]))] * 3
    assert rows[0][1][1] == ink(BRIGHT)
    grounds = [style.bgcolor.name for _, style in rows[1]]  # type: ignore[union-attr]
    assert grounds == [GROUND, GROUND, GROUNDS[2], GROUNDS[1]]


def test_where_nothing_is_drawn_no_part_begins() -> None:
    columns = [(20, level, 20 - level) for level in [0, 20] * 20]
    line = painted((np.array(columns, np.uint8), np.full(40, STEMS, np.uint8)), 12, (DRUMS, BASS))[0]
    assert len(line) == 1
