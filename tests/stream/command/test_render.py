"""A take that was played with on the command line, rendered again: from its stems, and from what came in alone."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from pythonosc.udp_client import SimpleUDPClient

from stream.command.main import main
from stream.recording.log import NAME
from tests.rig.byhand import same_bits
from tests.rig.live import Live, free_port, noise

pytestmark = pytest.mark.realtime

RATE = 44_100
PORT = free_port()


def mix_of(path: Path) -> np.ndarray:
    return np.asarray(sf.read(path, dtype="float32")[0])


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A take of some seconds, with faders, equalizers and mutes moved by OSC."""
    folder = tmp_path_factory.mktemp("take")
    sf.write(folder / "song.wav", noise(4 * RATE), RATE, "FLOAT")
    hands = SimpleUDPClient("127.0.0.1", PORT)
    words = ("run", "--device", folder / "song.wav", "--clock", "wall", "--record", folder / "take", "--model",
             "center", "--mute", "other", "--osc", PORT, "--json")
    with Live(*words) as live:
        for value in np.random.default_rng(1).uniform(-1, 1, 200):
            if live.process.poll() is not None:
                break
            name = ("pan", "filter", "gain", "low")[int(abs(value) * 997) % 4]
            hands.send_message(f"/stem/vocals/{name}", float(value))
            if value > 0.8:
                hands.send_message("/stem/other/mute", [])
            time.sleep(0.03)
        done = live.end()
    assert done.code == 0, done.err
    assert set(done.report["files"]) == {"input", "mix", "other", "vocals"}
    return folder / "take"


def test_what_hands_did_is_in_the_log(take: Path) -> None:
    head, *gestures = map(json.loads, (take / NAME).read_text().splitlines())
    assert head["model"] == "center"
    assert head["scene"]["other"]["mute"] == 1
    assert len(gestures) > 20
    moved = {name for gesture in gestures for name in gesture.get("set", {}).get("vocals", {})}
    assert moved >= {"pan", "filter", "low"}


@pytest.mark.parametrize("how", ["from stems", "from the input", "from the input alone"])
def test_the_mix_is_made_again_bit_for_bit(
        take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str) -> None:
    if how == "from the input alone":
        for file in (NAME, "input.wav"):
            (tmp_path / file).write_bytes((take / file).read_bytes())
    log = tmp_path / NAME if how == "from the input alone" else take
    words = ["--separate"] if how == "from the input" else []
    code = main(["render", str(log), "-o", str(tmp_path / "again.wav"), "--json", *words])
    out, err = capsys.readouterr()
    assert code == 0, err
    assert json.loads(out)["separated"] == (how != "from stems")
    assert same_bits(mix_of(tmp_path / "again.wav"), mix_of(take / "mix.wav"))


def test_a_take_that_is_still_being_made_is_said_to_be_unfinished(tmp_path: Path,
                                                                   capsys: pytest.CaptureFixture[str]) -> None:
    sf.write(tmp_path / "song.wav", noise(60 * RATE), RATE, "FLOAT")
    with Live("run", "--device", tmp_path / "song.wav", "--clock", "wall", "--record", tmp_path / "take", "--model",
              "center") as live:
        live.until(lambda: (tmp_path / "take" / ".mix.wav.part").exists())
        assert main(["render", str(tmp_path / "take")]) == 1
        assert live.interrupt().code == 0
    assert capsys.readouterr().err == (
        f"demucs-stream: {tmp_path / 'take'} holds no finished take: {NAME} is written when a take ends\n")


@pytest.mark.parametrize(("words", "code", "says"), [
    (["nowhere"], 1, "No such file"), (["TAKE", "-o", "TAKE/mix.wav"], 2, "it cannot be the output too"),
    (["TAKE/mix.wav"], 2, "is not a gesture log"), (["TAKE", "-o", "TAKE/x.wav/y.wav"], 1, "cannot be written")])
def test_what_cannot_be_rendered_is_one_line(
        take: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, says: str) -> None:
    (take / "x.wav").write_text("a file")
    ended = main(["render", *(word.replace("TAKE", str(take)) for word in words)])
    out, err = capsys.readouterr()
    assert (ended, len(err.splitlines()), out) == (code, 1, ""), err
    assert says in err
