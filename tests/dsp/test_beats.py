"""Grids of songs whose beats are known, however they come; and none where there is no beat."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.rhythms import RHYTHMS, Played, Rhythm, play, shortened
from dsp.beatgrid import BY_HAND, BeatGrid
from dsp.beats import FIRST_S, BeatTracker
from dsp.gridfit import Heard, at_half
from dsp.onsets import Onsets

RATE = 44_100
STEADY = [rhythm for rhythm in RHYTHMS if rhythm.bend is None]
MOVING = [rhythm for rhythm in RHYTHMS if rhythm.bend is not None]
HOUSE = RHYTHMS[1]


def analysed(samples: NDArray[np.float32], samplerate: int = RATE) -> BeatGrid | None:
    tracker = BeatTracker(samplerate)
    tracker.feed(samples)
    tracker.finish()
    return tracker.answer()


def grid_of(song: Played) -> BeatGrid:
    grid = analysed(song.samples, song.samplerate)
    assert grid is not None
    return grid


def errors_ms(grid: BeatGrid, song: Played) -> NDArray[np.float64]:
    return np.array([abs(grid.nearest(beat) - beat) for beat in song.beats]) / song.samplerate * 1000


def tempo_ratio(grid: BeatGrid, rhythm: Rhythm) -> float:
    """Of the tempo found to the tempo played, which a rhythm's own ambiguity may allow to be a half or a double."""
    found = grid.bpm(RATE) / rhythm.tempo
    ratio = min((1.0, *rhythm.also), key=lambda allowed: abs(found / allowed - 1))
    assert found == pytest.approx(ratio, rel=0.06)
    return ratio


@pytest.mark.parametrize("rhythm", STEADY, ids=lambda rhythm: rhythm.name)
def test_a_steady_song_has_a_constant_grid(rhythm: Rhythm) -> None:
    song = play(shortened(rhythm, 40))
    grid = grid_of(song)
    ratio = tempo_ratio(grid, rhythm)
    human = rhythm.jitter_s > 0
    assert grid.constant
    assert grid.bpm(RATE) == pytest.approx(rhythm.tempo * ratio, rel=60e-6 if human else 10e-6)
    finer = replace(grid, period=grid.period * min(1.0, ratio))  # every beat that was played, where it is half as fast
    assert errors_ms(finer, song).max() < (3 if human else 1.5)
    assert grid.beats_per_bar == rhythm.beats_per_bar
    bars = grid.at(song.beats[0]) / grid.beats_per_bar
    assert ratio != 1 or bars == pytest.approx(round(bars), abs=0.01)
    assert 0.5 < grid.confidence < BY_HAND


@pytest.mark.parametrize("rhythm", MOVING, ids=lambda rhythm: rhythm.name)
def test_a_song_whose_tempo_moves_has_a_grid_of_pieces(rhythm: Rhythm) -> None:
    song = play(rhythm)
    grid = grid_of(song)
    assert not grid.constant
    assert np.quantile(errors_ms(grid, song), 0.9) < 6
    assert np.quantile(errors_ms(grid, song), 0.98) < 20
    numbers = np.diff([grid.at(beat) for beat in song.beats])
    assert np.rint(numbers) == pytest.approx(1)  # no beat too many, none too few
    assert grid.at(song.beats[0]) == pytest.approx(0, abs=0.05)
    assert grid.period_at(song.beats[20]) == pytest.approx(np.diff(song.beats)[20], rel=0.02)


@pytest.mark.parametrize("chunk", [997, 4096, RATE])
def test_chunks_give_the_grid_of_the_whole(chunk: int) -> None:
    song = play(shortened(HOUSE, 25)).samples
    tracker = BeatTracker(RATE)
    for begin in range(0, len(song), chunk):
        tracker.feed(song[begin : begin + chunk])
    tracker.finish()
    assert tracker.answer() == analysed(song)


def test_a_first_answer_comes_before_the_end_and_the_last_is_better() -> None:
    song = play(shortened(HOUSE, 60))
    tracker = BeatTracker(RATE)
    answers = []
    for begin in range(0, len(song.samples), RATE):
        tracker.feed(song.samples[begin : begin + RATE])
        answers.append(tracker.answer())
    tracker.finish()
    last = tracker.answer()
    first = int(FIRST_S) - 1
    assert answers[:first] == [None] * first
    assert isinstance(answers[first], BeatGrid)
    assert answers[first].bpm(RATE) == pytest.approx(HOUSE.tempo, rel=1e-4)
    assert len({id(answer) for answer in answers[first:]}) < 6  # it is not worked out at every step
    assert last is not None
    assert errors_ms(last, song).max() < 1


@pytest.mark.parametrize("samplerate", [22_050, 48_000, 96_000])
def test_every_samplerate_has_the_same_beats(samplerate: int) -> None:
    song = play(shortened(HOUSE, 25), samplerate)
    grid = grid_of(song)
    assert grid.bpm(samplerate) == pytest.approx(HOUSE.tempo, rel=20e-6)
    assert errors_ms(grid, song).max() < 1


def test_level_and_channels_do_not_matter() -> None:
    song = play(shortened(HOUSE, 25))
    quiet, left = song.samples * np.float32(0.03), song.samples * np.float32([1, 0])
    for samples in (quiet, left, np.repeat(song.samples[:, :1], 2, axis=1)):
        grid = grid_of(replace(song, samples=samples))
        assert errors_ms(grid, song).max() < 1
        assert grid.bpm(RATE) == pytest.approx(HOUSE.tempo, rel=20e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_samples_that_are_no_sound_spoil_nothing_else(value: float) -> None:
    song = play(shortened(HOUSE, 30))
    song.samples[20 * RATE : 20 * RATE + 50] = value
    grid = grid_of(song)
    assert errors_ms(grid, song).max() < 1


def ambience(seconds: int) -> NDArray[np.float32]:
    """Wind: noise that swells and falls by itself."""
    rng = np.random.default_rng(3)
    n = seconds * RATE
    at = np.cumsum(rng.uniform(0.5, 2.5, seconds * 2)) * RATE
    swell = np.interp(np.arange(n), at, rng.uniform(0.1, 1, len(at)))
    return (0.2 * rng.standard_normal((n, 2)) * swell[:, None]).astype(np.float32)


@pytest.mark.parametrize("samples", [
    np.zeros((0, 2), np.float32), np.zeros((1, 2), np.float32), np.zeros((30 * RATE, 2), np.float32), ambience(2),
    ambience(30), np.full((25 * RATE, 2), 0.5, np.float32),
], ids=["nothing", "one frame", "silence", "2 s of wind", "wind", "a constant"])  # fmt: skip
def test_what_has_no_beat_has_no_grid(samples: NDArray[np.float32]) -> None:
    assert analysed(samples) is None


def test_a_loop_of_a_few_seconds_has_its_tempo() -> None:
    song = play(shortened(replace(HOUSE, silence_s=0.0, tempo=120, fills=False), 4.0))
    grid = grid_of(song)
    assert grid.bpm(RATE) == pytest.approx(120, rel=1e-3)
    assert errors_ms(grid, song).max() < 3


@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.0, 3.0])
def test_shorter_ones_do_no_harm(seconds: float) -> None:
    grid = analysed(play(shortened(HOUSE, seconds)).samples)
    assert grid is None or grid.period > 0


@pytest.mark.parametrize("first", [0.0, -1e-12, -1e-30, 1e-30, 22_050.0 - 1e-12, 22_050.0])
def test_a_line_may_begin_a_hair_beside_the_songs_first_frame(first: float) -> None:
    song = Heard(np.ones(400), 220, Onsets(np.array([0, 22_050]), np.ones(2, np.float32)), RATE)
    assert at_half(song, BeatGrid(first, 22_050.0)) == pytest.approx(1, rel=0.1)


def test_beats_are_found_in_the_drums_where_there_are_any() -> None:
    song = play(shortened(HOUSE, 25))
    noise = ambience(25)
    tracker = BeatTracker(RATE, drums=True)
    tracker.feed(noise + song.samples * np.float32(0.01), song.samples)
    tracker.finish()
    grid = tracker.answer()
    assert grid is not None
    assert errors_ms(grid, song).max() < 1
    with pytest.raises(ValueError, match="drums must come with every frame or with none"):
        BeatTracker(RATE).feed(noise, noise)
    with pytest.raises(ValueError, match="drums must be as long as frames"):
        BeatTracker(RATE, drums=True).feed(noise, noise[1:])
