"""Where what is made of songs goes."""

import os
from pathlib import Path

import pytest

from stream.command.songs import Song, apart, fitting, stem_path


@pytest.mark.parametrize(("name", "track"), [
    ("a.wav", "a"), ("a.b.wav", "a.b"), ("...wav", "___"), ("[bold].wav", "[bold]"),
    ("a%s{0}.wav", "a%s{0}"), ("-o.wav", "-o")])
def test_a_track_is_called_as_its_file_but_never_as_a_folder_above(name: str, track: str) -> None:
    found = stem_path("{track}/{stem}.{ext}", Song(Path("music") / name, Path("A")), "drums", "wav")
    assert found == Path("A") / track / "drums.wav"


@pytest.mark.parametrize(("template", "wanted"), [
    ("{track}/{stem}.{ext}", "a b/drums.flac"), ("{stem}/{track}.{ext}", "drums/a b.flac"),
    ("{track}.{trackext}/{stem}.{ext}", "a b.mp3/drums.flac"), ("{track}_{stem}", "a b_drums"),
    ("x{{}}{stem}", "x{}drums")])
def test_a_template_is_filled_as_demucs_fills_it(template: str, wanted: str) -> None:
    assert stem_path(template, Song(Path("music/a b.mp3")), "drums", "flac") == Path(wanted)


@pytest.mark.parametrize(("template", "says"), [
    ("{artist}/{stem}.wav", "in braces it may have"), ("{track/{stem}", "in braces it may have"),
    ("{}", "in braces it may have"), ("{stem.__class__}", "in braces it may have"),
    ("/tmp/{stem}.wav", "below the output folder"), ("../{stem}.wav", "below the output folder"),
    ("{track}/", "below the output folder"), ("", "below the output folder"), (".", "below the output folder")])
def test_a_template_that_leads_elsewhere_is_refused(template: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        stem_path(template, Song(Path("a.wav")), "drums", "wav")


def test_two_songs_for_one_place_are_refused_with_both_named() -> None:
    one, other = Song(Path("x/a.wav")), Song(Path("y/a.wav"))
    apart([(one, Path("out/a/drums.wav")), (one, Path("out/a/bass.wav")), (other, Path("out/b/drums.wav"))])
    with pytest.raises(ValueError, match=r"x/a\.wav and y/a\.wav would both be written to out/a/drums\.wav"):
        apart([(one, Path("out/a/drums.wav")), (other, Path("out/a/drums.wav"))])


def test_no_song_is_written_over() -> None:
    song = Song(Path("vocals.wav"))
    with pytest.raises(ValueError, match=r"vocals\.wav is itself a song to separate"):
        apart([(song, Path("vocals.wav"))])


@pytest.mark.parametrize("name", ["x" * 251 + ".wav", "é" * 125 + ".wav", os.fsdecode(b"\xe9" * 251) + ".wav"],
                         ids=["long", "two bytes", "Latin-1"])
@pytest.mark.parametrize("template", ["{track}/{stem}.{ext}", "{track}.{ext}", "{track}.{trackext}_{stem}.{ext}"])
def test_no_name_is_longer_than_a_disk_takes(tmp_path: Path, name: str, template: str) -> None:
    songs = [Song(Path(name[:last] + name[-4:])) for last in (-4, -5)]
    found = [tmp_path / stem_path(template, song, "vocals", "stem.mp4") for song in songs]
    assert found[0] != found[1]
    for path in found:
        path.parent.mkdir(exist_ok=True)
        path.write_text("fits")
        assert path.suffix == ".mp4"


@pytest.mark.parametrize(("name", "there"), [
    ("AC: DC?", "AC_ DC_"), ("end. ", "end"), ("con", "_con"), ("aux.wav", "_aux.wav"), ("com1 .wav", "_com1 .wav"),
    ("console.wav", "console.wav"), ("...", "_"), ("a\nb", "a_b"), ("ü[x]'.wav", "ü[x]'.wav")])
def test_windows_has_no_such_names(name: str, there: str) -> None:
    assert fitting(name, windows=True) == there
    assert fitting(name, windows=False) == name
