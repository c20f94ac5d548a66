"""Whatever ends a run, what was heard is kept and one line says why; whatever ends a command, nothing half is left."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles import ffmpeg
from stream.command.main import main
from stream.common.interrupt import AGAIN_S, SignalHandler
from stream.common.interrupt import handling as interrupted
from tests.rig.byhand import noise
from tests.rig.live import Live
from tests.rig.signalled import holds, signalled

pytestmark = [pytest.mark.realtime, pytest.mark.skipif(os.name != "posix", reason="needs signals")]
RATE = 44_100
TRACKS = ["gestures.jsonl", "input.wav", "mix.wav", "other.wav", "vocals.wav"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song that is longer than any test of it."""
    path = tmp_path_factory.mktemp("songs") / "song.wav"
    sf.write(path, noise(120 * RATE), RATE, "PCM_16")
    return path


@pytest.fixture
def song(written: Path, tmp_path: Path) -> Path:
    os.link(written, tmp_path / "song.wav")
    return tmp_path / "song.wav"


def running(song: Path, *words: object) -> list[str]:
    return [str(word) for word in ("run", "--model", "center", "--device", song, "--clock", "wall", "--record",
                                   song.parent / "take", "--ui", "plain", *words)]


def recorded(song: Path, size: int = 100_000) -> Callable[[], bool]:
    """Whether so many bytes of the mix were."""
    return holds(song.parent / "take" / ".mix.wav.part", size)


def names(folder: Path) -> list[str]:
    """All that is in a folder, hidden or not; nothing where there is none."""
    return sorted(path.name for path in folder.glob("*")) + sorted(path.name for path in folder.glob(".*"))


def check_take(folder: Path) -> None:
    """All of it is there, nothing else, and it can be made again."""
    assert names(folder) == TRACKS
    lengths = {sf.info(path).frames for path in folder.glob("*.wav")}
    assert len(lengths) == 1
    assert lengths.pop() > 0
    assert main(["render", str(folder), "-o", str(folder.parent / "again.wav")]) == 0


def ended(err: str) -> list[str]:
    """What was said of who ended a run."""
    return [line for line in err.splitlines() if line.startswith("ended")]


@pytest.mark.parametrize(("number", "times", "line"), [
    (signal.SIGINT, 2, None), (signal.SIGTERM, 5, "ended by SIGTERM"),
    (signal.SIGHUP, 1, "ended: the terminal was closed (SIGHUP)"), (signal.SIGALRM, 1, "ended by SIGALRM")],
    ids=["Ctrl-C, to it and its group", "SIGTERM, many at once", "SIGHUP", "SIGALRM"])
def test_a_signal_is_one_request_that_ends_the_run_with_all_that_it_has_and_a_line_names_it_but_to_the_user_who_sent_it(
        song: Path, number: signal.Signals, times: int, line: str | None) -> None:
    with Live(*running(song, "--json")) as live:
        live.until(recorded(song))
        for _ in range(times):
            live.process.send_signal(number)
            time.sleep(0.001)
        done = live.end()
    assert done.code == 0, done.err
    assert done.report["files"].keys() == {"input", "mix", "other", "vocals"}
    assert "Traceback" not in done.err
    assert ended(done.err) == ([line] if line else [])
    check_take(song.parent / "take")


# by themselves they end a process; but for SIGKILL, SIGQUIT, faults, and what Python ignores
DEADLY = [number for name in ("SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGPWR", "SIGSTKFLT",
                              "SIGRTMIN", "SIGRTMAX") if (number := getattr(signal, name, None)) is not None]


def test_every_signal_that_would_kill_is_heard() -> None:
    free = [number for number in DEADLY if signal.getsignal(number) == signal.SIG_DFL]  # but what limits a test
    assert len(free) >= len(DEADLY) - 1
    with interrupted(SignalHandler()):
        assert [number for number in free if not isinstance(signal.getsignal(number), SignalHandler)] == []
    assert {signal.getsignal(number) for number in free} == {signal.SIG_DFL}


@pytest.mark.parametrize(("name", "more"), [("SIGUSR1", 0), ("SIGRTMIN", 3)])
def test_what_else_would_kill_a_run_ends_it_with_what_it_has_and_a_line_names_it(
        song: Path, name: str, more: int, capsys: pytest.CaptureFixture[str]) -> None:
    if not hasattr(signal, name):
        pytest.skip(f"no {name} here")
    with signalled(getattr(signal, name) + more, recorded(song)):
        code = main(running(song))
    err = capsys.readouterr().err
    assert (code, ended(err)) == (0, [f"ended by {name}" + (f"+{more}" if more else "")]), err
    assert names(song.parent / "take") == TRACKS


def test_with_nohup_a_terminal_that_is_closed_ends_nothing_but_a_limit_of_processor_time_does(song: Path) -> None:
    def soon() -> None:  # the run has heard something, and its time is up
        _, hard = resource.prlimit(live.process.pid, resource.RLIMIT_CPU)
        resource.prlimit(live.process.pid, resource.RLIMIT_CPU, (1, hard))

    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("limits of another process are Linux's")
    with Live(*running(song), nohup=True) as live:
        live.until(recorded(song))
        live.process.send_signal(signal.SIGHUP)
        live.until(recorded(song, 300_000))  # it goes on
        soon()
        done = live.end()
    assert done.code == 0, done.err
    assert ended(done.err) == ["ended: the limit of processor time is used up (SIGXCPU)"]
    check_take(song.parent / "take")


def test_a_limit_that_is_told_again_every_second_is_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    now = 100.0
    monkeypatch.setattr(SignalHandler, "last_s", -AGAIN_S)
    monkeypatch.setattr(SignalHandler, "cause", None)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    handler = SignalHandler(lambda: called.append("end"), lambda: called.append("break off"))
    for _ in range(5):
        now += 1
        handler(signal.SIGXCPU, None)
    assert called == ["end"]
    now += 1
    handler(signal.SIGTERM, None)
    assert called == ["end", "break off"]


def test_what_somebody_else_hears_stays_theirs() -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    ignored = signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    try:
        theirs = signal.getsignal(signal.SIGUSR1)
        with interrupted(SignalHandler()):
            assert signal.getsignal(signal.SIGUSR1) is theirs
            assert signal.getsignal(signal.SIGUSR2) == signal.SIG_IGN
            assert isinstance(signal.getsignal(signal.SIGVTALRM), SignalHandler)
    finally:
        signal.signal(signal.SIGUSR1, before)
        signal.signal(signal.SIGUSR2, ignored)


def test_requests_that_come_together_are_one_and_each_later_one_is_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    now = 100.0
    monkeypatch.setattr(SignalHandler, "last_s", -AGAIN_S)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    handler = SignalHandler(lambda: called.append("end"), lambda: called.append("break off"))
    for at in (0.0, 0.001, 0.3):
        now = 100.0 + at
        handler(2, None)
    assert called == ["end"]
    now += AGAIN_S + 0.01
    handler(2, None)
    now += 10
    handler(2, None)
    assert called == ["end", "break off"]


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A FLAC with a hole, where nobody goes on behind it."""
    sf.write(tmp_path / "song.flac", noise(4 * RATE), RATE)
    content = bytearray((tmp_path / "song.flac").read_bytes())
    content[len(content) // 2 : len(content) // 2 + 5000] = bytes(5000)
    (tmp_path / "song.flac").write_bytes(content)
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda _name: None)
    return tmp_path / "song.flac"


@pytest.mark.parametrize("clock", ["virtual", "wall"])
def test_a_file_that_breaks_in_the_middle_leaves_what_was_heard(broken: Path, clock: str,
                                                                capsys: pytest.CaptureFixture[str]) -> None:
    out = broken.parent / "out.wav"
    assert main(["run", "--model", "center", "--device", str(broken), "--clock", clock, "--record",
                 str(broken.parent / "take"), "--output-device", str(out), "--ui", "none"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert "what was heard until then is kept" in said[-2]
    assert "song.flac cannot be read at" in said[-1]
    check_take(broken.parent / "take")
    assert sf.info(out).frames > 0
    heard = sf.read(broken.parent / "take" / "mix.wav", dtype="float32")[0]
    np.testing.assert_allclose(heard, noise(4 * RATE)[: len(heard)], atol=2**-15)


def test_a_run_that_heard_nothing_leaves_nothing(broken: Path) -> None:
    content = broken.read_bytes()
    broken.write_bytes(content[:2000])
    assert main(["run", "--model", "center", "--device", str(broken), "--record", str(broken.parent / "take"),
                 "--ui", "none"]) == 1
    assert names(broken.parent / "take") == []


def test_a_run_that_was_stopped_goes_on_and_does_not_pour_out_what_it_missed(song: Path) -> None:
    with Live(*running(song, "--json")) as live:
        live.until(recorded(song))
        live.process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)  # longer than what any machine is late by
        live.process.send_signal(signal.SIGCONT)
        live.until(lambda: "stood still" in live.err)
        done = live.interrupt()
    assert done.code == 0, done.err
    check_take(song.parent / "take")
