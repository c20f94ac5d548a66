"""What is muted, soloed and turned, as the targets that the callback ramps to."""

import math

import numpy as np
import pytest

from dsp.mix import CURRENT, GOAL, TARGET, WET
from stream.control.mixer import Mixer

SOURCES = ("drums", "bass", "other", "vocals")


def targets(mixer: Mixer) -> list[float]:
    return [float(x) for x in mixer.state[TARGET]]


def test_all_stems_start_at_unity() -> None:
    assert targets(Mixer(SOURCES)) == [1, 1, 1, 1]


def test_mute_toggles() -> None:
    mixer = Mixer(SOURCES)
    mixer.mute("bass")
    assert (targets(mixer), mixer.muted("bass")) == ([1, 0, 1, 1], True)
    mixer.mute("bass")
    assert (targets(mixer), mixer.muted("bass")) == ([1, 1, 1, 1], False)


@pytest.mark.parametrize("times", [1, 2])
def test_mute_can_be_said_outright(times: int) -> None:
    mixer = Mixer(SOURCES)
    for _ in range(times):
        mixer.mute("bass", True)
    assert targets(mixer) == [1, 0, 1, 1]


def test_solos_add_up_and_the_last_one_gone_leaves_all() -> None:
    mixer = Mixer(SOURCES)
    mixer.solo("vocals")
    assert targets(mixer) == [0, 0, 0, 1]
    mixer.solo("drums")
    assert targets(mixer) == [1, 0, 0, 1]
    assert mixer.soloed("drums")
    mixer.solo("vocals")
    mixer.solo("drums")
    assert targets(mixer) == [1, 1, 1, 1]


def test_mute_wins_over_solo() -> None:
    mixer = Mixer(SOURCES)
    mixer.solo("bass")
    mixer.mute("bass")
    assert targets(mixer) == [0, 0, 0, 0]


@pytest.mark.parametrize(("db", "gain"), [(0, 1), (-6.0206, 0.5), (24, 15.8489), (-math.inf, 0)])
def test_gain_is_in_decibel(db: float, gain: float) -> None:
    mixer = Mixer(SOURCES)
    mixer.gain("other", db)
    assert targets(mixer)[2] == pytest.approx(gain, rel=1e-4)


def test_gain_is_kept_through_a_mute() -> None:
    mixer = Mixer(SOURCES)
    mixer.gain("drums", -20)
    mixer.mute("drums")
    mixer.mute("drums")
    assert targets(mixer)[0] == pytest.approx(0.1)


@pytest.mark.parametrize("db", [24.1, math.inf, math.nan])
def test_a_gain_that_cannot_be_is_refused(db: float) -> None:
    mixer = Mixer(SOURCES)
    with pytest.raises(ValueError, match="gain of bass must be at most 24 dB"):
        mixer.gain("bass", db)
    assert targets(mixer) == [1, 1, 1, 1]


@pytest.mark.parametrize("what", ["mute", "solo"])
def test_a_stem_that_is_not_here_is_refused_with_those_that_are(what: str) -> None:
    with pytest.raises(ValueError, match="no stem guitar; this model has drums, bass, other, vocals"):
        getattr(Mixer(SOURCES), what)("guitar")


def test_what_is_set_before_the_start_needs_no_ramp() -> None:
    mixer = Mixer(SOURCES)
    mixer.mute("vocals")
    mixer.settle()
    assert (mixer.state[[TARGET, GOAL, CURRENT]] == np.float32([1, 1, 1, 0])).all()
    assert mixer.state[WET, 0] == 1
