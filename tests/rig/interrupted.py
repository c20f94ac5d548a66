"""A folder for commands that are interrupted, the signals as supervisors send them, and what is left afterwards.

Tests import `place` and `written`, which are fixtures.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
import soundfile as sf

from tests.rig.byhand import noise
from tests.rig.live import Live

RATE = 44_100
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song that is longer than any test of it."""
    path = tmp_path_factory.mktemp("songs") / "song.wav"
    sf.write(path, noise(120 * RATE) / 4, RATE, "PCM_16")
    return path


@pytest.fixture
def place(tmp_path: Path, short_tmp: Path, written: Path, tmp_path_factory: pytest.TempPathFactory,
          monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a song, whose temporary files are its own; nobody serves models."""
    os.link(written, tmp_path / "song.wav")
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path_factory.mktemp("own")))  # where nobody else writes meanwhile
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def both(live: Live, number: signal.Signals, twice: bool) -> None:
    """A signal, to a process and then to its group, as `timeout` and supervisors do."""
    live.process.send_signal(number)
    if twice:
        time.sleep(0.0005)
        with suppress(ProcessLookupError):  # it has ended of its own accord
            os.killpg(live.process.pid, number)


def left(*folders: Path) -> list[str]:
    """What lies there; what is compiled, and what was measured of this machine, may stay in the cache."""
    return sorted(str(path.relative_to(folder)) for folder in folders if folder.is_dir() for path in folder.rglob("*")
                  if not {"compiled", "choices"} & {*path.relative_to(folder).parts}
                  and not path.name.startswith("pulse-"))  # PulseAudio's library's own


def cache() -> Path:
    return Path(os.environ["DEMUCS_STREAM_CACHE"])


def ours(err: str) -> bool:
    """Whether there is a traceback in which the program had begun: Python itself takes a moment until then."""
    return "Traceback" in err and (f"{os.sep}stream{os.sep}" in err or f"{os.sep}export{os.sep}" in err)
