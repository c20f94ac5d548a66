"""What the end of the program does to threads that still work: nothing is said of it, and nothing waits for them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

COMMANDS = {
    "a song that is being decoded": """
from stream.tracks.decoding import open_track
def command():
    open_track(Path(sys.argv[1]), 44_100).opened.wait()
""", "beats that are being looked for": """
from stream.tracks.beatfinder import BeatFinder
from stream.tracks.decoding import open_track
def command():
    track = open_track(Path(sys.argv[1]), 44_100)
    beats = BeatFinder(track)
    while beats.grid is None:
        time.sleep(0.01)
""", "a pipe that never ends": """
from stream.tracks.decoding import open_track
def command():
    os.mkfifo("pipe")
    end = os.open("pipe", os.O_RDWR)
    open_track(Path("pipe"), 44_100)
    time.sleep(0.5)
""", "somebody who types": """
import threading
def command():
    threading.Thread(target=sys.stdin.read, daemon=True).start()
    time.sleep(0.2)
"""}
PROGRAM = """
import os, sys, time
from pathlib import Path
import stream.cli
import stream.command.main
{command}
def main():
    command()
    print("done")
    return 3
stream.command.main.main = main
sys.exit(stream.cli.main())
"""


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes with a beat, at a rate that is not the device's."""
    path, rate = tmp_path_factory.mktemp("long") / "song.wav", 48_000
    second = np.zeros((rate, 2), np.float32)
    second[:: rate // 2] = 0.8
    second += np.random.default_rng(1).normal(0, 0.02, second.shape).astype(np.float32)
    soundfile.write(path, np.tile(second, (600, 1)), rate)
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_it_ends_with_its_code_and_nothing_else_is_said(long: Path, tmp_path: Path, name: str) -> None:
    program = PROGRAM.format(command=COMMANDS[name])
    with subprocess.Popen([sys.executable, "-c", program, str(long)], cwd=tmp_path, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.wait(120) == 3
        assert process.stdout is not None
        assert process.stderr is not None
        assert (process.stdout.read(), process.stderr.read()) == ("done\n", "")
