"""Nobody is told about us: commands are watched, from a new home, for what they write there and whom they ask."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import soundfile as sf

from stream.common.account import CACHES, QUIET
from tests.rig.live import COMMAND, noise

ELSEWHERE = re.compile(r'sin6?_port=.*(?:inet_addr\("(?!127\.)|inet_pton\(AF_INET6, "(?!::1"|::ffff:127\.))')
STRACE = shutil.which("strace")


def watched(folder: Path, *words: str, home: Path) -> str:
    """A command's calls, by strace, as somebody would run it who has set nothing."""
    assert STRACE is not None
    unset = {*QUIET, *CACHES, "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "DEMUCS_STREAM_CACHE"}
    set_ = {name: value for name, value in os.environ.items() if name not in unset}
    trace = folder / "trace.txt"
    done = subprocess.run(
        [STRACE, "-f", "-qq", "-s", "100", "-e", "trace=execve,connect,sendto,sendmsg,sendmmsg", "-o", trace, *words],
        cwd=folder, env=set_ | {"HOME": str(home)}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert trace.is_file(), done.stderr
    calls = trace.read_text()
    assert "execve(" in calls, f"strace is here and sees nothing: {done.stderr}"
    assert done.returncode == 0, done.stderr
    return calls


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize("words", [
    "separate song.wav --model center -o out", "run --device song.wav --model center --record out", "models",
    "devices", "doctor --model center"], ids=lambda words: words.split()[0])
def test_a_command_writes_to_our_folders_alone_and_asks_nobody(tmp_path: Path, words: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    sf.write(tmp_path / "song.wav", noise(44_100), 44_100)
    calls = watched(tmp_path, COMMAND, *words.split(), home=home)
    assert ELSEWHERE.findall(calls) == []
    ours = ("demucs-stream", "pulse")  # libpulse, where sound goes through it, keeps its cookie
    left = [path.relative_to(home) for path in home.rglob("*") if not path.is_dir()]
    assert [path for path in left if not set(path.parts) & set(ours)] == []
    assert [path.name for path in (home / ".cache").glob("*") if path.name not in ours] == []


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_the_watch_sees_who_asks_elsewhere(tmp_path: Path) -> None:
    code = "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.connect(('192.0.2.1', 53))"
    assert ELSEWHERE.search(watched(tmp_path, "python3", "-c", code, home=tmp_path))
    code = "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.connect(('127.0.0.1', 53))"
    assert not ELSEWHERE.search(watched(tmp_path, "python3", "-c", code, home=tmp_path))
