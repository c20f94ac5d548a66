"""How far a song is: a bar on a terminal, and a few lines elsewhere."""

import io

import pytest
from rich.console import Console

from stream.terminal.progress import LONG, Bars


def said(total: int, step: int, terminal: bool = False) -> list[str]:
    lines: list[str] = []
    console = Console(file=io.StringIO(), force_terminal=terminal)
    with Bars(console, lines.append) as bars, bars.bar("a\nb.wav", total) as move:
        for done in range(0, total + 1, step):
            move(done)
    return lines


@pytest.mark.parametrize("step", [1000, 250_000], ids=["often", "seldom"])
def test_a_log_has_a_line_for_each_quarter_of_a_long_song(step: int) -> None:
    assert said(10_000_000, step) == [f"a\\nb.wav: {part} % separated" for part in (25, 50, 75)]


def test_one_that_is_done_in_two_steps_has_one_line() -> None:
    assert said(10_000_000, 5_000_000) == ["a\\nb.wav: 50 % separated"]


@pytest.mark.parametrize(("total", "terminal"), [(LONG - 1, False), (LONG, True), (0, False)],
                         ids=["short", "terminal", "nothing"])
def test_there_is_none_for_a_short_song_nor_on_a_terminal(total: int, terminal: bool) -> None:
    assert said(total, 100_000, terminal) == []
