"""Chords whose key is known, in every key, a little out of tune as well."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp.keyfinder import KeyFinder
from dsp.musicalkey import MusicalKey

RATE = 44_100
# steps of the scale and mode of each chord: I IV V I, and i iv V i with the leading note
MAJOR_CHORDS = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7))
MINOR_CHORDS = ((0, 3, 7), (5, 8, 12), (7, 11, 14), (0, 3, 7))


def chords(key: MusicalKey, cents: float = 0.0, second: float = 1.0) -> NDArray[np.float32]:
    """Each chord as tones with six harmonics: float32 (n, 2)."""
    at, out = np.arange(int(second * RATE)) / RATE, []
    for chord in MINOR_CHORDS if key.minor else MAJOR_CHORDS:
        sound = np.zeros(len(at))
        for step in (chord[0] - 12, *chord):
            hz = 440 * 2 ** ((key.tonic - 9 + step + cents / 100) / 12)
            sound += sum(np.sin(2 * np.pi * harmonic * hz * at) / harmonic for harmonic in range(1, 7))
        out.append(sound / 20)
    return np.repeat(np.concatenate(out)[:, None], 2, axis=1).astype(np.float32)


@pytest.mark.parametrize("minor", [False, True])
@pytest.mark.parametrize("tonic", range(12))
def test_chords_have_the_key_they_are_in(tonic: int, minor: bool) -> None:
    finder = KeyFinder(RATE)
    finder.feed(chords(MusicalKey(tonic, minor)))
    found = finder.answer()
    assert found is not None
    assert found.key == MusicalKey(tonic, minor)
    assert 0 < found.margin < found.strength <= 1


@pytest.mark.parametrize("cents", [-45, -20, 20, 45])
def test_an_instrument_that_is_out_of_tune_has_a_key(cents: float) -> None:
    finder = KeyFinder(RATE)
    finder.feed(chords(MusicalKey(2, minor=True), cents))
    found = finder.answer()
    assert found is not None
    assert found.key == MusicalKey(2, minor=True)


def test_blocks_do_not_matter() -> None:
    whole, parts, song = KeyFinder(RATE), KeyFinder(RATE), chords(MusicalKey(5))
    whole.feed(song)
    for first in range(0, len(song), 1000):
        parts.feed(song[first : first + 1000])
    assert whole.answer() == parts.answer()
    np.testing.assert_array_equal(whole.chroma, parts.chroma)


def test_silence_and_nothing_have_no_key() -> None:
    finder = KeyFinder(RATE)
    assert finder.answer() is None
    finder.feed(np.zeros((RATE, 2), np.float32))
    assert finder.answer() is None
    np.testing.assert_array_equal(finder.chroma, np.zeros(12))
