"""Sizes fit into each other, parts sum to the whole, and what cannot be is refused by name."""

import pytest

from stream.latency.geometry import Geometry, HopGeometry, Latency


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
                      device_out=200, insert=1536, limiter=66)
    assert list(latency.parts) == ["device_in", "resampler", "hop", "lookahead", "crossfade", "budget", "device_out",
                                   "drift", "insert", "limiter"]
    assert latency.total == sum(latency.parts.values()) == 4414
    assert latency.total_s == pytest.approx(sum(latency.parts_s.values()))
    assert latency.delay == 4048  # what devices and the master's limiter add is not waited for


HOPS = {"hop": 8192, "lookahead": 1024, "crossfade": 1024, "recompute": 2048, "context": 252 * 1024}


def test_a_hop_computes_what_is_new_and_what_is_computed_again() -> None:
    sizes = HopGeometry(**HOPS)
    assert sizes.columns == 10
    assert sizes.latency == 2048
    assert sizes.window == 262 * 1024


@pytest.mark.parametrize(("change", "says"), [
    ({"hop": 1000}, "hop must be a multiple of 1024 frames from 1024 on, not 1000"),
    ({"hop": 0}, "hop must be a multiple of 1024 frames from 1024 on, not 0"),
    ({"context": 0}, "context must be a multiple of 1024 frames from 1024 on, not 0"),
    ({"recompute": -1024}, "recompute must be a multiple of 1024 frames from 0 on, not -1024"),
    ({"crossfade": -1}, "lookahead and crossfade must not be negative, not 1024, -1"),
    ({"crossfade": 9000, "lookahead": 0, "recompute": 10240}, r"crossfade must be at most a hop \(8192\), not 9000"),
    ({"lookahead": 1025}, r"must fit into what is computed again \(2048\), not 2049"),
])
def test_hops_that_cannot_be_are_refused_by_name_and_number(change: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        HopGeometry(**HOPS | change)
