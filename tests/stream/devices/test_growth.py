"""A device that hands over more at once while it plays: later from then on, no hop missed, no click, nothing lost."""

from collections.abc import Iterator

import numpy as np
import pytest

from stream.callback.player import FADE
from stream.live.engine import GROWTH
from tests.rig.byhand import Frames, Live, Shares, noise
from tests.rig.jackd import Jackd
from tests.rig.live import Live as Command
from tests.rig.live import Take, calm, connected, disturbed
from tests.rig.loopback import Loopback
from tests.rig.steal import Crowd, Steal

RATE, BLOCK = 44_100, 512


def sine(frames: int) -> Frames:
    turn = 2 * np.pi * 100 * np.arange(frames) / RATE
    return np.stack([0.5 * np.sin(turn), 0.5 * np.cos(turn)], axis=1).astype(np.float32)


def bursts(live: Live, mix: Frames, sizes: list[int]) -> Frames:
    """Blocks in bursts of these sizes, stems only made between them, as in real time."""
    out, at = [], 0
    for size in sizes:
        live.header["incoming_burst"] = size
        for start in range(at, at + size, BLOCK):
            out.append(live.serve(mix[start : start + min(BLOCK, size)]))
        at += size
        live.separate()
    return np.concatenate(out)


SIZES = [BLOCK] * 60 + [4096] * 20 + [BLOCK] * 40 + [8192] * 8
FRAMES = sum(SIZES)


@pytest.mark.parametrize("setup", [{}, {"tapped": True}], ids=["plain", "recorded"])
def test_it_is_later_from_then_on_and_misses_nothing(setup: dict[str, bool]) -> None:
    live, mix = Live(Shares(), offline=False, **setup), noise(FRAMES)
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
    live, mix = Live(Shares(), offline=False), noise(FRAMES)
    out = bursts(live, mix, SIZES)
    assert (out[live.delay : 60 * BLOCK] == mix[: 60 * BLOCK - live.delay]).all()
    later = live.delay + 8192 - BLOCK
    assert (out[-4 * 8192 :] == mix[FRAMES - later - 4 * 8192 : FRAMES - later]).all()


def test_nothing_clicks() -> None:
    live, mix = Live(Shares(), offline=False), sine(FRAMES)
    out = bursts(live, mix, SIZES)
    steepest = float(np.abs(np.diff(mix, axis=0)).max())
    assert np.abs(np.diff(out[live.delay + 1 :], axis=0)).max() < steepest + 0.5 / FADE * 1.1


def test_a_recording_has_every_frame_once() -> None:
    live, mix = Live(Shares(), offline=False, tapped=True, keep_s=60), noise(FRAMES)
    bursts(live, mix, SIZES)
    tap = live.engine.tap
    assert tap is not None
    heard = np.zeros((tap.written, tap.data.shape[1]), np.float32)
    assert tap.read(0, heard)
    assert (heard[:, :2] == mix[: len(heard)]).all()


def test_it_grows_no_further_than_there_is_room() -> None:
    live, mix = Live(Shares(), offline=False), noise(200 * BLOCK)
    live.play(mix[: 50 * BLOCK])
    live.header["incoming_burst"] = BLOCK + GROWTH + 1
    out = live.play(mix[50 * BLOCK :])
    assert live.engine.grown == 0
    assert np.isfinite(out).all()


@pytest.fixture
def jackd() -> Iterator[Jackd]:
    with Jackd() as server:
        yield server


@pytest.mark.device
@pytest.mark.parametrize("device", ["jack:rig", "rig"], ids=["own client", "PortAudio"])
def test_over_jack_a_period_that_grows_misses_nothing_and_the_latency_that_is_told_is_the_one_that_is(
        jackd: Jackd, device: str) -> None:
    words = ("run", "--device", device, "--model", "center", "--ui", "plain", "--json")
    played = noise(2 * RATE)

    def attempt() -> Take:
        with (Loopback(jackd, played, tail=RATE) as loopback, Steal() as steal, Crowd() as crowd,
              Command(*words) as live):
            loopback.grow(BLOCK)
            live.until(lambda: connected(loopback))
            loopback.grow(4096)
            live.until(lambda: "blocks of 4096 frames" in live.err)
            loopback.start()
            loopback.wait()
            done = live.interrupt()
        assert done.code == 0, done.err
        return Take(played, loopback.recorded.copy(), done.report, disturbed(loopback, steal, crowd, done.report))

    taken = calm(attempt)
    assert taken.report["misses"] == 0
    assert taken.report["latency_parts_s"]["budget"] > 3584 / RATE
    assert taken.exact
