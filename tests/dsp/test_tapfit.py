"""Taps of a hand become the song's grid: its tempo, its phase, and the first tap on a downbeat."""

from functools import cache

import numpy as np
import pytest

from benchmarks.rhythms import RHYTHMS, Played, play, shortened
from dsp.beatgrid import BY_HAND, BeatGrid
from dsp.beats import BeatTracker
from dsp.gridfit import Heard
from dsp.onsets import Onsets
from dsp.tapfit import fit_taps

RATE = 44_100
NAMES = ("house 124", "rock 92", "reggaeton 95", "shuffle 118")


@cache
def tapped_to(name: str) -> tuple[Played, Heard]:
    """A song of a minute, and what was heard of it."""
    song = play(shortened(next(rhythm for rhythm in RHYTHMS if rhythm.name == name), 60))
    tracker = BeatTracker(RATE)
    tracker.feed(song.samples)
    tracker.finish()
    heard = tracker.heard()
    assert heard is not None
    return song, heard


@pytest.mark.parametrize("count", [4, 5, 8, 16])
@pytest.mark.parametrize("name", NAMES)
def test_a_few_taps_of_a_hand_give_the_beats_of_all_of_the_song(name: str, count: int) -> None:
    song, heard = tapped_to(name)
    hand = np.random.default_rng(count)
    for _ in range(5):
        first = int(hand.integers(0, len(song.beats) - count))
        taps = [float(beat) for beat in song.beats[first : first + count] + hand.normal(0, 0.02 * RATE, count)]
        grid = fit_taps(heard, taps)
        off = np.array([grid.nearest(beat) - beat for beat in song.beats]) / RATE
        assert np.abs(off).max() < 0.002
        assert grid.at(song.beats[first]) == pytest.approx(0, abs=0.01)
        assert (grid.confidence, grid.beats_per_bar) == (BY_HAND, 4)
        tapped = BeatGrid.from_taps(taps)
        assert count > 8 or max(abs(tapped.nearest(beat) - beat) for beat in song.beats) > 0.01 * RATE


def test_taps_between_the_beats_that_are_found_stay_where_they_were_tapped() -> None:
    """Whoever taps twice as slowly, or on the offbeat where something sounds, means it."""
    song, heard = tapped_to("house 124")
    half = fit_taps(heard, [float(beat) for beat in song.beats[20:36:2]])
    assert half.bpm(RATE) == pytest.approx(62, abs=1e-3)
    period = float(np.diff(song.beats).mean())
    offbeat = fit_taps(heard, [float(beat) + period / 2 for beat in song.beats[20:28]])
    assert abs(offbeat.at(float(song.beats[40])) % 1 - 0.5) < 0.02


def test_without_onsets_taps_are_the_grid() -> None:
    taps = [1000.0, 21_000.0, 41_010.0, 61_000.0]
    nothing = Heard(np.zeros(100), 220, Onsets(np.zeros(0, np.int64), np.zeros(0, np.float32)), RATE)
    assert fit_taps(nothing, taps) == BeatGrid.from_taps(taps)
