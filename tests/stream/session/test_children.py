"""Screens, pages and inserts end with their run, however it ends, and hear no signal that is meant for it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stream.common.scratch import scratch, sweep
from stream.inserts.naming import Effect
from stream.inserts.process import Process
from stream.link.endpoint import Endpoint
from stream.link.server import FOLDER
from stream.terminal.pageprocess import PageProcess
from tests.rig.interrupted import SIGNALS, written
from tests.rig.live import PATIENCE_S, Live, alive, family

__all__ = ["written"]
pytestmark = [pytest.mark.realtime, pytest.mark.skipif(os.name != "posix", reason="needs signals")]
needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
ROOT = Path(__file__).parents[3]
RATE = 44_100
NOWHERE = Endpoint("/nowhere", b"\x00")
WEBSOCKET = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
             "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}


def until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@pytest.fixture
def place(written: Path, tmp_path: Path, short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a song, whose temporary files are its own."""
    os.link(written, tmp_path / "song.wav")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@pytest.fixture
def served(place: Path) -> Iterator[Live]:
    """A run with an insert, a page server, and a browser that has a screen open."""
    pytest.importorskip("textual_serve", reason="the extra `serve` is not installed")
    with Live("serve", "--model", "center", "--device", place / "song.wav", "--clock", "wall", "--port", 0, "--record",
              place / "take", "--json", "--insert", "vocals=tests.rig.effects.Later") as live:
        live.until(lambda: (place / "take" / ".mix.wav.part").exists())
        url = next(line for line in live.err.splitlines() if line.startswith("the mixer is at ")).rpartition(" ")[2]
        browser = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        browser.request("GET", "/ws", headers=WEBSOCKET)
        assert browser.getresponse().status == 101
        live.until(lambda: len(family(live.process.pid)) >= 3)
        yield live
        browser.close()


KINDS = ("stream.screen.page", "stream.screen", "stream.inserts.child")


@needs_proc
def test_when_their_run_is_killed_all_end_and_the_next_removes_its_folders(served: Live, place: Path) -> None:
    found = family(served.process.pid)
    assert all(any(kind in words.split() for words in found.values()) for kind in KINDS), found
    served.process.kill()
    served.process.wait()
    until(lambda: not any(map(alive, found)))
    left = [path.name for path in (place / "tmp").iterdir()]
    assert all(name.startswith("demucs-stream.") for name in left)
    sweep(FOLDER, place / "tmp")
    assert [*(place / "tmp").iterdir()] == []


@needs_proc
def test_a_signal_to_every_process_ends_the_run_and_nobody_has_failed(served: Live, place: Path) -> None:
    found = family(served.process.pid)
    for pid in found:
        for number in (*SIGNALS, signal.SIGUSR1):
            with suppress(ProcessLookupError):  # the signal before has ended it
                os.kill(pid, number)
    for number in (*SIGNALS, signal.SIGUSR1):  # as a service's manager does, the children first
        os.kill(served.process.pid, number)
    done = served.end()
    assert done.code == 0, done.err
    assert "failed" not in done.err
    assert "crashed" not in done.err
    assert "Traceback" not in done.err
    assert done.report["files"].keys() >= {"input", "mix", "vocals-insert"}
    until(lambda: not any(map(alive, found)))
    assert [*(place / "tmp").iterdir()] == []


@needs_proc
def test_a_page_server_that_is_killed_takes_its_screens_with_it(served: Live) -> None:
    found = family(served.process.pid)
    server = next(pid for pid, words in found.items() if "stream.screen.page" in words.split())
    screens = [pid for pid, words in found.items() if "stream.screen" in words.split()]
    os.kill(server, signal.SIGKILL)
    served.until(lambda: "the page server has failed" in served.err)
    served.until(lambda: not any(map(alive, screens)))
    assert served.interrupt().code == 0


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Whatever is started gets every signal at once, before it has begun to load anything."""
    started: list[int] = []
    popen = subprocess.Popen

    def start(*words: object, **more: object) -> "subprocess.Popen[bytes]":
        made = popen(*words, **more)  # type: ignore[call-overload]
        started.append(made.pid)
        for number in SIGNALS:
            made.send_signal(number)
        return made  # type: ignore[no-any-return]

    monkeypatch.setattr(subprocess, "Popen", start)
    return started


def test_a_page_server_hears_no_signal_while_it_is_loading(at_once: list[int]) -> None:
    pytest.importorskip("textual_serve", reason="the extra `serve` is not installed")
    said: list[str] = []
    with PageProcess(NOWHERE, "127.0.0.1", 0, None, said.append) as made:
        socket.create_connection(("127.0.0.1", urlsplit(made.url).port or 0)).close()
    assert (len(at_once), said) == (1, [])


def test_an_insert_hears_no_signal_while_it_is_loading(at_once: list[int]) -> None:
    with Process([Effect("tests.rig.effects.Later", {})], RATE) as made:
        assert made.loaded().latency == 0
    assert len(at_once) == 1


PATIENT = "import stream.inserts.child as child; child.LOADING_S = child.PATIENCE_S = 1.0; child.main()"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs timers that end a process")
@pytest.mark.parametrize(("what", "settings"), [
    ("Later", {"busy_s": 1000}), ("Breaks", {"how": "hangs", "after": 2})], ids=["while it is loaded", "later"])
def test_an_insert_that_hangs_ends_when_nobody_is_there_to_end_it(what: str, settings: dict[str, object]) -> None:
    requested = {"effects": [{"what": f"tests.rig.effects.{what}", "settings": settings}], "samplerate": RATE}
    given = json.dumps(requested).encode() + b"\n" + bytes(8 * 512 * 8)
    done = subprocess.run([sys.executable, "-c", PATIENT], input=given, cwd=ROOT, stdout=subprocess.DEVNULL,
                          timeout=PATIENCE_S)
    assert done.returncode == -signal.SIGALRM


def test_a_page_server_whose_run_has_gone_meanwhile_says_nothing() -> None:
    pytest.importorskip("textual_serve", reason="the extra `serve` is not installed")
    process = subprocess.Popen([sys.executable, "-P", "-m", "stream.screen.page", "127.0.0.1", "0"], cwd=ROOT,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stdin.close()
    assert process.stderr.read() == b""
    assert process.wait(PATIENCE_S) == 0


def test_a_screen_whose_run_has_gone_meanwhile_says_nothing() -> None:
    done = subprocess.run([sys.executable, "-P", "-m", "stream.screen"], cwd=ROOT, capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(ROOT), "DEMUCS_STREAM_ATTACH": "00@/nowhere"})
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


HOLDS = """
import sys, time
from pathlib import Path
from stream.common.scratch import scratch
with scratch("held-", Path(sys.argv[1])) as folder:
    (folder / "file").write_text("something")
    print(folder, flush=True)
    time.sleep(1000)
"""


def test_a_folder_lasts_as_long_as_its_process_and_a_killed_ones_the_next_removes(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "held-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "other-folder").mkdir()
    process = subprocess.Popen([sys.executable, "-c", HOLDS, tmp_path], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    held = Path(process.stdout.readline().strip())
    with scratch("held-", tmp_path) as folder:
        assert held.is_dir()
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
    process.kill()
    process.wait()
    process.stdout.close()
    assert (held / "file").exists()
    with scratch("held-", tmp_path):
        assert not held.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "held-link", "other-folder"]
