"""Devices with clocks of their own: what comes in by one goes out by another, late as is said, and never clicks."""

import ctypes
from collections.abc import Iterator

import numpy as np
import pytest

from stream.callback.bridge import Bridge
from stream.callback.bridgecallbacks import capture, playback
from stream.devices.portaudio import Device
from stream.mixer.route import route
from stream.native.cpuclock import now, ticks_per_second
from stream.session.devicerequest import JACK, DeviceRequest
from tests.rig.byhand import Frames, Live, Shares
from tests.rig.jackd import Jackd
from tests.rig.live import Live as Command
from tests.rig.live import command, connected
from tests.rig.loopback import Loopback
from tests.rig.steal import Crowd

RATE, BLOCK, HZ = 44_100, 512, 441.0


def timeless(bridge: Bridge) -> Bridge:
    """All its calls come at one time, however long this machine takes for them."""
    bridge.header["tick_rate"] *= 1_000_000
    return bridge


def tone(frames: int, rate: int = RATE) -> Frames:
    turn = 2 * np.pi * HZ * np.arange(frames) / rate
    return np.stack([0.5 * np.sin(turn), 0.5 * np.cos(turn)], axis=1).astype(np.float32)


def called(callback: object, bridge: Bridge, block: Frames, flags: int = 0) -> Frames:
    """One call of another device's callback."""
    at = ctypes.c_void_p(block.ctypes.data)
    callback.ctypes(at, at, len(block), None, flags, ctypes.c_void_p(bridge.header.ctypes.data))  # type: ignore[attr-defined]
    return block


def purity_db(signal: Frames, hz: float = HZ, rate: int = RATE) -> float:
    """How far above everything else in it a tone is."""
    turn = 2 * np.pi * hz * np.arange(len(signal)) / rate
    basis = np.stack([np.sin(turn), np.cos(turn)], axis=1)
    fit = basis @ np.linalg.lstsq(basis, signal.astype(np.float64), rcond=None)[0]
    return float(10 * np.log10(np.mean(fit**2) / np.mean((signal - fit) ** 2)))


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_what_another_input_hears_comes_out_as_late_as_is_said(rate: int) -> None:
    bridge = timeless(Bridge((rate, RATE), BLOCK, 2))
    live = Live(Shares(), block=BLOCK, channels=(0, 2), other_input=bridge)
    mix, out, at = tone(6 * rate, rate), [], 0
    for number in range(5 * RATE // BLOCK):
        while at < (number + 1) * BLOCK * rate / RATE:
            called(capture, bridge, mix[at : at + BLOCK])
            at += BLOCK
        out.append(live.serve(np.zeros((BLOCK, 0), np.float32)))
        live.separate()
    heard = np.concatenate(out)
    assert bridge.gaps == 0
    assert purity_db(heard[-RATE:, 0]) > 25
    first = int(np.flatnonzero(np.abs(heard[:, 1]) > 0.1)[0])
    assert abs(first - live.delay) <= bridge.latency + 2 * BLOCK


def test_a_bus_leaves_by_another_device_and_by_the_channels_that_were_named() -> None:
    bridge = timeless(Bridge((RATE, RATE), BLOCK, 4, [route("drums=3-4@Phones")]))
    live = Live(Shares(), block=BLOCK, other_outputs=[bridge])
    mix, out = tone(5 * RATE), []
    for at in range(0, len(mix) - BLOCK, BLOCK):
        live.serve(mix[at : at + BLOCK])
        live.separate()
        out.append(called(playback, bridge, np.full((BLOCK, 4), np.nan, np.float32)))
    heard = np.concatenate(out)
    assert bridge.gaps == 0
    assert not heard[:, :2].any()
    assert purity_db(heard[-RATE:, 2]) > 25
    assert np.abs(heard[-RATE:, 2:]).max() == pytest.approx(0.25, rel=1e-3)  # drums are half of it


def test_buses_of_another_device_stay_together_sample_for_sample_and_each_device_has_its_own() -> None:
    texts = "drums=1-2", "vocals=4-3", "bass=7", "drums=6"
    phones = timeless(Bridge((RATE, 48_000), BLOCK, 7, [route(text) for text in texts]))
    desk = timeless(Bridge((RATE, RATE), BLOCK, 2, [route("mix=1-2")]))
    live = Live(Shares(), block=BLOCK, other_outputs=[phones, desk])
    mix, out, mixes, played = tone(5 * RATE), [], [], 0
    for at in range(0, len(mix) - BLOCK, BLOCK):
        live.serve(mix[at : at + BLOCK])
        live.separate()
        mixes.append(called(playback, desk, np.full((BLOCK, 2), np.nan, np.float32)))
        while played * BLOCK / 48_000 < at / RATE:
            out.append(called(playback, phones, np.full((BLOCK, 7), np.nan, np.float32)))
            played += 1
    heard = np.concatenate(out)
    left, right = heard[:, 0], heard[:, 1]  # drums are half of it, bass a quarter, vocals an eighth
    assert phones.gaps == desk.gaps == 0
    assert np.abs(left[-48_000:]).max() == pytest.approx(0.25, rel=0.01)
    np.testing.assert_array_equal(heard[:, [3, 2]] * 4, heard[:, :2])
    np.testing.assert_allclose(heard[:, 6], (left + right) / 4, atol=1e-6)
    np.testing.assert_array_equal(heard[:, 5], (left + right) * np.float32(0.5))
    assert not heard[:, 4].any()
    assert np.abs(np.concatenate(mixes)[-RATE:]).max() == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize(("texts", "says"), [
    (["cue=1-2", "vocals=2"], "vocals=2: channel 2 already has another bus"),
    (["cue=3-4"], "cue=3-4: the output device has only 2 channels")])
def test_what_another_device_has_not_is_refused(texts: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Bridge((RATE, RATE), BLOCK, 2, [route(text) for text in texts])


def test_a_bus_that_is_not_here_cannot_leave_by_another_device() -> None:
    with pytest.raises(ValueError, match="there is no bus guitar; the buses are mix, drums"):
        Live(Shares(), other_outputs=[Bridge((RATE, RATE), BLOCK, 2, [route("guitar=1-2@Phones")])])


def test_a_device_that_stops_is_a_gap_and_silence_without_a_click() -> None:
    bridge = timeless(Bridge((RATE, RATE), BLOCK, 2))
    live = Live(Shares(), block=BLOCK, channels=(0, 2), other_input=bridge)
    mix, out = tone(4 * RATE), []
    for at in range(0, len(mix) - BLOCK, BLOCK):
        if at < 2 * RATE:
            called(capture, bridge, mix[at : at + BLOCK])
        out.append(live.serve(np.zeros((BLOCK, 0), np.float32)))
        live.separate()
    heard = np.concatenate(out)
    assert live.engine.counts()["gaps"] == 1
    assert not heard[-RATE // 4 :].any()
    assert np.abs(np.diff(heard[live.delay + 4 * BLOCK :, 0])).max() < 1.1 * 2 * np.pi * HZ / RATE * 0.5


def test_flags_of_another_device_are_xruns_of_the_run() -> None:
    bridge = Bridge((RATE, RATE), BLOCK, 2)
    live = Live(Shares(), other_input=bridge)
    block = tone(BLOCK)
    for flags in (0, 2, 2):
        called(capture, bridge, block, flags)
    assert live.engine.counts()["xruns"] == 2


def test_the_counter_runs_evenly() -> None:
    first = ticks_per_second()
    assert first > 1_000_000
    assert ticks_per_second() == pytest.approx(first, rel=0.02)
    assert now() < now()


def device(index: int, name: str, hostapi: str) -> Device:
    return Device(index, name, hostapi, 2, 2, RATE, "")


@pytest.mark.parametrize(("source", "sink", "clocks", "apart"), [
    (device(0, "a", "ALSA"), device(1, "b", "ALSA"), "auto", True),
    (device(0, "a", "ALSA"), device(1, "a", "ALSA"), "auto", False),
    (device(0, "a", JACK), device(1, "b", JACK), "auto", False),
    (device(0, "a", JACK), device(1, "b", "ALSA"), "auto", True),
    (device(0, "a", JACK), device(1, "b", JACK), "two", True),
    (device(0, "a", "ALSA"), device(1, "b", "ALSA"), "one", False),
    (device(0, "a", "ALSA"), device(0, "a", "ALSA"), "auto", False),
    (device(0, "a", "ALSA"), device(0, "a", "ALSA"), "two", True),
    (None, device(1, "b", "ALSA"), "two", False)],
    ids=["two boxes", "two sides of a box", "JACK", "JACK and another", "JACK, two", "two boxes, one", "same",
         "same, two", "file"])
def test_devices_are_apart_where_they_may_have_two_clocks(
        source: Device | None, sink: Device, clocks: str, apart: bool) -> None:
    assert DeviceRequest(source, sink, BLOCK, clocks=clocks).apart == apart


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd() as server:
        yield server


@pytest.mark.alone
@pytest.mark.device
def test_two_streams_of_a_real_server_are_kept_in_step(jackd: Jackd) -> None:
    words = ("run", "--input-device", "rig", "--output-device", "rig", "--clocks", "two", "--model", "center", "--json")
    with Loopback(jackd, tone(12 * RATE), tail=2 * RATE) as loopback, Command(*words) as live:
        live.until(lambda: connected(loopback))
        with Crowd() as crowd:
            loopback.start()
            loopback.wait()
        done = live.interrupt()
        assert done.code == 0, done.err
        late = done.report["gaps"] and crowd.crowded(14)
        disturbed = done.report["xruns"] or loopback.xruns or loopback.skipped or late
    if disturbed:
        pytest.skip(f"this machine is too busy for a real-time test: {loopback.xruns} xruns of JACK's")
    assert done.report["gaps"] == 0
    assert done.report["latency_parts_s"]["drift"] > 0
    heard = loopback.recorded[:, 1]
    first = int(np.flatnonzero(np.abs(heard) > 0.25)[0])
    assert abs(first - done.report["latency_frames"]) < 3 * jackd.period
    assert purity_db(heard[8 * RATE : 9 * RATE]) > 30


@pytest.mark.device
def test_several_buses_leave_by_another_device(jackd: Jackd) -> None:
    words = ("run", "--device", "rig", "--model", "center", "--out", "mix=1-2", "vocals=1@system", "cue=2@system",
             "--json")
    with Loopback(jackd, tone(2 * RATE), tail=RATE) as loopback, Command(*words) as live:
        live.until(lambda: connected(loopback))
        loopback.start()
        loopback.wait()
        done = live.interrupt()
    assert done.code == 0, done.err


@pytest.mark.device
@pytest.mark.parametrize(("routes", "says"), [
    (("vocals=1-2@system", "cue=2@system"), "cue=2@system: channel 2 already has another bus"),
    (("vocals=98-99@system",), "vocals=98-99@system: system has"),
    (("guitar=1-2@system",), "there is no bus guitar; the buses are mix, ")], ids=["twice", "lacks", "unknown"])
def test_what_cannot_leave_by_another_device_is_one_line(jackd: Jackd, routes: tuple[str, ...], says: str) -> None:
    done = command("run", "--device", "system", "--model", "center", "--out", *routes)
    assert (done.code, len(done.said)) == (2, 1), done.err
    assert says in done.said[0]
