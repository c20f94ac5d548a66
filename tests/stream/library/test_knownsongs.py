"""What a library knows of a song is on the deck, unless something of our own is kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from dsp.beatgrid import FASTEST_BPM
from dsp.musicalkey import MusicalKey
from stream.decks.marks import HotCue
from stream.decks.songhead import UNIT
from stream.decks.songmarks import SongMarks
from stream.library.knownsongs import KnownSongs, marks_note, merged
from stream.library.librarysong import LibraryCue, LibrarySong, TempoMark
from stream.mixer.deckstrip import HOT_CUES
from tests.stream.library.test_libraries import BEATS, REKORDBOX, geob, markers, mixxx, mp3, serato

RATE = 44_100


def test_marks_are_such_as_a_deck_reads() -> None:
    song = LibrarySong(Path("/m/a.wav"), tempo=(TempoMark(0.5, 120.0),), cues=(
        LibraryCue(9.0, 2.0), LibraryCue(3.0), LibraryCue(4.0), LibraryCue(1.0, 0.0, 0, "Drop", 0xFF0000),
        LibraryCue(2.0, 1.5, 7), LibraryCue(5.0, 0.0, 8)))
    note = marks_note(song, RATE)
    assert note is not None
    marks = SongMarks.from_note(note, RATE)
    assert marks.cue == 3 * RATE * UNIT
    assert marks.hot_cues == (HotCue(RATE * UNIT, 0, "Drop", 0xFF0000), HotCue(9 * RATE * UNIT, 2 * RATE * UNIT),
                              *[None] * (HOT_CUES - 3), HotCue(2 * RATE * UNIT, 3 * RATE * UNIT // 2))
    assert marks.grid is not None
    assert marks.grid.by_hand
    assert marks.grid.frame(1) == pytest.approx(RATE)


def test_a_song_of_which_nothing_is_known_has_no_marks(tmp_path: Path) -> None:
    assert marks_note(LibrarySong(Path("/m/a.wav"), "Title", bpm=120.0), RATE) is None
    assert KnownSongs([], print).marks(tmp_path / "a.wav", RATE) is None


def test_the_first_library_counts_and_a_damaged_one_is_left_out_in_one_line(tmp_path: Path) -> None:
    song, said = tmp_path / "song.wav", list[str]()
    text = REKORDBOX.replace("file://localhost/music/Caf%C3%A9%20%231.mp3", song.as_uri())
    other = text.replace("Caf&#233;", "Tea")
    for name, content in (("one.xml", text), ("damaged.xml", text[:700]), ("two.xml", other)):
        (tmp_path / name).write_text(content, "utf-8")
    known = KnownSongs([tmp_path / name for name in ("damaged.xml", "one.xml", "two.xml")], said.append)
    found = known.find(song)
    assert found is not None
    assert found.title == "Café"
    assert len(known.songs) == 2
    assert len(said) == 1
    assert said[0].startswith(f"{tmp_path / 'damaged.xml'} is damaged")
    assert said[0].endswith("it is left out")
    link = tmp_path / "link.wav"
    song.touch()
    link.symlink_to(song)
    assert known.find(link) == replace(found, path=link)


def test_songs_of_serato_have_what_their_tags_say(tmp_path: Path) -> None:
    folder, said = serato(tmp_path), list[str]()
    path = tmp_path / "Music" / "a.mp3"
    mp3(path, geob("Serato Markers2", markers()), geob("Serato BeatGrid", BEATS))
    known = KnownSongs([folder], said.append)
    note = known.marks(path, RATE)
    assert note is not None
    assert note["hot_cues"][2] == {"frame": 66_150, "length": 0, "samplerate": RATE, "name": "Drøp",
                                   "colour": 0xCC4400}
    assert note["hot_cues"][3] == {"frame": 4 * RATE, "length": 2 * RATE, "samplerate": RATE, "name": "Round",
                                   "colour": None}
    mp3(path, geob("Serato Markers2", b"newer"))
    assert known.marks(path, RATE) is None
    assert len(said) == 1
    assert "are damaged" in said[0]


def library(path: Path, *places: str) -> Path:
    """A library of rekordbox with songs that are only called something."""
    tracks = "".join(f'<TRACK TrackID="{at}" Name="song {at}" Location="file://localhost{place}"/>'
                     for at, place in enumerate(places))
    path.write_text(f'<DJ_PLAYLISTS Version="1.0.0"><COLLECTION>{tracks}</COLLECTION></DJ_PLAYLISTS>', "utf-8")
    return path


def titles(known: KnownSongs, *paths: Path) -> list[str | None]:
    return [song.title if (song := known.find(path)) else None for path in paths]


def test_a_library_of_another_machine_knows_songs_by_their_name_and_folder(tmp_path: Path) -> None:
    here = tmp_path / "music"
    for folder in ("A", "B", "C"):
        (here / folder).mkdir(parents=True)
        (here / folder / "Song.wav").touch()
    known = KnownSongs([library(tmp_path / "l.xml", "/C:/Users/dj/Music/A/Song.wav", "/C:/Users/dj/Music/b/SONG.wav",
                                "/C:/old/D/song.wav")], print)
    assert [song.title for song in known.songs] == ["song 0", "song 1", "song 2"]
    assert titles(known, *(here / folder / "Song.wav" for folder in "ABC")) == ["song 0", "song 1", None]
    assert [song.title for song in known.songs] == ["song 2"]
    found = known.find(here / "A" / "Song.wav")
    assert found is not None
    assert found.path == here / "A" / "Song.wav"


def test_of_two_songs_that_are_alike_none_is_guessed_and_one_that_is_where_it_was_has_not_moved(tmp_path: Path) -> None:
    for folder in ("new/A", "old/B"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "Song.wav").touch()
    (tmp_path / "copy" / "B").mkdir(parents=True)
    (tmp_path / "copy" / "B" / "Song.wav").touch()
    known = KnownSongs([library(tmp_path / "l.xml", "/x/A/Song.wav", "/y/A/Song.wav",
                                f"{tmp_path}/old/B/Song.wav")], print)
    assert titles(known, tmp_path / "new/A/Song.wav", tmp_path / "copy/B/Song.wav",
                  tmp_path / "old/B/Song.wav") == [None, None, "song 2"]


def test_accents_that_are_written_apart_are_the_same_name(tmp_path: Path) -> None:
    known = KnownSongs([library(tmp_path / "l.xml", "/m/Café.wav")], print)
    assert titles(known, Path("/m/Café.wav")) == ["song 0"]


def test_where_libraries_disagree_the_first_that_says_something_counts() -> None:
    path = Path("/m/a.wav")
    one = LibrarySong(path, "One", bpm=120.0, cues=(LibraryCue(1.0, 0.0, 0),))
    other = LibrarySong(path, "Other", "Ann", bpm=99.0, key=MusicalKey(3), tempo=(TempoMark(0.0, 99.0),),
                        cues=(LibraryCue(2.0, 0.0, 0),))
    assert merged([one, other]) == LibrarySong(path, "One", "Ann", bpm=120.0, key=MusicalKey(3), tempo=other.tempo,
                                               cues=one.cues)


def test_what_is_called_otherwise_is_no_library(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no library"):
        KnownSongs([tmp_path / "a.mp3"], print)


@pytest.mark.parametrize("tempo", [(TempoMark(0.0, 20.0), TempoMark(0.06, FASTEST_BPM)),
                                   (TempoMark(0.0, 120.0), TempoMark(0.01, 120.0), TempoMark(10.01, 120.0))], ids=str)
def test_beats_of_libraries_are_such_as_a_deck_takes(tempo: tuple[TempoMark, ...]) -> None:
    note = marks_note(LibrarySong(Path("/m/a.wav"), tempo=tempo, duration_s=20.0), RATE)
    assert note is not None
    grid = SongMarks.from_note(note, RATE).grid
    assert grid is not None
    assert grid.at(tempo[-1].start_s * RATE) % 1 == pytest.approx(0, abs=1e-9)
    assert 60 * RATE / grid.period_at(19 * RATE) == pytest.approx(tempo[-1].bpm)


def test_a_saved_loop_has_a_pad_only_where_one_is_free() -> None:
    cues = [LibraryCue(float(at), 0.0, at) for at in range(HOT_CUES) if at != 3]
    loops = [LibraryCue(20.0, 4.0, None, "one"), LibraryCue(30.0, 4.0, None, "two")]
    note = marks_note(LibrarySong(Path("/m/a.wav"), cues=(*loops, *cues)), RATE)
    assert note is not None
    assert [each["name"] for each in note["hot_cues"]] == ["", "", "", "one", "", "", "", ""]
    assert note["cue"] is None


@pytest.mark.parametrize("change", ["gone", "cut", "other"])
def test_a_library_that_vanishes_or_changes_later_changes_nothing(tmp_path: Path, change: str) -> None:
    song = tmp_path / "song.wav"
    path = tmp_path / "library.xml"
    path.write_text(REKORDBOX.replace("file://localhost/music/Caf%C3%A9%20%231.mp3", song.as_uri()), "utf-8")
    known = KnownSongs([path], print)
    before = known.marks(song, RATE)
    assert before is not None
    if change == "gone":
        path.unlink()
    else:
        path.write_text(path.read_text("utf-8")[:500] if change == "cut" else "<html/>", "utf-8")
    assert known.marks(song, RATE) == before


def test_a_library_without_songs_knows_nothing_and_is_none_that_is_wrong(tmp_path: Path) -> None:
    said = list[str]()
    empty = mixxx(tmp_path / "mixxxdb.sqlite", "DELETE FROM library; DELETE FROM cues;")
    known = KnownSongs([library(tmp_path / "empty.xml"), empty], said.append)
    assert (known.songs, said) == ((), [])
    assert known.find(tmp_path / "song.wav") is None


def test_a_library_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    said = list[str]()
    KnownSongs([tmp_path / "gone.xml"] * 2, said.append)
    assert len(said) == 1
