"""What JACK's ports state of latency: ours to others, theirs to us, and again whenever the graph changes."""

import ctypes
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.rig.jackd import Jackd, jack
from tests.rig.live import Live
from tests.rig.loopback import Loopback

pytestmark = pytest.mark.device
RATE, PERIOD, REST_S = 44_100, 512, 1.0  # many times as long as the host takes to look again
_range = ctypes.CDLL(jack._libname).jack_port_get_latency_range


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd(period=PERIOD) as server:
        yield server


@pytest.fixture
def rig(jackd: Jackd) -> Iterator[Loopback]:
    with Loopback(jackd, np.zeros((1, 2), np.float32)) as made:
        yield made


@pytest.fixture
def desk(jackd: Jackd) -> Iterator[jack.Client]:
    """Who connects, and sees what is stated; its input is heard again at its output."""
    client = jack.Client("desk", no_start_server=True, servername=jackd.name)
    client.inports.register("in")
    client.outports.register("out")
    with client:
        yield client
    client.close()


def stated(desk: jack.Client, name: str) -> tuple[int, int]:
    """The most that is stated of a port: before it, and behind it."""
    port, spread, found = desk.get_port_by_name(name), (ctypes.c_uint32 * 2)(), []
    for mode in (0, 1):
        _range(ctypes.c_void_p(int(jack._ffi.cast("uintptr_t", port._ptr))), ctypes.c_int(mode), spread)
        found.append(int(spread[1]))
    return found[0], found[1]


def started(device: str) -> Live:
    return Live("run", "--device", device, "--model", "center", "--ui", "plain", "--json")


def playing(desk: jack.Client) -> Callable[[], bool]:
    return lambda: any(desk.get_all_connections(port) for port in desk.get_ports("^demucs-stream:"))


def test_our_ports_state_our_own_latency_and_what_lies_beyond(rig: Loopback, desk: jack.Client) -> None:
    with started("jack:rig") as live:
        live.until(playing(desk))
        time.sleep(REST_S)
        heard, played = stated(desk, "demucs-stream:in_left"), stated(desk, "demucs-stream:mix_left")
        others = stated(desk, "demucs-stream:vocals_right"), stated(desk, "rig:in_0"), stated(desk, "rig:out_0")
        report = live.interrupt().report
    whole, out = report["latency_frames"], round(report["latency_parts_s"]["device_out"] * RATE)
    assert (heard, played) == ((0, whole), (whole - out, out))
    assert others[0][0] == whole - out  # behind it there is nothing
    assert out == PERIOD


@pytest.mark.parametrize("device", ["jack:rig", "rig"], ids=["own client", "PortAudio"])
def test_what_is_connected_later_is_read_again_and_told(
        jackd: Jackd, rig: Loopback, desk: jack.Client, device: str) -> None:
    ours = "demucs-stream:in_left" if ":" in device else "demucs-stream:in_0"
    with started(device) as live, Loopback(jackd, np.zeros((1, 2), np.float32), name="far", beyond=(3, 7)):
        live.until(playing(desk))
        time.sleep(REST_S)
        assert "beyond" not in live.err
        desk.connect("far:out_0", ours)
        live.until(lambda: live.err.count("the devices' own latency has changed: the latency is ") == 1)
        desk.connect(ours.replace("in_", "mix_" if ":" in device else "out_"), "far:in_0")
        live.until(lambda: live.err.count("the devices' own latency has changed: the latency is ") == 2)
        time.sleep(REST_S)
        done = live.interrupt()
    parts = done.report["latency_parts_s"]
    block = 0 if ":" in device else PERIOD
    assert [round(parts[name] * RATE) for name in ("device_in", "device_out")] == [3 * PERIOD, 7 * PERIOD + block]
    assert done.err.count("the devices' own latency") == 2


def test_a_circle_adds_nothing_however_often_the_graph_changes(rig: Loopback, desk: jack.Client) -> None:
    with started("jack:rig") as live:
        live.until(playing(desk))
        time.sleep(REST_S)
        before = stated(desk, "demucs-stream:in_left"), stated(desk, "demucs-stream:mix_left")
        desk.connect("demucs-stream:mix_left", "desk:in")
        desk.connect("desk:out", "demucs-stream:in_left")
        for _ in range(5):
            desk.connect("rig:out_1", "desk:in")
            time.sleep(REST_S / 5)
            desk.disconnect("rig:out_1", "desk:in")
            time.sleep(REST_S / 5)
        time.sleep(REST_S)
        after = stated(desk, "demucs-stream:mix_left"), stated(desk, "desk:out")
        done = live.interrupt()
    assert after[0][0] == before[1][0]  # and the desk's own is as old
    assert after[1][0] == before[1][0]
    assert "the devices' own latency" not in done.err
    assert done.report["latency_parts_s"]["device_in"] == 0


def test_our_own_output_at_our_own_input_adds_nothing(rig: Loopback, desk: jack.Client) -> None:
    with started("jack:rig") as live:
        live.until(playing(desk))
        time.sleep(REST_S)
        before = stated(desk, "demucs-stream:mix_left")
        desk.connect("demucs-stream:mix_left", "demucs-stream:in_left")
        for _ in range(3):
            desk.connect("rig:out_1", "desk:in")
            desk.disconnect("rig:out_1", "desk:in")
            time.sleep(REST_S / 3)
        assert stated(desk, "demucs-stream:mix_left")[0] == before[0]
        done = live.interrupt()
    assert "the devices' own latency" not in done.err
