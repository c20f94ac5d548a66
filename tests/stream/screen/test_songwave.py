"""What a screen knows of a song: chunks in any order, and bins that are the same from wherever one looks."""

from base64 import b64encode

import numpy as np
import pytest

from stream.link.slices import CHUNK
from stream.screen.songwave import SONG, STEMS, UNKNOWN, Levels, SongWave


def chunk(levels: Levels) -> str:
    return b64encode(levels.astype(np.uint8).tobytes()).decode()


@pytest.fixture
def levels() -> Levels:
    return np.random.default_rng(0).integers(0, 256, (20 * CHUNK, 3)).astype(np.uint8)


@pytest.fixture
def wave(levels: Levels) -> SongWave:
    """With all chunks but the third, in an order of their own."""
    made = SongWave(2)
    for number in np.random.default_rng(1).permutation(20).tolist():
        if number != 3:
            made.take(number, chunk(levels[number * CHUNK : (number + 1) * CHUNK]))
    return made


@pytest.mark.parametrize("per", [0.9, 1.0, 1.06, 4.0, 7.3, 150.1])
def test_a_bin_is_the_loudest_of_its_columns(wave: SongWave, levels: Levels, per: float) -> None:
    levels[3 * CHUNK : 4 * CHUNK] = 0
    found, known = wave.bins(-5, 40, per)
    for at, number in enumerate(range(-5, 35)):
        first, end = int(np.floor(number * per)), int(np.floor((number + 1) * per))
        rows = levels[max(0, first) : max(0, end, first + 1)]
        assert found[at].tolist() == (rows.max(axis=0).tolist() if len(rows) else [0, 0, 0])
        there = 0 <= first < len(levels) and first // CHUNK != 3
        assert known[at] == (STEMS if there else UNKNOWN)


@pytest.mark.parametrize("per", [1.0, 3.7])
def test_what_goes_by_only_moves(wave: SongWave, per: float) -> None:
    before, known = wave.bins(0, 100, per)
    for later in range(1, 50):
        found, there = wave.bins(later, 100, per)
        assert (found[: 100 - later] == before[later:]).all()
        assert (there[: 100 - later] == known[later:]).all()


def test_a_song_without_its_stems_is_known_alone_and_then_with_them(levels: Levels) -> None:
    made, versions = SongWave(2), set[int]()
    made.take(1, chunk(levels[:CHUNK, :1]))
    versions.add(made.version)
    found, known = made.bins(CHUNK, CHUNK, 1.0)
    assert (found[:, 0] == levels[:CHUNK, 0]).all()
    assert (found[:, 1:] == 0).all()
    assert {*known.tolist()} == {SONG}
    made.take(1, chunk(levels[:CHUNK]))
    versions.add(made.version)
    assert (made.bins(CHUNK, CHUNK, 1.0)[0] == levels[:CHUNK]).all()
    made.forget()
    versions.add(made.version)
    assert made.columns == 0
    assert not made.bins(0, 10, 1.0)[1].any()
    assert len(versions) == 3


@pytest.mark.parametrize(("number", "text"), [
    (0, ""), (0, "AAAA"), (-1, chunk(np.zeros((CHUNK, 3)))), (0, chunk(np.zeros((CHUNK, 2))))])
def test_what_is_no_chunk_is_passed_over(number: int, text: str) -> None:
    made = SongWave(2)
    made.take(number, text)
    assert made.columns == 0
