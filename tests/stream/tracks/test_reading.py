"""What a deck reads while stems come: no step, wherever they begin and whenever they come."""

from pathlib import Path

import numpy as np
import pytest

from stream.tracks.reading import GUARD, RAMP, Reading
from stream.tracks.scratchfile import ScratchFile
from stream.tracks.spans import FOREVER, Spans
from stream.tracks.track import Finished
from tests.rig.byhand import Frames

BLOCK = 512
LENGTH = 40 * BLOCK
STEEPEST = 4 / RAMP


class Stage:
    """Stems that are 1 and drafts that are 0.5, all over; what counts is what is said to be there."""

    def __init__(self, folder: Path) -> None:
        self.files = ScratchFile(2, folder), ScratchFile(2, folder)
        self.files[0].write(0, np.ones((LENGTH, 2), np.float32))
        self.files[1].write(0, np.full((LENGTH, 2), 0.5, np.float32))
        self.reading, self.made = Reading(), Finished()

    def read(self, first: int, count: int = BLOCK) -> tuple[Frames, Frames]:
        """What is heard of a stem, and how much of it is there."""
        out, present = np.full((count, 2), np.nan, np.float32), np.full(count, np.nan, np.float32)
        self.reading.stems(self.made, self.files, (first, 0), out, present)
        return out[:, 0], present

    def play(self, blocks: int, first: int = 0, backwards: bool = False) -> tuple[Frames, Frames]:
        """Blocks one after the other."""
        order = range(blocks - 1, -1, -1) if backwards else range(blocks)
        parts = [self.read(first + at * BLOCK) for at in order]
        if backwards:
            parts = parts[::-1]
        return tuple(np.concatenate(some) for some in zip(*parts, strict=True))  # type: ignore[return-value]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_where_nothing_was_made_there_is_nothing(stage: Stage) -> None:
    out, present = stage.play(4)
    assert not out.any()
    assert not present.any()


def test_what_is_all_there_is_given_as_it_is_from_the_first_frame_to_the_last(stage: Stage) -> None:
    stage.made = Finished(Spans((-FOREVER, FOREVER)))
    out, present = stage.play(40)
    assert (out == 1).all()
    assert (present == 1).all()


def test_stems_begin_and_end_with_a_ramp(stage: Stage) -> None:
    stage.made = Finished(Spans((2000, 9000)))
    _, present = stage.play(20)
    assert not present[:2000].any()
    assert not present[9000:].any()
    assert (present[2000 + RAMP : 9000 - RAMP] == 1).all()
    assert np.abs(np.diff(present)).max() < STEEPEST


def test_drafts_go_over_into_stems(stage: Stage) -> None:
    stage.made = Finished(Spans((5000, 9000)), Spans((1000, 5000 + RAMP)).plus(9000 - RAMP, 12_000))
    out, present = stage.play(20)
    assert (present[1000 + RAMP : 12_000 - RAMP] == 1).all()
    assert np.abs(np.diff(out * present)).max() < STEEPEST
    assert (out[1500:5000] == 0.5).all()
    assert (out[5000 + RAMP : 9000 - RAMP] == 1).all()
    assert (out[9000:11_000] == 0.5).all()


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_stems_that_come_under_the_playhead_begin_a_little_beyond_it(stage: Stage, backwards: bool) -> None:
    order = range(39, -1, -1) if backwards else range(40)
    heard = np.zeros(LENGTH, np.float32)
    for number, at in enumerate(order):
        if number == 10:
            stage.made = Finished(Spans((-FOREVER, FOREVER)))
        heard[at * BLOCK : (at + 1) * BLOCK] = stage.read(at * BLOCK)[1]
    assert np.abs(np.diff(heard)).max() < STEEPEST
    played = heard[::-1] if backwards else heard
    assert not played[: 10 * BLOCK].any()
    assert (played[10 * BLOCK + GUARD + RAMP + BLOCK :] == 1).all()


def test_final_stems_that_come_under_the_playhead_replace_a_draft_without_a_step(stage: Stage) -> None:
    stage.made = Finished(Spans(), Spans((-FOREVER, FOREVER)))
    before, _ = stage.play(10)
    stage.made = Finished(Spans((-FOREVER, FOREVER)), stage.made.drafts)
    after, present = stage.play(30, 10 * BLOCK)
    out = np.concatenate([before, after])
    assert (before == 0.5).all()
    assert (present == 1).all()
    assert np.abs(np.diff(out)).max() < STEEPEST
    assert out[-1] == 1


def test_after_a_jump_all_that_is_there_counts_at_once(stage: Stage) -> None:
    stage.play(4)
    stage.made = Finished(Spans((-FOREVER, FOREVER)))
    stage.read(4 * BLOCK)
    _, present = stage.read(30 * BLOCK)
    assert (present == 1).all()
    _, present = stage.read(0, 3 * GUARD)
    assert present[3 * GUARD - 1] == 1


def test_reads_that_overlap_as_a_stretcher_makes_them_hear_no_step(stage: Stage) -> None:
    heard = np.zeros(LENGTH, np.float32)
    at, draw = 0, np.random.default_rng(3)
    while at < LENGTH - 3000:
        if at > 8000 and not stage.made.stems:
            stage.made = Finished(Spans((-FOREVER, FOREVER)))
        first = at + int(draw.integers(-900, 1))
        _, present = stage.read(first, 2048)
        heard[at : at + BLOCK] = present[max(0, at - first) :][:BLOCK]
        at += BLOCK
    assert np.abs(np.diff(heard[: LENGTH - 3000])).max() < STEEPEST
    assert heard[at - 1] == 1


def test_stems_that_are_forgotten_are_gone_at_once(stage: Stage) -> None:
    stage.made = Finished(Spans((-FOREVER, FOREVER)))
    stage.play(4)
    stage.made = Finished()
    assert not stage.read(4 * BLOCK)[1].any()
