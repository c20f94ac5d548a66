"""`separate` as a person uses it: many songs, every format, done once, whole or not at all."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles import ffmpeg
from stream.command.main import main
from tests.rig.live import COMMAND, Live, noise
from tests.rig.models import model

RATE = 44_100
STEMS = ["bass", "drums", "other", "vocals"]
GAINS = (0.1, 0.2, 0.3, 0.15)  # of the model's stems in the mix, by either of its branches
EDGE = 4096  # frames: at a window's ends demucs' iSTFT lacks the columns that it drops
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def wav(path: Path, seconds: float = 0.5, samplerate: int = RATE) -> Path:
    """A song of tones: the spectrogram branch has no bin for the highest frequency, which noise would have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    phase = 2 * np.pi * np.arange(int(seconds * samplerate)) / samplerate
    tones = [0.3 * np.sin(440 * phase) + 0.05 * np.sin(1234 * phase), 0.3 * np.sin(660 * phase)]
    sf.write(path, np.stack(tones, axis=1).astype(np.float32), samplerate, "FLOAT", format="WAV")
    return path


def sound(path: str | Path) -> np.ndarray:
    return sf.read(path, dtype="float32", always_2d=True)[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model file that gives every stem a share of the mix."""
    return str(model(tmp_path_factory.mktemp("model") / "shares.onnx", gains=GAINS))


def files(under: Path) -> list[str]:
    return sorted(path.relative_to(under).as_posix() for path in under.rglob("*") if path.is_file())


class Ran:
    """One run of the command here."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: object) -> None:
        capsys.readouterr()
        self.code = main(["separate", *map(str, words)])
        self.out, self.err = capsys.readouterr()
        self.said = self.err.splitlines()

    @property
    def report(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], folder: Path, shares: str) -> Any:
    return lambda *words: Ran(capsys, *words, "--model", shares)


def test_stems_are_written_where_they_always_were(run: Any, folder: Path) -> None:
    wav(folder / "a song.wav", 20)
    report = run("a song.wav", "-o", "out", "--json").report
    assert report["files"] == {stem: f"out/a song/{stem}.wav" for stem in ("drums", "bass", "other", "vocals")}
    assert report["songs"] == {"a song.wav": "written"}
    assert (report["segment_s"], report["audio_s"]) == (7.8, 20.0)
    for stem, gain in zip(("drums", "bass", "other", "vocals"), GAINS, strict=True):
        found, wanted = sound(f"out/a song/{stem}.wav"), 2 * gain * sound("a song.wav")
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found[EDGE:-EDGE], wanted[EDGE:-EDGE], atol=1e-3)


def test_folders_are_mirrored(run: Any, folder: Path) -> None:
    wav(folder / "music" / "A" / "a.wav")
    wav(folder / "music" / "B" / "a.wav")
    report = run("music", "-o", "out", "--json", "--stems", "vocals").report
    assert files(folder / "out") == ["A/a/vocals.wav", "B/a/vocals.wav"]
    assert report["files"] == {"A/a/vocals": "out/A/a/vocals.wav", "B/a/vocals": "out/B/a/vocals.wav"}


def test_two_songs_of_one_name_are_refused_before_anything_is_done(run: Any, folder: Path) -> None:
    wav(folder / "x" / "a.wav")
    wav(folder / "y" / "a.wav")
    done = run("x/a.wav", "y/a.wav", "-o", "out")
    assert (done.code, len(done.said)) == (2, 1)
    assert "x/a.wav and y/a.wav would both be written to out/a/drums.wav" in done.said[0]
    assert not (folder / "out").exists()


def test_a_song_that_fails_leaves_the_others_and_is_named(run: Any, folder: Path) -> None:
    wav(folder / "a.wav")
    (folder / "b.wav").write_text("no sound at all")
    wav(folder / "c.wav")
    done = run("a.wav", "b.wav", "missing.wav", "c.wav", "-o", "out")
    assert done.code == 1
    assert done.said[-1] == "demucs-stream: 2 of 4 songs were not separated: b.wav, missing.wav"
    assert sum("b.wav cannot be read as sound" in line for line in done.said) == 1
    assert sum("no such file: missing.wav" in line for line in done.said) == 1
    assert files(folder / "out") == sorted(f"{song}/{stem}.wav" for song in "ac" for stem in STEMS)
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a", "c"]


def test_a_failed_run_takes_the_folders_it_made_with_it(run: Any, folder: Path,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda _name: None)  # nobody goes on behind the damage
    sf.write(folder / "a.flac", noise(RATE), RATE)
    content = (folder / "a.flac").read_bytes()
    (folder / "a.flac").write_bytes(content[: len(content) // 2])
    (folder / "kept").mkdir()
    assert run("a.flac", "-o", "deep/out").code == 1
    assert run("a.flac", "-o", "kept").code == 1
    assert not (folder / "deep").exists()
    assert list((folder / "kept").iterdir()) == []


def test_what_is_done_is_skipped_until_it_is_forced_or_the_song_changes(run: Any, folder: Path) -> None:
    wav(folder / "a.wav")
    assert run("a.wav", "-o", "out").said == ["wrote out/a: drums, bass, other, vocals"]
    made = {path: path.stat().st_mtime_ns for path in (folder / "out/a").iterdir()}
    again = run("a.wav", "-o", "out", "--json")
    assert again.report["songs"] == {"a.wav": "skipped"}
    assert again.report["files"]["drums"] == "out/a/drums.wav"
    assert "a.wav is separated already (--force separates it again)" in again.said[0]
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert run("a.wav", "-o", "out", "--force", "--json").report["songs"] == {"a.wav": "written"}
    (folder / "out/a/bass.wav").unlink()
    assert run("a.wav", "-o", "out", "--json").report["songs"] == {"a.wav": "written"}
    later = (folder / "out/a/bass.wav").stat().st_mtime + 10
    os.utime(folder / "a.wav", (later, later))
    assert run("a.wav", "-o", "out", "--json").report["songs"] == {"a.wav": "written"}


FORMATS = {
    "float": ([], "wav", "WAV", "FLOAT"), "16 bits": (["--int16"], "wav", "WAV", "PCM_16"),
    "24 bits": (["--int24"], "wav", "WAV", "PCM_24"), "FLAC": (["--flac"], "flac", "FLAC", "PCM_16"),
    "FLAC of 24 bits": (["--flac", "--int24"], "flac", "FLAC", "PCM_24"),
    "MP3": (["--mp3", "--mp3-bitrate", "192"], "mp3", "MP3", "MPEG_LAYER_III"),
}


@pytest.mark.parametrize(("words", "ext", "form", "subtype"), FORMATS.values(), ids=FORMATS.keys())
def test_every_format_is_written(run: Any, folder: Path, words: list[str], ext: str, form: str, subtype: str) -> None:
    wav(folder / "a.wav", 2)
    paths = run("a.wav", "-o", "out", "--json", *words).report["files"]
    assert paths == {stem: f"out/a/{stem}.{ext}" for stem in ("drums", "bass", "other", "vocals")}
    info = sf.info(paths["other"])
    assert (info.format, info.subtype, info.samplerate) == (form, subtype, RATE)
    found, wanted = sound(paths["other"])[: 2 * RATE], 0.6 * sound("a.wav")
    assert np.sqrt(np.mean(found**2)) == pytest.approx(np.sqrt(np.mean(wanted**2)), rel=0.1)


def test_what_is_beyond_full_scale_is_said(run: Any, folder: Path) -> None:
    sf.write(folder / "loud.wav", 40 * noise(RATE), RATE, "FLOAT")
    done = run("loud.wav", "-o", "out", "--int16", "--stems", "other")
    assert [line for line in done.said if "loud.wav: other.wav: it peaks at +" in line and "quieter" in line]
    assert np.abs(sound("out/loud/other.wav")).max() == pytest.approx(1 / 1.01, abs=1e-4)


@needs_ffmpeg
def test_a_stem_file_is_one_file_that_holds_all(run: Any, folder: Path) -> None:
    wav(folder / "a.wav", 2)
    report = run("a.wav", "-o", "out", "--stem-mp4", "--stem-codec", "alac", "--json").report
    assert report["files"] == {"stems": "out/a.stem.mp4"}
    assert files(folder / "out") == ["a.stem.mp4"]
    again = run("a.wav", "-o", "out", "--stem-mp4", "--stem-codec", "alac", "--json")
    assert again.report["songs"] == {"a.wav": "skipped"}


@needs_ffmpeg
def test_a_format_that_takes_ffmpeg_is_separated(run: Any, folder: Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav(folder / "a.wav", 10), "-c:a", "alac", "a.m4a"], check=True)
    report = run("a.m4a", "-o", "out", "--json").report
    assert report["audio_s"] == 10
    np.testing.assert_allclose(sound("out/a/drums.wav")[EDGE:-EDGE], 0.2 * sound("a.wav")[EDGE:-EDGE], atol=1e-3)


@pytest.mark.parametrize(("words", "names", "gain"), [
    ([], ["no_vocals", "vocals"], 1.2), (["--other-method", "minus"], ["minus_vocals", "vocals"], 0.7),
    (["--other-method", "none"], ["vocals"], None)], ids=["add", "minus", "none"])
def test_one_stem_and_the_rest(run: Any, folder: Path, words: list[str], names: list[str], gain: float | None) -> None:
    wav(folder / "a.wav", 1)
    run("a.wav", "-o", "out", "--two-stems", "vocals", *words)
    assert files(folder / "out") == [f"a/{name}.wav" for name in names]
    np.testing.assert_allclose(sound("out/a/vocals.wav"), 0.3 * sound("a.wav"), atol=1e-4)
    if gain is not None:
        np.testing.assert_allclose(sound(f"out/a/{names[0]}.wav"), gain * sound("a.wav"), atol=1e-4)


@pytest.mark.parametrize("name", ["[bold]x[/].wav", "a'b \"c\".wav", "...wav", "%s{0}.wav", "ü🎵.wav", "-o.wav"])
def test_a_song_may_be_called_anything(run: Any, folder: Path, name: str) -> None:
    wav(folder / name)
    report = run(f"./{name}", "-o", "out", "--json", "--stems", "bass").report
    (path,) = report["files"].values()
    assert Path(path).is_file()
    assert Path(path).resolve().is_relative_to((folder / "out").resolve())


def test_songs_side_by_side_are_as_one_after_the_other(run: Any, folder: Path) -> None:
    songs = [wav(folder / f"{name}.wav", 9 + at) for at, name in enumerate("abcde")]
    run(*songs, "-o", "one", "--stems", "other")
    run(*songs, "-o", "two", "--stems", "other", "--jobs", "3")
    for song in songs:
        np.testing.assert_array_equal(sound(f"one/{song.stem}/other.wav"), sound(f"two/{song.stem}/other.wav"))


def test_demucs_own_words_are_understood(folder: Path, shares: str, capsys: pytest.CaptureFixture[str]) -> None:
    wav(folder / "a.wav")
    done = Ran(capsys, "-n", shares, "--two-stems=vocals", "--shifts", "1", "--overlap", "0.1", "-j", "1", "--int24",
               "--clip-mode", "clamp", "--filename", "{track}_{stem}.{ext}", "--out", "out", "a.wav")
    assert done.code == 0, done.err
    assert files(folder / "out") == ["a_no_vocals.wav", "a_vocals.wav"]


def test_a_shorter_segment_is_what_is_used(run: Any, folder: Path) -> None:
    wav(folder / "a.wav", 5)
    report = run("a.wav", "-o", "out", "--json", "--segment", "2", "--shifts", "2").report
    assert (report["segment_s"], report["shifts"]) == (2.0, 2)
    np.testing.assert_allclose(sound("out/a/drums.wav"), 0.2 * sound("a.wav"), atol=1e-4)


WRONG = {
    "segment too long": ("--segment 9", 2, "segment must be at most 7.8 s"),
    "segment too short": ("--segment 0.1", 2, "segment must be 0.37 s or more"),
    "segment nothing": ("--segment nan", 2, "segment must be 0.37 s or more"),
    "segment endless": ("--segment inf", 2, "segment must be 0.37 s or more"),
    "overlap too much": ("--overlap 0.999", 2, "overlap must be 0 to 0.99"),
    "shifts negative": ("--shifts -1", 2, "--shifts"),
    "unknown stem": ("--two-stems drum", 2, "no stem drum; this model has drums, bass, other, vocals"),
    "unknown stem, alone": ("--two-stems drum --other-method none", 2, "no stem drum"),
    "unknown stem, some": ("--stems bass,drum", 2, "no stem drum"),
    "two choices of stems": ("--stems bass --two-stems bass", 2, "cannot be used together"),
    "two choices of format": ("--flac --mp3", 2, "not allowed with"),
    "bitrate": ("--mp3 --mp3-bitrate 500", 2, "32 to 320 kbit/s"),
    "template without stem": ("--filename {track}.{ext}", 2, "--filename must contain {stem}"),
    "template elsewhere": ("--filename ../{stem}.wav", 2, "below the output folder"),
    "template over the song": ("--filename a.wav --stems bass -o .", 2, "itself a song to separate"),
    "part of a stem file": ("--stem-mp4 --stems bass", 2, "writes the mix and all four stems"),
    "jobs": ("--jobs 0", 2, "--jobs"),
}


@pytest.mark.parametrize(("words", "code", "says"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_one_line_and_leaves_nothing(
        folder: Path, shares: str, capsys: pytest.CaptureFixture[str], words: str, code: int, says: str) -> None:
    wav(folder / "a.wav")
    try:
        ended = main(["separate", "a.wav", "-o", "out", "--model", shares, *words.split()])
    except SystemExit as left:  # argparse
        ended = left.code if isinstance(left.code, int) else -1
    out, err = capsys.readouterr()
    assert (ended, len(err.splitlines()), out) == (code, 1, ""), err
    assert says in err
    assert files(folder) == ["a.wav"]
    assert not (folder / "out").exists()


def test_a_plugin_takes_no_segments(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wav(folder / "a.wav")
    done = Ran(capsys, "a.wav", "--model", "center", "--shifts", "1")
    assert (done.code, len(done.said)) == (2, 1)
    assert "center does not work in segments" in done.said[0]


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGINT, 2), (signal.SIGTERM, 1)], ids=["Ctrl-C", "a polite kill"])
def test_whoever_ends_it_finds_no_half_file(folder: Path, shares: str, jobs: int, number: signal.Signals) -> None:
    songs = [wav(folder / f"{name}.wav", 600, 8000) for name in "ab"]
    words = ["separate", *songs, "-o", "out", "--model", shares, "--jobs", jobs, "--flac"]
    with Live(*words) as live:
        live.until(lambda: any(name.endswith(".part") for name in files(folder / "out")))
        live.process.send_signal(number)
        done = live.end()
    assert (done.code, done.said) == (1, ["stopped"])
    assert not (folder / "out").exists()


def most_memory(*words: object) -> int:
    """The most that a command had resident, in bytes."""
    with subprocess.Popen([COMMAND, *map(str, words)], stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs wait4")
@pytest.mark.parametrize("words", [[], ["--shifts", "2", "--int16"]], ids=["as it is", "shifts, and a peak waited for"])
def test_memory_is_bounded_by_the_segment_not_by_the_song(folder: Path, shares: str, words: list[str]) -> None:
    most = []
    for minutes in (0.1, 1, 5):  # the first may compile, which takes 150 MB
        song = wav(folder / f"{minutes}.wav", 60 * minutes, 8000)
        most.append(most_memory("separate", song, "-o", "out", "--model", shares, "--stems", "vocals", *words))
    more = 4 * 60 * RATE * 2 * 4  # bytes of one stem
    assert most[2] - most[1] < more / 4
