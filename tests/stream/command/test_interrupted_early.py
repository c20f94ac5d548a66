"""A signal in a command's first moments, once or to a process and its group: a line, and nothing is left."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.rig.interrupted import SIGNALS, both, cache, left, ours, place, written
from tests.rig.live import Live

__all__ = ["place", "written"]
pytestmark = [pytest.mark.realtime, pytest.mark.skipif(os.name != "posix", reason="needs signals")]
MOMENTS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


COMMANDS = {
    "run": "run --model center --device song.wav --clock wall --record out --ui plain",
    "demo": "demo --model center -o out", "serve": "serve --model center --device song.wav --clock wall --port 0 "
    "--record out", "separate": "separate --model center song.wav -o out", "doctor": "doctor --model center",
    "render": "render nosuch.jsonl", "play none": "run --model center --device nosuch.wav --output-device out.wav",
    "models": "models", "midi learn": "midi learn --midi nosuch -o map.toml", "export": "export htdemucs -o out"}


@pytest.mark.parametrize("name", COMMANDS)
def test_in_the_first_second_it_ends_in_a_line_and_leaves_nothing(place: Path, name: str) -> None:
    early_s = MOMENTS_S if name == "run" else MOMENTS_S[list(COMMANDS).index(name) % 3 :: 3]  # the others share them
    if name == "midi learn":
        pytest.importorskip("rtmidi")
    before = left(cache())
    with ExitStack() as stack:
        running = [stack.enter_context(Live(*COMMANDS[name].replace("out", f"out{at}").split(), group=True))
                   for at in range(len(early_s))]
        begun = time.monotonic()
        for at, live in enumerate(running):
            time.sleep(max(0.0, begun + early_s[at] - time.monotonic()))
            both(live, SIGNALS[(at + len(name)) % 3], twice=at % 2 == 1)
        ends = [live.end() for live in running]
    for done in ends:
        assert not ours(done.err), done.err
        assert done.code in (0, 1, 2, *(-number for number in SIGNALS))  # the last: before Python had begun
        assert done.err.count("stopped\n") <= 1
        if "stopped\n" in done.err:
            assert done.code == 1
            assert done.said == ["stopped"] or name in ("run", "demo", "serve", "export")
    assert not [name for name in left(*place.glob("out*"), place / "tmp") if ".part" in name or "tmp" in name], ends
    assert left(place / "tmp") == []
    assert left(cache()) == before


WHILE_LOADING = """
import os, signal, sys, time, weakref
def interrupt(*_):
    os.kill(os.getpid(), signal.SIGINT)
def callback():  # of a weak reference
    thing = {0}
    kept = weakref.ref(thing, interrupt)
    del thing
def interrupted(does):
    return lambda *given, **named: (interrupt(), does(*given, **named))[1]
sys.argv = ["/usr/bin/demucs-stream", "models"]
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == WANTED:
            sys.meta_path.remove(self)
            for _ in range(TIMES):
                WHERE
sys.meta_path.insert(0, Finder())
from stream.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("name", ["stream.common", "stream.common.account", "stream.cli", "export.store", "onnx"])
def test_whatever_is_being_loaded_it_is_a_line(name: str, times: int) -> None:
    done = while_loading(name, times, "interrupt()")
    if name.startswith("stream.common"):  # before there is anybody to say it
        assert (done.returncode, done.stderr) in ((-signal.SIGINT, ""), (1, "stopped\n"))
    else:
        assert (done.returncode, done.stderr) == (1, "stopped\n")


def test_it_is_that_line_too_where_python_drops_what_is_raised() -> None:
    done = while_loading("export.store", 1, "callback(); time.sleep(300)")
    assert (done.returncode, done.stderr) == (1, "stopped\n")


def test_it_is_that_line_too_where_a_library_of_c_plus_plus_is_beginning() -> None:
    where = "import enum; create = enum.EnumType._create_; setattr(enum.EnumType, '_create_', interrupted(create))"
    done = while_loading("onnx.onnx_cpp2py_export", 1, where)
    assert (done.returncode, done.stderr) == (1, "stopped\n")


def while_loading(name: str, times: int, where: str) -> "subprocess.CompletedProcess[str]":
    """A command that is interrupted while it loads a module."""
    text = WHILE_LOADING.replace("WANTED", repr(name)).replace("TIMES", str(times)).replace("WHERE", where)
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
