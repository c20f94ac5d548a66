"""A separator that fails while music plays does not end it: dry goes on, and one new separator is tried."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile as sf

from stream.callback.player import FADE
from stream.command.main import main
from stream.common.errors import Failure
from stream.live import caller
from stream.separators.protocol import GROUP
from tests.rig.byhand import Frames, Live, Shares, noise
from tests.rig.live import Live as Command

RATE = 44_100
pytestmark = pytest.mark.realtime
FAILS = """
import threading

import numpy as np

from stream.separators.center import Center


class Fails(Center):
    made = 0
    hung, waits = threading.Event(), False

    def __init__(self):
        super().__init__()
        Fails.made += 1
        self.left = {left}

    def process(self, mix, stems):
        super().process(mix, stems)
        self.left -= 1
        if self.left < 0:
            {how}
"""
HOW = {"it raises": ("raise RuntimeError('out of luck')", "out of luck"),
       "it raises what nobody expects": ("raise KeyError('a key')", "a key"),
       "it gives no numbers": ("stems[:] = np.nan", "the separator gives no numbers"),
       "it hangs": ("Fails.hung.wait()", "it has not answered for")}


def install(folder: Path, left: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A separator `fails`, installed."""
    (folder / "fails-1.dist-info").mkdir(parents=True)
    (folder / "fails_by_the_test.py").write_text(FAILS.format(left=left, how=how))
    (folder / "fails-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: fails\nVersion: 1\n")
    (folder / "fails-1.dist-info/entry_points.txt").write_text(f"[{GROUP}]\nfails = fails_by_the_test:Fails\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "fails_by_the_test", raising=False)
    monkeypatch.setattr(caller, "SPARE_S", 0.4)


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """What has hung in a test ends with it."""
    yield
    if "fails_by_the_test" in sys.modules:
        sys.modules["fails_by_the_test"].Fails.hung.set()


@pytest.fixture
def song(tmp_path: Path) -> Path:
    sf.write(tmp_path / "song.wav", noise(4 * RATE), RATE, "FLOAT")
    return tmp_path / "song.wav"


def run(song: Path, clock: str, *words: str) -> int:
    return main(["run", "--model", "fails", "--device", str(song), "--clock", clock, "--latency", "1", "--ui", "none",
                 "--record", str(song.parent / "take"), "--mute", "vocals", *words])


@pytest.mark.parametrize(("how", "says"), HOW.values(), ids=HOW.keys())
def test_a_new_one_takes_its_place_and_the_run_ends_well(song: Path, how: str, says: str, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch,
                                                         capsys: pytest.CaptureFixture[str]) -> None:
    # the first is timed before the run, which takes some hops
    install(tmp_path / "plugins", "80 if Fails.made == 1 else 10 ** 6", how, monkeypatch)
    assert run(song, "wall") == 0
    said = capsys.readouterr().err
    assert said.count("the separator has failed") == 1
    assert says in said
    assert sf.info(tmp_path / "take" / "mix.wav").frames == 4 * RATE
    end = slice(-RATE // 2, -RATE // 8)  # the centre is muted again
    mix, whole = (sf.read(path, dtype="float32")[0][end] for path in (tmp_path / "take" / "mix.wav", song))
    assert np.abs(mix - whole).max() > 0.01


@pytest.mark.parametrize(("how", "says"), HOW.values(), ids=HOW.keys())
def test_where_that_fails_too_the_rest_is_dry_and_the_exit_code_says_so(song: Path, how: str, says: str,
                                                                        tmp_path: Path,
                                                                        monkeypatch: pytest.MonkeyPatch,
                                                                        capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path / "plugins", "80 if Fails.made == 1 else 5", how, monkeypatch)
    assert run(song, "wall") == 1
    said = capsys.readouterr().err
    assert said.splitlines()[-1].endswith("the rest was heard dry")
    assert "Traceback" not in said
    mix, whole = (sf.read(path, dtype="float32")[0] for path in (tmp_path / "take" / "mix.wav", song))
    assert len(mix) == len(whole)
    assert (mix[-RATE:] == whole[-RATE:]).all()


def test_on_a_virtual_clock_nobody_waits_and_it_is_a_failure(song: Path, tmp_path: Path,
                                                             monkeypatch: pytest.MonkeyPatch,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path / "plugins", "50", "raise RuntimeError('out of luck')", monkeypatch)
    assert run(song, "virtual") == 1
    assert capsys.readouterr().err.splitlines()[-1] == "demucs-stream: separator fails: RuntimeError: out of luck"
    assert 0 < sf.info(tmp_path / "take" / "mix.wav").frames < 4 * RATE


@pytest.fixture
def once_hung(song: Path) -> Iterator[Callable[[], None]]:
    """Sends Ctrl-C, once, as soon as the separator has hung."""
    over = threading.Event()

    def interrupt() -> None:
        while not over.wait(0.05):
            module = sys.modules.get("fails_by_the_test")
            if module is not None and module.Fails.waits:
                os.kill(os.getpid(), signal.SIGINT)
                return

    thread = threading.Thread(target=interrupt)
    yield thread.start
    over.set()
    thread.join()


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("clock", ["virtual", "wall"])
def test_the_first_request_ends_a_run_whose_separator_hangs(song: Path, clock: str, tmp_path: Path,
                                                         once_hung: Callable[[], None],
                                                         monkeypatch: pytest.MonkeyPatch,
                                                         capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path / "plugins", "50", "Fails.waits = True; Fails.hung.wait()", monkeypatch)
    once_hung()
    assert run(song, clock, "--json") == 1
    printed = capsys.readouterr()
    assert printed.err.count("it has not answered for") == 1
    assert "Traceback" not in printed.err
    report = json.loads(printed.out)
    assert report["files"].keys() == {"input", "mix", "other", "vocals"}
    lengths = {sf.info(path).frames for path in report["files"].values()}
    assert len(lengths) == 1
    assert 0 < lengths.pop() < 4 * RATE


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_process_with_a_separator_that_hangs_outside_python_ends_too(song: Path, tmp_path: Path,
                                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "plugins", "50", "open('hung', 'w').close(); __import__('ctypes').CDLL(None).pause()",
            monkeypatch)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "plugins"))
    monkeypatch.chdir(tmp_path)
    with Command("run", "--model", "fails", "--device", song, "--clock", "wall", "--latency", "1", "--json",
                 "--record", tmp_path / "take", "--ui", "none") as live:
        live.until((tmp_path / "hung").exists)
        done = live.interrupt()
    assert done.code == 1, done.err
    assert done.err.count("has not answered") == 1
    assert all(sf.info(path).frames for path in done.report["files"].values())


def test_a_thread_whose_call_comes_back_after_all_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(threading.enumerate())
    monkeypatch.setattr(caller, "LOOK_S", 0.01)
    monkeypatch.setattr(caller, "SPARE_S", 0.05)
    called, gate = caller.Caller(0.0), threading.Event()
    (thread,) = set(threading.enumerate()) - before
    with pytest.raises(Failure, match="has not answered"):
        called.call(gate.wait)
    called.close()
    assert thread.is_alive()
    gate.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_process_that_was_stopped_meanwhile_has_not_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look that found nothing counts as a look, however long ago the last one was."""
    monkeypatch.setattr(caller, "SPARE_S", 2 * caller.LOOK_S)
    called, gate = caller.Caller(0.0), threading.Event()
    looks: list[float] = []

    def stopped(timeout: float) -> None:
        looks.append(timeout)
        time.sleep(10 * timeout)
        gate.set()
        raise Empty

    monkeypatch.setattr(called, "_answers", SimpleNamespace(get=stopped))
    with pytest.raises(Failure):
        called.call(gate.wait)
    assert len(looks) == 3
    called.close()


class Breaks(Shares):
    """Fails from a hop on."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._at = at

    def process(self, mix: Frames, stems: Frames) -> None:
        super().process(mix, stems)
        if len(self.processed) > self._at:
            raise RuntimeError("out of luck")


def test_nothing_clicks_when_it_fails_and_when_it_is_there_again() -> None:
    live = Live(Breaks(40), offline=False)
    live.mixer.set("drums", "mute", 1)
    turn = 2 * np.pi * 50 * np.arange(200 * 512) / RATE
    mix = np.stack([0.5 * np.sin(turn), 0.5 * np.cos(turn)], axis=1).astype(np.float32)

    def before(at: int) -> None:
        if at == 100 * 512:
            live.engine.worker.replace(Shares())

    out = live.play(mix, before=before)
    delay = live.delay
    steepest = float(np.abs(np.diff(mix, axis=0)).max())
    assert np.abs(np.diff(out[delay + 512 :], axis=0)).max() < steepest + 1 / FADE
    np.testing.assert_allclose(out[delay + 86 * 512 : delay + 98 * 512], mix[86 * 512 : 98 * 512], atol=1e-6)  # dry
    np.testing.assert_allclose(out[-20 * 512 :], 0.5 * mix[len(mix) - delay - 20 * 512 : len(mix) - delay], atol=1e-6)
    assert live.engine.counts()["misses"] > 0
