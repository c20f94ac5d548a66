"""The dry signal where stems agree, the stems where they differ, and no step on the way."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp.console import (
    BUS,
    BUSES,
    CUE,
    CURRENT,
    DRY,
    FILTER,
    GOAL,
    HEARD,
    LEFT,
    MEMORY,
    PARTS,
    PIECE,
    RIGHT,
    STEM,
    STEP,
    WET,
    WIDTH,
    rows,
    strip,
)
from dsp.equalizer import coefficients
from dsp.mix import mix
from dsp.ramp import aim, fade, move, ramp

Float = NDArray[np.float32]
SIDES = slice(LEFT, RIGHT + 1)


def state(*gains: float) -> Float:
    made = np.zeros((PARTS, len(gains), WIDTH), np.float32)
    made[[GOAL, CURRENT], :, SIDES] = np.repeat(gains, 2).reshape(-1, 2)
    made[[GOAL, CURRENT], :, FILTER:] = coefficients(0, 0, 0, 0, 44_100).reshape(-1)
    return made


def frame(seed: int = 0, stems: int = 4) -> tuple[np.float32, np.float32, Float]:
    """A dry frame and stems that sum to it."""
    parts = np.random.default_rng(seed).uniform(-1, 1, 2 * stems).astype(np.float32)
    return parts[0::2].sum(), parts[1::2].sum(), parts


def through(gains: Float, dry: Float, stems: Float, wet: float = 1, late_dry: int = 1, left: int = 0,
            pieces: int = PIECE) -> Float:
    """Frames onto all buses: float32 (n, 2), (n, 2 · stems) in, (n, 2 · (stems + BUSES)) out; equalizers begin."""
    count, out = gains.shape[1], []
    work, memory = np.full((rows(count), PIECE), np.nan, np.float32), np.zeros((count, 2, MEMORY), np.float32)
    for at in range(0, len(dry), pieces):
        n = min(pieces, len(dry) - at)
        ramp(gains, work, left, n)
        work[WET, :n], work[DRY : DRY + 2, :n] = wet, dry[at : at + n].T
        for s in range(count):
            for place in (STEM, HEARD):
                first = strip(s, count) + place
                work[first : first + 2, :n] = np.float32(wet) * stems[at : at + n, 2 * s : 2 * s + 2].T
        mix(gains, memory, work, (left, late_dry), n)
        left = move(gains, left, n)
        out.append(work[BUS : BUS + 2 * (count + BUSES), :n].T.copy())
    return np.concatenate(out)


def buses(gains: Float, late_dry: int, left: np.float32, right: np.float32, stems: Float, wet: float = 1) -> Float:
    """All buses of a frame."""
    return through(gains, np.array([[left, right]], np.float32), stems[None], wet, late_dry)[0]


def mixed(gains: Float, late_dry: int, left: np.float32, right: np.float32, stems: Float,
          wet: float = 1) -> tuple[float, float]:
    left_out, right_out = buses(gains, late_dry, left, right, stems, wet)[:2]
    return left_out, right_out


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-45, -1.2e-38, 0.1, -1.0, 3.4e38],
                         ids=["0", "-0", "denormal", "denormal, negative", "0.1", "-1", "largest"])
def test_at_unity_the_dry_frame_comes_out_bit_for_bit_whatever_the_stems_are(value: float) -> None:
    dry = np.float32(value)
    for wet in (0, 0.3, 1):
        out = mixed(state(1, 1, 1), 1, dry, -dry, np.full(6, 7, np.float32), wet)
        assert [np.float32(x).tobytes() for x in out] == [dry.tobytes(), (-dry).tobytes()]


def test_equal_gains_scale_the_dry_frame() -> None:
    left, right, stems = frame()
    assert mixed(state(0.5, 0.5, 0.5, 0.5), 0, left, right, stems) == (left / 2, right / 2)


@pytest.mark.parametrize("wet", [0.0, 0.5, 1.0])
def test_all_muted_is_exactly_zero(wet: float) -> None:
    left, right, stems = frame()
    assert mixed(state(0, 0, 0, 0), 1, left, right, stems, wet) == (0, 0)


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
    out = mixed(state(0.25, 1.5, 1, 1), late_dry, left, right, stems, 0)
    np.testing.assert_allclose(out, (heard * left, heard * right), rtol=1e-6)


def test_one_stem_alone_is_the_dry_signal() -> None:
    assert mixed(state(0.5), 0, np.float32(1), np.float32(-1), np.full(2, 9, np.float32)) == (0.5, -0.5)


def wanted(*gains: float) -> Float:
    return state(*gains)[GOAL].copy()


@pytest.mark.parametrize("frames", [1, 2, 441, 960])
def test_a_ramp_arrives_exactly_and_takes_even_steps(frames: int) -> None:
    gains, end, work = state(1, 0.3, 0), wanted(0, 1, 0.7), np.zeros((rows(3), PIECE), np.float32)
    aim(gains, end, frames)
    left, path = frames, [gains[CURRENT, :, LEFT].copy()]
    while left:
        ramp(gains, work, left, PIECE)
        path += list(work[[strip(s, 3) + LEFT for s in range(3)], : min(left, PIECE)].T.copy())
        left = move(gains, left, PIECE)
    assert (gains[CURRENT] == end).all()
    assert (path[-1] == end[:, LEFT]).all()
    assert len(path) == frames + 1
    assert np.abs(np.diff(path, axis=0)).max() <= 1 / frames + np.finfo(np.float32).eps


def test_a_ramp_that_is_interrupted_goes_on_from_where_it_is() -> None:
    gains = state(1, 1)
    aim(gains, wanted(0, 1), 100)
    assert move(gains, 100, 50) == 50
    aim(gains, wanted(1, 1), 100)
    assert gains[CURRENT, 0, LEFT] == pytest.approx(0.5, abs=1e-5)
    assert gains[STEP, 0, LEFT] == pytest.approx(0.005, abs=1e-6)


@pytest.mark.parametrize("frames", [1, 100, 256])
def test_the_fade_goes_down_and_up_within_its_frames_and_stays_there(frames: int) -> None:
    row, part = np.zeros(frames + 2, np.float32), np.float32(1)
    for there, end in ((0, 0), (frames + 2, 1)):
        before = part
        part = fade(part, there, frames, row, frames + 2)
        path = np.array([before, *row])
        assert np.abs(np.diff(path)).max() <= 1.001 / frames
        assert row[frames - 1] == pytest.approx(end, abs=1e-5)
        assert (row[frames:] == end).all()
        assert part == end


@pytest.mark.parametrize("pieces", [1, 17, 100])
def test_no_number_depends_on_where_a_signal_was_cut(pieces: int) -> None:
    rng = np.random.default_rng(7)
    stems = rng.uniform(-1, 1, (1000, 8)).astype(np.float32)
    dry, outs = stems.reshape(-1, 4, 2).sum(axis=1), []
    for cut in (PIECE, pieces):
        gains, end = state(1, 0.3, 0, 1), wanted(0, 1, 0.7, 1)
        gains[[GOAL, CURRENT], 1, FILTER:] = coefficients(-6, 0, 0, 0.3, 44_100).reshape(-1)
        end[2, FILTER:] = coefficients(0, 3, 0, 0, 44_100).reshape(-1)
        aim(gains, end, 441)
        outs.append(through(gains, dry, stems, left=441, pieces=cut))
    assert (outs[0].view(np.uint32) == outs[1].view(np.uint32)).all()


@pytest.mark.parametrize("gains", [(1, 1, 1, 1), (0, 1, 1, 0.5), (2, 2, 0, 1)], ids=["unity", "some", "others"])
@pytest.mark.parametrize(("wet", "late_dry"), [(1, 1), (0.5, 1), (0, 1), (0, 0)],
                         ids=["there", "fading", "late", "mute"])
def test_the_buses_of_the_stems_sum_to_what_would_be_heard_of_them(
        gains: tuple[float, ...], wet: float, late_dry: int) -> None:
    left, right, stems = frame(3)
    bus = buses(state(*gains), late_dry, left, right, stems, wet)
    dry = np.array([left, right]) / 4 * (1 - wet) * late_dry
    wanted = np.array(gains)[:, None] * (wet * stems.reshape(4, 2) + dry)
    np.testing.assert_allclose(bus[2:-2].reshape(4, 2), wanted, rtol=0, atol=1e-6)


def test_the_cue_bus_has_what_is_cued_whatever_the_faders_say() -> None:
    left, right, stems = frame(4)
    gains = state(0, 1, 0.1, 0)
    gains[GOAL, [0, 2], CUE] = 1
    np.testing.assert_allclose(buses(gains, 1, left, right, stems)[-2:], stems[0:2] + stems[4:6], rtol=0, atol=1e-6)


def test_a_pan_moves_one_stem_and_leaves_the_rest_where_it_is() -> None:
    left, right, stems = frame(5)
    gains = state(1, 1, 1, 1)
    gains[GOAL, 1, LEFT] = 0
    out = mixed(gains, 1, left, right, stems)
    np.testing.assert_allclose(out, (left - stems[2], right), rtol=0, atol=1e-6)
    assert np.float32(out[1]).tobytes() == right.tobytes()


def test_an_equalizer_shapes_its_stem_and_no_other() -> None:
    gains, rng = state(1, 0.5, 1, 1), np.random.default_rng(6)
    gains[[GOAL, CURRENT], 1, FILTER:] = coefficients(-26, 0, 0, 0, 44_100).reshape(-1)
    stems = rng.uniform(-1, 1, (2000, 4, 2)).astype(np.float32)
    stems[:, 1] = 0.5  # a constant: far below the shelf
    out = through(gains, stems.sum(axis=1), stems.reshape(-1, 8))
    wanted = stems[-1, [0, 2, 3]].sum(axis=0) + 0.25 * 10**-1.3
    np.testing.assert_allclose(out[-1, :2], wanted, atol=1e-3)


def test_an_equalizer_that_comes_to_rest_leaves_everything_bit_for_bit_and_remembers_nothing() -> None:
    gains, rng = state(1, 1), np.random.default_rng(8)
    rest = gains[GOAL].copy()
    gains[[GOAL, CURRENT], 1, FILTER:] = coefficients(-6, 4, 2, -0.3, 44_100).reshape(-1)
    aim(gains, rest, 300)
    memory, work = np.ones((2, 2, MEMORY), np.float32), np.zeros((rows(2), PIECE), np.float32)
    memory[0] = 0
    left = 300
    while left:
        work[:] = rng.uniform(-1, 1, work.shape)
        work[WET] = 1
        ramp(gains, work, left, PIECE)
        for s in range(2):
            first = strip(s, 2)
            work[first + HEARD : first + HEARD + 2] = work[first + STEM : first + STEM + 2]
        mix(gains, memory, work, (left, 1), PIECE)
        assert (work[BUS : BUS + 2] != work[DRY : DRY + 2]).any()
        left = move(gains, left, PIECE)
    after = PIECE - 3 * PIECE + 300
    assert (work[BUS : BUS + 2, after:] == work[DRY : DRY + 2, after:]).all()
    assert not memory.any()
