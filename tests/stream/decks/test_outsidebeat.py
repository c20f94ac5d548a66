"""A beat from outside is a line that holds for as long as what is measured stays beside it."""

import numpy as np
import pytest

from stream.decks.outsidebeat import NEAR_S, BeatLine, OutsideBeat

RATE = 48_000
PACE = 2.0 / RATE


def test_what_jitters_a_little_is_one_line() -> None:
    beat, told, rng = OutsideBeat("clock", RATE), list[BeatLine | None](), np.random.default_rng(3)
    beat.told = told.append
    for position in range(0, 60 * RATE, 480):
        off = rng.uniform(-0.9, 0.9) * NEAR_S * RATE * PACE
        beat.measure(BeatLine(position, 7 + position * PACE + (off if position else 0), PACE * (1 + 1e-4 * (off > 0))))
    assert len(told) == beat.changes == 1
    found = beat.beat_at(RATE)
    assert found is not None
    assert (found.name, found.beat, found.pace) == ("clock", pytest.approx(9), PACE)


@pytest.mark.parametrize("line", [
    BeatLine(RATE, 2.0 + 2 * NEAR_S * 2, PACE), BeatLine(RATE, 2.0 - 2 * NEAR_S * 2, PACE), BeatLine(RATE, None, PACE),
    BeatLine(RATE, 2.0, PACE * 1.002), None], ids=["later", "earlier", "stopped", "faster", "gone"])
def test_what_leaves_it_is_another(line: BeatLine | None) -> None:
    beat, told = OutsideBeat("clock", RATE), list[BeatLine | None]()
    beat.told = told.append
    for each in (BeatLine(0, 0.0, PACE), line, line):
        beat.measure(each)
    assert told == [BeatLine(0, 0.0, PACE), line]
    found = beat.beat_at(RATE)
    assert (None if found is None else found.beat) == (None if line is None else line.beat)


def test_a_clock_that_was_started_anew_counts_from_there_also_where_its_beats_are_the_same() -> None:
    beat = OutsideBeat("clock", RATE)
    beat.measure(BeatLine(0, 0.0, PACE))
    beat.measure(BeatLine(RATE, 2.0, PACE), anew=True)
    assert beat.changes == 2


def test_while_it_stands_its_tempo_is_told_finer() -> None:
    beat = OutsideBeat("clock", RATE)
    for pace in (PACE, PACE * 1.0001, PACE * 1.0005):
        beat.measure(BeatLine(0, None, pace))
    assert beat.changes == 2
