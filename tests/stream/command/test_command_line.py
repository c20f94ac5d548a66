"""The command line without devices: what is wrong is one line and leaves nothing behind, what is odd works."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile as sf
from onnx import TensorProto, helper

from stream.command.main import main
from stream.separators.center import Center
from stream.separators.protocol import GROUP
from stream.session import negotiate
from tests.rig.live import Live, command, noise
from tests.rig.models import model

RATE = 44_100
REPORTED = {"model", "provider", "samplerate", "separator", "latency_s", "latency_parts_s", "hops", "misses",
            "underruns", "xruns", "hop_time_s", "files"}
PARTS = {"device_in", "resampler", "hop", "lookahead", "crossfade", "budget", "device_out", "drift", "insert",
         "limiter"}


def wav(path: Path, frames: np.ndarray, samplerate: int = RATE) -> Path:
    sf.write(path, frames, samplerate, "FLOAT")
    return path


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a song, and everything that is no song."""
    monkeypatch.chdir(tmp_path)
    song = noise(RATE)
    wav(tmp_path / "song.wav", song)
    wav(tmp_path / "empty.wav", song[:0])
    (tmp_path / "text.wav").write_text("no sound at all")
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "text.onnx").write_text("no model at all")
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 2, 1024)) for name in ("mix", "out")]
    graph = helper.make_graph([helper.make_node("Identity", ["mix"], ["out"])], "other", value[:1], value[1:])
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), tmp_path / "shape.onnx")
    return tmp_path


WRONG = {
    "unknown command": ("frobnicate", 2, "frobnicate"),
    "no such device": ("run --device nosuch --model center", 2, "no input device is called nosuch; here are:"),
    "missing file": ("run --device missing.wav --model center --record out", 1, "no such file: missing.wav"),
    "unreadable file": ("run --device text.wav --model center --record out", 1, "cannot be read as sound"),
    "empty file": ("run --device empty.wav --model center --record out", 1, "empty: it holds no frames"),
    "folder": ("run --device folder.wav --model center --record out", 1, "is a folder, not a sound file"),
    "missing file, separate": ("separate missing.wav --model center -o out", 1, "no such file"),
    "unreadable file, separate": ("separate text.wav --model center -o out", 1, "cannot be read as sound"),
    "empty file, separate": ("separate empty.wav --model center -o out", 1, "empty"),
    "folder, separate": ("separate folder.wav --model center -o out", 1, "is a folder"),
    "no model": ("run --device song.wav --model text.onnx --record out", 2, "is not a model that ONNX Runtime can"),
    "no model, separate": ("separate song.wav --model text.onnx -o out", 2, "is not a model"),
    "model of another shape": ("run --device song.wav --model shape.onnx --record out", 2,
                               "model of another shape: it has mix [1, 2, 1024]"),
    "model of another shape, separate": ("separate song.wav --model shape.onnx -o out", 2, "model of another shape"),
    "unknown model": ("run --device song.wav --model nosuch --record out", 2, "no model is called 'nosuch'"),
    "missing model": ("run --device song.wav --model nosuch.onnx --record out", 2, "no such model file: nosuch.onnx"),
    "unknown stem to mute": ("run --device song.wav --model center --mute drum --record out", 2,
                             "no stem drum; this model has other, vocals"),
    "unknown stem to solo": ("run --device song.wav --model center --solo drum --record out", 2, "no stem drum"),
    "unknown stem to gain": ("run --device song.wav --model center --gain drum=1 --record out", 2, "no stem drum"),
    "gain without dB": ("run --device song.wav --model center --gain vocals --record out", 2, "is not STEM=DB"),
    "gain too high": ("run --device song.wav --model center --gain vocals=99 --record out", 2, "at most 24 dB"),
    "gain no number": ("run --device song.wav --model center --gain vocals=nan --record out", 2, "at most 24 dB"),
    "latency in words": ("run --device song.wav --model center --latency soon --record out", 2, "neither seconds nor"),
    "latency nothing": ("run --device song.wav --model center --latency 0 --record out", 2, "must be 0.13 to 30 s"),
    "latency negative": ("run --device song.wav --model center --latency -1 --record out", 2, "must be 0.13 to 30 s"),
    "latency too long": ("run --device song.wav --model center --latency 1000 --record out", 2, "not 1000"),
    "latency NaN": ("run --device song.wav --model center --latency nan --record out", 2, "must be 0.13 to 30 s"),
    "window too long": ("run --device song.wav --model center --window 60 --record out", 2, "window must be"),
    "block of nothing": ("run --device song.wav --model center --block 0 --record out", 2, "--block"),
    "samplerate in words": ("run --device song.wav --model center --samplerate cd --record out", 2, "--samplerate"),
    "unknown provider": ("run --device song.wav --model center --provider abacus --record out", 2, "abacus"),
    "device's clock without one": ("run --device song.wav --output-device out.wav --clock device --model center", 2,
                                   "--clock device needs a sound device"),
    "input is output": ("run --device song.wav --output-device song.wav --model center", 2, "cannot be the output"),
    "output is no WAV": ("run --device song.wav --output-device song.mp3 --model center", 2, "output file is a .wav"),
    "output folder is a file": ("run --device song.wav --model center --record text.onnx", 1, "cannot be written"),
    "output folder is a file, separate": ("separate song.wav --model center -o text.onnx", 1, "cannot be written"),
    "no such MIDI port": ("run --device song.wav --model center --midi nosuch --record out", 2,
                          "no MIDI port is called nosuch"),
}


@pytest.mark.parametrize(("words", "code", "says"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_one_line_and_leaves_nothing(
        folder: Path, capsys: pytest.CaptureFixture[str], words: str, code: int, says: str) -> None:
    before = left_in(folder)
    try:
        ended = main(words.split())
    except SystemExit as left:  # argparse
        ended = left.code if isinstance(left.code, int) else -1
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if not line.startswith(("latency ", "compiling "))]
    assert (ended, len(lines), out) == (code, 1, ""), err
    assert says in lines[0]
    assert left_in(folder) == before


def test_the_exit_code_reaches_the_shell_without_a_traceback(folder: Path) -> None:
    done = command("run", "--device", "missing.wav", "--model", "center", "--record", "out")
    assert (done.code, done.out, done.err) == (1, "", "demucs-stream: no such file: missing.wav\n")


LATE = """
import time

from stream.separators.center import Center


class Late(Center):
    def process(self, mix, stems):
        time.sleep(3 * self.hop / self.samplerate)
"""


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installed separator that takes three times as long as there is, on any machine."""
    folder = tmp_path / "plugins"
    (folder / "late-1.dist-info").mkdir(parents=True)
    (folder / "late_by_the_test.py").write_text(LATE)
    (folder / "late-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: late\nVersion: 1\n")
    (folder / "late-1.dist-info/entry_points.txt").write_text(f"[{GROUP}]\nlate = late_by_the_test:Late\n")
    monkeypatch.syspath_prepend(folder)
    return "late"


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a run that is refused."""
    assert main(["run", "--device", "song.wav", "--clock", "wall", "--record", "out", *words]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith(("timing ", "compiling "))]
    assert len(lines) == 1, lines
    return lines[0]


def test_a_separator_that_no_latency_helps_is_refused(
        folder: Path, late: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(["--model", late, "--latency", "0.3"], capsys)
    assert "this computer cannot hold" in line
    assert "It can hold no latency now; `demucs-stream doctor` says what would help" in line
    assert not left_in(folder / "out")


def test_a_demo_that_is_too_slow_for_its_own_speed_is_made_without_a_clock(
        folder: Path, late: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "song.wav", "--model", late, "--latency", "0.3", "-o", "out"]) == 0
    said = capsys.readouterr().err
    assert said.index("this computer cannot hold") < said.index("made as fast as this computer can")
    assert sf.info(folder / "out" / "mix.wav").frames == RATE


def test_a_separator_that_lacks_something_is_told_what(
        folder: Path, late: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delattr(Center, "reset")
    assert main(["separate", "song.wav", "--model", late, "-o", "out"]) == 2
    assert "separator late is incomplete: it has no reset" in capsys.readouterr().err


def test_a_latency_that_the_machine_cannot_hold_is_refused_with_advice(
        folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A hop takes so long on any machine: more than a latency of 0.3 s leaves for it, less than a longer one does."""
    monkeypatch.setattr(negotiate, "time_hop", lambda _separator: 0.1)
    line = refused(["--model", str(model(folder / "shares.onnx")), "--provider", "cpu", "--latency", "0.3"], capsys)
    assert "this computer cannot hold" in line
    assert "try --latency" in line
    assert not left_in(folder / "out")


def test_a_full_disk_is_one_line_and_leaves_no_half_of_a_song(
        folder: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wav(folder / "long.wav", noise(10 * RATE))
    assert main(["separate", "long.wav", "-o", str(small_disk / "out"), "--model", "center"]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("compiling ")]
    assert len(lines) == 1, lines
    assert "no space left" in lines[0].lower()
    assert not left_in(small_disk)


def test_a_full_disk_ends_a_run_and_what_was_heard_until_then_can_be_made_again(
        folder: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wav(folder / "long.wav", noise(10 * RATE))
    assert main(["run", "--device", "long.wav", "--record", str(small_disk / "out"), "--model", "center"]) == 1
    assert "no space left" in capsys.readouterr().err.splitlines()[-1].lower()
    assert left_in(small_disk) == ["gestures.jsonl", "input.wav", "mix.wav", "other.wav", "vocals.wav"]
    assert len({sf.info(path).frames for path in small_disk.rglob("*.wav")}) == 1
    assert main(["render", str(small_disk / "out"), "-o", str(folder / "again.wav")]) == 0


@pytest.mark.weights
def test_a_full_disk_ends_a_separation_by_the_network_too(
        folder: Path, small_disk: Path, model_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wav(folder / "long.wav", noise(8 * RATE))
    assert main(["separate", "long.wav", "-o", str(small_disk / "out"), "--model", str(model_path)]) == 1
    assert "no space left" in capsys.readouterr().err.lower()
    assert not left_in(small_disk)


@pytest.mark.weights
def test_ctrl_c_ends_a_separation_and_leaves_nothing(folder: Path, model_path: Path) -> None:
    wav(folder / "long.wav", noise(60 * RATE))
    with Live("separate", "long.wav", "-o", "out", "--model", model_path) as live:
        live.until(lambda: any(name.endswith(".part") for name in left_in(folder / "out")))
        done = live.interrupt()
    assert done.code != 0
    assert done.said == ["stopped"]
    assert not left_in(folder / "out")


def test_ctrl_c_ends_a_virtual_run_with_files_that_are_whole(folder: Path) -> None:
    wav(folder / "long.wav", noise(300 * RATE))
    with Live("run", "--device", "long.wav", "--model", "center", "--record", "out", "--json") as live:
        live.until(lambda: any(path.stat().st_size > 1_000_000 for path in (folder / "out").glob(".*.part")))
        done = live.interrupt()
    assert done.code == 0, done.err
    assert left_in(folder / "out") == ["gestures.jsonl", "input.wav", "mix.wav", "other.wav", "vocals.wav"]
    assert {sf.info(path).frames for path in done.report["files"].values()} == {round(done.report["heard_s"] * RATE)}


ODD = {
    "mono": (RATE, 1, 9000), "5.1 surround": (RATE, 6, 9000), "8 kHz": (8000, 2, 4000),
    "192 kHz": (192_000, 2, 40_000), "one frame": (RATE, 2, 1),
}


def odd(path: Path, name: str) -> Path:
    samplerate, channels, frames = ODD[name]
    values = np.random.default_rng(5).standard_normal((frames, channels), np.float32) / 8
    return wav(path / f"{name.replace(' ', '-')}.wav", values, samplerate)


@pytest.mark.parametrize("name", ODD)
def test_odd_files_run_and_stems_sum_to_the_mix(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    song = odd(folder, name)
    assert main(["run", "--device", str(song), "--model", "center", "--record", "out", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    written = {key: sf.read(path, dtype="float32", always_2d=True) for key, path in report["files"].items()}
    values, samplerate = sf.read(song, dtype="float32", always_2d=True)
    assert {rate for _, rate in written.values()} == {samplerate}
    mix = written.pop("mix")[0]
    assert np.array_equal(written.pop("input")[0], mix)
    assert mix.shape == (len(values), 2)
    if values.shape[1] <= 2:
        assert np.array_equal(mix, np.broadcast_to(values, mix.shape))
    assert np.abs(sum(stem for stem, _ in written.values()) - mix).max() < 1e-6


def separated_whole(model_file: Path, songs: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> bool:
    """Whether every stem of every song is as long as the song, at the model's rate, in stereo."""
    assert main(["separate", *map(str, songs.values()), "-o", "out", "--model", str(model_file), "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert len(files) == 4 * len(songs)
    for name, song in songs.items():
        samplerate, _, frames = ODD[name]
        for stem in ("drums", "bass", "other", "vocals"):
            info = sf.info(files[f"{song.stem}/{stem}"])
            assert (info.samplerate, info.channels) == (RATE, 2)
            assert info.frames == pytest.approx(frames * RATE / samplerate, abs=1)
    return True


def test_odd_files_are_separated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert separated_whole(model(folder / "shares.onnx"), {name: odd(folder, name) for name in ODD}, capsys)


@pytest.mark.weights
def test_odd_files_are_separated_by_the_network(
        folder: Path, model_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which knows nothing of files: the one of most channels at its own rate, and one that is shorter than a window."""
    assert separated_whole(model_path, {name: odd(folder, name) for name in ("5.1 surround", "one frame")}, capsys)


def test_what_is_recorded_starts_at_the_first_frame_and_an_output_file_is_late_by_the_latency(
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "run --device song.wav --output-device heard.wav --model center --clock virtual --record out --json"
    assert main(words.split()) == 0
    report, song = json.loads(capsys.readouterr().out), sf.read("song.wav", dtype="float32")[0]
    assert np.array_equal(sf.read("out/mix.wav", dtype="float32")[0], song)
    heard = sf.read("heard.wav", dtype="float32")[0]
    assert not heard[: report["latency_frames"]].any()
    assert np.array_equal(heard[report["latency_frames"] :], song)


def most_memory(*words: object) -> int:
    """The most that a command had resident, in bytes."""
    most = 0
    with Live(*words) as live:
        status = Path(f"/proc/{live.process.pid}/status")
        while live.process.poll() is None:
            lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
            most = max([most, *(int(line.split()[1]) * 1024 for line in lines)])
            time.sleep(0.02)
        assert live.end().code == 0
    return most


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_memory_is_bounded_whatever_the_song_is_long(folder: Path) -> None:
    most = []
    for minutes in (0.1, 0.2, 10):  # the first may compile, which takes 150 MB
        wav(folder / "long.wav", noise(int(minutes * 60) * 8000), 8000)
        most.append(most_memory("run", "--device", "long.wav", "--model", "center", "--record", "out"))
    one_track = 10 * 60 * 8000 * 2 * 4
    assert most[2] - most[1] < one_track / 2


@pytest.mark.parametrize("words", ["run", ""], ids=["with the word run", "without it"])
def test_json_is_one_object_with_what_was_done(
        folder: Path, capsys: pytest.CaptureFixture[str], words: str) -> None:
    assert main([*words.split(), "--device", "song.wav", "--model", "center", "--record", "out", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report.keys() >= REPORTED
    assert report["latency_parts_s"].keys() == PARTS
    assert report["hop_time_s"].keys() == {"median", "p99", "max"}
    assert report["files"].keys() == {"input", "mix", "other", "vocals"}
    assert report["separator"] == report["model"] == "center"


def test_json_of_a_separation_has_the_same_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["separate", "song.wav", "--model", "center", "-o", "out", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report.keys() >= REPORTED
    assert report["latency_parts_s"].keys() == PARTS
    assert report["files"] == {stem: f"out/song/{stem}.wav" for stem in ("other", "vocals")}


@pytest.mark.parametrize("listing", ["devices", "ports"])
def test_listings_are_json_too(capsys: pytest.CaptureFixture[str], listing: str) -> None:
    assert main([listing, "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out)[listing], list)


@pytest.mark.parametrize("words", ["--help", "run --help", "separate --help", "demo --help", "--version"])
def test_help_is_on_stdout(capsys: pytest.CaptureFixture[str], words: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(words.split())
    out, err = capsys.readouterr()
    assert (left.value.code, err) == (0, "")
    assert "demucs-stream" in out


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("key", "heard"), [(b"v", "other"), (b"V", "vocals"), (b"o", "vocals")],
                         ids=["v mutes vocals", "V soloes vocals", "o mutes other"])
def test_a_key_changes_what_is_heard_and_q_quits(folder: Path, key: bytes, heard: str) -> None:
    import pty
    import termios

    wav(folder / "long.wav", noise(60 * RATE))
    person, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    words = ["run", "--device", "long.wav", "--clock", "wall", "--model", "center", "--record", "out", "--json",
             "--latency", "2.0"]  # a slow machine's too

    def grown(frames: int) -> Callable[[], bool]:
        part = folder / "out" / ".mix.wav.part"
        return lambda: part.exists() and part.stat().st_size > frames * 8

    with Live(*words, stdin=terminal) as live:
        live.until(grown(RATE // 2))
        os.write(person, key)
        live.until(grown(3 * RATE))
        os.write(person, b"q")
        done = live.end()
    assert done.code == 0, done.err
    assert termios.tcgetattr(terminal) == before
    os.close(person)
    os.close(terminal)
    song, mix, stem = (sf.read(path, dtype="float32")[0]
                       for path in ("long.wav", "out/mix.wav", f"out/{heard}.wav"))
    assert len(mix) < len(song)
    assert np.array_equal(mix[:4096], song[:4096])
    same = (mix[-RATE:] == stem[-RATE:]).all(axis=1)  # but where a hop came too late, on a machine that is slower still
    assert same.mean() > 0.5


def test_a_polite_kill_ends_it_as_ctrl_c_does(folder: Path) -> None:
    wav(folder / "long.wav", noise(60 * RATE))
    with Live("run", "--device", "long.wav", "--clock", "wall", "--model", "center", "--record", "out") as live:
        live.until(lambda: (folder / "out" / ".mix.wav.part").exists())
        live.until(lambda: (folder / "out" / ".mix.wav.part").stat().st_size > RATE)
        live.process.send_signal(signal.SIGTERM)
        assert live.end().code == 0
    assert left_in(folder / "out") == ["gestures.jsonl", "input.wav", "mix.wav", "other.wav", "vocals.wav"]
