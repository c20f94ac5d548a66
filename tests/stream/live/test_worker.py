"""Hops through a separator: nothing of the dry signal is lost, nothing late is waited for, nothing bad is kept."""

import time
from array import array
from pathlib import Path

import numpy as np
import pytest

from stream.audiofiles.audiofile import AudioReader, AudioWriter
from stream.common.threads import Stepper
from stream.latency.geometry import QUANTUM
from stream.live.clock import run_wall
from tests.rig.byhand import SOURCES, Frames, Live, Shares, late_by, noise

RATES = [44_100, 48_000, 22_050, 96_000]


class Slow(Shares):
    """Takes its time."""

    def __init__(self, hop_s: float, hop: int = 1024) -> None:
        super().__init__(hop)
        self.hop_s = hop_s

    def process(self, mix: Frames, stems: Frames) -> None:
        time.sleep(self.hop_s)
        super().process(mix, stems)


class Broken(Shares):
    """Gives what is no number."""

    def process(self, mix: Frames, stems: Frames) -> None:
        super().process(mix, stems)
        stems[0, 0, 10:20] = np.nan, np.inf, -np.inf, *[np.nan] * 7


def stems_of(live: Live) -> Frames:
    """What the stem ring holds: float32 (frames, stems, 2)."""
    ring = live.engine.worker.ring
    first = max(0, ring.written - live.delay)
    rows = np.zeros((ring.written - first, ring.data.shape[1]), np.float32)
    assert ring.read(first, rows)
    return rows.reshape(len(rows), -1, 2)


def test_what_a_separator_leaves_goes_to_other() -> None:
    mix = noise(20_000)
    live = Live(Shares(shares=(0.5, 0.1, 0.0, 0.1)))
    live.play(mix)
    ring = live.engine.worker.ring
    stems, heard = stems_of(live), mix[max(0, ring.written - live.delay) : ring.written, None]
    np.testing.assert_allclose(stems, heard * np.float32([0.5, 0.1, 0.3, 0.1])[:, None], atol=1e-6)


def test_without_an_other_it_goes_to_the_last_stem() -> None:
    mix = noise(20_000)
    live = Live(Shares(shares=(0.5, 0.1)))
    live.play(mix)
    ring = live.engine.worker.ring
    heard = mix[max(0, ring.written - live.delay) : ring.written, None]
    np.testing.assert_allclose(stems_of(live), heard * np.float32([0.5, 0.5])[:, None], atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("latency", [0, 3, 2048, 5000])
def test_stems_lie_where_the_input_does_and_sum_to_it(rate: int, latency: int) -> None:
    mix = noise(2 * rate)
    live = Live(Shares(latency=latency), rate)
    live.play(mix)
    assert live.engine.counts()["misses"] == 0
    ring = live.engine.worker.ring
    heard = mix[max(0, ring.written - live.delay) : ring.written]
    np.testing.assert_allclose(stems_of(live).sum(axis=1), heard, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_an_impulse_in_a_stem_is_within_a_frame_of_the_input_at_any_rate(rate: int) -> None:
    mix = np.zeros((rate, 2), np.float32)
    mix[rate // 3] = 1
    live = Live(Shares(shares=(0.0, 1.0, 0.0, 0.0)), rate, latency_s=0.5)
    live.mixer.set("bass", "solo", 1)
    live.mixer.settle()
    out = live.play(mix)
    assert abs(int(np.abs(out[:, 0]).argmax()) - rate // 3 - live.delay) <= 1


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30], ids=str)
def test_a_bad_frame_of_a_device_spoils_itself_and_nothing_else(rate: int, bad: float) -> None:
    mix = noise(rate)
    spoilt = mix.copy()
    spoilt[rate // 4, 0] = bad
    outs = []
    for played in (mix, spoilt):
        live = Live(Shares(latency=0), rate, latency_s=0.4)
        live.mixer.set("drums", "mute", 1)
        live.mixer.settle()
        outs.append(live.play(played))
    at = rate // 4 + live.delay
    np.testing.assert_allclose(outs[1][: at - rate // 20], outs[0][: at - rate // 20], atol=1e-6)
    np.testing.assert_allclose(outs[1][at + rate // 20 :], outs[0][at + rate // 20 :], atol=1e-6)
    assert np.isfinite(np.delete(outs[1], at, axis=0)).all()


def test_what_is_no_number_in_a_stem_is_not_heard() -> None:
    live = Live(Broken())
    live.mixer.set("vocals", "mute", 1)
    live.mixer.settle()
    assert np.isfinite(live.play(noise(20_000))).all()


def test_a_hop_that_nobody_can_hear_any_more_is_skipped_and_playing_goes_on_aligned() -> None:
    mix, separator = noise(100_000), Shares()
    live = Live(separator, offline=False)
    live.mixer.set("drums", "solo", 1)
    live.mixer.settle()
    live.play(mix[:30_208])
    live.play(mix[30_208:70_144], separate=False)
    before = len(separator.processed)
    played = live.engine.heard
    live.separate()
    hopeless = [hop for hop in separator.skipped if (hop + 1) * separator.hop - separator.latency <= played]
    assert len(hopeless) >= (70_144 - 30_208 - live.delay) // separator.hop - 1
    assert all((hop + 1) * separator.hop - separator.latency > played for hop in separator.processed[before:])
    out, dry = live.play(mix[70_144:]), late_by(mix, live.delay)[70_144:]
    np.testing.assert_allclose(out[-15_000:], 0.5 * dry[-15_000:], atol=1e-6)
    assert separator.taken == live.engine.worker.hops
    assert live.engine.counts()["misses"] >= len(hopeless)


def test_a_worker_that_nobody_waits_for_gives_no_hop_up() -> None:
    separator = Shares()
    live = Live(separator, offline=True)
    live.play(noise(30_208))
    live.play(noise(40_000), separate=False)
    live.separate()
    assert separator.skipped == []


def behind() -> Live:
    """One whose separator takes longer than a hop, so that it gives up all hops up to some that are still to come."""
    live = Live(Shares(), offline=False)
    live.play(noise(4096))
    live.engine.worker.hop_times_s[:] = array("d", [0.05])  # whatever this machine has taken
    live.play(noise(40_960), separate=False)
    live.separate()
    assert live.engine.worker.output.waits
    return live


def test_what_was_given_up_is_never_counted_as_there() -> None:
    live = behind()
    ring, there, held_at = live.engine.worker.ring, live.engine.worker.ring.written, live.engine.worker.output._position
    while ring.written == there:
        assert live.engine.heard < held_at
        live.serve(noise(512))
        live.engine.worker.step()
    assert live.engine.heard >= held_at
    assert ring.written == held_at + 1024


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_input_that_was_overwritten_is_counted_and_left_silent(rate: int) -> None:
    live = Live(Shares(), rate, block=4096)
    wave = 0.5 * np.sin(2 * np.pi * 441 * np.arange(15 * rate) / rate)
    mix = np.stack([wave, -wave], axis=1).astype(np.float32)
    live.play(mix, separate=False)
    live.separate()
    assert live.engine.counts()["overruns"] >= 2 * rate // max(QUANTUM, 1024)
    live.mixer.set("drums", "solo", 1)
    out = live.play(mix)
    np.testing.assert_allclose(out[-rate:], 0.5 * late_by(mix, live.delay)[-rate:], atol=1e-4)


def test_a_separator_that_is_too_slow_does_not_stop_the_music_nor_the_end(tmp_path: Path) -> None:
    mix = noise(44_100)
    writer = AudioWriter(tmp_path / "mix.wav", 44_100)
    writer.write(mix)
    writer.close()
    with AudioReader(tmp_path / "mix.wav") as reader:
        live = Live(Slow(0.06), channels=(0, 0), offline=False, reader=reader, tapped=True)
        run_wall(live.engine, 512, [live.engine.feed, live.engine.worker.step], lambda: True)
    counts = live.engine.counts()
    assert counts["misses"] > 0
    assert counts["late_frames"] > 0
    tap = live.engine.tap
    assert tap is not None
    heard = np.zeros((44_100, 4 + 2 * len(SOURCES)), np.float32)
    assert tap.read(0, heard)
    assert (heard[:, :2] == mix).all()


def test_a_worker_that_waits_for_the_callback_can_be_stopped() -> None:
    thread = Stepper("separator", behind().engine.worker.step)
    thread.start()
    thread.stop()  # the callback is never called again
    assert thread.error is None


@pytest.mark.parametrize("rate", RATES[:2])
def test_it_is_busy_while_a_hop_lies_ready_or_is_made_and_not_between_hops(rate: int) -> None:
    seen: list[bool] = []

    class Looked(Shares):
        def process(self, mix: Frames, stems: Frames) -> None:
            seen.append(live.engine.worker.busy)
            super().process(mix, stems)

    live = Live(Looked(hop=4096), rate)
    live.play(noise(rate), before=lambda _at: seen.append(not live.engine.worker.busy))
    assert len(seen) > rate // 512
    assert all(seen)
    live.play(noise(rate), separate=False)
    assert live.engine.worker.busy
    live.separate()
    assert not live.engine.worker.busy


def test_one_that_has_failed_is_not_busy() -> None:
    class Failing(Shares):
        def process(self, mix: Frames, stems: Frames) -> None:
            raise ValueError(f"not {mix.shape} for {stems.shape}")

    live = Live(Failing(), offline=False)
    live.play(noise(20_000))
    live.play(noise(20_000), separate=False)
    assert live.engine.worker.failed is not None
    assert not live.engine.worker.busy
