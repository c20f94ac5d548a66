"""Which songs are meant, and where what is made of them goes."""

from pathlib import Path

import pytest

from stream.command.songs import Song, apart, place, songs
from stream.errors import Failure


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")


def test_folders_are_searched_to_the_bottom_and_sorted(tmp_path: Path) -> None:
    touch(tmp_path, "music/b.wav", "music/A/z.MP3", "music/A/deep/y.flac", "music/cover.jpg", "music/.hidden.wav",
          "music/a.stem.mp4", "c.wav")
    found = songs([tmp_path / "music", tmp_path / "c.wav", tmp_path / "music" / "b.wav"], tmp_path / "out")
    assert [song.label for song in found] == ["A/deep/y", "A/z", "b", "c"]


def test_what_was_made_before_is_no_song(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "out/a/drums.wav")
    assert [song.label for song in songs([tmp_path], tmp_path / "out")] == ["a"]


def test_a_file_that_is_named_may_be_called_anything_and_may_be_missing(tmp_path: Path) -> None:
    assert songs([tmp_path / "film.mkv"], tmp_path / "out") == [Song(tmp_path / "film.mkv")]


def test_a_folder_without_songs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="is a folder with no sound files in it"):
        songs([tmp_path], tmp_path / "out")


@pytest.mark.parametrize(("name", "track"), [
    ("a.wav", "a"), ("a.b.wav", "a.b"), ("...wav", "___"), ("[bold].wav", "[bold]"),
    ("a%s{0}.wav", "a%s{0}"), ("-o.wav", "-o")])
def test_a_track_is_called_as_its_file_but_never_as_a_folder_above(name: str, track: str) -> None:
    found = place("{track}/{stem}.{ext}", Song(Path("music") / name, Path("A")), "drums", "wav")
    assert found == Path("A") / track / "drums.wav"


@pytest.mark.parametrize(("template", "wanted"), [
    ("{track}/{stem}.{ext}", "a b/drums.flac"), ("{stem}/{track}.{ext}", "drums/a b.flac"),
    ("{track}.{trackext}/{stem}.{ext}", "a b.mp3/drums.flac"), ("{track}_{stem}", "a b_drums"),
    ("x{{}}{stem}", "x{}drums")])
def test_a_template_is_filled_as_demucs_fills_it(template: str, wanted: str) -> None:
    assert place(template, Song(Path("music/a b.mp3")), "drums", "flac") == Path(wanted)


@pytest.mark.parametrize(("template", "says"), [
    ("{artist}/{stem}.wav", "what is known in braces"), ("{track/{stem}", "what is known in braces"),
    ("{}", "what is known in braces"), ("{stem.__class__}", "what is known in braces"),
    ("/tmp/{stem}.wav", "below the output folder"), ("../{stem}.wav", "below the output folder"),
    ("{track}/", "below the output folder"), ("", "below the output folder"), (".", "below the output folder")])
def test_a_template_that_leads_elsewhere_is_refused(template: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        place(template, Song(Path("a.wav")), "drums", "wav")


def test_two_songs_for_one_place_are_refused_with_both_named() -> None:
    one, other = Song(Path("x/a.wav")), Song(Path("y/a.wav"))
    apart([(one, Path("out/a/drums.wav")), (one, Path("out/a/bass.wav")), (other, Path("out/b/drums.wav"))])
    with pytest.raises(ValueError, match=r"x/a\.wav and y/a\.wav would both be written to out/a/drums\.wav"):
        apart([(one, Path("out/a/drums.wav")), (other, Path("out/a/drums.wav"))])


def test_no_song_is_written_over() -> None:
    song = Song(Path("vocals.wav"))
    with pytest.raises(ValueError, match=r"vocals\.wav is a song itself"):
        apart([(song, Path("vocals.wav"))])
