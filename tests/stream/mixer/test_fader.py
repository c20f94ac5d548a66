"""A fader at the top is unity, at the bottom silence, and there and back is the same place."""

import math

import pytest

from stream.mixer.fader import gain_db, position


@pytest.mark.parametrize(("at", "top", "db"), [(1, 0, 0), (0.5, 0, -12.04), (0, 0, -math.inf), (1, 6, 6),
                                                  (0.5, 6, -6.04)])
def test_a_position_is_a_gain(at: float, top: float, db: float) -> None:
    assert gain_db(at, top) == pytest.approx(db, abs=0.01)


@pytest.mark.parametrize("value", range(128))
def test_there_and_back_is_the_same_step_of_a_controller(value: int) -> None:
    assert round(position(gain_db(value / 127)) * 127) == value


def test_above_the_top_a_fader_stands_at_the_top() -> None:
    assert position(12) == 1


@pytest.mark.parametrize("at", [-0.1, 1.01, math.nan])
def test_what_is_no_position_is_refused(at: float) -> None:
    with pytest.raises(ValueError, match="a fader's position must be 0 to 1"):
        gain_db(at)
