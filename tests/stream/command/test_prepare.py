"""`demucs-stream prepare`: what is made overnight is there in the evening, and the next night goes on from there."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command.main import main
from stream.library.prepared import prepared_songs
from stream.tracks.store import StemStore

RATE = 44_100


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def song(path: Path, hz: float = 220.0, seconds: float = 8.0) -> Path:
    """A chord of C major from a fundamental, with a beat."""
    at = np.arange(int(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * hz * 2 ** (step / 12) * at) for step in (0, 4, 7)) / 8
    beat = np.where((at % 0.5) < 0.02, np.random.default_rng(1).uniform(-0.5, 0.5, len(at)), 0.0)
    sf.write(path, np.stack([chord + beat, chord * 0.5 + beat], axis=1), RATE, "FLOAT")
    return path


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> list[dict[str, object]]:
    assert main(["prepare", "--model", "center", "--json", *words]) == code
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)["songs"]
    return found


def test_songs_of_a_folder_are_prepared_and_a_second_time_they_are_there(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "songs"
    folder.mkdir()
    paths = [song(folder / "a.wav"), song(folder / "b.wav", 261.6)]
    assert [(one["song"], one["state"]) for one in answer(capsys, str(folder))] == [
        (str(path), "prepared") for path in paths]
    assert prepared_songs(StemStore()) == set(paths)
    again = answer(capsys, str(folder))
    assert [(one["state"], one["key"], one["camelot"], one["bpm"]) for one in again] == [
        ("already", "A", "11B", 120.0), ("already", "C", "8B", 120.0)]
    song(paths[0], 293.66)
    assert [(one["state"], one["key"]) for one in answer(capsys, str(folder))] == [("prepared", "D"), ("already", "C")]


def test_one_that_fails_keeps_none_of_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    paths = [str(tmp_path / "bad.wav"), str(song(tmp_path / "good.wav"))]
    assert [one["state"] for one in answer(capsys, *paths, code=1)] == ["failed", "prepared"]


def test_what_has_no_room_pushes_nothing_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = song(tmp_path / "a.wav"), song(tmp_path / "b.wav", 300.0)
    room = ["--cache-gb", "0.0065"]
    assert [one["state"] for one in answer(capsys, *room, str(first), str(second), code=1)] == ["prepared", "no room"]
    assert prepared_songs(StemStore()) == {first}


def test_a_list_that_does_not_fit_is_told_before_it_begins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(song(tmp_path / f"{name}.wav", hz)) for name, hz in (("a", 220.0), ("b", 230.0), ("c", 240.0))]
    assert main(["prepare", "--model", "center", "--cache-gb", "0.005", *paths]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert "these songs need about 0.0 GB, and 0.0 of the 0.005 GB of --cache-gb are free" in lines[-5]
    assert all("has no room: with it up to 0.0 GB" in line for line in lines[-4:-1])
    assert lines[-1].endswith("3 of 3 songs are not prepared: a.wav, b.wav, c.wav")


def test_silence_is_prepared_once_though_it_has_neither_beats_nor_key(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sf.write(tmp_path / "silence.wav", np.zeros((RATE, 2)), RATE)
    for state in ("prepared", "already"):
        (one,) = answer(capsys, str(tmp_path / "silence.wav"))
        assert (one["state"], one["key"], one["bpm"]) == (state, None, None)


def test_what_was_interrupted_goes_on_where_it_was(tmp_path: Path, cache: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    paths = [song(tmp_path / f"{at}.wav", 220.0 + at) for at in range(12)]
    words = [sys.executable, "-m", "stream.cli", "prepare", "--model", "center", *map(str, paths)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("3 of 12: 2.wav is prepared"):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read().splitlines()
        assert process.wait() == 1
    assert " of 12 songs are done; the same command goes on from there" in rest[-2]
    assert rest[-1] == "stopped"
    done = int(rest[-2].split()[0])
    assert 3 <= done < 12
    assert len(list((cache / "tracks" / "stems").glob("*/stems.json"))) in (done, done + 1)
    assert not list(cache.rglob("*.part"))
    states = [one["state"] for one in answer(capsys, *map(str, paths))]
    assert states[:done] == ["already"] * done
    assert set(states[done + 1:]) <= {"prepared"}


def test_time_that_is_left_is_told_by_what_was_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(song(tmp_path / f"{name}.wav", hz)) for name, hz in (("a", 220.0), ("b", 230.0), ("c", 240.0))]
    assert main(["prepare", "--model", "center", *paths]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.endswith("; about 1 min left") for line in lines[-3:]] == [True, True, False]


def test_a_playlist_of_a_library_is_prepared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = song(tmp_path / "a.wav")
    tracks = "".join(f'<TRACK TrackID="{at}" Location="{place.as_uri()}"/>'
                     for at, place in enumerate((path, tmp_path / "gone.wav")))
    lists = ('<NODE Type="0" Name="Clubs"><NODE Type="1" Name="Friday" KeyType="0"><TRACK Key="0"/><TRACK Key="1"/>'
             '</NODE></NODE>')
    library = tmp_path / "library.xml"
    library.write_text(f'<DJ_PLAYLISTS Version="1.0.0"><COLLECTION>{tracks}</COLLECTION><PLAYLISTS><NODE Type="0" '
                       f'Name="ROOT">{lists}</NODE></PLAYLISTS></DJ_PLAYLISTS>')
    for name in ("Friday", "Clubs/Friday"):
        assert [one["song"] for one in answer(capsys, "--library", str(library), "--playlist", name)] == [str(path)]
    assert main(["prepare", "--model", "center", "--library", str(library), "--playlist", "Friday"]) == 0
    assert "gone.wav is in Friday, and is not there; it is left out" in capsys.readouterr().err
    assert main(["prepare", "--library", str(library), "--playlist", "Monday"]) == 2
    assert "there is no playlist Monday; there are: Clubs/Friday" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "code", "says"), [
    (["nosuch.wav"], 1, "nosuch.wav: No such file or directory"),
    ([], 2, "prepare needs a song, a folder or a playlist"),
    (["a.wav", "--cache-gb", "0"], 2, "--cache-gb 0 keeps no stems"), (["--playlist", "x"], 2, "--library says which")])
def test_wrong_use_is_refused(words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", "--model", "center", *words]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert says in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize("rate", ["3", "0", "-44100", "7999", "384001", "44.1k"])
def test_a_rate_that_no_song_is_played_at_is_one_line(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], rate: str) -> None:
    assert main(["prepare", str(song(tmp_path / "a.wav", seconds=1)), "--samplerate", rate]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{rate}" in line
