"""What is needed first: what lies under the playhead, then what comes, then the rest; and whose song comes first."""

from pathlib import Path

import pytest

from stream.tracks.need import POINTS_S, STANDING_S, Need, need_of
from stream.tracks.spans import FOREVER, Spans
from stream.tracks.track import NOTHING, Finished, Playhead, Track

RATE = 44_100


def need(position: int, backwards: bool = False, points: tuple[int, ...] = ()) -> Need:
    return Need(RATE, position, position, 0.0, True, backwards, points)


def unique(order: list[int]) -> list[int]:
    return list(dict.fromkeys(order))


def track(head: Playhead, stems: Spans = NOTHING, drafts: Spans = NOTHING, samplerate: int = RATE) -> Track:
    made = Track(Path("song.wav"), samplerate, ("other", "vocals"))
    made.decoded = 100 * samplerate
    made.end()
    made.playhead, made.finished = head, Finished(stems, drafts)
    return made


@pytest.mark.parametrize(("position", "wanted"), [
    (0, [0, 1, 2, 3, 4]), (99, [0, 1, 2, 3, 4]), (100, [0, 1, 2, 3, 4]), (139, [0, 1, 2, 3, 4]),
    (140, [1, 2, 3, 4, 0]), (250, [2, 3, 4, 1, 0]), (420, [3, 4, 2, 1, 0]), (10_000, [4, 3, 2, 1, 0])], ids=str)
def test_parts_that_overlap_are_made_from_the_playhead_on(position: int, wanted: list[int]) -> None:
    assert unique(list(need(position).order(140, 100, 5))) == wanted


def test_backwards_it_is_the_other_way_round() -> None:
    assert unique(list(need(250, backwards=True).order(100, 100, 5))) == [2, 1, 0, 3, 4]


def test_where_a_deck_may_jump_to_comes_once_what_is_near_is_there() -> None:
    stride = int(POINTS_S * RATE / 2)
    order = unique(list(need(0, points=(7 * stride, 5 * stride)).order(stride, stride, 9)))
    assert order == [0, 1, 7, 5, 2, 3, 4, 6, 8]


@pytest.mark.parametrize("count", [0, 1])
def test_a_short_song_has_few_parts(count: int) -> None:
    assert unique(list(need(0).order(140, 100, count))) == list(range(count))


@pytest.mark.parametrize("samplerate", [44_100, 48_000])
def test_a_need_is_counted_at_the_rate_that_is_asked_for(samplerate: int) -> None:
    found = need_of(track(Playhead(10 * samplerate, 1.0, (samplerate,)), samplerate=samplerate), RATE)
    assert (found.position, found.gap, found.points) == (10 * RATE, 10 * RATE, (RATE,))
    assert found.runway_s == 0


@pytest.mark.parametrize(("rate", "runway_s"), [(1.0, 20), (2.0, 10), (-1.0, 10), (-0.5, 20), (0.0, 20)])
def test_a_runway_lasts_as_long_as_the_deck_takes_to_its_end(rate: float, runway_s: float) -> None:
    there = Spans().plus(20 * RATE, 40 * RATE)
    found = need_of(track(Playhead(30 * RATE, rate), there, Spans().plus(40 * RATE, 50 * RATE)), RATE)
    assert found.runway_s == runway_s
    assert found.gap == (20 if rate < 0 else 50) * RATE


def test_what_will_have_been_passed_is_not_needed() -> None:
    found = need_of(track(Playhead(30 * RATE, 1.5)), RATE, lead_s=2)
    assert found.position == found.gap == 33 * RATE
    assert need_of(track(Playhead(30 * RATE, 0.0)), RATE, lead_s=2).position == 30 * RATE


@pytest.mark.parametrize("rate", [1.0, -1.0, 0.0])
def test_a_song_that_is_all_there_needs_nothing(rate: float) -> None:
    found = need_of(track(Playhead(30 * RATE, rate), Spans().plus(-FOREVER, FOREVER)), RATE)
    assert (found.gap, found.urgency) == (None, float("inf"))


def test_who_plays_and_runs_dry_comes_before_who_stands_still_and_has_nothing() -> None:
    def playing(seconds: float) -> Need:
        return need_of(track(Playhead(0, 1.0), Spans().plus(-FOREVER, int(seconds * RATE))), RATE)

    standing = need_of(track(Playhead(0, 0.0)), RATE)
    assert playing(STANDING_S - 1).urgency < standing.urgency < playing(STANDING_S + 1).urgency
    assert playing(1).urgency < playing(2).urgency
