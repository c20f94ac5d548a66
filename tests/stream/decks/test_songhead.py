"""A place in a song is exact: in pieces it goes where it goes at once, and comes to whole frames at a rate of 1."""

import random

import pytest

from stream.decks.songhead import UNIT, SongHead, ticks, whole

RAMPS = [SongHead(ticks(1000.3), UNIT), SongHead(0).aimed(UNIT, 4410, winds=True),
         SongHead(ticks(7.7)).aimed(-UNIT, 999), SongHead(ticks(5.5), round(1.06 * UNIT)).aimed(0, 44_100),
         SongHead(0, UNIT).aimed(round(0.84 * UNIT), 882)]
HEADS = pytest.mark.parametrize("head", RAMPS, ids=["steady", "spin", "backwards", "brake", "slower"])


@HEADS
def test_pieces_lead_where_the_whole_way_leads(head: SongHead) -> None:
    pieces, at = random.Random(1), head
    for n in (pieces.randrange(1, 700) for _ in range(200)):
        expected = head.after(n)
        assert head.advanced(n).now == expected
        head = head.advanced(n)
    total = 0
    pieces = random.Random(1)
    for n in (pieces.randrange(1, 700) for _ in range(200)):
        total += n
    assert at.advanced(total).now == head.now == at.after(total)


@HEADS
@pytest.mark.parametrize("frames", [1, 300, 5000, 60_000])
def test_until_is_the_first_frame_that_has_left(head: SongHead, frames: int) -> None:
    bound = head.after(frames) + (0 if head.forward else 1)
    n = head.until(bound, 1 << 40) if head.after(frames) != head.after(frames - 1) else frames
    gone = (lambda k: head.after(k) >= bound) if head.forward else (lambda k: head.after(k) < bound)
    assert n <= frames
    assert gone(n)
    assert n == 1 or not gone(n - 1) or head.advanced(n - 1).still
    assert head.until(bound, 1) == 1


@HEADS
def test_a_way_back_is_the_way(head: SongHead) -> None:
    head = head.advanced(100)
    back = head.turned()
    for n in (0, 1, 500, 5000):  # to a millionth of a frame
        assert back.after(n) - head.heard == pytest.approx(-(head.after(n) - head.now), abs=5000)
    assert back.rate_after(10) == pytest.approx(-head.rate_after(10))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("place", [0.5, 1000.001, 123_456.789, 5e8 + 0.25])
def test_a_ramp_to_the_records_own_rate_ends_at_a_whole_frame(place: float, sign: int) -> None:
    head = SongHead(ticks(place), round(sign * 1.0371 * UNIT)).aimed(sign * UNIT, 882)
    there = head.advanced(882)
    assert there.exact
    assert there.now == whole(there.now) == there.heard
    assert abs(head.rate_after(881) - sign) < 0.002


def test_a_rate_is_reached_when_it_was_said_and_not_before() -> None:
    head = SongHead(0, UNIT).aimed(2 * UNIT, 1000)
    assert head.rate_after(0) == 1
    assert head.rate_after(500) == pytest.approx(1.5)
    assert head.advanced(999).ramp_left == 1
    assert head.advanced(1000).rate_after(0) == 2
    assert head.after(1000) == 1500 * UNIT


@pytest.mark.parametrize("frames", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_no_place(frames: float) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        ticks(frames)


@pytest.mark.parametrize("rate", [UNIT, -UNIT, round(1.06 * UNIT), 0])
def test_one_that_is_aimed_at_the_rate_that_it_has_goes_on_untouched(rate: int) -> None:
    head = SongHead(ticks(1000.0), rate)
    assert head.aimed(rate, 353) is head
    assert head.aimed(rate, 353).exact == (abs(rate) == UNIT)
