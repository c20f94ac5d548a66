"""What made a file is kept in it, and decides whether a song is done."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command.main import main
from stream.offline.made import Provenance, of_song, quick, read_provenance, same_song
from tests.rig.live import noise
from tests.rig.models import model

RATE = 44_100
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
FORMATS = {"float": [], "16 bits": ["--int16"], "FLAC": ["--flac"], "FLAC, 24 bits": ["--flac", "--int24"],
           "MP3": ["--mp3"]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sf.write("a.wav", 0.3 * noise(RATE // 2), RATE, "FLOAT")
    return tmp_path


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    made = tmp_path_factory.mktemp("models")
    for name in ("one", "other"):
        (made / name).mkdir()
    return str(model(made / "one/m.onnx", gains=(0.1, 0.2, 0.3, 0.15))), str(
        model(made / "other/m.onnx", gains=(0.15, 0.2, 0.3, 0.1)))


def state(capsys: pytest.CaptureFixture[str], *words: str, song: str = "a.wav") -> str:
    capsys.readouterr()
    assert main(["separate", song, "-o", "out", "--json", *words]) == 0
    found: dict[str, str] = json.loads(capsys.readouterr().out)["songs"]
    return found[song]


def samples(data: bytes) -> bytes:
    """The chunk `data` of a WAV."""
    at = data.index(b"data", 12)
    return data[at:]


@pytest.mark.parametrize(("first", "second"), [
    ([], ["--shifts", "1"]), ([], ["--overlap", "0.1"]), ([], ["--segment", "2"]), ([], ["--int24"]),
    (["--int16"], ["--int16", "--clip-mode", "clamp"]), (["--mp3"], ["--mp3", "--mp3-bitrate", "128"]),
    (["--flac"], ["--flac", "--int24"]), (["--filename", "{track}.{ext}", "--stems", "bass"],
                                          ["--filename", "{track}.{ext}", "--stems", "drums"])],
    ids=["shifts", "overlap", "segment", "bits", "clip mode", "bitrate", "FLAC's bits", "stem"])
def test_what_was_made_otherwise_is_not_done(
        folder: Path, models: tuple[str, str], capsys: pytest.CaptureFixture[str],
        first: list[str], second: list[str]) -> None:
    (folder / "out").mkdir()
    one = ["--model", models[0]]
    wanted = ["written", "skipped", "written", "skipped", "written"]
    if "--filename" in first:  # NB: one file for several stems is refused unless only one is wanted
        first, second = ["--two-stems", "bass", "--other-method", "none", *first[:2]], [
            "--two-stems", "drums", "--other-method", "none", *second[:2]]
    assert [state(capsys, *one, *words) for words in (first, first, second, second, first)] == wanted


def test_nor_what_another_model_made_be_it_of_the_same_name(
        folder: Path, models: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    found = [state(capsys, "--model", name, "--stems", "vocals")
             for name in (models[0], models[1], models[1], "center", "center", models[0])]
    assert found == ["written", "written", "skipped", "written", "skipped", "written"]


def test_the_same_model_elsewhere_and_another_selection_of_stems_are_the_same(
        folder: Path, models: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(models[0], "m.onnx")
    assert state(capsys, "--model", models[0]) == "written"
    assert state(capsys, "--model", "m.onnx", "--stems", "vocals") == "skipped"


def test_nor_stems_of_another_version_of_the_song_though_it_looks_older(
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    song = Path("a.wav")
    assert state(capsys, "--model", "center") == "written"
    assert state(capsys, "--model", "center") == "skipped"
    stat, data = song.stat(), bytearray(song.read_bytes())
    data[len(data) // 2 + 77] ^= 1
    song.write_bytes(data)
    os.utime(song, (stat.st_atime - 1000, stat.st_mtime - 1000))  # as a copy that keeps times
    assert state(capsys, "--model", "center") == "written"
    os.utime(song, (stat.st_atime - 5000, stat.st_mtime - 5000))  # only its time is another
    assert state(capsys, "--model", "center") == "skipped"


def test_stems_that_say_nothing_are_left_alone_while_they_are_newer_and_that_is_said(
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert state(capsys, "--model", "center") == "written"
    for stem in ("other", "vocals"):
        sound, rate = sf.read(f"out/a/{stem}.wav", dtype="float32")
        sf.write(f"out/a/{stem}.wav", sound, rate, "FLOAT")
    assert main(["separate", "a.wav", "-o", "out", "--model", "center"]) == 0
    assert "taken as separated: not every stem file says how it was made" in capsys.readouterr().err
    later = time.time() + 10
    os.utime("a.wav", (later, later))
    assert state(capsys, "--model", "center") == "written"


@pytest.mark.parametrize("words", FORMATS.values(), ids=FORMATS.keys())
def test_what_it_says_changes_no_sample_and_every_program_reads_it(
        folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert state(capsys, "--model", "center", *words) == "written"
    with_it = {file.name: (file, file.read_bytes()) for file in Path("out/a").iterdir()}
    assert len(with_it) == 2
    monkeypatch.setattr("stream.audiofiles.audiofile.AudioWriter.mark", lambda _self, _made: None)
    assert state(capsys, "--model", "center", "--force", *words) == "written"
    for file, before in with_it.values():
        Path("with" + file.suffix).write_bytes(before)
        assert read_provenance(file) is None
        made = read_provenance(Path("with" + file.suffix))
        assert made is not None
        assert made.how.startswith("model=center as=")
        one, other = (sf.read(path, dtype="float32")[0] for path in (file, "with" + file.suffix))
        np.testing.assert_array_equal(one, other)
        if file.suffix == ".wav":
            assert samples(before) == samples(file.read_bytes())
        if shutil.which("ffmpeg"):
            decode = ["ffmpeg", "-v", "error", "-i", "with" + file.suffix, "-f", "f32le", "-"]
            done = subprocess.run(decode, capture_output=True, check=True)
            assert not done.stderr
            there = np.frombuffer(done.stdout, np.float32).reshape(-1, 2)
            if file.suffix != ".mp3":  # another decoder rounds otherwise
                np.testing.assert_array_equal(there[: len(one)], one)


@needs_ffmpeg
def test_a_stem_file_says_it_too_and_keeps_the_songs_own_comment(
        folder: Path, models: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    old = str(Provenance("model=old as=wav32 stem=x", "0" * 16, "0" * 8))  # a song that is itself a stem
    subprocess.run(["ffmpeg", "-v", "error", "-i", "a.wav", "-metadata", f"comment={old}", "b.flac"], check=True)
    words = ["--model", models[0], "--stem-mp4"]
    assert state(capsys, *words, song="b.flac") == "written"
    assert state(capsys, *words, song="b.flac") == "skipped"
    made = read_provenance(Path("out/b.stem.mp4"))
    assert made is not None
    assert made.how.endswith("as=aac clip=rescale stem=mix+drums+bass+other+vocals")
    shown = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "format_tags=comment", "-of", "csv=p=0",
                            "out/b.stem.mp4"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == old


@pytest.mark.parametrize("change", [0, 5000, 1_000_000, -1], ids=["first byte", "somewhere", "the middle", "the end"])
def test_the_sums_of_a_song_are_of_its_bytes(tmp_path: Path, change: int) -> None:
    song = tmp_path / "a"
    data = bytearray(np.random.default_rng(1).bytes(2_000_000))
    song.write_bytes(data)
    made = Provenance("", *of_song(song))
    assert same_song(made, song)
    os.utime(song, (1, 1))
    assert quick(song) != made.quick
    assert same_song(made, song)
    data[change] ^= 1
    song.write_bytes(data)
    os.utime(song, (1, 1))
    assert not same_song(made, song)


def test_a_look_at_a_song_does_not_read_it_all(tmp_path: Path) -> None:
    song = tmp_path / "a"
    with song.open("wb") as file:
        file.truncate(1 << 40)  # a terabyte of nothing
    try:
        quick(song)
    finally:
        song.unlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_song_that_can_be_read_only_once_is_not_read_for_its_sum(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert of_song(tmp_path / "pipe") == ("-", "-")
    assert not same_song(Provenance("", "-", "-"), tmp_path / "pipe")


def test_what_is_no_sound_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert read_provenance(tmp_path / "a") is None
    assert read_provenance(tmp_path / "missing") is None
    assert read_provenance(tmp_path) is None


def test_what_it_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert state(capsys, "--model", "center") == "written"
    assert read_provenance(Path("out/a/vocals.wav")) == Provenance("model=center as=wav32 stem=vocals",
                                                                   *of_song(Path("a.wav")))


def test_one_file_that_was_made_otherwise_is_enough(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert state(capsys, "--model", "center") == "written"
    other = Path("out/a/other.wav").read_bytes()
    assert state(capsys, "--model", "center", "--int16") == "written"
    Path("out/a/other.wav").write_bytes(other)
    assert state(capsys, "--model", "center", "--int16") == "written"
