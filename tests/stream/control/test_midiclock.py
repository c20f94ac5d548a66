"""MIDI clock as it is sent for a beat, and the beat that is heard in one."""

from collections.abc import Iterable

import numpy as np
import pytest

from stream.control.midiclock import (
    AWAY_S,
    CONTINUE,
    POSITION,
    START,
    STOP,
    TICK,
    ClockReceiver,
    ClockSender,
    Motion,
    Timed,
)

PACE = 124 / 60
STEP_S = 0.01


def sent(sender: ClockSender, motions: Iterable[Motion | None], begin_s: float = 0.0) -> list[Timed]:
    made: list[Timed] = []
    for number, motion in enumerate(motions):
        at = begin_s + number * STEP_S
        made += sender.ahead(at, at + STEP_S, motion)
    return made


def steady(beat: float, seconds: float, pace: float = PACE) -> list[Motion | None]:
    return [Motion(beat + pace * STEP_S * number, pace) for number in range(round(seconds / STEP_S))]


def ticks(timed: list[Timed]) -> np.ndarray:
    return np.array([one.time_s for one in timed if one.message == (TICK,)])


def others(timed: list[Timed]) -> list[tuple[int, ...]]:
    return [one.message for one in timed if one.message != (TICK,)]


def test_ticks_are_24_to_a_beat_and_even() -> None:
    made = ticks(sent(ClockSender(), steady(0.0, 60)))
    assert len(made) == pytest.approx(60 * PACE * 24, abs=1)  # one is on the edge
    assert np.abs(np.diff(made) - 1 / 24 / PACE).max() < 1e-9
    assert made[0] == 0


def test_a_song_that_begins_is_started_and_one_that_is_under_way_is_continued_at_a_sixteenth() -> None:
    assert others(sent(ClockSender(), steady(0.0, 1))) == [(START,)]
    timed = sent(ClockSender(), steady(300.1, 2))
    assert others(timed) == [(POSITION, 1201 & 127, 1201 >> 7), (CONTINUE,)]
    at = next(number for number, one in enumerate(timed) if one.message == (CONTINUE,))
    assert timed[at + 1].message == (TICK,)
    assert 300.1 + timed[at + 1].time_s * PACE == pytest.approx(1201 / 4)
    assert timed[at].time_s < timed[at + 1].time_s
    assert [one.time_s for one in timed] == sorted(one.time_s for one in timed)


def test_before_the_first_beat_there_is_a_tempo_and_no_start() -> None:
    timed = sent(ClockSender(), steady(-2.0, 2.0))
    start = next(one for one in timed if one.message == (START,))
    assert start.time_s == pytest.approx(2.0 / PACE, abs=0.01)
    assert len(ticks(timed)) == pytest.approx(2.0 * PACE * 24, abs=1)


def test_who_stops_is_stopped_once_and_may_go_on() -> None:
    sender = ClockSender()
    timed = sent(sender, [*steady(0.0, 1), *[None] * 50, *steady(8.0, 1)])
    assert others(timed) == [(START,), (STOP,), (POSITION, 32, 0), (CONTINUE,)]
    assert not sent(ClockSender(), [None] * 10)


def test_a_loop_of_beats_is_not_noticed_and_a_jump_off_the_beat_moves_one_tick() -> None:
    loops = [Motion(motion.beat % 4, motion.pace) for motion in steady(0.0, 20) if motion and motion.beat is not None]
    made = ticks(sent(ClockSender(), loops))
    assert np.abs(np.diff(made) - 1 / 24 / PACE).max() < 1e-9
    timed = sent(ClockSender(), [*steady(0.0, 5), *steady(50.51, 5)])
    assert others(timed) == [(START,), (STOP,), (POSITION, 203 & 127, 203 >> 7), (CONTINUE,)]
    made = ticks(timed)
    uneven = np.abs(np.diff(made) - 1 / 24 / PACE) > 1e-9
    assert uneven.sum() <= 1


def test_a_beat_that_is_not_told_goes_on() -> None:
    made = ticks(sent(ClockSender(), [*steady(0.0, 2), *[Motion(None, PACE)] * 200, *steady(4 * PACE, 2)]))
    assert np.abs(np.diff(made) - 1 / 24 / PACE).max() < 1e-6


def heard(timed: list[Timed], jitter_s: float = 0.0) -> ClockReceiver:
    receiver, rng = ClockReceiver(), np.random.default_rng(1)
    for one in timed:
        receiver.receive(one.time_s + rng.uniform(-jitter_s, jitter_s), one.message)
    return receiver


@pytest.mark.parametrize("jitter_ms", [0, 1, 5])
def test_what_is_sent_is_the_beat_that_is_heard(jitter_ms: float) -> None:
    """A clock by USB jitters by a millisecond, one that comes at the beginning of a period by five."""
    receiver = heard(sent(ClockSender(), steady(100.3, 30)), jitter_ms / 1000)
    motion = receiver.motion(30.1)
    assert motion is not None
    assert motion.beat is not None
    assert motion.pace == pytest.approx(PACE, rel=2e-3 if jitter_ms else 1e-9)
    assert abs(motion.beat - (100.3 + 30.1 * PACE)) / PACE < (0.002 if jitter_ms == 5 else 0.001)
    assert receiver.jitter_s == pytest.approx(jitter_ms / 1000 / np.sqrt(3), rel=0.5, abs=1e-9)


def test_another_tempo_is_found_within_a_beat() -> None:
    sender = ClockSender()
    timed = sent(sender, [*steady(0.0, 10), *steady(10 * PACE, 3, 1.3 * PACE)])
    receiver = heard(timed)
    motion = receiver.motion(13.0)
    assert motion is not None
    assert motion.beat is not None
    assert motion.pace == pytest.approx(1.3 * PACE, rel=1e-3)
    assert motion.beat == pytest.approx(10 * PACE + 3 * 1.3 * PACE, abs=0.02)


def test_what_is_stopped_has_a_tempo_and_no_beat() -> None:
    timed = sent(ClockSender(), steady(0.0, 3))
    receiver = heard([*timed, Timed(3.0, (STOP,)), *(Timed(3 + one.time_s, (TICK,)) for one in timed[1:40])])
    motion = receiver.motion(3.5)
    assert motion is not None
    assert motion.beat is None
    assert motion.pace == pytest.approx(PACE, rel=0.01)


def test_a_clock_that_is_gone_is_no_beat_and_one_that_comes_back_is() -> None:
    timed = sent(ClockSender(), steady(0.0, 3))
    receiver = heard(timed)
    assert receiver.motion(3.0 + AWAY_S + 0.1) is None
    for one in timed:
        receiver.receive(10 + one.time_s, one.message)
    motion = receiver.motion(13.0)
    assert motion is not None
    assert motion.beat == pytest.approx(3 * PACE, abs=1e-6)


@pytest.mark.parametrize("message", [(), (0xF2,), (0xF2, 1), (0xF2, 200, 1), (0xF8, 1), (0x90, 60, 1), (0xFE,),
                                     (0xF0, 1, 0xF7)], ids=str)
def test_what_is_no_clock_is_passed_over(message: tuple[int, ...]) -> None:
    receiver = heard(sent(ClockSender(), steady(0.0, 3)))
    before = receiver.motion(3.0), receiver.changes
    receiver.receive(3.0, message)
    assert (receiver.motion(3.0), receiver.changes) == before


@pytest.mark.parametrize("away_s", [0.6, 5, 9])
def test_who_counted_on_while_a_cable_was_out_is_where_he_would_be(away_s: float) -> None:
    timed = [one for one in sent(ClockSender(), steady(0.0, 15)) if not 4 < one.time_s < 4 + away_s]
    motion = heard(timed, 0.001).motion(15.0)
    assert motion is not None
    assert motion.beat == pytest.approx(15 * PACE, abs=0.01)


def test_who_was_away_for_longer_has_a_tempo_until_he_is_started() -> None:
    receiver = heard([one for one in sent(ClockSender(), steady(0.0, 30)) if not 4 < one.time_s < 20])
    motion = receiver.motion(30.0)
    assert motion is not None
    assert motion.beat is None
    assert motion.pace == pytest.approx(PACE)
    for one in sent(ClockSender(), steady(0.0, 3), 30.0):
        receiver.receive(*one)
    motion = receiver.motion(33.0)
    assert motion is not None
    assert motion.beat == pytest.approx(3 * PACE, abs=1e-6)


def test_what_jitters_by_a_third_of_a_tick_is_not_taken_for_another_tempo() -> None:
    receiver, pace = ClockReceiver(), 174 / 60
    rng = np.random.default_rng(1)
    for one in sent(ClockSender(), steady(0.0, 600, pace)):
        receiver.receive(one.time_s + rng.uniform(-0.005, 0.005), one.message)
    assert receiver.changes == 2  # it was started, and its tempo known
    motion = receiver.motion(600.0)
    assert motion is not None
    assert motion.beat is not None
    assert abs(motion.beat - 600 * pace) / pace < 0.002
