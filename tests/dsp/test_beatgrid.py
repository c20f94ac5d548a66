"""A grid maps frames to beats and back; its edits are what a person expects of the keys."""

import json

import pytest

from dsp.beatgrid import BY_HAND, BeatGrid

STEADY = BeatGrid(1000.25, 22050.0, confidence=0.8)
MOVING = BeatGrid.through([(-4, 100.0), (0, 88_300.0), (4, 172_300.0), (5, 200_000.0)], confidence=0.7)
GRIDS = pytest.mark.parametrize("grid", [STEADY, MOVING], ids=["constant", "moving"])


@GRIDS
@pytest.mark.parametrize("frame", [-50_000.0, 0.0, 100.0, 1000.25, 90_000.5, 199_999.0, 200_000.0, 9e8])
def test_frame_and_beat_are_each_others_inverse(grid: BeatGrid, frame: float) -> None:
    assert grid.frame(grid.at(frame)) == pytest.approx(frame, abs=1e-5)


@GRIDS
def test_the_first_frame_is_beat_zero_and_a_downbeat(grid: BeatGrid) -> None:
    assert grid.at(grid.first) == pytest.approx(0, abs=1e-12)
    assert grid.beat_of_bar(grid.first + 1) == 0
    assert grid.beat_of_bar(grid.first - 1) == 3


def test_period_is_local_where_the_tempo_moves() -> None:
    assert STEADY.period_at(5e6) == 22050
    assert MOVING.period_at(90_000) == 21_000
    assert MOVING.period_at(180_000) == MOVING.period_at(1e9) == 27_700  # the last line goes on
    assert MOVING.period_at(-1e6) == MOVING.period_at(50_000) == 22_050  # the first one comes from before
    assert MOVING.bpm(44100, 50_000) == 120


@GRIDS
def test_tempo_edits_keep_the_downbeat_and_undo_each_other(grid: BeatGrid) -> None:
    for edit, undo, tempo in ((BeatGrid.doubled, BeatGrid.halved, 2.0), (BeatGrid.halved, BeatGrid.doubled, 0.5),
                              (BeatGrid.three_quarters, BeatGrid.four_thirds, 0.75),
                              (BeatGrid.four_thirds, BeatGrid.three_quarters, 4 / 3)):
        edited = edit(grid)
        assert edited.bpm(44100) == pytest.approx(grid.bpm(44100) * tempo)
        assert edited.at(grid.first) == pytest.approx(0, abs=1e-9)
        assert edited.at(150_000) == pytest.approx(grid.at(150_000) * tempo)
        assert undo(edited).frame(7) == pytest.approx(grid.frame(7))
        assert edited.confidence == BY_HAND


@GRIDS
def test_moving_moves_every_beat(grid: BeatGrid) -> None:
    moved = grid.moved(-441.5)
    for beat in (-9, -1, 0, 3.5, 4.5, 80):
        assert moved.frame(beat) == pytest.approx(grid.frame(beat) - 441.5)
    assert moved.confidence == BY_HAND


@GRIDS
def test_setting_the_downbeat_moves_no_beat(grid: BeatGrid) -> None:
    near = grid.frame(2) + 0.4 * grid.period_at(grid.frame(2))
    made = grid.with_downbeat_at(near)
    assert made.first == pytest.approx(grid.frame(2))
    assert made.beat_of_bar(grid.frame(2) + 1) == 0
    assert [made.frame(beat) for beat in (-3, 0, 1, 9)] == pytest.approx([grid.frame(b) for b in (-1, 2, 3, 11)])


@GRIDS
def test_quantize_gives_the_nearest_place_of_a_raster_that_begins_at_a_downbeat(grid: BeatGrid) -> None:
    assert grid.quantize(grid.frame(2.6), 4) == pytest.approx(grid.frame(4))
    assert grid.quantize(grid.frame(1.9), 4) == pytest.approx(grid.first)
    assert grid.quantize(grid.frame(0.3), 0.25) == pytest.approx(grid.frame(0.25))
    assert grid.nearest(grid.frame(-0.6)) == pytest.approx(grid.frame(-1))
    assert grid.after(grid.frame(0.3), 4) == pytest.approx(grid.frame(4.3))
    assert grid.after(grid.frame(0.3), -1 / 32) == pytest.approx(grid.frame(0.3 - 1 / 32))


@pytest.mark.parametrize(("left_out", "double"), [((), ()), ((3,), ()), ((2, 3), ()), ((), (5,)), ((6,), (2,))])
def test_taps_make_a_grid_whose_first_tap_is_a_downbeat(left_out: tuple[int, ...], double: tuple[int, ...]) -> None:
    wobble = (0, 400, -300, 250, -420, 100, 380, -200, 0)
    taps = [5000 + 21_000.0 * n + wobble[n] for n in range(9) if n not in left_out]
    taps = sorted(taps + [5000 + 21_000.0 * n + 900 for n in double])
    grid = BeatGrid.from_taps(taps)
    assert grid.period == pytest.approx(21_000, rel=0.006)
    assert grid.frame(0) == pytest.approx(5000, abs=500)
    assert grid.at(taps[-1]) == pytest.approx(8, abs=0.05)
    assert (grid.constant, grid.confidence) == (True, BY_HAND)


@pytest.mark.parametrize("taps", [[], [5.0], [5.0, 5.0], [9.0, 5.0], [float("nan"), 5.0]])
def test_taps_that_make_no_grid_are_refused(taps: list[float]) -> None:
    with pytest.raises(ValueError, match="taps must be"):
        BeatGrid.from_taps(taps)


@GRIDS
def test_json_gives_the_same_grid(grid: BeatGrid) -> None:
    assert BeatGrid.from_json(json.loads(json.dumps(grid.to_json(44100))), 44100) == grid


@GRIDS
def test_json_of_another_samplerate_has_the_same_beats(grid: BeatGrid) -> None:
    other = BeatGrid.from_json(grid.to_json(44100), 96000)
    assert other.bpm(96000) == pytest.approx(grid.bpm(44100))
    assert other.frame(5) / 96000 == pytest.approx(grid.frame(5) / 44100)


@pytest.mark.parametrize("change", [
    {"period": 0}, {"period": -3.0}, {"period": None}, {"period": True}, {"period": "22050"}, {"period": float("nan")},
    {"first": 10**400}, {"first": float("inf")}, {"beats_per_bar": 0}, {"beats_per_bar": 4.0}, {"markers": None},
    {"markers": [[0, 1]]}, {"markers": [[0, 1], [1, 0]]}, {"markers": [[0, 1], [0, 2]]}, {"markers": [[0], [1]]},
    {"markers": [[0, "1"], [1, 2]]}, {"markers": "0112"}, {"samplerate": 0}, {"confidence": []},
], ids=str)  # fmt: skip
def test_json_that_is_no_grid_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        BeatGrid.from_json(STEADY.to_json(44100) | change, 44100)


@pytest.mark.parametrize("found", [None, [], "grid", 3])
def test_json_that_is_no_object_is_refused(found: object) -> None:
    with pytest.raises(ValueError, match="must be an object"):
        BeatGrid.from_json(found, 44100)
