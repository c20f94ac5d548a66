import os
from pathlib import Path

import numpy as np
import pytest

from dsp.musicalkey import MusicalKey
from dsp.quantize import quantize
from stream.library.librarysong import LibraryCue, LibrarySong, TempoMark, grid_of
from stream.library.prepared import prepared_songs
from stream.library.songindex import Playing, SongIndex, searched
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


@pytest.mark.parametrize("seed", range(4))
def test_what_is_typed_letter_by_letter_is_found_as_if_it_was_typed_at_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    songs = [LibrarySong(Path(f"/m/{at}"), "".join(rng.choice([*"abc "], 9)), "".join(rng.choice([*"abc "], 9)),
                         bpm=float(rng.integers(60, 64)), key=MusicalKey(int(rng.integers(12)))) for at in range(300)]
    index, playing = SongIndex(songs), Playing(61.0, C_MAJOR)
    misfit = dict(zip(index.songs, index.misfit(playing), strict=True))
    texts = {song: searched(song) for song in songs}
    typed = [word[:end] for word in ("ab ca b", "abc", "c  ab", "") for end in range(len(word) + 1)]
    for text in (*typed, *rng.permutation(typed)):
        for limit in (1, 7, 200, 300, 1000):
            found = index.search(text, playing, limit)
            wanted = sorted((song for song in index.songs if all(word in texts[song] for word in text.split())),
                            key=lambda song: misfit[song])
            assert found.total == len(wanted)
            assert list(found.songs) == wanted[:limit]


def test_what_becomes_known_of_a_song_is_found_and_the_index_before_stays_as_it_was() -> None:
    index = SongIndex(SONGS)
    titles(index, "n")
    later = index.changed({Path("/m/3.mp3"): LibrarySong(Path("/m/3.mp3"), "Night", "Zed", bpm=62.0, key=A_MINOR),
                           Path("/m/9.mp3"): LibrarySong(Path("/m/9.mp3"), "Nobody")}, [Path("/m/3.mp3")])
    assert titles(later, "night") == ["Night"]
    assert titles(later, "noon") == titles(later, "nobody") == titles(index, "night") == []
    assert titles(later, "n", Playing(62.0, A_MINOR))[0] == "Sunrise"
    assert "Night" in titles(later, "n", Playing(62.0, A_MINOR))[:2]
    assert later.search().prepared == tuple(song.path.name == "3.mp3" for song in later.songs)
    assert titles(index, "noon") == ["Noon"]
    found = later.find(Path("/m/3.mp3"))
    assert found is not None
    assert found.title == "Night"
    assert later.find(Path("/m/9.mp3")) is None
