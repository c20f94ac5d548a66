"""A cue sheet can be read back, whatever songs are called, and its times are those of the recording."""

import re
from pathlib import Path

import pytest

from stream.decks.cuesheet import PlayedSong, cue_sheet

MIX = Path("/somewhere/my mix.wav")


def song(title: str = "Title", artist: str = "Artist", path: str = "/music/song.flac", start: int = 0) -> PlayedSong:
    return PlayedSong(title, artist, Path(path), start)


def test_a_sheet_is_what_players_read() -> None:
    songs = [song("Second", "B", "/x/b.flac", 44_100 * 125 + 22_050), song("First", "A", "/x/a.mp3")]
    assert cue_sheet(MIX, songs, 44_100, "An evening") == (
        'TITLE "An evening"\nFILE "my mix.wav" WAVE\n'
        '  TRACK 01 AUDIO\n    TITLE "First"\n    PERFORMER "A"\n    REM FILE "a.mp3"\n    INDEX 01 00:00:00\n'
        '  TRACK 02 AUDIO\n    TITLE "Second"\n    PERFORMER "B"\n    REM FILE "b.flac"\n    INDEX 01 02:05:37\n')


@pytest.mark.parametrize("samplerate", [44_100, 48_000, 96_000, 22_050])
@pytest.mark.parametrize(("part", "said"), [
    (0, "00:00:00"), (1, "00:00:01"), (74, "00:00:74"), (75, "00:00:75"), (75 * 59 + 74, "00:59:74"),
    (75 * 3600 + 3, "60:00:03"), (75 * 60 * 123, "123:00:00")])
def test_times_are_75ths_of_a_second_that_have_begun(samplerate: int, part: int, said: str) -> None:
    said = "00:01:00" if part == 75 else said
    first = -(-part * samplerate // 75)
    after = -(-(part + 1) * samplerate // 75)
    for frame in (first, after - 1):
        assert f"INDEX 01 {said}\n" in cue_sheet(MIX, [song(start=frame)], samplerate)
    assert f"INDEX 01 {said}\n" not in cue_sheet(MIX, [song(start=after)], samplerate)


def test_what_is_before_the_first_song_is_not_left_out() -> None:
    assert "    INDEX 00 00:00:00\n    INDEX 01 00:01:00\n" in cue_sheet(MIX, [song(start=48_000)], 48_000)
    assert "INDEX 00" not in cue_sheet(MIX, [song(), song(start=48_000)], 48_000)
    assert "INDEX 00" not in cue_sheet(MIX, [song(start=639)], 48_000)  # less than a 75th of a second


@pytest.mark.parametrize(("name", "written"), [
    ('say "hello"', "say 'hello'"), ("two\nlines\r", "two lines"), ("a\ttab\x00\x1b[1m", "a tab  [1m"),
    ("Ärger 東京 🎵", None), ("\u2028line\u2029", "line"), ("back\\slash", None),
    ("broken \udcff", "broken \N{REPLACEMENT CHARACTER}"),
    ("INDEX 01 00:00:00", None), ("\x85next", "next"),
], ids=ascii)  # fmt: skip
def test_whatever_a_song_is_called_its_line_is_one_line_in_quotes(name: str, written: str | None) -> None:
    text = cue_sheet(MIX, [song(name, name, f"/music/{name}".replace("\0", "") + ".mp3")], 44_100, name)
    text.encode("utf-8")
    assert len(text.splitlines()) == 7
    for key in ("TITLE", "PERFORMER"):
        found = re.findall(rf'^ *{key} "([^"]*)"$', text, re.MULTILINE)
        assert set(found) == {name if written is None else written}


def test_what_nobody_knows_is_left_out() -> None:
    text = cue_sheet(MIX, [song("", "", "/music/Artist - Song.flac")], 44_100)
    assert 'TITLE "Artist - Song"' in text
    assert "PERFORMER" not in text
    assert cue_sheet(MIX, [], 44_100) == 'FILE "my mix.wav" WAVE\n'


@pytest.mark.parametrize(("name", "kind"), [
    ("a.MP3", "MP3"), ("a.aiff", "AIFF"), ("a.flac", "WAVE"), (" a .ogg", "WAVE"), ("b.wav ", "WAVE")])
def test_the_recordings_kind_is_said(name: str, kind: str) -> None:
    assert cue_sheet(Path(name), [], 44_100) == f'FILE "{name}" {kind}\n'


@pytest.mark.parametrize("name", ['my "mix".wav', "my\nmix.wav", "mix\udcff.wav"], ids=ascii)
def test_a_recording_that_no_sheet_can_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no cue sheet can name"):
        cue_sheet(Path(name), [], 44_100)


def test_a_song_before_the_recording_is_refused() -> None:
    with pytest.raises(ValueError, match="start must be 0 or more, not -1"):
        cue_sheet(MIX, [song(start=-1)], 44_100)
