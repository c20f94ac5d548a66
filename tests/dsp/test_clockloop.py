"""A clock whose ticks are noticed late, and unevenly, is smoothed."""

import numpy as np
import pytest

from dsp.clockloop import ClockLoop

PERIOD = 60 / 124 / 24


def test_an_exact_clock_stays_exact() -> None:
    loop = ClockLoop(0.2, 2.0)
    loop.begin(5.0, PERIOD)
    lates = [loop.tick(5.0 + PERIOD * number) for number in range(1, 2000)]
    assert np.abs(lates).max() < 1e-9
    assert loop.period_s == pytest.approx(PERIOD, rel=1e-9)
    assert loop.jitter_s < 1e-9


def test_jitter_is_smoothed_and_told() -> None:
    """Ticks up to 6 ms late, as by a period of 256 frames: their beat is known to a fifth of that."""
    rng = np.random.default_rng(0)
    times = PERIOD * np.arange(3000) + rng.uniform(0, 0.006, 3000)
    loop = ClockLoop(0.2, 2.0)
    loop.begin(times[0], PERIOD * 1.01)
    off = []
    for number, time in enumerate(times[1:], 1):
        loop.tick(time)
        off.append(loop.time_s - PERIOD * number - 0.003)
    settled = np.array(off[1000:])
    assert settled.std() < 0.2 * 0.006 / np.sqrt(12)
    assert abs(settled.mean()) < 0.0003
    assert loop.jitter_s == pytest.approx(0.006 / np.sqrt(12), rel=0.35)


def test_a_clock_that_changes_its_tempo_is_followed() -> None:
    loop = ClockLoop(0.2, 2.0)
    loop.begin(0.0, PERIOD)
    time = 0.0
    for _ in range(3000):
        time += 1.01 * PERIOD
        late = loop.tick(time)
    assert loop.period_s == pytest.approx(1.01 * PERIOD, rel=1e-6)
    assert abs(late) < 1e-6


def test_several_ticks_at_once_are_as_many_one_after_the_other() -> None:
    one, many = ClockLoop(0.05, 0.05), ClockLoop(0.05, 0.05)
    for loop in (one, many):
        loop.begin(0.0, 1e-3)
    for number in range(1, 20_001):
        one.tick(1.001e-3 * number)
        if number % 10 == 0:
            many.tick(1.001e-3 * number, 10)
    assert many.period_s == pytest.approx(one.period_s, rel=1e-5)
    assert many.time_s == pytest.approx(one.time_s, abs=1e-5)
