"""A crossfader is whole at its ends, whatever the curve, and between them as the curve says."""

import pytest

from dsp.crossfader import CrossfaderCurve, CrossfaderSide, crossfader_gain

A, B, THRU = CrossfaderSide
POWER, LINEAR, WHOLE, CUT = CrossfaderCurve
CURVES = pytest.mark.parametrize("curve", CrossfaderCurve)
PLACES = [n / 1000 for n in range(1001)]


@CURVES
def test_at_the_ends_one_side_is_exactly_one_and_the_other_exactly_nothing(curve: CrossfaderCurve) -> None:
    assert [crossfader_gain(end, side, curve) for end in (0, 1) for side in (A, B, THRU)] == [1, 0, 1, 0, 1, 1]


@CURVES
def test_sides_mirror_each_other_and_never_rise_on_their_way_out(curve: CrossfaderCurve) -> None:
    gains = [crossfader_gain(place, A, curve) for place in PLACES]
    assert gains == sorted(gains, reverse=True)
    assert [crossfader_gain(place, B, curve) for place in PLACES] == pytest.approx(gains[::-1])
    assert all(0 <= gain <= 1 for gain in gains)


@pytest.mark.parametrize("place", PLACES[1::111])
def test_between_the_ends_power_or_height_stays(place: float) -> None:
    a, b = crossfader_gain(place, A, POWER), crossfader_gain(place, B, POWER)
    assert a * a + b * b == pytest.approx(1)
    assert crossfader_gain(place, A, LINEAR) + crossfader_gain(place, B, LINEAR) == pytest.approx(1)


@pytest.mark.parametrize(("curve", "middle"), [(POWER, 0.5**0.5), (LINEAR, 0.5), (WHOLE, 1), (CUT, 1)])
def test_in_the_middle(curve: CrossfaderCurve, middle: float) -> None:
    assert crossfader_gain(0.5, A, curve) == crossfader_gain(0.5, B, curve) == pytest.approx(middle)


@pytest.mark.parametrize("cut_in", [0.01, 0.1, 0.5])
def test_a_cut_falls_on_its_last_part_only(cut_in: float) -> None:
    assert crossfader_gain(1 - cut_in, A, CUT, cut_in) == pytest.approx(1)
    assert crossfader_gain(1 - cut_in / 2, A, CUT, cut_in) == pytest.approx(0.5)


@pytest.mark.parametrize("place", [-0.1, 1.1, float("nan")])
def test_beyond_its_ends_there_is_no_crossfader(place: float) -> None:
    with pytest.raises(ValueError, match="the crossfader must be 0 to 1"):
        crossfader_gain(place, A, LINEAR)


@pytest.mark.parametrize("cut_in", [0, -1, 0.6, float("nan")])
def test_a_cut_that_is_none_is_refused(cut_in: float) -> None:
    with pytest.raises(ValueError, match=r"cut_in must be above 0 and up to 0\.5"):
        crossfader_gain(0.5, A, CUT, cut_in)
