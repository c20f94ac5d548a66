"""What a library knows of a song is on the deck, unless something of our own is kept."""

from pathlib import Path

import pytest

from stream.decks.songmarks import SongMarks
from stream.library.knownsongs import KnownSongs, marks_note
from stream.library.librarysong import LibraryCue, LibrarySong, TempoMark
from stream.mixer.deckstrip import HOT_CUES
from tests.stream.library.test_libraries import BEATS, REKORDBOX, geob, markers, mp3, serato

RATE = 44_100


def test_marks_are_such_as_a_deck_reads() -> None:
    song = LibrarySong(Path("/m/a.wav"), tempo=(TempoMark(0.5, 120.0),), cues=(
        LibraryCue(9.0, 2.0), LibraryCue(3.0), LibraryCue(4.0), LibraryCue(1.0, 0.0, 0, "Drop", 0xFF0000),
        LibraryCue(2.0, 1.5, 7), LibraryCue(5.0, 0.0, 8)))
    note = marks_note(song, RATE)
    assert note is not None
    marks = SongMarks.from_note(note, RATE)
    other = SongMarks.from_note({"cue": {"frame": 3 * RATE, "length": 0, "samplerate": RATE}, "grid": None, "hot_cues": [
        {"frame": RATE, "length": 0, "samplerate": RATE}, *[None] * (HOT_CUES - 2),
        {"frame": 2 * RATE, "length": 1.5 * RATE, "samplerate": RATE}]}, RATE)
    assert (marks.cue, marks.hot_cues) == (other.cue, other.hot_cues)
    assert marks.grid is not None
    assert marks.grid.by_hand
    assert marks.grid.frame(1) == pytest.approx(RATE)


def test_a_song_of_which_nothing_is_known_has_no_marks(tmp_path: Path) -> None:
    assert marks_note(LibrarySong(Path("/m/a.wav"), "Title", bpm=120.0), RATE) is None
    assert KnownSongs([], print).marks(tmp_path / "a.wav", RATE) is None


def test_the_first_library_counts_and_a_damaged_one_is_left_out_in_one_line(tmp_path: Path) -> None:
    song, said = tmp_path / "song.wav", list[str]()
    text = REKORDBOX.replace("file://localhost/music/Caf%C3%A9%20%231.mp3", song.as_uri())
    for name, content in (("one.xml", text), ("damaged.xml", text[:700]), ("two.xml", text.replace("Caf&#233;", "Tea"))):
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
    assert known.find(link) == found


def test_songs_of_serato_have_what_their_tags_say(tmp_path: Path) -> None:
    folder, said = serato(tmp_path), list[str]()
    path = tmp_path / "Music" / "a.mp3"
    mp3(path, geob("Serato Markers2", markers()), geob("Serato BeatGrid", BEATS))
    known = KnownSongs([folder], said.append)
    note = known.marks(path, RATE)
    assert note is not None
    assert note["hot_cues"][2] == {"frame": 66_150, "length": 0, "samplerate": RATE}
    mp3(path, geob("Serato Markers2", b"newer"))
    assert known.marks(path, RATE) is None
    assert len(said) == 1
    assert "are damaged" in said[0]
