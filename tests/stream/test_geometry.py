"""Sizes fit into each other, parts sum to the whole, and what cannot be is refused by name."""

from itertools import pairwise

import numpy as np
import pytest

from stream.geometry import LEAST_S, MOST_S, NAMED_S, SAMPLERATE, Geometry, Latency, plan

LATENCIES = sorted({*NAMED_S.values(), LEAST_S, MOST_S, 0.79, 0.8, 1.49, 1.5, 3.5, 8.0,
                    *np.random.default_rng(0).uniform(LEAST_S, MOST_S, 300).round(3)})


def test_a_window_is_context_hop_crossfade_and_lookahead() -> None:
    sizes = Geometry(window=88 * 1024, hop=20 * 1024, lookahead=1024, crossfade=512)
    assert sizes.columns == 88
    assert sizes.context + sizes.hop + sizes.crossfade + sizes.lookahead == sizes.window
    assert sizes.latency == 1536


@pytest.mark.parametrize(("change", "says"), [
    ({"window": 88 * 1024 + 1}, "window must be a multiple of 1024 frames, not 90113"),
    ({"hop": 1000}, "hop must be a multiple of 1024 frames, not 1000"),
    ({"hop": 0}, "hop must be a multiple of 1024 frames, not 0"),
    ({"window": 15 * 1024}, "window must be 16384 to 344064 frames, not 15360"),
    ({"window": 337 * 1024}, "window must be 16384 to 344064 frames, not 345088"),
    ({"lookahead": -1}, "lookahead and crossfade must not be negative, not -1, 1024"),
    ({"crossfade": 5000}, r"crossfade must be at most a hop \(4096\), not 5000"),
    ({"lookahead": 87 * 1024}, r"must fit into the window \(90112\), not 94208"),
])
def test_sizes_that_cannot_be_are_refused_by_name_and_number(change: dict[str, int], says: str) -> None:
    sizes = {"window": 88 * 1024, "hop": 4096, "lookahead": 1024, "crossfade": 1024, **change}
    with pytest.raises(ValueError, match=says):
        Geometry(**sizes)


def test_latency_is_the_sum_of_its_named_parts() -> None:
    latency = Latency(48_000, device_in=100, resampler=20, hop=1024, lookahead=512, crossfade=256, budget=700,
                      device_out=200)
    assert list(latency.parts) == ["device_in", "resampler", "hop", "lookahead", "crossfade", "budget", "device_out"]
    assert latency.total == sum(latency.parts.values()) == 2812
    assert latency.total_s == pytest.approx(sum(latency.parts_s.values()))
    assert latency.delay == 2512  # what the device itself adds is not waited for


def test_a_plan_spends_what_was_asked_and_no_more() -> None:
    for latency_s in LATENCIES:
        made = plan(latency_s)
        frames = made.geometry.hop + made.geometry.latency + made.budget
        # whole frames: 11.79 s are a hair's breadth less than 519,939
        assert latency_s - 1.01 / SAMPLERATE < frames / SAMPLERATE <= latency_s
        assert made.budget > 0


def test_more_latency_never_gives_a_shorter_window_or_less_time() -> None:
    plans = [plan(s) for s in LATENCIES]
    for less, more in pairwise(plans):
        assert less.geometry.window <= more.geometry.window
        if less.geometry.window == more.geometry.window:
            assert less.geometry.hop <= more.geometry.hop


@pytest.mark.parametrize("columns", [16, 44, 336])
@pytest.mark.parametrize("latency_s", [LEAST_S, 1.0, MOST_S])
def test_a_window_that_is_asked_for_is_taken(columns: int, latency_s: float) -> None:
    assert plan(latency_s, columns).geometry.columns == columns


@pytest.mark.parametrize("latency_s", [0.19, 30.1, float("nan")])
def test_a_latency_out_of_range_is_refused(latency_s: float) -> None:
    with pytest.raises(ValueError, match=f"latency must be 0.2 to 30.0 s, not {latency_s:g}"):
        plan(latency_s)
