"""Settings, and the geometries they are."""

import pytest

from benchmarks.curve.settings import GRIDS, HopSetting, WindowSetting, grid, named, of, sizes
from stream.latency.geometry import Geometry, HopGeometry

EVERY = [setting for name in GRIDS for setting in grid(name)]


def test_columns_become_frames() -> None:
    assert WindowSetting(88, 28, 512, 256).geometry == Geometry(88 * 1024, 28 * 1024, 512, 256)
    assert HopSetting(252, 8, 4, 512, 256).geometry == HopGeometry(
        hop=8 * 1024, lookahead=512, crossfade=256, recompute=4 * 1024, context=252 * 1024)


@pytest.mark.parametrize("setting", EVERY, ids=str)
def test_every_setting_of_a_grid_can_be_and_comes_back_from_its_geometry(setting: WindowSetting | HopSetting) -> None:
    assert of(setting.geometry) == setting


@pytest.mark.parametrize("setting", EVERY, ids=str)
def test_a_setting_comes_back_from_its_name(setting: WindowSetting | HopSetting) -> None:
    assert named(str(setting)) == setting


def test_lookahead_and_crossfade_may_be_left_out_of_a_name() -> None:
    assert named("windowed 44/8, lookahead 512") == WindowSetting(44, 8, 512)
    assert named("stateful 172/4+2, crossfade 512") == HopSetting(172, 4, 2, crossfade=512)


@pytest.mark.parametrize("name", ["windowed 9", "windowed 44/8+2", "stateful 44/8", "44/8", "windowed 44/8, hop 1"])
def test_any_other_name_is_one_clear_line(name: str) -> None:
    with pytest.raises(ValueError, match=r"a setting is called as windowed 88/28, .* not "):
        named(name)


def test_a_name_is_one_line_and_of_one_setting_only() -> None:
    names = {str(setting) for setting in EVERY}
    assert len(names) == len(set(EVERY))
    assert not any("\n" in name for name in names)


@pytest.mark.parametrize("name", GRIDS)
def test_a_grid_has_nothing_twice(name: str) -> None:
    assert len(set(grid(name))) == len(grid(name)) > 0


def test_sizes_are_kept_with_their_kind() -> None:
    assert sizes(WindowSetting(88, 28)) == {
        "kind": "windowed", "window": 88, "hop": 28, "lookahead": 1024, "crossfade": 1024}
    assert sizes(HopSetting(252, 8, 4))["kind"] == "stateful"
