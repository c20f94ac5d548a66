"""Positions never leave what was trained, rings never show what they should not, statistics start and forget."""

import numpy as np
import pytest

from dsp.stft import FFT_HOP
from stream.separators.networks.attentionschedule import CLOSED, HORIZON, TURN, TWIN, Memory, folded

COLUMNS, RECOMPUTE, CONTEXT = 10, 2, 30
NEW = COLUMNS - RECOMPUTE
LOUD = np.full((2, NEW * FFT_HOP), 0.1, np.float32)
SILENT = np.zeros((2, NEW * FFT_HOP), np.float32)


def memory() -> Memory:
    return Memory(COLUMNS, RECOMPUTE, CONTEXT + COLUMNS, 4)


def test_positions_stay_within_what_was_trained_and_neighbours_stay_neighbours() -> None:
    positions = folded(np.arange(0, 5 * TURN, 0.25))
    assert positions.min() == 0
    assert positions.max() == TURN
    assert np.allclose(np.abs(np.diff(positions)), 0.25)
    assert np.array_equal(positions[: 4 * TURN], np.arange(0, TURN, 0.25))


def test_columns_that_are_computed_again_keep_their_position_and_their_slot() -> None:
    told = memory()
    seen: dict[int, tuple[float, int]] = {}
    for hop in range(200):
        told.begin(LOUD)
        first = hop * NEW - RECOMPUTE
        for column in range(COLUMNS):
            found = float(told.given["positions"][column, 0]), int(told.given["slots"][column])
            assert seen.setdefault(first + column, found) == found
        told.end()


@pytest.mark.parametrize("hops", [1, 3, 5, 40])
def test_attention_is_open_to_the_context_and_the_hop_and_to_nothing_else(hops: int) -> None:
    told = memory()
    written: dict[int, int] = {}
    for hop in range(hops):
        told.begin(LOUD)
        first = hop * NEW - RECOMPUTE
        written |= {int(slot): first + i for i, slot in enumerate(told.given["slots"])}
        told.end()
    open_columns = {written[slot] for slot in np.flatnonzero(told.given["mask"] == 0)}
    assert open_columns == set(range(max(-RECOMPUTE, first - CONTEXT), first + COLUMNS))
    assert set(np.unique(told.given["mask"])) <= {0.0, np.float32(CLOSED)}


def test_the_first_hop_has_no_past_and_the_past_never_weighs_more_than_the_horizon() -> None:
    told = memory()
    blends = []
    for _ in range(100):
        told.begin(LOUD)
        blends.append(told.given["blend"].copy())
        told.end()
    assert np.array_equal(blends[0], [0, 0])
    assert np.allclose(blends[1], [NEW / (NEW + COLUMNS), 0.5])
    assert np.allclose(blends[-1], [HORIZON / (HORIZON + COLUMNS), HORIZON / (HORIZON + NEW)])
    assert (np.diff(blends, axis=0) >= 0).all()


def test_silence_changes_no_statistics() -> None:
    told = memory()
    for block in (SILENT, SILENT, LOUD, SILENT, LOUD):
        told.begin(block)
        blend = told.given["blend"].copy()
        told.end()
        if block is SILENT and blend.any():
            assert np.array_equal(blend, [1, 1])
    assert np.allclose(blend, [NEW / (NEW + COLUMNS), 0.5])  # one loud hop was heard before


def test_a_bang_is_let_go_of_when_the_horizon_is_past_it() -> None:
    told = memory()
    blends = []
    for hop in range(60):
        told.begin(LOUD * (1000 if hop == 10 else 1))
        blends.append(float(told.given["blend"][1]))
        told.end()
    assert [hop for hop, blend in enumerate(blends) if blend == 0] == [0, 11 + HORIZON // NEW - 1]


def test_after_a_reset_it_is_as_new() -> None:
    told, new = memory(), memory()
    for _ in range(7):
        told.begin(LOUD)
        told.end()
    told.reset()
    for one in (told, new):
        one.begin(LOUD)
    assert all(np.array_equal(told.given[name], new.given[name]) for name in new.given)


@pytest.mark.parametrize("turn", [TURN, 2 * TURN])
def test_after_a_turn_no_column_before_it_is_taken_for_one_of_now(turn: int) -> None:
    told = Memory(COLUMNS, RECOMPUTE, 252 + COLUMNS, 4)
    written: dict[int, int] = {}
    closed_most = 0
    for _ in range((turn + 300) // NEW):
        told.begin(LOUD)
        first = int(told._first)
        written |= {int(slot): first + i for i, slot in enumerate(told.given["slots"])}
        told.end()
        columns = np.array([written[slot] for slot in np.flatnonzero(told.given["mask"] == 0)])
        now = first + COLUMNS / 2
        twins = columns[(columns < turn) & (np.abs(folded(columns) - folded(np.array(now))) < TWIN)]
        if first > turn:  # those that are near in time too are no twins
            assert not len(twins) or now - twins.min() <= TWIN + COLUMNS
            closed_most = max(closed_most, len(written) - len(columns))
        assert set(range(first, first + COLUMNS)) <= set(columns)
    assert TWIN < closed_most <= 2 * TWIN + COLUMNS
