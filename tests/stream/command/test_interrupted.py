"""Whenever a signal comes, once or to a process and its group, a command ends with a line and nothing half."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import soundfile as sf

from tests.rig.byhand import noise
from tests.rig.live import Live

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")
RATE = 44_100
EARLY_S = (0.05, 0.2, 0.5, 1.0)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a song, whose temporary files are its own; nobody serves models."""
    sf.write(tmp_path / "song.wav", noise(60 * RATE) / 4, RATE, "PCM_16")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def both(live: Live, number: signal.Signals, twice: bool) -> None:
    """A signal, to a process and then to its group, as `timeout` and supervisors do."""
    live.process.send_signal(number)
    if twice:
        time.sleep(0.0005)
        os.killpg(live.process.pid, number)


def left(*folders: Path) -> list[str]:
    """What lies there; what is compiled, and what was measured of this machine, may stay in the cache."""
    return sorted(str(path.relative_to(folder)) for folder in folders if folder.is_dir() for path in folder.rglob("*")
                  if not {"compiled", "choices"} & {*path.relative_to(folder).parts})


def cache() -> Path:
    return Path(os.environ["DEMUCS_STREAM_CACHE"])


def ours(err: str) -> bool:
    """Whether there is a traceback in which the program had begun: Python itself takes a moment until then."""
    return "Traceback" in err and (f"{os.sep}stream{os.sep}" in err or f"{os.sep}export{os.sep}" in err)


COMMANDS = {
    "run": "run --model center --device song.wav --clock wall --record out --ui plain",
    "demo": "demo --model center -o out", "serve": "serve --model center --device song.wav --clock wall --port 0 "
    "--record out", "separate": "separate --model center song.wav -o out", "doctor": "doctor --model center",
    "render": "render nosuch.jsonl", "play none": "run --model center --device nosuch.wav --output-device out.wav",
    "models": "models", "midi learn": "midi learn --midi nosuch -o map.toml", "export": "export htdemucs -o out"}


@pytest.mark.parametrize("name", COMMANDS)
def test_in_the_first_second_it_ends_in_a_line_and_leaves_nothing(place: Path, name: str) -> None:
    if name == "midi learn":
        pytest.importorskip("rtmidi")
    before = left(cache())
    with ExitStack() as stack:
        running = [stack.enter_context(Live(*COMMANDS[name].replace("out", f"out{at}").split(), group=True))
                   for at in range(len(EARLY_S))]
        begun = time.monotonic()
        for at, live in enumerate(running):
            time.sleep(max(0.0, begun + EARLY_S[at] - time.monotonic()))
            both(live, SIGNALS[(at + len(name)) % 3], twice=bool(at % 2))
        ends = [live.end() for live in running]
    for done in ends:
        assert not ours(done.err), done.err
        assert done.err.count("stopped\n") <= 1
        if "stopped\n" in done.err:
            assert done.code == 1
            assert done.said == ["stopped"] or name in ("run", "demo", "serve", "export")
    assert not [name for name in left(*place.glob("out*"), place / "tmp") if ".part" in name or "tmp" in name], ends
    assert left(place / "tmp") == []
    assert left(cache()) == before


WHILE_LOADING = """
import os, signal, sys
sys.argv = ["/usr/bin/demucs-stream", "models"]
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == WANTED:
            sys.meta_path.remove(self)
            for _ in range(TIMES):
                os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from stream.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("name", ["stream.common", "stream.common.account", "stream.cli", "export.store", "onnx"])
def test_whatever_is_being_loaded_it_is_a_line(name: str, times: int) -> None:
    text = WHILE_LOADING.replace("WANTED", repr(name)).replace("TIMES", str(times))
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    if name.startswith("stream.common"):  # before there is anybody to say it
        assert (done.returncode, done.stderr) in ((-signal.SIGINT, ""), (1, "stopped\n"))
    else:
        assert (done.returncode, done.stderr) == (1, "stopped\n")
