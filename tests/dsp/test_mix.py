"""The dry signal where stems agree, the stems where they differ, and no step on the way."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp.equalizer import coefficients
from dsp.mix import (
    BUSES,
    CUE,
    CURRENT,
    FILTER,
    GOAL,
    LEFT,
    MEMORY,
    MIX_BUS,
    RIGHT,
    ROWS,
    STEM_BUS,
    STEP,
    WET,
    WIDTH,
    aim,
    fade_step,
    listen,
    mix_frame,
    ramp_step,
)

Float = NDArray[np.float32]
SIDES = slice(LEFT, RIGHT + 1)


def state(*gains: float, wet: float = 1) -> Float:
    rows = np.zeros((ROWS, len(gains), WIDTH), np.float32)
    rows[[GOAL, CURRENT], :, SIDES] = np.repeat(gains, 2).reshape(-1, 2)
    rows[[GOAL, CURRENT], :, FILTER:] = coefficients(0, 0, 0, 0, 44_100).reshape(-1)
    rows[WET] = wet
    return rows


def frame(seed: int = 0, stems: int = 4) -> tuple[np.float32, np.float32, Float]:
    """A dry frame and stems that sum to it."""
    parts = np.random.default_rng(seed).uniform(-1, 1, 2 * stems).astype(np.float32)
    return parts[0::2].sum(), parts[1::2].sum(), parts


def buses(gains: Float, late_dry: int, left: np.float32, right: np.float32, stems: Float) -> Float:
    """All buses of a frame; equalizers have heard nothing before it."""
    memory, bus = np.zeros((gains.shape[1], 2, MEMORY), np.float32), np.zeros(len(stems) + BUSES, np.float32)
    dry, faded = np.array([left, right], np.float32), gains[WET, 0, 0] * stems
    mix_frame(gains, memory, listen(gains, memory, 0), late_dry, dry, faded, faded, bus)
    return bus


def mixed(gains: Float, late_dry: int, left: np.float32, right: np.float32, stems: Float) -> tuple[float, float]:
    left_out, right_out = buses(gains, late_dry, left, right, stems)[MIX_BUS : MIX_BUS + 2]
    return left_out, right_out


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-45, -1.2e-38, 0.1, -1.0, 3.4e38],
                         ids=["0", "-0", "denormal", "denormal, negative", "0.1", "-1", "largest"])
def test_at_unity_the_dry_frame_comes_out_bit_for_bit_whatever_the_stems_are(value: float) -> None:
    dry = np.float32(value)
    for wet in (0, 0.3, 1):
        out = mixed(state(1, 1, 1, wet=wet), 1, dry, -dry, np.full(6, 7, np.float32))
        assert [np.float32(x).tobytes() for x in out] == [dry.tobytes(), (-dry).tobytes()]


def test_equal_gains_scale_the_dry_frame() -> None:
    left, right, stems = frame()
    assert mixed(state(0.5, 0.5, 0.5, 0.5), 0, left, right, stems) == (left / 2, right / 2)


@pytest.mark.parametrize("wet", [0.0, 0.5, 1.0])
def test_all_muted_is_exactly_zero(wet: float) -> None:
    left, right, stems = frame()
    assert mixed(state(0, 0, 0, 0, wet=wet), 1, left, right, stems) == (0, 0)


@pytest.mark.parametrize("gains", [(0, 1, 1, 1), (1, 1, 1, 0), (0, 0, 1, 0), (2, 0.5, 1, 0.1)],
                         ids=["first muted", "last muted", "soloed", "any"])
def test_stems_that_are_there_are_summed_at_their_gains(gains: tuple[float, ...]) -> None:
    for seed in range(50):
        left, right, stems = frame(seed)
        out = mixed(state(*gains), 1, left, right, stems)
        wanted = np.array(gains, np.float32) @ stems.reshape(4, 2)
        np.testing.assert_allclose(out, wanted, rtol=0, atol=2e-6)


@pytest.mark.parametrize(("late_dry", "heard"), [(1, 1.5), (0, 0.25)], ids=["dry", "mute"])
def test_without_stems_it_is_the_loudest_or_the_quietest_gain_of_the_dry_frame(late_dry: int, heard: float) -> None:
    left, right, stems = frame()
    out = mixed(state(0.25, 1.5, 1, 1, wet=0), late_dry, left, right, stems)
    np.testing.assert_allclose(out, (heard * left, heard * right), rtol=1e-6)


def test_one_stem_alone_is_the_dry_signal() -> None:
    assert mixed(state(0.5), 0, np.float32(1), np.float32(-1), np.full(2, 9, np.float32)) == (0.5, -0.5)


def wanted(*gains: float) -> Float:
    return state(*gains)[GOAL].copy()


@pytest.mark.parametrize("ramp", [1, 2, 441, 960])
def test_a_ramp_arrives_exactly_and_takes_even_steps(ramp: int) -> None:
    gains, end = state(1, 0.3, 0), wanted(0, 1, 0.7)
    aim(gains, end, ramp)
    path = [gains[CURRENT].copy()]
    for left in range(ramp - 1, -1, -1):
        ramp_step(gains, left)
        path.append(gains[CURRENT].copy())
    assert (path[-1] == end).all()
    # the last step also makes up for what float32 has rounded off on the way
    assert np.abs(np.diff(path, axis=0)).max() <= 1 / ramp + ramp * np.finfo(np.float32).eps


def test_a_ramp_that_is_interrupted_goes_on_from_where_it_is() -> None:
    gains = state(1, 1)
    aim(gains, wanted(0, 1), 100)
    for left in range(99, 49, -1):
        ramp_step(gains, left)
    aim(gains, wanted(1, 1), 100)
    assert gains[CURRENT, 0, LEFT] == pytest.approx(0.5, abs=1e-5)
    assert gains[STEP, 0, LEFT] == pytest.approx(0.005, abs=1e-6)


@pytest.mark.parametrize("fade", [1, 100, 256])
def test_the_fade_goes_down_and_up_within_its_frames_and_stays_there(fade: int) -> None:
    gains = state(1, 1)
    for there, end in ((False, 0), (True, 1)):
        before = gains[WET, 0, 0]
        for _ in range(fade):
            fade_step(gains, there, fade)
            assert abs(gains[WET, 0, 0] - before) <= 1.001 / fade
            before = gains[WET, 0, 0]
        assert gains[WET, 0, 0] == pytest.approx(end, abs=1e-5)
        for _ in range(2):
            fade_step(gains, there, fade)
        assert gains[WET, 0, 0] == end


@pytest.mark.parametrize("gains", [(1, 1, 1, 1), (0, 1, 1, 0.5), (2, 2, 0, 1)], ids=["unity", "some", "others"])
@pytest.mark.parametrize(("wet", "late_dry"), [(1, 1), (0.5, 1), (0, 1), (0, 0)],
                         ids=["there", "fading", "late", "mute"])
def test_the_buses_of_the_stems_sum_to_what_would_be_heard_of_them(
        gains: tuple[float, ...], wet: float, late_dry: int) -> None:
    left, right, stems = frame(3)
    bus = buses(state(*gains, wet=wet), late_dry, left, right, stems)
    dry = np.array([left, right]) / 4 * (1 - wet) * late_dry
    wanted = np.array(gains)[:, None] * (wet * stems.reshape(4, 2) + dry)
    np.testing.assert_allclose(bus[STEM_BUS:-2].reshape(4, 2), wanted, rtol=0, atol=1e-6)


def test_the_cue_bus_has_what_is_cued_whatever_the_faders_say() -> None:
    left, right, stems = frame(4)
    gains = state(0, 1, 0.1, 0)
    gains[CURRENT, [0, 2], CUE] = 1
    np.testing.assert_allclose(buses(gains, 1, left, right, stems)[-2:], stems[0:2] + stems[4:6], rtol=0, atol=1e-6)


def test_a_pan_moves_one_stem_and_leaves_the_rest_where_it_is() -> None:
    left, right, stems = frame(5)
    gains = state(1, 1, 1, 1)
    gains[CURRENT, 1, LEFT] = 0
    out = mixed(gains, 1, left, right, stems)
    np.testing.assert_allclose(out, (left - stems[2], right), rtol=0, atol=1e-6)
    assert np.float32(out[1]).tobytes() == right.tobytes()


def test_an_equalizer_shapes_its_stem_and_no_other() -> None:
    gains, rng = state(1, 0.5, 1, 1), np.random.default_rng(6)
    gains[[GOAL, CURRENT], 1, FILTER:] = coefficients(-26, 0, 0, 0, 44_100).reshape(-1)
    memory, bus = np.zeros((4, 2, MEMORY), np.float32), np.zeros(12, np.float32)
    shaped = listen(gains, memory, 0)
    assert shaped == 0b10
    stems = rng.uniform(-1, 1, (2000, 4, 2)).astype(np.float32)
    stems[:, 1] = 0.5  # a constant: far below the shelf
    for row in stems:
        mix_frame(gains, memory, shaped, 1, row.sum(axis=0), row.reshape(-1), row.reshape(-1), bus)
    wanted = stems[-1, [0, 2, 3]].sum(axis=0) + 0.25 * 10**-1.3
    np.testing.assert_allclose(bus[MIX_BUS : MIX_BUS + 2], wanted, atol=1e-3)


def test_an_equalizer_that_begins_remembers_nothing() -> None:
    gains, memory = state(1, 1), np.ones((2, 2, MEMORY), np.float32)
    gains[GOAL, 0, FILTER:] = coefficients(3, 0, 0, 0, 44_100).reshape(-1)
    assert listen(gains, memory, 0) == 1
    assert not memory[0].any()
    memory[0] = 1
    assert listen(gains, memory, 1) == 1
    assert memory.all()
