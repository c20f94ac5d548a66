"""Whenever a signal comes, once or to a process and its group, a command ends with a line and nothing half."""

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import soundfile as sf

from stream.command.main import main
from tests.rig.byhand import noise
from tests.rig.jackd import Jackd
from tests.rig.live import Live, family
from tests.rig.midi import MidiSender

pytestmark = [pytest.mark.realtime, pytest.mark.skipif(os.name != "posix", reason="needs signals")]
RATE = 44_100
EARLY_S = (0.05, 0.2, 0.5, 1.0)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def place(tmp_path: Path, short_tmp: Path, tmp_path_factory: pytest.TempPathFactory,
          monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a song, whose temporary files are its own; nobody serves models."""
    sf.write(tmp_path / "song.wav", noise(60 * RATE) / 4, RATE, "PCM_16")
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


@dataclass(frozen=True)
class Case:
    """words: of the command      busy: whether it is in the middle of it, by what it has said and what is there

    keeps: an end by its user is its normal end, with all that was heard
    """

    words: str
    busy: Callable[[str, Path], bool]
    keeps: bool = False


def there(pattern: str, size: int = 1) -> Callable[[str, Path], bool]:
    """Whether something of that name lies there, of at least that many bytes."""
    return lambda _err, place: any(path.stat().st_size >= size for path in place.glob(pattern))


def says(text: str) -> Callable[[str, Path], bool]:
    return lambda err, _place: text in err


CASES = {
    "run": Case("run --model center --device song.wav --clock wall --record out --ui none",
                there("out/.mix.wav.part", 100_000), keeps=True),
    "demo": Case("demo --model center -o out", there("out/.mix.wav.part", 100_000), keeps=True),
    "serve": Case("serve --model center --device song.wav --clock wall --port 0 --record out",
                  there("out/.mix.wav.part", 100_000), keeps=True),
    "demo's song": Case("demo --model center -o out", there("out/song")),
    "separate": Case("separate --model center long.wav -o out", there("out/long/.vocals.wav.part")),
    "render": Case("render take -o again.wav", there(".again.wav.part")),
    "render --separate": Case("render take --separate -o again.wav", there("tmp/demucs-stream.render-*/.*.part")),
    "download": Case("separate song.wav -o out", there("cache/.loading-*/**/*.incomplete")),
    "an insert": Case("run --model center --device song.wav --clock wall --record out --ui none --insert "
                      "vocals=tests.rig.effects.Later:busy_s=1000", says("")),
    "doctor": Case("doctor --model center", says("timing the latencies")),
    "export": Case("export mine.safetensors -o out", there("out/.export-*")),
}


def long(path: Path, seconds: int = 1500) -> Path:
    """Silence that takes no place on the disk."""
    size = seconds * RATE * 4
    path.write_bytes(struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 2, RATE, 4 * RATE,
                                 4, 16, b"data", size))
    os.truncate(path, 44 + size)
    return path


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub that sends the beginning of a file, and then nothing."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            for name, value in (("ETag", f'"{"0" * 64}"'), ("X-Repo-Commit", "0" * 40), ("Content-Length", "99999999")):
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            with suppress(OSError):
                self.wfile.write(bytes(1 << 24))
                over.wait()

        def log_request(self, *_: object) -> None:
            """Not on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield
    over.set()
    server.shutdown()
    server.server_close()


def prepared(name: str, place: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a case needs: long songs and takes, a hub, a checkpoint."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    if name == "separate":
        long(place / "long.wav")
    elif name.startswith("render"):
        sf.write(place / "short.wav", noise(RATE), RATE)
        assert main(["run", "--model", "center", "--device", "short.wav", "--record", "take", "--ui", "none"]) == 0
        for track in ("input", "other", "vocals"):
            long(place / "take" / f"{track}.wav")
        text = (place / "take" / "gestures.jsonl").read_text()
        (place / "take" / "gestures.jsonl").write_text(text.replace(f'"frames": {RATE}', f'"frames": {1500 * RATE}'))
    elif name.startswith("download"):
        request.getfixturevalue("hub")
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(cache() / "compiled"))
        monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(place / "cache"))
    elif name == "export":
        pytest.importorskip("torch", reason="needs the export extra")
        pytest.importorskip("demucs", reason="needs the export extra")
        from export.verify import random_weights
        from export.weights import PUBLISHED

        random_weights({**PUBLISHED, "channels": 8, "t_layers": 1, "t_heads": 2, "bottom_channels": 64,
                        "segment": Fraction(1)}).write(place / "mine.safetensors")


@pytest.mark.parametrize(("name", "number"), [
    (name, SIGNALS[at % 3]) for at, name in enumerate(CASES)], ids=lambda word: getattr(word, "name", word))
def test_in_the_middle_it_ends_as_it_should_and_leaves_nothing_half(
        place: Path, name: str, number: signal.Signals, request: pytest.FixtureRequest,
        monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(name, place, request, monkeypatch)
    before, case = left(cache()), CASES[name]
    mine = left(place)
    with Live(*case.words.split(), group=True) as live:
        if name == "an insert":  # its process is there, and hangs
            live.until(lambda: any("stream.inserts.child" in words for words in family(live.process.pid).values()))
        live.until(lambda: case.busy(live.err, place))
        both(live, number, twice=True)
        done = live.end()
    assert "Traceback" not in done.err
    assert left(place / "tmp") == []
    if case.keeps:
        assert done.code == 0, done.err
        assert {"gestures.jsonl", "input.wav", "mix.wav", "other.wav", "vocals.wav"} <= {*left(place / "out")}
        assert not [file for file in left(place / "out") if ".part" in file]
    elif done.code == 0:  # the doctor was faster
        assert name == "doctor"
    else:
        assert (done.code, done.err.splitlines()[-1], done.err.count("stopped")) == (1, "stopped", 1)
        assert left(place) == sorted(mine + ["cache"] * name.startswith("download"))
    assert left(cache()) == before


@pytest.mark.device
def test_a_walk_through_a_controller_ends_in_a_line_and_writes_nothing(place: Path) -> None:
    stdin, typed = os.pipe()
    with Jackd(period=128, synchronous=True) as jackd, MidiSender(jackd) as sender, Live(
            "midi", "learn", "--midi", sender.name, "-o", place / "mine.toml", stdin=stdin, group=True) as live:
        live.until(lambda: "press what should mute" in live.err)
        both(live, signal.SIGTERM, twice=True)
        done = live.end()
    os.close(stdin)
    os.close(typed)
    assert (done.code, done.err.splitlines()[-1]) == (1, "stopped"), done.err
    assert left(place) == ["song.wav", "tmp"]
