import os
from pathlib import Path

import numpy as np
import pytest

from dsp.musicalkey import MusicalKey
from dsp.quantize import quantize
from stream.library.librarysong import LibraryCue, LibrarySong, TempoMark, grid_of
from stream.library.prepared import prepared_songs
from stream.library.songindex import Playing, SongIndex
from stream.tracks.entry import Identity, Index
from stream.tracks.store import StemStore
from tests.rig.byhand import noise

RATE = 44_100
A_MINOR, C_MAJOR, E_MINOR, E_FLAT = (MusicalKey(9, True), MusicalKey(0), MusicalKey(4, True), MusicalKey(3))
SONGS = [
    LibrarySong(Path("/m/1.mp3"), "Sunset", "Björk", "Débüt", "Pop", bpm=124.0, key=A_MINOR),
    LibrarySong(Path("/m/2.mp3"), "Sunrise", "Air", bpm=62.0, key=A_MINOR),
    LibrarySong(Path("/m/3.mp3"), "Noon", "Zed", bpm=125.0, key=E_FLAT),
    LibrarySong(Path("/m/4 sun.mp3"), "", "", bpm=None, key=None),
    LibrarySong(Path("/m/5.mp3"), "Dawn", "Cat", bpm=124.0, key=C_MAJOR),
]


def titles(index: SongIndex, text: str, playing: Playing | None = None) -> list[str]:
    return [song.title or song.path.name for song in index.search(text, playing).songs]


@pytest.mark.parametrize(("text", "found"), [
    ("sun", ["4 sun.mp3", "Sunrise", "Sunset"]), ("SUN bjork", ["Sunset"]), ("debut", ["Sunset"]),
    ("björk sunset", ["Sunset"]), ("8a", ["Sunrise", "Sunset"]), ("am sun", ["Sunrise", "Sunset"]), ("zzz", []),
    ("", ["4 sun.mp3", "Sunrise", "Sunset", "Dawn", "Noon"])])
def test_every_word_is_somewhere(text: str, found: list[str]) -> None:
    assert titles(SongIndex(SONGS), text) == found


def test_what_fits_comes_first() -> None:
    index = SongIndex(SONGS)
    assert titles(index, "", Playing(124.0, A_MINOR)) == ["Sunset", "Sunrise", "Dawn", "Noon", "4 sun.mp3"]
    assert titles(index, "", Playing(bpm=125.0)) == ["Noon", "Sunset", "Dawn", "Sunrise", "4 sun.mp3"]
    assert titles(index, "", Playing(key=C_MAJOR))[:3] == ["Dawn", "Sunrise", "Sunset"]
    assert titles(index, "sun", Playing(124.0, E_MINOR)) == ["Sunset", "Sunrise", "4 sun.mp3"]
    assert titles(index, "", Playing()) == titles(index, "")


def test_a_limit_limits_what_is_given_not_what_is_counted() -> None:
    found = SongIndex(SONGS).search("sun", limit=1)
    assert (len(found.songs), found.total) == (1, 3)


def test_one_path_is_one_song_and_no_songs_are_no_fault() -> None:
    assert len(SongIndex([*SONGS, LibrarySong(Path("/m/1.mp3"), "Other")]).songs) == len(SONGS)
    assert titles(SongIndex([*SONGS, LibrarySong(Path("/m/1.mp3"), "Other")]), "other") == []
    assert SongIndex([]).search("a", Playing(120.0, A_MINOR)).total == 0


def test_songs_whose_stems_are_kept_are_prepared(tmp_path: Path) -> None:
    store = StemStore(folder=tmp_path / "store")
    paths = [tmp_path / name for name in ("kept.wav", "changed.wav", "gone.wav")]
    frames = quantize(noise(RATE) / 4)
    for at, path in enumerate(paths):
        path.write_bytes(b"song")
        identity = Identity(f"{at:064}", "htdemucs", "b" * 64, RATE)
        index = Index(identity.song, "htdemucs", identity.weights, RATE, str(path), "", "", len(frames), {"vocals": []})
        assert store.entry(identity).save(index, lambda first, count: frames[first : first + count], lambda: False)
    os.utime(paths[1], (2e9, 2e9))
    paths[2].unlink()
    assert prepared_songs(store) == {paths[0]}
    found = SongIndex([LibrarySong(path) for path in paths], prepared_songs(store)).search()
    assert dict(zip(found.songs, found.prepared, strict=True)) == {
        LibrarySong(paths[0]): True, LibrarySong(paths[1]): False, LibrarySong(paths[2]): False}


def test_one_tempo_is_a_constant_grid_that_counts_from_its_downbeat() -> None:
    grid = grid_of([TempoMark(0.5, 120.0, beat_of_bar=1)], RATE)
    assert grid is not None
    assert grid.constant
    assert grid.first == 0.0
    assert grid.bpm(RATE) == pytest.approx(120)
    assert grid.beat_of_bar(0.5 * RATE + 1) == 1


def test_several_tempi_are_pieces_whose_beats_lie_where_the_library_has_them() -> None:
    grid = grid_of([TempoMark(0.5, 120.0), TempoMark(4.5, 90.0)], RATE, 60.0)
    assert grid is not None
    np.testing.assert_allclose([grid.frame(beat) / RATE for beat in (0, 1, 8, 9)], [0.5, 1.0, 4.5, 4.5 + 60 / 90])
    assert grid_of([], RATE) is None


@pytest.mark.parametrize("make", [
    lambda: LibraryCue(-1.0), lambda: LibraryCue(float("nan")), lambda: LibraryCue(1.0, -1.0),
    lambda: TempoMark(0.0, 0.0), lambda: TempoMark(float("inf"), 120.0), lambda: TempoMark(0.0, 120.0, 0, 0)])
def test_what_no_song_has_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"a cue cannot|no song has"):
        make()  # type: ignore[operator]
