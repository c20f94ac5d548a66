"""Stems at the device's rate: what is resampled span by span, in any order, is the song resampled as a whole."""

import random
from itertools import pairwise

import numpy as np
import pytest

from dsp.resample import Resampler
from stream.tracks.rates import MARGIN, ToDevice, side_by_side
from tests.rig.byhand import Frames, noise

RATE = 44_100


def whole(song: Frames, to_rate: int) -> Frames:
    resampler = Resampler(RATE, to_rate, song.shape[1])
    return np.concatenate([resampler.feed(song), resampler.finish()])


def cut(frames: int, seed: int) -> list[tuple[int, int]]:
    """Spans of a song, none but the last shorter than both margins, in any order."""
    edges, draw = [0], random.Random(seed)
    while edges[-1] < frames:
        edges.append(min(frames, edges[-1] + draw.randint(4 * MARGIN, 20_000)))
    spans = list(pairwise(edges))
    draw.shuffle(spans)
    return spans


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("to_rate", [48_000, 96_000, 22_050, 44_101, 32_000])
def test_spans_in_any_order_make_the_song_resampled_as_a_whole(to_rate: int, seed: int) -> None:
    song = noise(70_001) / 2
    wanted, joiner = whole(song, to_rate), ToDevice(RATE, to_rate)
    found = np.full((len(wanted) + 4, 2), np.nan, np.float32)
    times = np.zeros(len(found), int)
    for first, end in cut(len(song), seed):
        at, frames = joiner.add(first, song[first:end], len(song))
        found[at : at + len(frames)] = frames
        times[at : at + len(frames)] += 1
    assert (times[: len(wanted) - 2] >= 1).all()
    size = min(len(wanted), int(np.flatnonzero(times)[-1]) + 1)
    assert abs(size - len(wanted)) <= 2
    np.testing.assert_allclose(found[:size], wanted[:size], atol=2e-5)


def test_equal_rates_pass_through_untouched() -> None:
    song, joiner = noise(100), ToDevice(RATE, RATE)
    at, frames = joiner.add(37, song, None)
    assert at == 37
    assert frames is song
    at, frames = joiner.alone(1000, song, (1010, 1050))
    assert at == 1010
    np.testing.assert_array_equal(frames, song[10:50])


@pytest.mark.parametrize("first", [0, 12_345, 30_000])
def test_a_part_that_has_no_neighbours_is_what_it_is_of_the_whole(first: int) -> None:
    song = noise(60_000) / 2
    wanted, joiner = whole(song, 48_000), ToDevice(RATE, 48_000)
    begin, end = max(0, first - MARGIN), first + 20_000 + MARGIN
    at, frames = joiner.alone(begin, song[begin:end], (first, first + 20_000))
    assert at == joiner.at(first)
    np.testing.assert_allclose(frames, wanted[at : at + len(frames)], atol=2e-5)
    assert at + len(frames) == joiner.at(first + 20_000)


def test_stems_lie_side_by_side() -> None:
    stems = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    np.testing.assert_array_equal(side_by_side(stems), [[0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11]])
