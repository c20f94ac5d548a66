"""A device that hands over more at once while it plays: later from then on, no hop missed, no click, nothing lost."""

import os
import time
from collections.abc import Iterator

import numpy as np
import pytest

from stream.live import header as hd
from stream.live.engine import FADE, GROWTH
from tests.rig.jackd import Jackd
from tests.rig.steal import Steal
from tests.stream.byhand import Frames, Live, Shares, noise
from tests.stream.live import Live as Command

RATE, BLOCK = 44_100, 512


def sine(frames: int) -> Frames:
    turn = 2 * np.pi * 100 * np.arange(frames) / RATE
    return np.stack([0.5 * np.sin(turn), 0.5 * np.cos(turn)], axis=1).astype(np.float32)


def bursts(live: Live, mix: Frames, sizes: list[int]) -> Frames:
    """Blocks in bursts of these sizes, stems only made between them, as in real time."""
    out, at = [], 0
    for size in sizes:
        live.header[hd.COMES] = size
        for start in range(at, at + size, BLOCK):
            out.append(live.serve(mix[start : start + min(BLOCK, size)]))
        at += size
        live.separate()
    return np.concatenate(out)


SIZES = [BLOCK] * 60 + [4096] * 20 + [BLOCK] * 40 + [8192] * 8
FRAMES = sum(SIZES)


@pytest.mark.parametrize("setup", [{}, {"tapped": True}], ids=["plain", "recorded"])
def test_it_is_later_from_then_on_and_misses_nothing(setup: dict[str, bool]) -> None:
    live, mix = Live(Shares(), patient=False, **setup), noise(FRAMES)
    live.mixer.set("drums", "gain", -6)
    out = bursts(live, mix, SIZES)
    assert live.engine.counts()["misses"] == 0
    assert live.engine.grown == 8192 - BLOCK
    wanted = (mix * (1 - 0.5 * (1 - 10 ** (-6 / 20)))).astype(np.float32)
    first = slice(live.delay + 4096, 60 * BLOCK)
    np.testing.assert_allclose(out[first], wanted[first.start - live.delay : first.stop - live.delay], atol=1e-6)
    later, last = live.delay + 8192 - BLOCK, slice(FRAMES - 4 * 8192, FRAMES)
    np.testing.assert_allclose(out[last], wanted[last.start - later : last.stop - later], atol=1e-6)


def test_at_unity_it_is_the_input_bit_for_bit_before_and_after() -> None:
    live, mix = Live(Shares(), patient=False), noise(FRAMES)
    out = bursts(live, mix, SIZES)
    assert (out[live.delay : 60 * BLOCK] == mix[: 60 * BLOCK - live.delay]).all()
    later = live.delay + 8192 - BLOCK
    assert (out[-4 * 8192 :] == mix[FRAMES - later - 4 * 8192 : FRAMES - later]).all()


def test_nothing_clicks() -> None:
    live, mix = Live(Shares(), patient=False), sine(FRAMES)
    out = bursts(live, mix, SIZES)
    steepest = float(np.abs(np.diff(mix, axis=0)).max())
    assert np.abs(np.diff(out[live.delay + 1 :], axis=0)).max() < steepest + 0.5 / FADE * 1.1


def test_a_recording_has_every_frame_once() -> None:
    live, mix = Live(Shares(), patient=False, tapped=True, keep_s=60), noise(FRAMES)
    bursts(live, mix, SIZES)
    tap = live.engine.tap
    assert tap is not None
    heard = np.zeros((tap.written, tap.data.shape[1]), np.float32)
    assert tap.read(0, heard)
    assert (heard[:, :2] == mix[: len(heard)]).all()


def test_it_grows_no_further_than_there_is_room() -> None:
    live, mix = Live(Shares(), patient=False), noise(200 * BLOCK)
    live.play(mix[: 50 * BLOCK])
    live.header[hd.COMES] = BLOCK + GROWTH + 1
    out = live.play(mix[50 * BLOCK :])
    assert live.engine.grown == 0
    assert np.isfinite(out).all()


@pytest.fixture
def jackd() -> Iterator[Jackd]:
    with Jackd() as server:
        yield server


@pytest.mark.device
def test_over_jack_a_period_that_grows_misses_nothing_and_is_told(jackd: Jackd) -> None:
    words = ("run", "--device", "jack", "--model", "center", "--ui", "plain", "--json")
    with Steal() as steal, Command(*words) as live:
        live.until(lambda: "latency " in live.err)
        time.sleep(2)
        import jack

        client = jack.Client("grower", servername=jackd.name, no_start_server=True)
        client.blocksize = 4096
        client.close()
        live.until(lambda: "4096 frames at once" in live.err)
        time.sleep(3)
        done = live.interrupt()
    if done.report["misses"] and (steal.seconds > 0.1 or os.getloadavg()[0] > 1.5):
        pytest.skip("this machine is too busy for a real-time test")
    assert done.code == 0, done.err
    assert done.report["misses"] == 0
    parts = done.report["latency_parts_s"]
    assert parts["device_in"] == pytest.approx(4096 / RATE, abs=1e-3)
    assert parts["budget"] > 3584 / RATE
