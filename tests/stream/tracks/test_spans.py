"""Spans: sets of frames that are replaced as a whole, and the ramps at their borders."""

import numpy as np
import pytest

from stream.tracks.spans import FOREVER, Spans

RANDOM = np.random.default_rng(1)
MOST = 60


def as_set(spans: Spans) -> set[int]:
    return {frame for first, end in spans for frame in range(first, end)}


def drawn(count: int) -> list[tuple[int, int]]:
    return [(int(first), int(first + wide)) for first, wide in zip(RANDOM.integers(0, 50, count),
                                                                  RANDOM.integers(0, 12, count), strict=True)]


@pytest.mark.parametrize("run", range(40))
def test_spans_are_what_sets_of_frames_are(run: int) -> None:
    spans, wanted = Spans(), set[int]()
    for at, (first, end) in enumerate(drawn(12)):
        frames = set(range(first, end))
        spans, wanted = (spans.minus(first, end), wanted - frames) if at % 3 == 2 else (
            spans.plus(first, end), wanted | frames)
        assert as_set(spans) == wanted
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(set(edges))  # none touches another
    other = Spans()
    for first, end in drawn(3):
        other = other.plus(first, end)
    assert as_set(spans.union(other)) == wanted | as_set(other)
    for frame in range(MOST):
        after = next(at for at in range(frame, 2 * MOST) if at not in wanted)
        assert spans.gap_after(frame) == after
        before = frame
        while before - 1 in wanted:
            before -= 1
        assert spans.gap_before(frame) == before
        for end in (frame + 1, frame + 9):
            assert spans.holds(frame, end) == (set(range(frame, end)) <= wanted)
            assert {at for low, high in spans.within(frame, end) for at in range(low, high)} == (
                set(range(frame, end)) & wanted)
            assert spans.count(frame, end) == len(set(range(frame, end)) & wanted)


def test_spans_are_never_changed() -> None:
    one = Spans().plus(3, 9)
    two = one.plus(9, 12)
    assert (list(one), list(two)) == ([(3, 9)], [(3, 12)])
    assert one == Spans((3, 9)) != two
    assert one.plus(5, 5) == one.minus(7, 2) == one
    assert not Spans()


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_weights_rise_and_fall_inside_of_a_span_and_do_not_depend_on_how_they_are_asked_for(size: int) -> None:
    spans = Spans().plus(100, 400).plus(600, 610).plus(900, FOREVER)
    whole = np.empty(1000, np.float32)
    spans.weigh(0, whole, 32)
    parts = np.empty_like(whole)
    for first in range(0, 1000, size):
        spans.weigh(first, parts[first : first + size], 32)
    np.testing.assert_array_equal(parts, whole)
    there = np.zeros(1000, bool)
    for first, end in spans:
        there[first:end] = True
    assert not whole[~there].any()
    assert (whole[132:368] == 1).all()
    assert (whole[932:] == 1).all()
    assert np.abs(np.diff(whole)).max() < 0.06
    assert 0 < whole[605] < 1


def test_what_begins_before_the_song_and_ends_behind_it_has_no_ramp() -> None:
    weights = np.empty(50, np.float32)
    Spans().plus(-FOREVER, FOREVER).weigh(-10, weights, 32)
    assert (weights == 1).all()
