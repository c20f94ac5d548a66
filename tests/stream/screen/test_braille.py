"""Waveforms in braille: how high, how dark, where now is, and that what has gone by only moves."""

import pytest

from stream.link.slices import HISTORY_SLICES
from stream.screen.braille import INNER, MARK, NOW, OUTER, shades, waveform
from stream.screen.ink import Line
from stream.screen.waveform import Pane, Row, WaveformView

COLOUR = "#e8a33d"
SHADES = shades(COLOUR, True)


def drawn(columns: list[Row | None], lines: int, past: int = 0, place: int = 0) -> list[str]:
    """What is written, line by line."""
    found = waveform(columns, place, Pane(len(columns) // 2 + 1, lines), past, SHADES)
    return ["".join(text for text, _ in line) for line in found]


def inks(line: Line) -> list[int]:
    """Which shade each cell of a line has."""
    return [SHADES.index(style) for text, style in line for _ in text]


@pytest.mark.parametrize(("lines", "looks"), [
    (1, ["│⣿⣤⣀ ⣇"]), (2, ["│⣿   ⡇", "│⣿⣿⣀ ⣇"]), (3, ["│⣿⣀  ⡇", "│⣿⣿⠶ ⡷", "│⣿⠉  ⡇"]),
    (4, ["│⣿   ⡇", "│⣿⣿⣀ ⣇", "│⣿⣿⠉ ⡏", "│⣿   ⡇"])], ids=["1 line", "2 lines", "3 lines", "4 lines"])
def test_it_is_as_high_as_its_peaks_silence_is_a_line_and_a_gap_is_nothing(lines: int, looks: list[str]) -> None:
    peaks = [255, 255, 128, 128, 0, 1, None, None, 255, 0]
    assert drawn([None if peak is None else (peak, 0) for peak in peaks], lines) == looks


def test_a_stem_has_its_own_levels() -> None:
    rows: list[Row | None] = [(0, 0, 255, 255), (0, 0, 255, 255)]
    assert (drawn(rows, 1, place=0), drawn(rows, 1, place=1)) == ([f"{NOW}⣀"], [f"{NOW}⣿"])


@pytest.mark.parametrize(("square", "inner"), [(0, [0, 0, 0, 0]), (80, [0, 1, 1, 0]), (255, [1, 1, 1, 1])])
def test_what_the_root_mean_square_fills_is_in_the_stems_own_colour(square: int, inner: list[int]) -> None:
    found = waveform([(255, square), (255, 0)], 0, Pane(2, 4), 1, SHADES)
    assert [inks(line) for line in found] == [[INNER if one else OUTER, MARK] for one in inner]
    assert (SHADES[INNER].color.name, SHADES[MARK].color != SHADES[OUTER].color) == (COLOUR, True)  # type: ignore[union-attr]


def test_one_that_is_not_heard_is_darker_everywhere() -> None:
    def light(style: object) -> int:
        return sum(style.color.triplet)  # type: ignore[attr-defined]

    muted = shades(COLOUR, False)
    assert light(muted[OUTER]) < light(muted[INNER]) < light(SHADES[OUTER]) < light(SHADES[INNER])


@pytest.mark.parametrize("per", [1, 2, 3])
def test_what_has_gone_by_only_moves_and_now_stays_where_it_is(per: int) -> None:
    made, pane = WaveformView(ahead=9), Pane(40, 1, per)
    slices = [[number, number * 37 % 256, 0] for number in range(500)]
    made.take(300, slices)
    before = made.columns(pane)
    for later in range(1, 40):
        made.take(300 + later, [])
        gone = (300 + later) // per - 300 // per
        assert made.columns(pane)[: len(before) - gone] == before[gone:]
    at = 2 * pane.past(9)
    made.take(330, [])
    assert made.columns(pane)[at] == [max(peak for number, peak, _ in slices if 330 <= number < 330 + per), 0]
    assert 2 * per * pane.ahead(9) >= 9


def test_what_has_not_come_is_a_gap_until_it_does() -> None:
    made, pane = WaveformView(ahead=2), Pane(6, 1)
    made.take(8, [[number, 255, 0] for number in (0, 1, 2, 3, 6, 7)])
    assert made.columns(pane) == [[255, 0]] * 4 + [None] * 2 + [[255, 0]] * 2 + [None] * 2
    made.take(8, [[4, 9, 0], [5, 9, 0]])
    assert made.columns(pane)[4:6] == [[9, 0]] * 2


def test_only_so_much_is_kept() -> None:
    made = WaveformView(ahead=2)
    for number in range(2 * HISTORY_SLICES):
        made.take(number, [[number, 1, 1]])
    made.take(HISTORY_SLICES + 10, [])
    assert len(made._rows) == HISTORY_SLICES
    assert made.columns(Pane(11, 1)) == [None] * 8 + [[1, 1]] * 12


@pytest.mark.parametrize("ahead", [1, 12, 10_000])
def test_most_of_a_pane_is_for_what_was_heard(ahead: int) -> None:
    pane = Pane(80, 2)
    assert pane.past(ahead) + 1 + pane.ahead(ahead) == 80
    assert 1 <= pane.ahead(ahead) <= 20
