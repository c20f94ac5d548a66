"""The key of a song is found without its drums, is there the next time, and gives way to a library's."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dsp.musicalkey import MusicalKey
from stream.separators.opening import Opening
from stream.tracks.beatfinder import BeatFinder
from stream.tracks.separator import TrackSeparator
from stream.tracks.songkey import KEY, kept_key
from stream.tracks.store import StemStore
from tests.dsp.test_keyfinder import RATE, chords
from tests.stream.tracks.tracked import until

A_MINOR, EB = MusicalKey(9, minor=True), MusicalKey(3)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A minor, with drums in E flat that are louder."""
    folder = tmp_path / "song"
    folder.mkdir()
    sf.write(folder / "drums.wav", 2 * chords(EB), RATE, "FLOAT")
    sf.write(folder / "other.wav", chords(A_MINOR), RATE, "FLOAT")
    return folder


def heard(song: Path, store: StemStore, known: MusicalKey | None = None) -> tuple[MusicalKey | None, bool]:
    """The key of a song that was heard to its end, and whether it was there before."""
    with TrackSeparator(Opening("center"), RATE, store) as separator:
        track = separator.load(song)
        track.key = known
        until(lambda: track.notes is not None)
        assert track.notes is not None
        before = kept_key(track.notes)
        finder = BeatFinder(track)
        until(lambda: finder.ended)
        return track.key, before is not None


def test_it_is_found_without_the_drums_and_kept(song: Path, tmp_path: Path) -> None:
    store = StemStore(folder=tmp_path / "store")
    assert heard(song, store) == (A_MINOR, False)
    assert heard(song, store) == (A_MINOR, True)


def test_one_that_is_known_from_elsewhere_stays_and_is_not_noted(song: Path, tmp_path: Path) -> None:
    store = StemStore(folder=tmp_path / "store")
    assert heard(song, store, EB) == (EB, False)
    assert heard(song, store) == (A_MINOR, False)


def test_a_song_without_drums_has_a_key_too(tmp_path: Path) -> None:
    sf.write(tmp_path / "song.wav", chords(EB), RATE, "FLOAT")
    assert heard(tmp_path / "song.wav", StemStore(folder=tmp_path / "store")) == (EB, False)


def test_silence_has_none(tmp_path: Path) -> None:
    sf.write(tmp_path / "song.wav", np.zeros((RATE, 2)), RATE)
    assert heard(tmp_path / "song.wav", StemStore(folder=tmp_path / "store")) == (None, False)


@pytest.mark.parametrize("note", [
    {"tonic": 3}, {"minor": False}, {"tonic": 12, "minor": False}, {"tonic": True, "minor": False},
    {"tonic": 3, "minor": 0}, {"tonic": 3.0, "minor": False}, {"tonic": 3, "minor": False, "finder": 0}], ids=str)
def test_a_note_that_is_damaged_or_of_another_finder_is_none(tmp_path: Path, note: dict[str, object]) -> None:
    notes = StemStore(folder=tmp_path).notes("0" * 64)
    notes.change(KEY, lambda _note: {"finder": 1, **note})
    assert kept_key(notes) is None
