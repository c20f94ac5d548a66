"""Timing a hop disturbs nothing, and what is said to be holdable leaves the time that is needed."""

from collections.abc import Callable
from functools import partial

import pytest

from stream.callback.player import FADE
from stream.latency.geometry import SAMPLERATE
from stream.latency.planning import MOST_S, Plan, plan_hops, plan_windows
from stream.separators.opening import spend
from stream.tuning.timing import MARGIN, TIMED, WARM, least_sustainable_s, room_s, time_hop
from tests.rig.byhand import Shares


def test_a_separator_is_timed_and_reset() -> None:
    separator = Shares()
    assert time_hop(separator) > 0
    assert len(separator.processed) == WARM + TIMED
    assert separator.taken == 0
    assert not separator.past.any()


@pytest.mark.parametrize(("latency_s", "limit"), [(0.1, "budget"), (2.0, "hop")])
def test_a_hop_may_take_until_the_next_one_comes_and_until_it_is_due(latency_s: float, limit: str) -> None:
    separator = Shares()
    latency = spend(separator, 44_100, (0, 0, 0), latency_s, 512 + FADE + 1)
    wanted = 1024 if limit == "hop" else latency.budget - 512 - FADE
    assert room_s(separator, latency, 512) == pytest.approx(wanted / 44_100)
    assert wanted <= 1024


@pytest.mark.parametrize(("plan", "hop_time_s"), [
    *((plan_windows, hop_time_s) for hop_time_s in (0.05, 0.3, 0.6, 1.0, 1.2)),
    *((partial(plan_hops, recompute=2), hop_time_s) for hop_time_s in (0.05, 0.3, 0.5))])
def test_what_can_be_held_leaves_a_hop_its_time(plan: Callable[[float], Plan], hop_time_s: float) -> None:
    work_s = hop_time_s / plan(1.6).geometry.work
    held = least_sustainable_s(plan, work_s, 0.5)
    assert held is not None
    assert 0.5 < held <= MOST_S
    made = plan(held)
    needed = MARGIN * work_s * made.geometry.work
    assert needed <= made.geometry.hop / SAMPLERATE
    assert needed <= made.budget / SAMPLERATE


def test_a_window_of_fixed_length_is_not_shortened_to_fit() -> None:
    """Seven seconds of window cost what they cost: the latency must be that of the hop that has room for it."""
    longest = partial(plan_windows, columns=336)
    work_s = 2.0 / longest(1.0).geometry.work
    fixed, free = least_sustainable_s(longest, work_s, 1.0), least_sustainable_s(plan_windows, work_s, 1.0)
    assert fixed is not None
    assert free is not None
    assert fixed > free
    assert longest(fixed).geometry.hop / SAMPLERATE >= MARGIN * 2.0


def test_a_faster_machine_never_needs_more() -> None:
    held = [least_sustainable_s(plan_windows, 0.001 * i, 0.5) or MOST_S for i in range(1, 20)]
    assert held == sorted(held)


def test_a_machine_that_can_hold_none_is_told_so() -> None:
    assert least_sustainable_s(plan_windows, 1.0, 2.0) is None
