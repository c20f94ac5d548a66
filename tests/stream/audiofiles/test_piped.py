"""Sound through a pipe is heard as it comes, for as long as it comes; one that stands still holds up nobody."""

import io
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.audiofiles.piped import PipedReader
from stream.audiofiles.song import SpooledReader, open_live, open_song
from stream.command.main import main
from stream.common.errors import Failure
from tests.rig.byhand import Live, Shares, noise
from tests.rig.live import Live as Command
from tests.stream.audiofiles.test_decoder import encoded, whole

pytestmark = [pytest.mark.realtime,
              pytest.mark.skipif(os.name != "posix" or shutil.which("ffmpeg") is None, reason="needs pipes and ffmpeg")]
RATE = 44_100
ENDLESS = {"wav": ["-f", "wav"], "ogg": ["-c:a", "flac", "-f", "ogg"]}


def wav(frames: np.ndarray) -> bytes:
    file = io.BytesIO()
    sf.write(file, frames, RATE, "FLOAT", format="WAV")
    return file.getvalue()


def fed(folder: Path, write: Callable[[int], object]) -> tuple[Path, threading.Thread]:
    """A named pipe, and a thread that writes to it."""
    os.mkfifo(folder / "pipe")

    def feed() -> None:
        with suppress(BrokenPipeError), (folder / "pipe").open("wb", buffering=0) as pipe:
            write(pipe.fileno())

    thread = threading.Thread(target=feed)
    thread.start()
    return folder / "pipe", thread


def send(pipe: int, data: bytes) -> None:
    while data:
        data = data[os.write(pipe, data) :]


@pytest.mark.parametrize(("name", "words", "reader"), [
    ("a.wav", (), PipedReader), ("a.flac", (), PipedReader), ("a.mp3", (), PipedReader), ("a.ogg", (), PipedReader),
    ("a.mkv", (), PipedReader), ("a.m4a", ("-movflags", "faststart"), PipedReader), ("a.m4a", (), SpooledReader),
    ("six.wav", ("-filter:a", "pan=5.1|FL=c0|FR=c1|FC=c0|LFE=c1|BL=c0|BR=c1"), PipedReader),
    ("three.flac", ("-filter:a", "pan=2.1|FL=c0|FR=c1|LFE=c0"), PipedReader), ("low.wav", ("-ar", "8000", "-ac", "1"),
     PipedReader)], ids=lambda value: str(value[:1]) if isinstance(value, tuple) else None)
def test_the_same_comes_through_a_pipe_as_from_a_file(tmp_path: Path, name: str, words: tuple[str, ...],
                                                      reader: type) -> None:
    path = encoded(tmp_path, name, noise(2 * RATE) / 4, *words)
    pipe, thread = fed(tmp_path, lambda pipe: send(pipe, path.read_bytes()))
    with open_live(pipe) as found, open_song(path) as wanted:
        assert isinstance(found, reader)
        assert found.samplerate == wanted.samplerate
        heard, song = whole(found), whole(wanted)
        assert (heard[: len(song)] == song).all()
        assert len(heard) - len(song) < (1152 if name == "a.mp3" else 1)  # ffmpeg cuts its end only where it can seek
        assert found.damage is None
    thread.join()


def test_what_is_not_read_is_not_taken_either(tmp_path: Path) -> None:
    taken = 0

    def write(pipe: int) -> None:
        nonlocal taken
        send(pipe, wav(noise(RATE)))
        while True:
            taken += os.write(pipe, bytes(4096))

    pipe, thread = fed(tmp_path, write)
    with open_live(pipe) as reader:
        assert isinstance(reader, PipedReader)
        before = -1
        while before < taken:
            before = taken
            thread.join(0.5)
        assert thread.is_alive()
        assert taken < 1 << 24  # of any number
    thread.join()


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_never_ends_is_heard_at_once_and_ended_by_its_user(tmp_path: Path, kind: str) -> None:
    radio = subprocess.Popen(["ffmpeg", "-v", "quiet", "-re", "-f", "lavfi", "-i", "sine", *ENDLESS[kind], "pipe:1"],
                             stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert radio.stdout is not None
    try:
        with Command("run", "--model", "center", "--device", "-", "--clock", "wall", "--record", tmp_path / "take",
                     "--json", stdin=radio.stdout.fileno()) as live:
            radio.stdout.close()
            part = tmp_path / "take" / ".mix.wav.part"
            live.until(lambda: part.exists() and part.stat().st_size > 200_000)
            done = live.interrupt()
    finally:
        radio.kill()
        radio.wait()
    assert done.code == 0, done.err
    heard = sf.read(tmp_path / "take" / "input.wav", dtype="float32")[0]
    assert np.abs(heard).max() > 0.05
    assert done.report["files"].keys() == {"input", "mix", "other", "vocals"}


@pytest.fixture
def stalled(tmp_path: Path) -> Iterator[Path]:
    """A pipe that some seconds come through, and then nothing, until the test is over."""
    over = threading.Event()
    pipe, thread = fed(tmp_path, lambda pipe: (send(pipe, wav(noise(9 * RATE))[: 3 * 8 * RATE]), over.wait()))
    yield pipe
    over.set()
    thread.join()


def test_a_pipe_that_stands_still_does_not_hold_up_the_end(stalled: Path, tmp_path: Path) -> None:
    with Command("run", "--model", "center", "--device", stalled, "--clock", "wall", "--record", tmp_path / "take",
                 "--json") as live:
        part = tmp_path / "take" / ".mix.wav.part"
        live.until(lambda: part.exists() and part.stat().st_size > 4 * 8 * RATE)  # four seconds are heard, three came
        done = live.interrupt()
    assert done.code == 0, done.err
    assert done.report["underruns"] > 0
    heard = sf.read(tmp_path / "take" / "input.wav", dtype="float32")[0]
    assert not heard[-RATE // 4 :].any()
    np.testing.assert_array_equal(heard[: RATE // 2], noise(9 * RATE)[: RATE // 2])


def test_on_a_virtual_clock_it_is_waited_for_and_the_user_may_end_that(stalled: Path, tmp_path: Path) -> None:
    with Command("run", "--model", "center", "--device", stalled, "--record", tmp_path / "take", "--json") as live:
        part = tmp_path / "take" / ".input.wav.part"
        live.until(lambda: part.exists() and part.stat().st_size > 2 * 8 * RATE)
        done = live.interrupt()
    assert done.code == 0, done.err
    assert done.report["underruns"] == 0


def test_between_files_a_slow_pipe_gives_what_the_file_gives(tmp_path: Path) -> None:
    song, more = noise(3 * RATE), threading.Event()
    data = wav(song)
    pipe, thread = fed(tmp_path, lambda pipe: (send(pipe, data[:700_001]), more.wait(0.5), send(pipe, data[700_001:])))
    assert main(["run", "--model", "center", "--device", str(pipe), "--record", str(tmp_path / "take"),
                 "--ui", "none"]) == 0
    thread.join()
    np.testing.assert_array_equal(sf.read(tmp_path / "take" / "input.wav", dtype="float32")[0], song)


def test_after_a_gap_nothing_is_lost_and_nothing_old_is_heard_again(tmp_path: Path) -> None:
    song, more = noise(4 * RATE), threading.Event()
    data = wav(song)
    cut = len(data) * 3 // 4
    pipe, thread = fed(tmp_path, lambda pipe: (send(pipe, data[:cut]), more.wait(), send(pipe, data[cut:])))
    with open_live(pipe) as reader:
        live = Live(Shares(), channels=(0, 0), reader=reader)
        heard = [*taken(live, 0.5)]
        heard += [serve(live) for _ in range(100)]  # nobody waits for it any more
        assert live.engine.counts()["underruns"] > 90
        more.set()
        heard += [*taken(live, 30)]
    thread.join()
    whole = np.concatenate(heard)
    (sounding,) = np.nonzero(whole.any(axis=1))
    assert (whole[sounding] == song).all()
    assert (np.diff(sounding) > 1).sum() == 1


def taken(live: Live, wait_s: float) -> Iterator[np.ndarray]:
    """Blocks of what comes, until nothing does for so long, or it ends."""
    assert live.engine.feeder is not None
    came = time.monotonic()
    while time.monotonic() - came < wait_s and not live.engine.ended:
        while live.engine.feed():
            came = time.monotonic()
        if live.engine.feeder.lacks(512):
            time.sleep(0.01)
        else:
            yield serve(live)


def serve(live: Live) -> np.ndarray:
    """A block off the feed, as it is heard."""
    block = np.zeros((512, 2), np.float32)
    live.engine.serve(512)
    assert live.engine.inputs.read(live.engine.inputs.written - 512, block)
    return block


@pytest.mark.parametrize(("data", "says"), [
    (b"", "is empty: it holds no frames"), (b"no sound at all " * 1000, "cannot be read as sound"),
    (wav(noise(10))[:20], "cannot be read as sound"), (b"\0\0\0\x14ftypM4A " + bytes(8), "cannot be read as sound")],
    ids=["nothing", "text", "half a header", "half a box"])
def test_what_is_no_sound_is_told_in_a_line(tmp_path: Path, data: bytes, says: str,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    pipe, thread = fed(tmp_path, lambda pipe: send(pipe, data))
    assert main(["run", "--model", "center", "--device", str(pipe), "--record", str(tmp_path / "take")]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert says in line
    assert str(pipe) in line
    thread.join()


def test_what_this_process_has_open_already_is_read_where_it_is() -> None:
    one, other = socket.socketpair()  # as of `<(command)`, or what inetd hands over
    feeding = threading.Thread(target=lambda: (other.sendall(wav(noise(RATE))), other.close()))
    feeding.start()
    with open_live(Path(f"/dev/fd/{one.fileno()}")) as reader:
        assert isinstance(reader, PipedReader)
        np.testing.assert_array_equal(whole(reader), noise(RATE))
        with pytest.raises(Failure, match="can be read only once"):
            reader.rewind()
    feeding.join()
    one.close()


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff", "a.ogg", "six.wav"])
def test_a_header_without_frames_is_as_empty_as_it_is_as_a_file(tmp_path: Path, name: str,
                                                                capsys: pytest.CaptureFixture[str]) -> None:
    sf.write(tmp_path / name, np.zeros((0, 6 if name == "six.wav" else 2)), RATE)
    data, says = (tmp_path / name).read_bytes(), []
    pipe, thread = fed(tmp_path, lambda pipe: send(pipe, data))
    for path in (tmp_path / name, pipe):
        assert main(["run", "--model", "center", "--device", str(path), "--record", str(tmp_path / "take"),
                     "--ui", "none"]) == 1
        says.append(capsys.readouterr().err.strip().replace(str(path), ""))
        assert not list(tmp_path.glob("take/*"))
    thread.join()
    assert len(says[1].splitlines()) == 1
    if name.endswith(".wav"):
        assert says == ["demucs-stream:  is empty: it holds no frames"] * 2


def test_the_first_frame_is_waited_for(tmp_path: Path) -> None:
    data, may_go_on = wav(noise(RATE)), threading.Event()

    def late(pipe: int) -> None:
        send(pipe, data[: len(data) - 8 * RATE])  # the header
        may_go_on.wait()
        send(pipe, data[len(data) - 8 * RATE :])

    pipe, thread = fed(tmp_path, late)
    threading.Timer(0.5, may_go_on.set).start()
    with open_live(pipe) as reader:
        assert may_go_on.is_set()
        np.testing.assert_array_equal(whole(reader), noise(RATE))
    thread.join()


def test_a_pipe_that_nobody_writes_to_is_given_up_by_one_request(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with Command("run", "--model", "center", "--device", tmp_path / "pipe", "--record", tmp_path / "take") as live:
        with pytest.raises(subprocess.TimeoutExpired):
            live.process.wait(3)
        done = live.interrupt()
    assert (done.code, done.err) == (1, "stopped\n")


def test_separate_takes_a_dash_for_standard_input(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(wav(noise(RATE)))
    feed = subprocess.Popen(["cat", tmp_path / "song.wav"], stdout=subprocess.PIPE)
    assert feed.stdout is not None
    with Command("separate", "--model", "center", "-", "-o", tmp_path / "out", stdin=feed.stdout.fileno()) as live:
        feed.stdout.close()
        done = live.end()
    feed.wait()
    assert done.code == 0, done.err
    assert len(list((tmp_path / "out").rglob("*.wav"))) == 2


def test_a_hole_in_a_flac_is_told_though_ffmpeg_says_nothing_of_it(tmp_path: Path) -> None:
    file = io.BytesIO()
    sf.write(file, noise(5 * RATE) / 4, RATE, format="FLAC")
    sound = file.getvalue()
    middle = len(sound) // 2
    broken = sound[:middle] + bytes(20_000) + sound[middle + 20_000 :]
    path, thread = fed(tmp_path, lambda pipe: send(pipe, broken))
    with open_live(path) as reader:
        while len(reader.read(RATE)):
            pass
        assert isinstance(reader, PipedReader)
        assert reader.damage is not None
        assert "its header says" in reader.damage or "could not be decoded" in reader.damage
    thread.join()


def test_what_ffmpeg_says_of_a_pipe_begins_with_no_colon(tmp_path: Path) -> None:
    path, thread = fed(tmp_path, lambda pipe: send(pipe, b"no sound at all " * 1000))
    with pytest.raises(Failure, match="cannot be read as sound: Invalid data"):
        open_live(path)
    thread.join()
