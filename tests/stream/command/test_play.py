"""The command `play`, over a real server: songs follow each other, the run ends, and what is wrong is one line."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command.main import main
from stream.command.playlist import playlist
from stream.common.errors import Failure
from tests.rig.jackd import Jackd
from tests.rig.live import Live, command, noise

RATE = 44_100


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    folder = tmp_path / "songs"
    folder.mkdir()
    for number, name in enumerate(("one", "two", "three")):
        sf.write(folder / f"{name}.wav", noise(2 * RATE + number) / 4, RATE, "FLOAT")
    return folder


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd() as server:
        yield server


def test_a_folder_a_playlist_and_a_folder_of_stems_are_songs(songs: Path, tmp_path: Path) -> None:
    said: list[str] = []
    stems = tmp_path / "separated"
    stems.mkdir()
    for name in ("drums", "vocals"):
        sf.write(stems / f"{name}.wav", np.zeros((100, 2)), RATE)
    listed = songs / "party.m3u8"
    listed.write_text("#EXTM3U\n#EXTINF:2,One\none.wav\n\nnosuch.wav\n", encoding="utf-8")
    assert playlist([songs], said.append) == tuple(songs / f"{name}.wav" for name in ("one", "three", "two"))
    assert playlist([stems, listed], said.append) == (stems, songs / "one.wav")
    assert said == [f"{songs / 'nosuch.wav'} is in party.m3u8, and is not there; it is left out"]
    with pytest.raises(Failure, match="nowhere: No such file"):
        playlist([tmp_path / "nowhere"], said.append)


@pytest.mark.parametrize(("words", "code", "says"), [
    ([], 2, "play needs a song, a folder or a playlist"), (["nowhere.wav"], 1, "nowhere.wav: No such file"),
    (["EMPTY"], 1, "there are no songs there")], ids=["nothing", "not there", "empty folder"])
def test_what_cannot_be_played_is_one_line(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, says: str) -> None:
    (tmp_path / "empty").mkdir()
    ended = main(["play", *(word.replace("EMPTY", str(tmp_path / "empty")) for word in words), "--model", "center"])
    err = capsys.readouterr().err
    assert (ended, len(err.splitlines())) == (code, 1), err
    assert says in err


@pytest.mark.device
def test_songs_of_a_folder_follow_each_other_and_the_run_ends_behind_the_last(jackd: Jackd, songs: Path) -> None:
    done = command("play", songs, "--model", "center", "--device", "jack", "--automix", "--json")
    assert done.code == 0, done.err
    assert 2.0 < done.report["played_s"] < 20


@pytest.mark.device
def test_a_file_that_is_no_song_is_one_line_and_ctrl_c_ends_the_run(jackd: Jackd, songs: Path) -> None:
    (songs / "text.wav").write_text("no sound")
    with Live("play", songs / "text.wav", songs / "one.wav", "--model", "center", "--device", "jack", "--json") as live:
        live.until(lambda: "text.wav cannot be read as sound" in live.err)
        done = live.interrupt()
    assert done.code == 0, done.err
    assert json.loads(done.out)["samplerate"] == RATE
