"""The rig itself: a recording is exact to the frame, a server leaves nothing behind, a note arrives."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rtmidi

from tests.rig.jackd import Jackd
from tests.rig.loopback import Loopback
from tests.rig.midi import CONTROL, NOTE_OFF, NOTE_ON, MidiSender
from tests.rig.steal import Steal, steal

pytestmark = pytest.mark.device

HOST = """
import sys
import sounddevice as sd

def callback(indata, outdata, frames, time, status):
    outdata[:] = indata

device = next(i for i, d in enumerate(sd.query_devices())
              if d["name"] == sys.argv[1] and sd.query_hostapis(d["hostapi"])["name"].startswith("JACK"))
with sd.RawStream(device=device, channels=2, dtype="float32", blocksize=int(sys.argv[2]), callback=callback) as stream:
    print(round(sum(stream.latency) * stream.samplerate), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd() as server:
        yield server


def noise(frames: int) -> np.ndarray:
    return np.random.default_rng(7).standard_normal((frames, 2)).astype(np.float32)


class Host:
    """A pass-through host in a process of its own, `latency` as PortAudio states it, frames, in and out together."""

    def __init__(self, jackd: Jackd, device: str, blocksize: int) -> None:
        command = [sys.executable, "-c", HOST, device, str(blocksize)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=os.environ | jackd.env
        )

    def __enter__(self) -> Host:
        assert self._process.stdout is not None
        self.latency = int(self._process.stdout.readline())
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.communicate()


@pytest.mark.parametrize("blocksize", [0, 256, 512, 1024], ids="blocksize{}".format)
@pytest.mark.parametrize("device", ["system", "rig"])
def test_a_pass_through_host_is_late_by_what_portaudio_states(jackd: Jackd, device: str, blocksize: int) -> None:
    play = noise(30000)
    beyond = (1, 2)  # as jackd's own of `system`; PortAudio 19.6 takes a period off each, and the circle's is left
    with Loopback(jackd, play, tail=2048, beyond=beyond) as loopback, Host(jackd, device, blocksize) as host:
        loopback.connect("PortAudio")
        with loopback.freewheel():
            loopback.start()
            loopback.wait()
        late = jackd.period + blocksize
        assert np.array_equal(loopback.recorded[late : late + len(play)], play)
        assert not loopback.recorded[:late].any()
        assert host.latency == late
        assert loopback.skipped == 0


def test_waiting_for_a_host_that_never_comes_says_who_is_there(jackd: Jackd) -> None:
    with (
        Loopback(jackd, noise(512)) as loopback,
        pytest.raises(TimeoutError, match=r"no host 'nobody'.*system:capture_1"),
    ):
        loopback.connect("nobody", timeout_s=0.1)


def test_notes_and_controls_arrive_in_order(jackd: Jackd) -> None:
    host = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="deck")
    host.open_virtual_port("in")
    with MidiSender(jackd) as sender:
        assert sender.connect("deck") == "deck:in"
        sender.note_on(36, 99)
        sender.note_off(36)
        for value in range(100):
            sender.control(7, value)
        came: list[list[int]] = []
        end = time.monotonic() + 10
        while len(came) < 102 and time.monotonic() < end:
            if message := host.get_message():
                came.append(message[0])
            else:
                time.sleep(0.005)
    host.delete()
    assert came == [[NOTE_ON, 36, 99], [NOTE_OFF, 36, 0], *([CONTROL, 7, value] for value in range(100))]


def test_a_server_leaves_nothing_behind(jackd: Jackd) -> None:
    # in a process of its own: libjack holds one server per process, and here that is the fixture's
    script = "from tests.rig.jackd import Jackd\nwith Jackd(period=128, synchronous=True) as j: print(j.name, j.pid)"
    env = {key: value for key, value in os.environ.items() if not key.startswith("JACK_")}
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", script], cwd=root, env=env, capture_output=True, text=True, check=True)
    name, pid = ran.stdout.split()
    assert not list(Path("/dev/shm").glob(f"*{name}*"))
    assert not Path(f"/proc/{pid}").exists()


def test_steal_only_grows_and_stops_counting_when_left() -> None:
    before = steal()
    with Steal() as taken:
        assert taken.seconds >= 0
    assert taken.seconds == taken.seconds <= steal() - before
