"""When frames of a device are, by whoever looks now and then and is late."""

import numpy as np
import pytest

from stream.session.deviceclock import DeviceClock

RATE, BLOCK = 44_100, 256


@pytest.mark.parametrize("late_ms", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("ppm", [-100, 0, 100])
def test_who_looks_late_knows_when_blocks_were_asked_for(late_ms: float, ppm: int) -> None:
    """Every 2 ms, and later by as much on average, where the machine is busy."""
    clock, rng = DeviceClock(RATE), np.random.default_rng(2)
    frame_s = (1 + ppm / 1e6) / RATE
    now_s, errors = 0.0, []
    while now_s < 60:
        now_s += 0.002 + rng.exponential(late_ms / 1000)
        clock.look(BLOCK * (1 + int(now_s / frame_s / BLOCK)), now_s)
        if now_s > 20:
            at = int(now_s / frame_s)
            found = clock.time_of(at)
            assert found is not None
            errors.append(found - at * frame_s)
    assert np.abs(errors).max() < 0.001, (np.min(errors), np.max(errors))
    assert clock.frame_s == pytest.approx(frame_s, rel=2e-4)
