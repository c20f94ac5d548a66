"""A signal while a command is in the middle of it: it ends with a line, and nothing is half."""

import os
import signal
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import soundfile as sf

from stream.command.main import main
from tests.rig.byhand import noise
from tests.rig.interrupted import RATE, SIGNALS, both, cache, left, place, written
from tests.rig.jackd import Jackd
from tests.rig.live import Live, family
from tests.rig.midi import MidiSender

__all__ = ["place", "written"]
pytestmark = [pytest.mark.realtime, pytest.mark.skipif(os.name != "posix", reason="needs signals")]


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
    "demo": Case("demo song.wav --model center -o out", there("out/.mix.wav.part", 100_000), keeps=True),
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
    pytest.param(name, SIGNALS[at % 3], marks=pytest.mark.torch if name == "export" else ())
    for at, name in enumerate(CASES)], ids=lambda word: getattr(word, "name", word))
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
