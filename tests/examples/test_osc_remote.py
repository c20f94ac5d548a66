"""The OSC remote of examples/, used on a run."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from tests.rig.live import Live, free_port

pytestmark = pytest.mark.realtime

REMOTE = Path(__file__).parents[2] / "examples" / "osc_remote.py"


def remote(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, REMOTE, *map(str, words)], capture_output=True, text=True)


def test_it_changes_a_run_tells_how_everything_is_and_ends_it(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).standard_normal((60 * 44_100, 2), np.float32) / 8
    sf.write(tmp_path / "song.wav", noise, 44_100)
    with Live("run", "--device", tmp_path / "song.wav", "--output-device", tmp_path / "out.wav", "--model", "center",
              "--clock", "wall", "--osc", 0) as live:
        live.until(lambda: "listening to OSC on" in live.err)
        found = re.search(r"listening to OSC on [^:]+:(\d+)", live.err)
        assert found
        done = remote(found[1], "vocals.mute=1", "other.gain=-6", "--wait", 60)
        assert done.returncode == 0, done.stderr
        told = dict(line.split(" ") for line in done.stdout.splitlines())
        assert (told["vocals.mute"], told["other.gain"], told["other.mute"]) == ("1", "-6", "0")
        assert float(told["latency"]) > 0
        assert remote(found[1], "/quit").returncode == 0
        ended = live.end()
    assert ended.code == 0, ended.err
    assert sf.info(tmp_path / "out.wav").frames < len(noise)


def test_where_nobody_is_it_says_so() -> None:
    port = free_port()
    done = remote(port, "vocals.mute=1", "--wait", 0.1)
    assert (done.returncode, done.stderr) == (1, f"nobody answers at 127.0.0.1:{port}\n")


@pytest.mark.parametrize(("word", "said"), [
    ("vocals", "is neither STEM"), ("vocals.gain=loud", "'loud'"), ("=1", "is neither")])
def test_a_change_that_is_none_is_said(word: str, said: str) -> None:
    done = remote(9, word)
    assert done.returncode == 2
    assert said in done.stderr
