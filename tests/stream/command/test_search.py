"""Which songs are found: each once, and no stems."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command.main import main
from stream.command.search import songs
from stream.command.songs import Song
from stream.common.errors import Failure
from tests.rig.live import COMMAND


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")


class Search:
    def __init__(self, *paths: Path, output: Path) -> None:
        self.said: list[str] = []
        found, self.unread = songs(paths, output, self.said.append)
        self.labels = [song.label for song in found]


def sound(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(os.fsencode(path), np.full((4410, 2), 0.1, np.float32), 44_100, "FLOAT", format="WAV")


def test_folders_are_searched_to_the_bottom_and_sorted(tmp_path: Path) -> None:
    touch(tmp_path, "music/b.wav", "music/A/z.MP3", "music/A/deep/y.flac", "music/cover.jpg", "music/.hidden.wav",
          "music/a.stem.mp4", "c.wav", "music/._b.wav", "music/...Baby.mp3")
    found = Search(tmp_path / "music", tmp_path / "c.wav", tmp_path / "music" / "b.wav", output=tmp_path / "out")
    assert found.labels == ["...Baby", "A/deep/y", "A/z", "b", "c"]
    assert found.said == []


@pytest.mark.parametrize("ext", ["webm", "mp4", "mkv", "mov", "m4a", "wma", "opus", "m4b", "avi", "ts.wav"])
def test_videos_are_music_too(tmp_path: Path, ext: str) -> None:
    touch(tmp_path, f"music/a.{ext}", f"music/b.{ext.upper()}")
    assert len(Search(tmp_path / "music", output=tmp_path).labels) == 2


def test_a_file_that_is_named_may_be_called_anything_and_may_be_missing(tmp_path: Path) -> None:
    assert songs([tmp_path / "film.xyz"], tmp_path / "out", print) == ([Song(tmp_path / "film.xyz")], [])


def test_a_folder_without_songs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="is a folder with no sound files in it"):
        Search(tmp_path, output=tmp_path / "out")


def test_what_lies_in_the_output_folder_is_no_song(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "out/a/drums.wav", "out/a_x.wav")
    assert Search(tmp_path, output=tmp_path / "out").labels == ["a"]


@pytest.mark.parametrize("words", [[], ["--flac"], ["--mp3"], ["--filename", "{track} - {stem}.{ext}"]],
                         ids=["usual", "FLAC", "MP3", "beside it"])
@pytest.mark.parametrize("output", ["music", "music/album", "."])
def test_stems_may_lie_beside_their_songs(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], output: str) -> None:
    monkeypatch.chdir(tmp_path)
    sound(Path("music/album/a.wav"))
    sound(Path("music/b.wav"))
    for _ in range(2):
        assert main(["separate", "--model", "center", "music", "-o", output, *words]) == 0
        found = Search(Path("music"), output=Path(output))
        assert (found.labels, found.said) == ((["album/a", "b"], []) if output != "music/album" else (["b"], []))


def test_stems_of_older_versions_and_of_demucs_are_known_by_name_and_place_and_told_of(tmp_path: Path) -> None:
    touch(tmp_path, "music/a.mp3", *(f"music/htdemucs/a/{stem}.wav" for stem in ("drums", "bass", "other", "vocals")),
          "music/a/vocals.wav", "music/b/no_vocals.mp3", "music/b/vocals.mp3", "music/Piano.mp3", "music/x/bass.wav")
    found = Search(tmp_path / "music", output=tmp_path / "music")
    assert found.labels == ["Piano", "a", "x/bass"]
    assert len(found.said) == 1
    assert found.said[0].startswith(f"7 in {tmp_path}/music are called as stems are and left out, such as ")


def test_nothing_but_stems_is_said_to_be_that(tmp_path: Path) -> None:
    touch(tmp_path, "music/drums.wav", "music/bass.wav")
    with pytest.raises(Failure, match="no sound files in it: its 2 are stems that were made before"):
        Search(tmp_path / "music", output=tmp_path / "music")
    named = [tmp_path / "music/drums.wav"]
    assert [song.path for song in songs(named, tmp_path / "music", print)[0]] == named


def test_links_are_followed_once_and_what_they_lead_to_comes_first(tmp_path: Path) -> None:
    touch(tmp_path, "music/album/a.wav", "elsewhere/b.wav", "elsewhere/deep/c.wav")
    music = tmp_path / "music"
    (music / "0 linked").symlink_to("album")
    (music / "again").symlink_to(tmp_path / "elsewhere")
    (music / "back").symlink_to(tmp_path)
    (music / "album" / "round").symlink_to("..")
    (music / "0.wav").symlink_to("album/a.wav")
    (music / "b.wav").symlink_to("../elsewhere/b.wav")
    os.link(music / "album" / "a.wav", music / "z hard.wav")
    assert Search(music, output=tmp_path / "out").labels == ["again/b", "again/deep/c", "album/a"]
    assert Search(music, tmp_path / "elsewhere", music / "album" / ".." / "z hard.wav",
                  output=tmp_path / "out").labels == ["again/b", "again/deep/c", "album/a"]


def test_a_link_to_nothing_is_a_song_that_fails_and_is_named(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    sound(Path("music/a.wav"))
    Path("music/gone.wav").symlink_to("nowhere.wav")
    Path("music/round.wav").symlink_to("round.wav")
    assert main(["separate", "--model", "center", "music", "-o", "music/out"]) == 1
    err = capsys.readouterr().err.splitlines()
    assert err[-1] == "demucs-stream: 2 of 3 songs were not separated: music/gone.wav, music/round.wav"
    assert Path("music/out/a/vocals.wav").exists()


@pytest.fixture
def locked() -> Iterator[Path]:
    """A folder with one below it that may not be read, by somebody who is not root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound(folder / "music" / "a.wav")
        sound(folder / "music" / "shut" / "b.wav")
        for below in (folder, folder / "music"):
            below.chmod(0o777)
        (folder / "music" / "shut").chmod(0)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if user == 0:
                os.seteuid(0)
            (folder / "music" / "shut").chmod(0o777)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs POSIX")
def test_a_folder_that_cannot_be_read_is_said_and_the_rest_is_done(
        locked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["separate", "--model", "center", str(locked / "music"), "-o", str(locked / "out")])
    err = capsys.readouterr().err.splitlines()
    shut = locked / "music" / "shut"
    assert code == 1
    assert err[0] == f"{shut} cannot be read: Permission denied"
    assert err[-1] == ("demucs-stream: all songs that were found are separated, but these folders cannot be read: "
                       f"{shut}")
    assert (locked / "out" / "a" / "vocals.wav").exists()
    with pytest.raises(Failure, match="no song was found, and these folders cannot be read"):
        Search(shut, output=locked / "out")


@pytest.mark.skipif(os.name != "posix", reason="a name of bytes")
def test_names_are_bytes_in_folders_too(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    sound(tmp_path / name / f"{name}.wav")
    done = subprocess.run([COMMAND, "separate", "--model", "center", tmp_path, "-o", tmp_path / name / "out"],
                          capture_output=True, check=False, env=os.environ | {"LC_ALL": "C"})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / name / "out" / name / name / "vocals.wav").exists()
