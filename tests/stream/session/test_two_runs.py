"""Two processes, one place: one of them is refused with a line, and what is there is one's own."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command.main import main
from tests.rig.live import Live

RATE = 44_100
TAKEN = "it is being written already, by another run or twice by this one"
pytestmark = pytest.mark.realtime

HOLDS = """
import sys
from pathlib import Path
from stream.common.claim import Claim
claims = [Claim(Path(place)) for place in sys.argv[1:]]
print(flush=True)
sys.stdin.read()
for claim in claims:
    claim.drop()
"""
BUSY = ["run", "--model", "center", "--clock", "wall", "--device", "long.wav"]  # it goes on until it is ended


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, seconds in (("long", 600), ("song", 1)):
        sf.write(f"{name}.wav", np.full((8000 * seconds, 2), 0.1, np.float32), 8000, "PCM_16")
    return tmp_path


def hidden(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob(".*") if path.is_file())


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(list(words)) == 1
    said = capsys.readouterr().err.splitlines()
    assert TAKEN in said[-1]
    return said[-1]


PLACES = [["--record", "take"], ["--record", "linked"], ["--record", "take", "--record-format", "flac"],
          ["--output-device", "o.wav"], ["--output-device", "here/o.wav"]]


def test_a_second_run_is_refused_also_by_a_link_and_what_a_killed_one_left_the_next_removes(
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("take").mkdir()
    Path("linked").symlink_to("take")
    Path("here").symlink_to(".")
    parts = ["take/.mix.wav.part", ".o.wav.part"]
    with Live(*BUSY, "--record", "take", "--output-device", "o.wav") as live:
        live.until(lambda: all(Path(part).exists() and Path(part).stat().st_size > 1000 for part in parts))
        for place in PLACES:
            refused(capsys, "run", "--model", "center", "--device", "song.wav", *place)
        live.process.send_signal(signal.SIGKILL)
        live.process.wait()
    halves = {name: (folder / name).read_bytes() for name in hidden(folder)}
    for place in PLACES:
        wanted = {name: data for name, data in halves.items() if name.startswith("take") == (place[0] == "--record")}
        assert wanted, halves.keys()
        for name in hidden(folder):
            (folder / name).unlink()
        for name, data in wanted.items():
            (folder / name).write_bytes(data)
        assert main(["run", "--model", "center", "--device", "song.wav", *place]) == 0
        assert hidden(folder) == []


def test_one_run_does_not_write_one_file_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, "run", "--model", "center", "--device", "song.wav", "--record", "t", "--output-device", "t/mix.wav")
    assert not list(Path("t").rglob("*"))


def test_separate_and_render_are_refused_while_somebody_writes_there(
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--model", "center", "--device", "song.wav", "--record", "take"]) == 0
    places = ["out/song/vocals.wav", "take/mix-again.wav"]
    with subprocess.Popen([sys.executable, "-c", HOLDS, *places], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          cwd=folder, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        refused(capsys, "separate", "--model", "center", "song.wav", "-o", "out")
        refused(capsys, "render", "take")
        shutil.copy("song.wav", "other.wav")
        assert main(["separate", "--model", "center", "song.wav", "other.wav", "-o", "out", "--stems", "vocals"]) == 1
        assert Path("out/other/vocals.wav").exists()  # the others are done
        holder.communicate()
    assert hidden(folder) == []
