"""Programs on JACK that a run is connected to and that quit: it is said, and they are connected again by name."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from stream.devices.jackpartners import LEAVING_S
from tests.rig.jackd import Jackd, jack
from tests.rig.live import Done
from tests.stream.session.test_absence import Stage

pytestmark = pytest.mark.device
GONE, BACK = "the JACK client src has gone; waiting for it to come back", "the JACK client src is back"
TONE = 0.25
LOOKS_S = 1.0  # many times as long as the run takes to look again
HEARS = ("--input-device", "jack:src", "--output-device", "jack")
Ends = set[tuple[str, str]]


class Src:
    """A program with two outputs that play a constant, and two inputs; `quit` and `start` it as often as you like."""

    def __init__(self) -> None:
        self.watch = jack.Client("watching", no_start_server=True)
        self.client: Any = None

    def start(self) -> None:
        self.client = jack.Client("src", no_start_server=True)
        for number in (1, 2):
            self.client.outports.register(f"out_{number}")
            self.client.inports.register(f"in_{number}")
        self.client.set_process_callback(self._play)
        self.client.activate()

    def _play(self, _frames: int) -> None:
        for port in self.client.outports:
            port.get_array()[:] = TONE

    def quit(self, lingers_s: float = 0.0) -> None:
        """lingers_s: between its connections' end and its ports'"""
        self.client.deactivate()
        time.sleep(lingers_s)
        self.client.close()
        self.client = None

    def close(self) -> None:
        if self.client is not None:
            self.quit()
        self.watch.close()

    @property
    def ends(self) -> Ends:
        """What it is connected to, each the output first."""
        return {(source.name, sink.name) for source in self.watch.get_ports(is_audio=True, is_output=True)
                for sink in self.watch.get_all_connections(source) if "src" in (source.name[:3], sink.name[:3])}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with Stage(tmp_path) as made:
        made.jackd()
        yield made


@pytest.fixture
def src(stage: Stage) -> Iterator[Src]:
    with ExitStack() as stack:
        made = Src()
        stack.callback(made.close)
        made.start()
        yield made


def said(done: Done) -> list[str]:
    """Of clients and ports, without how long they were gone."""
    return [line.split(", ")[0].strip() for line in done.said if "the JACK " in line]


def told(stage: Stage, what: str, times: int = 1) -> Callable[[], bool]:
    return lambda: stage.live.err.count(what) >= times


def plays(stage: Stage, src: Src, words: tuple[str, ...]) -> Ends:
    """Start a run; what src is connected to."""
    live = stage.run("--ui", "plain", *words)
    live.until(lambda: len(src.ends) >= 2)
    time.sleep(LOOKS_S)
    return src.ends


@pytest.mark.parametrize("words", [
    HEARS,
    ("--input-device", "jack:src:out_2,src:out_1", "--output-device", "jack"),
    ("--input-device", "jack", "--output-device", "jack:src"),
    ("--device", "jack", "--out", "mix=1-2", "vocals=src:in_2,src:in_1"),
    ("--input-device", "src", "--output-device", "system"),
    ("--input-device", "system", "--output-device", "src"),
], ids=["input", "input's ports", "output", "a stem's ports", "PortAudio's input", "PortAudio's output"])
def test_who_quits_is_connected_again_by_name_as_often_as_he_is_back(
        stage: Stage, src: Src, words: tuple[str, ...]) -> None:
    before = plays(stage, src, words)
    for times in (1, 2):
        src.quit()
        stage.live.until(told(stage, "has gone", times))
        stage.goes_on()
        src.start()
        stage.live.until(told(stage, "is back", times))
        assert src.ends == before
    stage.goes_on()
    done = stage.live.interrupt()
    assert stage.kept(done) >= 2
    assert said(done) == [GONE, BACK, GONE, BACK, "the JACK client src was gone 2 times"]
    (absence,) = done.report["absences"]
    assert (absence["what"], absence["device"], absence["times"]) == ("JACK client", "src", 2)
    assert absence["seconds"] >= 0.8


@pytest.mark.parametrize("words", [HEARS, ("--input-device", "src", "--output-device", "system")],
                         ids=["own client", "PortAudio"])
def test_silence_comes_in_meanwhile_and_its_sound_afterwards(stage: Stage, src: Src, words: tuple[str, ...]) -> None:
    plays(stage, src, words)
    src.quit()
    stage.live.until(told(stage, "has gone"))
    stage.goes_on(1)
    src.start()
    stage.live.until(told(stage, "is back"))
    stage.goes_on(1)
    stage.kept(stage.live.interrupt())
    heard = sf.read(stage.folder / "input.wav", dtype="float32")[0][:, 0]
    assert set(np.unique(heard)) <= {np.float32(0), np.float32(TONE)}
    silent = np.flatnonzero(heard == 0)
    silent = silent[silent > np.flatnonzero(heard)[0]]
    assert heard[silent[0] - 1] == heard[silent[-1] + 1] == np.float32(TONE)
    assert len(silent) == silent[-1] - silent[0] + 1 >= 0.9 * 44_100


def test_what_somebody_takes_away_while_both_are_there_stays_away(stage: Stage, src: Src) -> None:
    before = plays(stage, src, HEARS)
    taken = ("src:out_1", "demucs-stream:in_left")
    assert taken in before
    src.watch.disconnect(*taken)
    time.sleep(LOOKS_S)
    src.quit()
    stage.live.until(told(stage, "has gone"))
    src.start()
    stage.live.until(told(stage, "is back"))
    time.sleep(LOOKS_S)
    assert src.ends == before - {taken}
    src.watch.connect(*taken)  # by hand it is as it was
    time.sleep(LOOKS_S)
    src.quit()
    stage.live.until(told(stage, "has gone", 2))
    src.start()
    stage.live.until(told(stage, "is back", 2))
    assert src.ends == before
    stage.kept(stage.live.interrupt())


def test_who_is_connected_to_nothing_any_more_is_not_missed(stage: Stage, src: Src) -> None:
    for pair in plays(stage, src, HEARS):
        src.watch.disconnect(*pair)
    time.sleep(LEAVING_S + LOOKS_S)
    src.quit()
    time.sleep(LOOKS_S)
    src.start()
    time.sleep(LOOKS_S)
    assert not src.ends
    done = stage.live.interrupt()
    assert (said(done), done.report["absences"]) == ([], [])


@pytest.mark.parametrize(("lingers_s", "away_s"), [(0.0, 0.0), (0.0, 0.02), (0.2, 0.0), (0.2, 0.5)])
def test_who_is_back_at_once_or_quits_slowly_is_connected_again(
        stage: Stage, src: Src, lingers_s: float, away_s: float) -> None:
    before = plays(stage, src, HEARS)
    src.quit(lingers_s)
    time.sleep(away_s)
    src.start()
    stage.live.until(told(stage, "is back"))
    stage.live.until(lambda: src.ends == before)  # another client sees a connection a cycle after it was made
    assert src.ends == before
    assert said(stage.live.interrupt())[:2] == [GONE, BACK]


def test_a_single_port_that_vanishes_is_called_by_its_name(stage: Stage, src: Src) -> None:
    before = plays(stage, src, HEARS)
    src.client.outports[1].unregister()
    stage.live.until(told(stage, "has gone"))
    time.sleep(LOOKS_S)
    assert src.ends == {pair for pair in before if pair[0] == "src:out_1"}
    src.client.outports.register("out_2")
    stage.live.until(told(stage, "is back"))
    assert src.ends == before
    assert said(stage.live.interrupt())[:2] == ["the JACK port src:out_2 has gone; waiting for it to come back",
                                                "the JACK port src:out_2 is back"]


def test_who_crashes_is_waited_for_until_the_run_is_ended(stage: Stage) -> None:
    program = ("import jack, time; client = jack.Client('src', no_start_server=True); "
               "client.set_process_callback(lambda frames: None); client.outports.register('out'); client.activate(); "
               "print('there', flush=True); time.sleep(600)")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        stage.run("--ui", "plain", *HEARS)
        time.sleep(LOOKS_S)
        other.kill()
        stage.live.until(told(stage, "has gone"))
        stage.goes_on(1)
    done = stage.live.interrupt()
    assert stage.kept(done) >= 1.5
    assert said(done) == [GONE, "the JACK client src was gone once"]
    assert done.report["absences"][0]["seconds"] >= 0.5


def test_a_server_that_dies_meanwhile_is_waited_for_too(stage: Stage, src: Src) -> None:
    before = plays(stage, src, ("--device", "jack", "--out", "mix=1-2", "vocals=src:in_2,src:in_1"))
    server = stage.server
    assert isinstance(server, Jackd)
    src.quit()
    stage.live.until(told(stage, "client src has gone"))
    src.watch.close()
    server.kill()
    stage.live.until(told(stage, "device jack has gone"))
    server.start()
    src.watch = jack.Client("watching", no_start_server=True)
    src.start()
    stage.live.until(told(stage, "client src is back"))
    assert src.ends == before
    stage.goes_on()
    done = stage.live.interrupt()
    stage.kept(done)
    assert {absence["device"]: absence["times"] for absence in done.report["absences"]} == {"jack": 1, "src": 1}


def test_in_pipewire_it_is_the_same(tmp_path: Path) -> None:
    sf.write(tmp_path / "song.wav", np.full((100 * 44_100, 1), TONE, np.float32), 44_100)
    player = ("tests.rig.player", "src", tmp_path / "song.wav")
    with Stage(tmp_path / "take") as stage:
        server = stage.pipewire()
        with server.program(*player):
            stage.run("--ui", "plain", "--input-device", "jack:src", "--output-device", "jack:none")
            time.sleep(LOOKS_S)
        stage.live.until(told(stage, "has gone"))
        stage.goes_on(1)
        with server.program(*player):
            stage.live.until(told(stage, "is back"))
            stage.goes_on(1)
            done = stage.live.interrupt()
        stage.kept(done)
    assert said(done) == [GONE, BACK, "the JACK client src was gone once"]
    heard = sf.read(done.report["files"]["input"])[0][:, 0]
    assert np.count_nonzero(heard[-22_050:]) > 0
