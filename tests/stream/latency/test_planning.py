"""A wanted latency is spent to the frame, and more of it never buys less."""

from itertools import pairwise

import numpy as np
import pytest

from stream.latency.geometry import SAMPLERATE, HopGeometry
from stream.latency.planning import LEAST_S, LOSS_DB, MOST_S, NAMED_S, expected_loss_db, plan_hops, plan_windows

LATENCIES = sorted({*NAMED_S.values(), LEAST_S, MOST_S, 0.79, 0.8, 1.49, 1.5, 3.5, 8.0,
                    *np.random.default_rng(0).uniform(LEAST_S, MOST_S, 300).round(3)})


def test_a_plan_spends_what_was_asked_and_no_more() -> None:
    for latency_s in LATENCIES:
        made = plan_windows(latency_s)
        frames = made.geometry.hop + made.geometry.latency + made.budget
        # whole frames: 11.79 s are a hair's breadth less than 519,939
        assert latency_s - 1.01 / SAMPLERATE < frames / SAMPLERATE <= latency_s
        assert made.budget > 0


def test_more_latency_never_gives_a_shorter_window_or_less_time() -> None:
    plans = [plan_windows(s) for s in LATENCIES]
    for less, more in pairwise(plans):
        assert less.geometry.window <= more.geometry.window
        if less.geometry.window == more.geometry.window:
            assert less.geometry.hop <= more.geometry.hop


@pytest.mark.parametrize("columns", [16, 44, 336])
@pytest.mark.parametrize("latency_s", [LEAST_S, 1.0, MOST_S])
def test_a_window_that_is_asked_for_is_taken(columns: int, latency_s: float) -> None:
    assert plan_windows(latency_s, columns).geometry.columns == columns


@pytest.mark.parametrize("latency_s", [0.12, 30.1, float("nan")])
def test_a_latency_out_of_range_is_refused(latency_s: float) -> None:
    with pytest.raises(ValueError, match=f"latency must be 0.13 to 30.0 s, not {latency_s:g}"):
        plan_windows(latency_s)


@pytest.mark.parametrize("recompute", [0, 2, 5])
def test_hops_spend_what_was_asked_and_no_more(recompute: int) -> None:
    for latency_s in LATENCIES:
        made = plan_hops(latency_s, recompute)
        frames = made.geometry.hop + made.geometry.latency + made.budget
        assert latency_s - 1.01 / SAMPLERATE < frames / SAMPLERATE <= latency_s
        assert isinstance(made.geometry, HopGeometry)
        assert made.geometry.latency <= recompute * 1024
        assert made.budget >= made.geometry.hop  # a hop may take as long as it is


def test_more_latency_never_gives_a_shorter_hop() -> None:
    hops = [plan_hops(latency_s, 2).geometry.hop for latency_s in LATENCIES]
    assert hops == sorted(hops)


def test_the_names_are_in_order_and_below_half_a_second_a_hop_is_186_ms() -> None:
    assert list(NAMED_S) == ["fast", "balanced", "quality"]
    assert list(NAMED_S.values()) == sorted(NAMED_S.values())
    assert plan_hops(0.45, 2).geometry.hop == 8192
    assert plan_hops(NAMED_S["fast"], 2).geometry.hop == 4096


def test_longer_hops_are_expected_to_lose_less_and_windows_are_not_known() -> None:
    losses = [expected_loss_db(plan_hops(latency_s, 2).geometry) for latency_s in LATENCIES]
    assert None not in losses
    assert losses == sorted(losses, reverse=True)  # type: ignore[type-var]
    assert {*losses} == {*LOSS_DB.values()}
    assert expected_loss_db(plan_windows(2.0).geometry) is None
    assert expected_loss_db(None) is None
