"""A hand's thread that fails is one line for the user, and audio goes on to its last frame."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from pythonosc.osc_message_builder import build_msg

from stream.common.errors import Failure
from stream.control.osc import Osc, OscAddresses
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer
from stream.terminal.controllerthread import controller_thread
from tests.rig.attached import until
from tests.rig.live import Live, noise

pty = pytest.importorskip("pty", reason="terminals of POSIX")

RATE, LONG_S = 44_100, 8
pytestmark = pytest.mark.realtime
BUG = """
import sys
from stream.command import main
from stream.mixer.desk import Desk

def recall(self, name):
    raise ZeroDivisionError("a bug\\nof two lines")

Desk.recall = recall
sys.exit(main.main(sys.argv[1:]))
"""


def words(folder: Path) -> list[str]:
    """A run over a song at its own speed."""
    sf.write(folder / "song.wav", noise(LONG_S * RATE), RATE, "FLOAT")
    return ["run", "--device", str(folder / "song.wav"), "--output-device", str(folder / "out.wav"), "--ui", "plain",
            "--model", "center", "--clock", "wall"]


def whole(folder: Path) -> bool:
    """Whether all of the song was heard as it is, which no stem's being late changes."""
    song, heard = (sf.read(folder / f"{name}.wav", dtype="float32")[0] for name in ("song", "out"))
    return np.array_equal(heard[len(heard) - len(song) :], song)


def test_a_message_that_a_bug_fails_at_is_one_line_and_the_music_plays_to_its_end(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", BUG, *words(tmp_path), "--osc", "0"], stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stderr or ()))
    reader.start()
    until(lambda: any("budget" in line for line in said))
    port = int(next(line for line in said if "listening to OSC" in line).rpartition(":")[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(3):
            sender.sendto(build_msg("/scene", ["verse"]).dgram, ("127.0.0.1", port))
    assert process.wait(60) == 0
    reader.join()
    found = [line for line in said if "failed" in line]
    assert found == ["OSC has failed: ZeroDivisionError: a bug of two lines; audio goes on\n"]
    assert not any("Traceback" in line for line in said)
    assert whole(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="keys are read on POSIX only")
def test_a_terminal_that_goes_away_takes_the_keys_with_it_and_nothing_else(tmp_path: Path) -> None:
    typist, terminal = pty.openpty()
    with Live(*words(tmp_path), stdin=terminal) as live:
        os.close(terminal)
        live.until(lambda: "latency" in live.err)
        os.close(typist)
        live.until(lambda: "failed" in live.err)
        done = live.end()
    assert done.code == 0
    assert done.err.count("the keyboard has failed: its terminal is gone; audio goes on") == 1
    assert whole(tmp_path)


@pytest.mark.parametrize(("error", "says"), [
    (KeyError("loud"), "OSC has failed: KeyError: 'loud'; audio goes on"),
    (Failure("its cable is gone"), "OSC has failed: its cable is gone; audio goes on"),
    (SystemExit(3), "OSC has failed: SystemExit: 3; audio goes on")], ids=["bug", "failure", "exit"])
def test_whatever_a_handler_raises_is_said_and_kept(error: BaseException, says: str) -> None:
    def fail() -> None:
        raise error

    said: list[str] = []
    desk = Desk(Mixer(("drums", "bass")))
    desk.offer("record", fail)
    with Osc(OscAddresses(("127.0.0.1", 0)), desk, dict, said.append) as osc:
        made = controller_thread("OSC", osc.step, said.append)
        made.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(build_msg("/record", [1]).dgram, ("127.0.0.1", osc.port))
        until(lambda: bool(said))
        made.stop()
    assert said == [says]
    assert made.error is error


def test_one_that_is_stopped_has_nothing_to_say() -> None:
    said: list[str] = []
    made = controller_thread("OSC", lambda: False, said.append)
    made.start()
    made.stop()
    assert (said, made.error) == ([], None)
