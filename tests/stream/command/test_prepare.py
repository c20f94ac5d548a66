"""`demucs-stream prepare`: what is made overnight is there in the evening, and the next night goes on from there."""

import json
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
    assert [(one["state"], one["key"], one["camelot"]) for one in again] == [
        ("already", "A", "11B"), ("already", "C", "8B")]


def test_one_that_fails_keeps_none_of_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    paths = [str(tmp_path / "bad.wav"), str(song(tmp_path / "good.wav"))]
    assert [one["state"] for one in answer(capsys, *paths, code=1)] == ["failed", "prepared"]


def test_what_has_no_room_pushes_nothing_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = song(tmp_path / "a.wav"), song(tmp_path / "b.wav", 300.0)
    room = ["--cache-gb", "0.0065"]
    assert [one["state"] for one in answer(capsys, *room, str(first), str(second), code=1)] == ["prepared", "no room"]
    assert prepared_songs(StemStore()) == {first}


@pytest.mark.parametrize(("words", "code"), [(["nosuch.wav"], 1), (["a.wav", "--cache-gb", "0"], 2)])
def test_wrong_use_is_refused(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:

    assert main(["prepare", "--model", "center", *words]) == code
    assert capsys.readouterr().out == ""
