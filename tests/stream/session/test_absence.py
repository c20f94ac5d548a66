"""Audio devices that vanish while a run goes on: it is said, they are waited for, and it goes on when they are back.

Servers of the test's own are killed and started again, or stopped.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command.main import main
from tests.rig.jackd import Jackd
from tests.rig.live import Done, Live
from tests.rig.pipewire import Pipewire
from tests.rig.pulse import Pulse

pytestmark = pytest.mark.device
RATE = 44_100
CENTER = ("--model", "center")
TRACKS = ("input", "mix", "other", "vocals")


class Stage:
    """Servers, and a run that records; `gone` and `back` do to the one that is named last."""

    def __init__(self, folder: Path) -> None:
        self._open, self.folder = ExitStack(), folder

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def jackd(self, **sizes: int) -> Jackd:
        self.server: Jackd | Pulse | Pipewire = self._open.enter_context(Jackd(**sizes))
        return self.server

    def pulse(self) -> Pulse:
        self.server = self._open.enter_context(Pulse())
        return self.server

    def pipewire(self) -> Pipewire:
        self.server = self._open.enter_context(Pipewire())
        return self.server

    def run(self, *words: object, stdin: int | None = None) -> Live:
        given = {} if stdin is None else {"stdin": stdin}
        self.live = self._open.enter_context(Live(*words, *CENTER, "--record", self.folder, "--json", **given))
        self.goes_on()
        return self.live

    @property
    def recorded(self) -> int:
        """Bytes of the mix."""
        part = self.folder / ".mix.wav.part"
        return part.stat().st_size if part.exists() else 0

    def goes_on(self, seconds: float = 0.5) -> None:
        """Wait until as much more was recorded."""
        before = self.recorded
        self.live.until(lambda: self.recorded > before + 8 * RATE * seconds)

    def gone(self, times: int = 1) -> None:
        self.server.kill()
        self.live.until(lambda: self.live.err.count("has gone") == times)

    def back(self) -> None:
        self.server.start()
        self.live.until(lambda: "is back, after" in self.live.err)  # "until it is back" is no such line

    def kept(self, done: Done, code: int = 0) -> float:
        """Seconds of the recording, which is whole: all of what was heard, under its names, and it can be rendered."""
        assert done.code == code, done.err
        assert not list(self.folder.glob(".*"))
        frames = {sf.info(self.folder / f"{name}.wav").frames for name in TRACKS}
        assert len(frames) == 1
        assert main(["render", str(self.folder), "-o", str(self.folder / "again.wav")]) == 0
        seconds = frames.pop() / (done.report["samplerate"] if code == 0 else RATE)
        if code == 0:
            assert seconds == pytest.approx(done.report["heard_s"])
        return seconds


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nosuch")
    with Stage(tmp_path) as made:
        yield made


def lines(done: Done, device: str) -> list[str]:
    """What was said of a device, without how long it was gone."""
    return [line.split(",")[0].strip() for line in done.said if device in line and "audio device" in line]


SERVERS: dict[str, Callable[[Stage], object]] = {"jack": Stage.jackd, "system": Stage.jackd, "pulse": Stage.pulse,
                                              "jack:none": Stage.pipewire}


@pytest.mark.parametrize(("device", "end"), [("jack", signal.SIGTERM), ("system", signal.SIGINT), ("pulse", None),
                                             ("jack:none", signal.SIGHUP)],
                         ids=["jack, SIGTERM", "PortAudio over JACK, Ctrl-C", "PulseAudio, q", "PipeWire, SIGHUP"])
def test_it_is_waited_for_and_the_recording_goes_on_until_the_user_ends_it(
        stage: Stage, device: str, end: signal.Signals | None) -> None:
    SERVERS[device](stage)
    typist, terminal = os.openpty()
    live = stage.run("--device", device, stdin=terminal)
    stage.gone()
    time.sleep(0.3)  # for what is still on its way to the file
    rests = stage.recorded
    time.sleep(0.5)
    assert stage.recorded == rests
    stage.back()
    stage.goes_on()
    stage.gone(2)
    if end is None:
        os.write(typist, b"q")
    else:
        live.process.send_signal(end)
    done = live.end()
    os.close(typist)
    os.close(terminal)
    assert stage.kept(done) >= 0.9  # half a second twice, counted at 44,100 Hz where PipeWire has 48,000
    gone = f"the audio device {device} has gone; waiting for it to come back"
    assert lines(done, device) == [gone, f"the audio device {device} is back", gone,
                                   f"the audio device {device} was gone 2 times"]
    (absence,) = done.report["absences"]
    assert (absence["device"], absence["times"]) == (device, 2)
    assert absence["seconds"] >= 0.8


def test_one_that_is_only_silent_is_gone_too_and_a_server_that_hangs_holds_nobody_up(stage: Stage) -> None:
    server = stage.pulse()
    live = stage.run("--device", "pulse")
    server.send(signal.SIGSTOP)  # PortAudio waits for it for ever now, whatever it is asked
    live.until(lambda: "pulse has gone" in live.err)
    live.process.send_signal(signal.SIGTERM)
    done = live.end()
    assert stage.kept(done) >= 0.5


@pytest.mark.parametrize("device", ["jack", "system"])
def test_a_server_that_hangs_just_as_the_run_is_ended_holds_nobody_up(stage: Stage, device: str) -> None:
    server = stage.jackd()
    live = stage.run("--device", device)
    os.kill(server.pid, signal.SIGSTOP)
    live.process.send_signal(signal.SIGTERM)
    try:
        done = live.end(20)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert stage.kept(done) >= 0.5


@pytest.mark.parametrize("late_s", [0.0, 0.03, 0.06, 0.1])
def test_a_server_that_dies_while_the_run_ends_takes_no_recording_with_it(stage: Stage, late_s: float) -> None:
    stage.jackd()  # PortAudio 19.6 aborts where it closes a stream of it meanwhile
    live = stage.run("--device", "system")
    live.process.send_signal(signal.SIGTERM)
    time.sleep(late_s)
    stage.server.kill()
    assert stage.kept(live.end()) >= 0.5


def test_a_server_of_jacks_that_ends_beside_a_run_over_another_device_changes_nothing(stage: Stage) -> None:
    jackd = stage.jackd()  # PortAudio holds it too, and aborts when it lets go of one that has ended
    stage.pulse()
    live = stage.run("--device", "pulse")
    jackd.kill()
    stage.goes_on()
    done = live.interrupt()
    assert stage.kept(done) >= 0.9  # half a second twice, counted at 44,100 Hz where PipeWire has 48,000
    assert done.report["absences"] == []


@pytest.mark.parametrize(("words", "device", "change", "why"), [
    ((), "jack", {"samplerate": 48_000}, "jack cannot be opened at 44100 Hz: its server runs at 48000 Hz"),
    (("--out", "mix=3-4"), "system", {"channels": 2}, "--out mix=3-4: the output device has only 2 channels"),
], ids=["another rate", "fewer channels than a bus needs"])
def test_one_that_is_back_as_another_that_does_not_fit_ends_it_with_a_line(
        stage: Stage, words: tuple[str, ...], device: str, change: dict[str, int], why: str) -> None:
    server = stage.jackd(channels=4)
    live = stage.run("--device", device, *words)
    stage.gone()
    for name, value in change.items():
        setattr(server, name, value)
    server.start()
    done = live.end()
    assert stage.kept(done, code=1) >= 0.5
    assert done.said[-1] == (f"demucs-stream: the audio device {device} is back, but the run cannot go on with it: "
                             f"{why}")


def test_one_that_is_back_with_longer_periods_is_later_and_that_is_said(stage: Stage) -> None:
    server = stage.jackd()
    stage.run("--device", "jack")
    stage.gone()
    server.period = 4096
    stage.back()
    stage.goes_on(1)
    done = stage.live.interrupt()
    stage.kept(done)
    assert "uses blocks of 4096 frames: the latency is" in done.err


@pytest.mark.parametrize(("words", "meanwhile"), [
    (("--input-device", "pulse", "--output-device", "system"), "silence comes in until it is back"),
    (("--device", "jack", "--out", "mix=1-2", "cue=1-2@pulse"), "the others play on until it is back"),
], ids=["another input", "another output"])
def test_one_of_two_devices_is_waited_for_while_the_other_plays(
        stage: Stage, words: tuple[str, ...], meanwhile: str) -> None:
    stage.jackd()
    stage.pulse()
    stage.run(*words)
    stage.gone()
    stage.goes_on(1)
    stage.back()
    stage.goes_on()
    done = stage.live.interrupt()
    assert stage.kept(done) >= 2
    assert lines(done, "pulse") == [f"the audio device pulse has gone; {meanwhile}", "the audio device pulse is back",
                                    "the audio device pulse was gone once"]


def test_the_one_that_paces_is_waited_for_while_the_other_calls(stage: Stage) -> None:
    stage.jackd()
    stage.pulse()
    stage.run("--input-device", "system", "--output-device", "pulse")
    stage.gone()
    stage.back()
    stage.goes_on()
    done = stage.live.interrupt()
    stage.kept(done)
    assert lines(done, "pulse")[0] == "the audio device pulse has gone; waiting for it to come back"


@pytest.mark.parametrize("end", ["SIGHUP", "another rate"])
def test_decks_wait_for_it_as_a_live_run_does_and_their_recording_goes_on(
        stage: Stage, tmp_path: Path, end: str) -> None:
    songs = [tmp_path / "one song.wav", tmp_path / "another.wav"]
    for song in songs:
        sf.write(song, np.full((60 * RATE, 2), 0.1, np.float32), RATE, "FLOAT")
    stage.folder, server = tmp_path / "set", stage.jackd()
    live = stage.run("play", *songs, "--device", "jack", "--cache-gb", 0)
    stage.gone()
    stage.back()
    stage.goes_on()
    if end == "SIGHUP":
        live.process.send_signal(signal.SIGHUP)
    else:
        stage.gone(2)
        server.samplerate = 48_000
        server.start()
    done = live.end()
    frames = {sf.info(stage.folder / f"{name}.wav").frames for name in ("mix", "a", "b")}
    assert not list(stage.folder.glob(".*"))
    assert len(frames) == 1
    assert frames.pop() >= 0.9 * RATE
    gone, back = "the audio device jack has gone; waiting for it to come back", "the audio device jack is back"
    if end == "SIGHUP":
        assert done.code == 0, done.err
        assert lines(done, "jack") == [gone, back, "the audio device jack was gone once"]
        (absence,) = done.report["absences"]
        assert (absence["device"], absence["times"]) == ("jack", 1)
    else:
        assert done.code == 1, done.err
        assert lines(done, "jack")[:3] == [gone, back, gone]
        assert done.said[-2].startswith(f"what was heard until then is kept: {stage.folder / 'mix.wav'}")
        assert done.said[-1].endswith("jack cannot be opened at 44100 Hz: its server runs at 48000 Hz")
