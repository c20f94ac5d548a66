"""Timing a hop disturbs nothing, and what is said to be holdable leaves the time that is needed."""

import pytest

from stream.geometry import MOST_S, SAMPLERATE, plan
from stream.live.engine import FADE
from stream.probe import MARGIN, TIMED, WARM, holdable_s, room_s, time_hop
from stream.separators.opening import spend
from tests.stream.byhand import Shares


def test_a_separator_is_timed_and_reset() -> None:
    separator = Shares()
    assert time_hop(separator) > 0
    assert len(separator.processed) == WARM + TIMED
    assert separator.taken == 0
    assert not separator.past.any()


@pytest.mark.parametrize(("latency_s", "limit"), [(0.1, "budget"), (2.0, "hop")])
def test_a_hop_may_take_until_the_next_one_comes_and_until_it_is_due(latency_s: float, limit: str) -> None:
    separator = Shares()
    latency = spend(separator, 44_100, (0, 0), latency_s, 512 + FADE + 1)
    wanted = 1024 if limit == "hop" else latency.budget - 512 - FADE
    assert room_s(separator, latency, 512) == pytest.approx(wanted / 44_100)
    assert wanted <= 1024


@pytest.mark.parametrize("hop_time_s", [0.05, 0.3, 0.6, 1.0, 1.2])
def test_what_can_be_held_leaves_a_hop_its_time(hop_time_s: float) -> None:
    held = holdable_s(hop_time_s, 88, 0.5)
    assert held is not None
    assert 0.5 < held <= MOST_S
    made = plan(held)
    needed = MARGIN * hop_time_s * made.geometry.columns / 88
    assert needed <= made.geometry.hop / SAMPLERATE
    assert needed <= made.budget / SAMPLERATE


def test_a_window_of_fixed_length_is_not_shortened_to_fit() -> None:
    """Seven seconds of window cost what they cost: the latency must be that of the hop that has room for it."""
    fixed, free = holdable_s(2.0, 336, 1.0, fixed=336), holdable_s(2.0, 336, 1.0)
    assert fixed is not None
    assert free is not None
    assert fixed > free
    assert plan(fixed, 336).geometry.hop / SAMPLERATE >= MARGIN * 2.0


def test_a_faster_machine_never_needs_more() -> None:
    held = [holdable_s(0.1 * i, 88, 0.5) or MOST_S for i in range(1, 20)]
    assert held == sorted(held)


def test_a_machine_that_can_hold_none_is_told_so() -> None:
    assert holdable_s(100.0, 88, 2.0) is None
