"""Answers are printed whatever is in names, whatever stdout is, and wherever it goes."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from rich.console import Console

from stream.command.main import main
from stream.terminal.answers import safe, say, shown, tell_json
from stream.terminal.progress import Bars
from tests.rig.live import COMMAND

LATIN = os.fsdecode(b"caf\xe9.wav")
ODD = ["a[bold]b[].wav", ":cd: x.wav", "a\nb.wav", "-o.wav", "\x1b]0;mine\x07\x1b[31mred.wav", "a\rb.wav",
       "'\"\\.wav", "\u202egnp.wav", "a\tb.wav", "\x9b31mred.wav", LATIN, "ü🎵.wav"]
WORDS = {
    "models": ["models"], "devices": ["devices"], "ports": ["ports"], "maps": ["midi", "maps"], "help": ["--help"],
    "a command's help": ["separate", "--help"], "run's": ["run", "--help"], "version": ["--version"],
    "JSON": ["models", "--json"]}
FULL = "demucs-stream: stdout cannot be written: No space left on device\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def song(name: str) -> Path:
    sf.write(os.fsencode(path := Path(name)), np.full((4410, 2), 0.1, np.float32), 44_100, "FLOAT", format="WAV")
    return path


def ran(words: list[str], **how: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([COMMAND, *words], stderr=subprocess.PIPE, check=False, **how)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
def test_a_full_disk_is_one_line_and_exit_1(
        capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        code = main(words)
    assert (code, capsys.readouterr().err) == (1, FULL)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("words", [WORDS["version"], WORDS["JSON"]], ids=["version", "JSON"])
def test_the_interpreter_adds_nothing_to_it_at_its_end(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = ran(words, stdout=full)
    assert (done.returncode, done.stderr.decode()) == (1, FULL)


@pytest.mark.skipif(os.name != "posix", reason="pipes and descriptors as POSIX has them")
@pytest.mark.parametrize("words", [["models"], ["--help"], ["separate", "--model", "center", "a.wav", "--json"]],
                         ids=["models", "help", "separate"])
def test_a_pipe_that_nobody_reads_ends_it_silently_a_closed_stdout_by_a_line(folder: Path, words: list[str]) -> None:
    song("a.wav")
    read, write = os.pipe()
    os.close(read)
    done = ran(words, stdout=write)
    os.close(write)
    assert (done.returncode, [line for line in done.stderr.splitlines() if not line.startswith(b"wrote ")]) == (1, [])
    closed = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", COMMAND, *words, *["--force"] * ("a.wav" in words)],
                            stderr=subprocess.PIPE, check=False)
    assert (closed.returncode, closed.stderr.splitlines()[-1]) == (
        1, b"demucs-stream: stdout cannot be written: it is closed")
    if "a.wav" in words:  # what was done stays
        assert len(list((folder / "separated" / "a").iterdir())) == 2


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
def test_what_is_lacking_is_said_also_where_nobody_reads_the_report(
        folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    song("a.wav")
    Path("b.wav").write_text("no sound")
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        code = main(["separate", "--model", "center", "a.wav", "b.wav", "--json"])
    err = capsys.readouterr().err
    assert code == 1
    assert "b.wav cannot be read as sound" in err
    assert "stdout" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_under_stderr_ends_nothing(folder: Path) -> None:
    song("a.wav")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([COMMAND, "separate", "--model", "center", "a.wav", "--json"], stdout=subprocess.PIPE,
                              stderr=full, check=False)
    assert json.loads(done.stdout)["songs"] == {"a.wav": "written"}


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_a_song_of_any_name_is_separated_and_told_of(
        folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    song(name)
    assert main(["separate", "--model", "center", f"./{name}", "-o", "out", "--json"]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert out.isascii()
    assert all(os.path.exists(os.fsencode(path)) for path in report["files"].values())  # noqa: PTH110
    assert report["songs"] == {name: "written"}
    assert len(err.splitlines()) == 1
    assert not any(character in err for character in "\x1b\x07\r\x9b\u202e")
    said = {"a\nb.wav": "out/a\\nb", "\u202egnp.wav": "out/\\u202egnp", LATIN: "out/caf\\udce9"}
    assert err.startswith("wrote " + said.get(name, f"out/{shown(name.removesuffix('.wav'))}"))


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_a_song_that_fails_is_one_line_whatever_its_name(
        folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    Path(name).write_text("no sound")
    assert main(["separate", "--model", "center", f"./{name}", "-o", "out"]) == 1
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert err.startswith("demucs-stream: ")
    assert not any(character in err for character in "\x1b\x07\r\x9b\u202e")


FOREIGN = ["ü🎵.wav", LATIN, "жук.wav"]


def test_a_name_that_a_locale_lacks_ends_nothing(folder: Path) -> None:
    for name in FOREIGN:
        song(name)
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    words = ["separate", "--model", "center", *FOREIGN, "-o", "out", "--json"]
    done = subprocess.run([COMMAND, *words], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 3
    assert set(json.loads(done.stdout)["songs"]) == set(FOREIGN)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
def test_a_name_that_an_encoding_lacks_ends_nothing(
        folder: Path, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    for name in FOREIGN:
        song(name)
    out, err = io.BytesIO(), io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding, write_through=True))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding, "backslashreplace", write_through=True))
    assert main(["separate", "--model", "center", *FOREIGN, "-o", "out", "--json"]) == 0
    assert len(err.getvalue().splitlines()) == 3
    assert set(json.loads(out.getvalue())["songs"]) == set(FOREIGN)


def test_json_has_null_for_what_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    tell_json({"a": float("nan"), "b": [float("-inf"), {"c": (1.5, "\udce9")}]})
    out = capsys.readouterr().out
    assert json.loads(out) == {"a": None, "b": [None, {"c": [1.5, "\udce9"]}]}
    assert "NaN" not in out


def test_what_a_terminal_would_obey_is_seen_instead() -> None:
    assert safe("a\x1b[2Jb\nc\td\x85") == "a\\x1b[2Jb\nc\td\\x85"
    assert shown("a\nb") == "a\\nb"


class Screen:
    """A terminal that keeps what is written."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


def test_neither_a_line_nor_a_bar_reads_markup_emoji_or_escapes_in_a_name() -> None:
    screen = Screen()
    console = Console(file=screen, force_terminal=True, width=200, color_system=None)  # type: ignore[arg-type]
    say(console, ":cd: [bold]x[/] \x1b[31m")
    with Bars(console, print) as bars, bars.bar(":smile: [red]y\x1b[31m\nz", 10) as move:
        move(5)
    assert ":cd: [bold]x[/] \\x1b[31m" in screen.text
    assert ":smile: [red]y\\x1b[31m\\nz" in screen.text
    assert "\x1b[31m" not in screen.text


def test_a_console_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    file = (tmp_path / "gone").open("w")
    console = Console(file=file)
    file.close()
    say(console, "nobody hears it")


@pytest.mark.skipif(sys.platform != "linux", reason="wants /proc")
def test_no_file_becomes_somebodys_stdout() -> None:
    code = ("import sys; from stream.terminal.answers import all_open; all_open();"
            "import tempfile; sys.exit(tempfile.TemporaryFile().fileno() < 3)")
    done = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", code], check=False,
                          cwd=Path(__file__).parents[3])
    assert done.returncode == 0
