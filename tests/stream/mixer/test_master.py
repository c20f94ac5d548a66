"""The mixer of players: its strips, the master's own, and what the callback is to take over of them."""

import math

import numpy as np
import pytest

from dsp.channelstrip import BOOTH, CUE_MIX, LEVEL, SPLIT, TRIM
from dsp.console import LEFT
from dsp.crossfader import CrossfaderSide
from stream.mixer.master import MasterMixer
from stream.mixer.masterstrip import MASTER, MASTER_PARAMETERS, PLAYER_PARAMETERS
from stream.mixer.mixer import HISTORY


@pytest.fixture
def master() -> MasterMixer:
    return MasterMixer({"a": CrossfaderSide.A, "b": CrossfaderSide.B, "live": CrossfaderSide.THRU})


def gains(master: MasterMixer) -> list[float]:
    return [float(gain) for gain in master.wanted[master.number % HISTORY, :, LEFT]]


def channels(master: MasterMixer) -> np.ndarray:
    return master.wanted_channels[master.number % HISTORY]


def test_it_begins_at_unity_with_each_player_on_its_side(master: MasterMixer) -> None:
    assert gains(master) == [1, 1, 1]
    assert channels(master)[:3].tolist() == [[1, 1, 1, 0, 1]] * 3
    assert channels(master)[3].tolist() == [1, 1, 0, 0, 0]
    assert [master.get(name, "side") for name in ("a", "b", "live")] == [0, 2, 1]


@pytest.mark.parametrize(("curve", "middle"), [(0, math.sqrt(0.5)), (1, 0.5), (2, 1.0), (3, 1.0)])
@pytest.mark.parametrize("hamster", [0, 1])
def test_the_crossfader_is_set_by_name_with_its_curve_and_the_other_way_round(
        master: MasterMixer, curve: int, middle: float, hamster: int) -> None:
    master.set(MASTER, "curve", curve)
    master.set(MASTER, "hamster", hamster)
    assert gains(master) == pytest.approx([middle, middle, 1])
    master.set(MASTER, "crossfader", hamster)
    assert gains(master) == [1, 0, 1]
    master.crossfade(1 - hamster)
    assert gains(master) == [0, 1, 1]


def test_a_player_goes_over_to_the_other_side(master: MasterMixer) -> None:
    master.recall({"a": {"side": 1.8}, "b": {"side": 0}, "master": {"crossfader": 0}})
    assert (gains(master), master.get("a", "side")) == ([0, 1, 1], 2)


def test_levels_trims_and_what_the_cue_bus_has_are_told(master: MasterMixer) -> None:
    master.recall({"b": {"trim": 6.0206}, MASTER: {"level": -6.0206, "booth": -math.inf, "cue_mix": 0.25, "split": 1}})
    assert channels(master)[1, TRIM] == pytest.approx(2, rel=1e-5)
    last = channels(master)[3]
    assert last[[LEVEL, BOOTH, CUE_MIX, SPLIT]] == pytest.approx([0.5, 0, 0.25, 1], rel=1e-5)


def test_a_band_at_its_lowest_is_off_and_the_strips_shelves_stay_flat(master: MasterMixer) -> None:
    before = master.wanted[master.number % HISTORY].copy()
    master.recall({"a": {"low": -26, "mid": 12, "high": -6.0206}})
    assert channels(master)[0, :4] == pytest.approx([0, 3.981, 0.5, 1], rel=1e-3)
    assert (master.wanted[master.number % HISTORY] == before).all()


@pytest.mark.parametrize("strip", ["a", MASTER])
def test_everything_that_a_strip_has_can_be_set_to_its_ends_and_is_in_scenes(master: MasterMixer, strip: str) -> None:
    for name, parameter in master.parameters[strip].items():
        for value in (parameter.least, parameter.most):
            master.set(strip, name, value)
            assert master.get(strip, name) == value
            assert np.isfinite(channels(master)).all()
        if parameter.switch:
            master.flip(strip, name)
            assert not master.on(strip, name)
    scene = master.scene()
    assert set(scene) == {"a", "b", "live", MASTER}
    assert set(scene["a"]) == set(PLAYER_PARAMETERS)
    assert set(scene[MASTER]) == set(MASTER_PARAMETERS)


@pytest.mark.parametrize(("strip", "name", "value", "told"), [
    ("c", "trim", 0, "there is no strip c; there are a, b, live, master"),
    ("a", "crossfader", 0, "there is no parameter crossfader; a has trim, mute, solo"),
    (MASTER, "trim", 0, "there is no parameter trim; master has crossfader, curve, hamster, level, booth"),
    (MASTER, "level", 0.1, "level of master must be at most 0 dB, not 0.1"),
    (MASTER, "crossfader", math.nan, "crossfader of master must be 0 to 1, not nan"),
    ("a", "trim", 13, "trim of a must be -24 to 12 dB, not 13"), ("a", "side", 3, "side of a must be 0 to 2, not 3"),
])  # fmt: skip
def test_what_is_not_there_or_cannot_be_is_refused_and_nothing_changes(
        master: MasterMixer, strip: str, name: str, value: float, told: str) -> None:
    before, number = master.scene(), master.number
    with pytest.raises(ValueError, match=told):
        master.set(strip, name, value)
    assert (master.scene(), master.number) == (before, number)
