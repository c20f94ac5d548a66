"""Attacks that are moved, doubled or blurred by a known amount are judged to be."""

import numpy as np
import pytest

from benchmarks import patterns, transients

RATE = patterns.SAMPLERATE


def test_a_song_beside_itself_has_nothing_to_judge() -> None:
    frames, times = patterns.dense(5)
    rows = transients.judge(frames, frames, times, 1.0)
    assert len(rows) > 30
    assert not rows.any()


@pytest.mark.parametrize("late_ms", [-12.0, -2.0, 0.5, 3.0, 20.0])
def test_what_is_late_is_so_late(late_ms: float) -> None:
    frames, times = patterns.clicks(5)
    rows = transients.judge(frames, np.roll(frames, round(late_ms * RATE / 1000), axis=0), times, 1.0)
    assert rows[:, transients.JITTER] == pytest.approx(late_ms, abs=0.1)


def test_an_echo_before_an_attack_is_heard() -> None:
    frames, times = patterns.clicks(5)
    rows = transients.judge(frames, frames + 0.1 * np.roll(frames, -400, axis=0), times, 1.0)
    assert np.median(rows[:, transients.ECHO]) == pytest.approx(50 - 20 - 3.4, abs=1)  # 22 ms to 10


def test_a_slow_rise_is_a_slow_rise() -> None:
    frames, times = patterns.clicks(5)
    blurred = np.column_stack([np.convolve(channel, np.ones(200) / 200, "same") for channel in np.abs(frames.T)])
    rows = transients.judge(frames, blurred.astype(np.float32), times, 1.0)
    assert np.median(rows[:, transients.RISE]) > 1
