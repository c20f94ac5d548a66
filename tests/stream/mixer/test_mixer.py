"""What is muted, soloed and turned, as the targets that the callback ramps to."""

import math

import numpy as np
import pytest

from dsp.console import CUE, CURRENT, FILTER, GOAL, LEFT, RIGHT, WET_NOW
from dsp.equalizer import coefficients
from stream.mixer.mixer import HISTORY, Mixer
from stream.mixer.strip import REST
from tests.rig.byhand import Frames

SOURCES = ("drums", "bass", "other", "vocals")


def wanted(mixer: Mixer) -> Frames:
    """What the callback is to take over: float32 (stems, WIDTH)."""
    return mixer.wanted[mixer.number % HISTORY]


def targets(mixer: Mixer) -> list[float]:
    left, right = wanted(mixer)[:, LEFT], wanted(mixer)[:, RIGHT]
    assert (left == right).all()
    return [float(x) for x in left]


def test_all_stems_start_at_unity() -> None:
    assert targets(Mixer(SOURCES)) == [1, 1, 1, 1]


def test_mute_toggles() -> None:
    mixer = Mixer(SOURCES)
    mixer.flip("bass", "mute")
    assert (targets(mixer), mixer.on("bass", "mute")) == ([1, 0, 1, 1], True)
    mixer.flip("bass", "mute")
    assert (targets(mixer), mixer.on("bass", "mute")) == ([1, 1, 1, 1], False)


@pytest.mark.parametrize("times", [1, 2])
def test_mute_can_be_said_outright(times: int) -> None:
    mixer = Mixer(SOURCES)
    for _ in range(times):
        mixer.set("bass", "mute", 1)
    assert targets(mixer) == [1, 0, 1, 1]


def test_solos_add_up_and_the_last_one_gone_leaves_all() -> None:
    mixer = Mixer(SOURCES)
    mixer.flip("vocals", "solo")
    assert targets(mixer) == [0, 0, 0, 1]
    mixer.flip("drums", "solo")
    assert targets(mixer) == [1, 0, 0, 1]
    assert mixer.on("drums", "solo")
    mixer.flip("vocals", "solo")
    mixer.flip("drums", "solo")
    assert targets(mixer) == [1, 1, 1, 1]


def test_mute_wins_over_solo() -> None:
    mixer = Mixer(SOURCES)
    mixer.flip("bass", "solo")
    mixer.flip("bass", "mute")
    assert targets(mixer) == [0, 0, 0, 0]


@pytest.mark.parametrize(("db", "gain"), [(0, 1), (-6.0206, 0.5), (24, 15.8489), (-math.inf, 0)])
def test_gain_is_in_decibel(db: float, gain: float) -> None:
    mixer = Mixer(SOURCES)
    mixer.set("other", "gain", db)
    assert targets(mixer)[2] == pytest.approx(gain, rel=1e-4)


def test_gain_is_kept_through_a_mute() -> None:
    mixer = Mixer(SOURCES)
    mixer.set("drums", "gain", -20)
    mixer.flip("drums", "mute")
    mixer.flip("drums", "mute")
    assert targets(mixer)[0] == pytest.approx(0.1)


@pytest.mark.parametrize("db", [24.1, math.inf, math.nan])
def test_a_gain_that_cannot_be_is_refused(db: float) -> None:
    mixer = Mixer(SOURCES)
    with pytest.raises(ValueError, match="gain of bass must be at most 24 dB"):
        mixer.set("bass", "gain", db)
    assert targets(mixer) == [1, 1, 1, 1]


def test_a_stem_that_is_not_here_is_refused_with_those_that_are() -> None:
    mixer = Mixer(SOURCES)
    for act in (lambda: mixer.set("guitar", "mute", 1), lambda: mixer.flip("guitar", "mute"),
                lambda: mixer.recall({"drums": {"mute": 1}, "guitar": {"mute": 1}})):
        with pytest.raises(ValueError, match="no stem guitar; this model has drums, bass, other, vocals"):
            act()
    assert targets(mixer) == [1, 1, 1, 1]


def test_a_parameter_that_is_not_here_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no parameter reverb; a stem has mute, solo, cue, gain"):
        Mixer(SOURCES).set("drums", "reverb", 1)
    with pytest.raises(ValueError, match="gain is not a switch"):
        Mixer(SOURCES).flip("drums", "gain")


@pytest.mark.parametrize(("name", "value"), [("pan", 1.01), ("pan", math.nan), ("low", 13), ("high", -27),
                                             ("filter", -2)])
def test_what_is_out_of_range_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} of drums must be .* to .*, not"):
        Mixer(SOURCES).set("drums", name, value)


@pytest.mark.parametrize(("pan", "left", "right"), [(-1, 1, 0), (-0.25, 1, 0.75), (0, 1, 1), (0.5, 0.5, 1), (1, 0, 1)])
def test_a_pan_takes_from_the_other_side(pan: float, left: float, right: float) -> None:
    mixer = Mixer(SOURCES)
    mixer.set("bass", "pan", pan)
    assert wanted(mixer)[1, [LEFT, RIGHT]].tolist() == pytest.approx([left, right])


def test_equalizer_and_filter_are_coefficients_at_the_devices_samplerate() -> None:
    mixer = Mixer(SOURCES, 48_000)
    mixer.recall({"vocals": {"low": -6, "mid": 2, "high": 1, "filter": 0.5}})
    assert (wanted(mixer)[3, FILTER:] == coefficients(-6, 2, 1, 0.5, 48_000).reshape(-1)).all()


def test_a_cue_is_no_solo() -> None:
    mixer = Mixer(SOURCES)
    mixer.flip("vocals", "cue")
    assert targets(mixer) == [1, 1, 1, 1]
    assert wanted(mixer)[:, CUE].tolist() == [0, 0, 0, 1]


def test_a_scene_brings_back_how_everything_was() -> None:
    mixer = Mixer(SOURCES)
    mixer.recall({"drums": {"mute": 1, "pan": 0.5}, "bass": {"gain": -3}})
    scene = mixer.scene()
    mixer.recall({"drums": {"mute": 0, "pan": 0}, "vocals": {"solo": 1}})
    mixer.recall(scene)
    assert mixer.scene() == scene
    assert (mixer.on("drums", "mute"), mixer.get("bass", "gain"), mixer.on("vocals", "solo")) == (True, -3, False)


def test_a_scene_that_is_wrong_somewhere_changes_nothing() -> None:
    mixer = Mixer(SOURCES)
    with pytest.raises(ValueError, match="gain of bass"):
        mixer.recall({"drums": {"mute": 1}, "bass": {"gain": 99}})
    assert targets(mixer) == [1, 1, 1, 1]


def test_each_change_has_a_number_and_can_be_looked_up_for_a_while() -> None:
    mixer = Mixer(SOURCES)
    first = mixer.number
    mixer.set("bass", "gain", -3)
    mixer.recall({"drums": {"mute": 1}, "vocals": {"mute": 1}})
    assert mixer.number == first + 2
    assert mixer.changed(first + 1) == Mixer(SOURCES).scene() | {"bass": {**REST, "gain": -3}}
    assert mixer.changed(first + 2) == mixer.scene()
    for _ in range(HISTORY):
        mixer.flip("other", "solo")
    assert mixer.changed(first + 2) is None


def test_what_was_moved_last_by_itself_is_known() -> None:
    mixer = Mixer(SOURCES)
    assert mixer.touched is None
    mixer.set("bass", "pan", 0.5)
    assert mixer.touched == ("bass", "pan")
    mixer.recall({"drums": {"mute": 1, "gain": 0}})
    assert mixer.touched == ("bass", "pan")
    mixer.flip("vocals", "cue")
    assert mixer.touched == ("vocals", "cue")


def test_what_is_set_before_the_start_needs_no_ramp() -> None:
    mixer = Mixer(SOURCES)
    mixer.flip("vocals", "mute")
    mixer.settle()
    assert (mixer.state[[GOAL, CURRENT], :, LEFT] == np.float32([1, 1, 1, 0])).all()
    assert mixer.state[WET_NOW, 0, 0] == 1
