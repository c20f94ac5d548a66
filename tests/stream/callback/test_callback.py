"""The compiled callback, called as PortAudio would: what goes out is the input, so many frames late, mixed."""


import numpy as np
import pytest

from dsp.console import CURRENT, LEFT
from stream.callback import header as hd
from stream.callback.player import FADE
from tests.rig.byhand import BLOCKS, SOURCES, Frames, Live, Shares, late_by, noise, same_bits

FRAMES = 20_000
QUIET_HZ = 50  # a slow sine: any click stands out of its slope


def odd_values() -> Frames:
    """Noise, with every kind of number that a device may send and that is sound."""
    mix = noise(FRAMES)
    mix[100:104, 0] = -0.0, 1e-45, -1.1e-38, 999.0
    mix[5000:5002, 1] = -0.0, 2e-40
    return mix


def sine(frames: int) -> Frames:
    wave = 0.5 * np.sin(2 * np.pi * QUIET_HZ * np.arange(frames) / 44_100)
    return np.stack([wave, -wave], axis=1).astype(np.float32)


def steepest(signal: Frames) -> float:
    return float(np.abs(np.diff(signal, axis=0)).max())


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("separate", [True, False], ids=["stems there", "stems late"])
def test_at_unity_the_output_is_the_delayed_input_bit_for_bit(block: int, separate: bool) -> None:
    mix = odd_values()
    live = Live(Shares(), block=block)
    assert same_bits(live.play(mix, separate), late_by(mix, live.delay))


@pytest.mark.parametrize("most", [1, 100, 512])
def test_blocks_beyond_what_was_prepared_for_are_served_in_pieces(most: int) -> None:
    mix = odd_values()
    live = Live(Shares(), block=4096, most=most)
    assert same_bits(live.play(mix), late_by(mix, live.delay))


def test_every_block_may_have_another_size() -> None:
    mix, at, out = odd_values(), 0, []
    live = Live(Shares(), block=700)
    for size in np.random.default_rng(1).integers(0, 700, 1000):
        out.append(live.serve(mix[at : at + size]))
        live.separate()
        at += size
    assert same_bits(np.concatenate(out)[:FRAMES], late_by(mix, live.delay))


@pytest.mark.parametrize("block", BLOCKS)
def test_an_impulse_leaves_as_late_as_the_latency_says(block: int) -> None:
    mix = np.zeros((FRAMES, 2), np.float32)
    mix[777] = 1
    live = Live(Shares(), block=block)
    live.mixer.set("vocals", "mute", 1)
    live.mixer.settle()
    (at,) = np.flatnonzero(live.play(mix)[:, 0])
    assert at - 777 == live.delay == live.engine.latency.total


@pytest.mark.parametrize("separate", [True, False], ids=["stems there", "stems late"])
def test_all_muted_is_exact_silence(separate: bool) -> None:
    live = Live(Shares())
    for stem in SOURCES:
        live.mixer.set(stem, "mute", 1)
    live.mixer.settle()
    assert not live.play(noise(FRAMES), separate).any()


@pytest.mark.parametrize("stem", SOURCES)
@pytest.mark.parametrize("what", ["mute", "solo"])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_muted_stem_leaves_the_rest_and_a_soloed_one_itself(stem: str, what: str, block: int) -> None:
    mix, separator = noise(FRAMES), Shares()
    live = Live(separator, block=block)
    live.mixer.set(stem, what, 1)
    live.mixer.settle()
    share = separator.shares[SOURCES.index(stem)]
    wanted = late_by(mix, live.delay) * (share if what == "solo" else 1 - share)
    np.testing.assert_allclose(live.play(mix), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_gain_change_is_heard_in_the_next_block_and_never_clicks(block: int) -> None:
    mix = np.full((FRAMES, 2), 0.5, np.float32)
    live = Live(Shares(), block=block)
    ramp = int(live.header["player"]["ramp_frames"])
    at = -(-15_000 // block) * block

    def turn(now: int) -> None:
        if now == at:
            live.mixer.set("drums", "mute", 1)

    out = live.play(mix, before=turn)
    assert (out[live.delay : at] == 0.5).all()
    assert out[at, 0] < 0.5
    assert steepest(out[at:]) <= 0.5 * 0.5 / ramp * 1.01
    np.testing.assert_allclose(out[at + ramp :], 0.25, atol=1e-6)  # drums are half of it
    assert (live.mixer.state[CURRENT, :, LEFT] == np.float32([0, 1, 1, 1])).all()


@pytest.mark.parametrize("late", ["dry", "mute"])
@pytest.mark.parametrize("block", BLOCKS)
def test_late_stems_give_way_without_a_click_and_come_back_without_one(late: str, block: int) -> None:
    mix = sine(80_000)
    live = Live(Shares(), block=block, late=late, offline=False)
    live.mixer.set("drums", "solo", 1)
    live.mixer.settle()
    parts = [live.play(mix[:30_000])]
    parts.append(live.play(mix[30_000:60_000], separate=False))
    live.separate()
    parts.append(live.play(mix[60_000:]))
    out, dry = np.concatenate(parts)[: len(mix)], late_by(mix, live.delay)
    assert np.isfinite(out).all()
    assert steepest(out[live.delay :]) <= steepest(mix) + 0.5 / FADE
    np.testing.assert_allclose(out[:30_000], 0.5 * dry[:30_000], atol=1e-6)
    np.testing.assert_allclose(out[50_000:60_000], dry[50_000:60_000] if late == "dry" else 0, atol=1e-6)
    np.testing.assert_allclose(out[-10_000:], 0.5 * dry[-10_000:], atol=1e-6)


@pytest.mark.parametrize("hop", [1024, 3072])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_late_hop_is_one_miss_however_many_blocks_are_late(block: int, hop: int) -> None:
    separator = Shares(hop=hop)
    live = Live(separator, block=block, latency_s=0.5)
    live.play(noise(44_032), separate=False)
    played = -(-44_032 // block) * block if 44_032 % block == 0 else 44_032
    hops = {(at + FADE + separator.latency) // hop for at in range(played - live.delay)}
    counts = live.engine.counts()
    assert counts["misses"] == len(hops)
    assert counts["late_frames"] == played - live.delay


@pytest.mark.parametrize("block", BLOCKS)
def test_a_late_block_is_an_underrun(block: int) -> None:
    live = Live(Shares(), block=block)
    live.play(noise(FRAMES))
    assert live.engine.counts()["underruns"] == 0
    before = live.engine.counts()["blocks"]
    live.play(noise(60_000), separate=False)
    late = live.engine.counts()
    assert 0 < late["underruns"] <= late["blocks"] - before
    assert late["blocks"] - before == -(-60_000 // block)


def test_nothing_is_late_before_the_first_frame_comes_out() -> None:
    live = Live(Shares())
    live.play(noise(live.delay), separate=False)
    assert live.engine.counts()["misses"] == live.engine.counts()["underruns"] == 0


@pytest.mark.parametrize(("flag", "counter"), [
    (1, "input_underflows"), (2, "input_overflows"), (4, "output_underflows"), (8, "output_overflows")])
def test_flags_of_portaudio_are_counted_apart_and_together(flag: int, counter: int) -> None:
    live = Live(Shares())
    for flags in (flag, 0, flag | 16, 15):  # 16 is priming output
        live.serve(noise(512), flags)
    assert live.header[counter] == 3
    assert live.engine.counts()["xruns"] == 3 + 3


@pytest.mark.parametrize(("ins", "outs"), [(1, 2), (2, 1), (1, 1), (2, 6), (4, 2), (2, 0)])
def test_channels_are_doubled_averaged_or_left_silent(ins: int, outs: int) -> None:
    mix = noise(FRAMES, channels=ins)
    live = Live(Shares(), channels=(ins, outs))
    out = live.play(mix)
    stereo = late_by(mix[:, [0, min(1, ins - 1)]], live.delay)
    if outs == 1:
        stereo = (stereo[:, :1] + stereo[:, 1:]) * np.float32(0.5)
    assert same_bits(out[:, :2], stereo[:, :outs])
    assert not out[:, 2:].any()


@pytest.mark.parametrize("separate", [True, False], ids=["stems there", "stems late"])
def test_what_is_recorded_is_what_was_heard_and_the_stems_that_were_there(separate: bool) -> None:
    mix, separator = noise(FRAMES), Shares()
    live = Live(separator, tapped=True)
    live.play(mix, separate)
    tap = live.engine.tap
    assert tap is not None
    rows = np.zeros((tap.written, 4 + 2 * len(SOURCES)), np.float32)
    assert tap.read(0, rows)
    assert same_bits(rows[:, :2], mix[: len(rows)])
    wanted = np.repeat(separator.shares, 2) * np.tile(mix[: len(rows)], 4) * separate
    np.testing.assert_allclose(rows[:, 2:-2], wanted, rtol=0, atol=1e-6)
    assert same_bits(rows[:, -2:], mix[: len(rows)])


def test_word_is_left_of_each_change_and_of_stems_that_come_late_and_are_back() -> None:
    live = Live(Shares(), offline=False)
    first = live.mixer.number

    def turn(now: int) -> None:
        if now in (20_480, 30_720):
            live.mixer.flip("drums", "mute")
            live.mixer.set("bass", "gain", -6)

    live.play(noise(40_960), before=turn)
    ready = live.engine.worker.ring.written
    live.play(noise(20_480), separate=False)
    late = live.engine.heard
    live.separate()
    live.play(noise(20_480))
    events = list(live.engine.events.new())
    assert events[:2] == [(hd.TARGETS_TAKEN, first + 2, 20_480 - live.delay),
                          (hd.TARGETS_TAKEN, first + 4, 30_720 - live.delay)]
    assert events[2:] == [(hd.STEMS_PRESENT, 0, ready - FADE), (hd.STEMS_PRESENT, 1, late)]
    assert list(live.engine.events.new()) == []


def test_words_that_nobody_reads_are_counted() -> None:
    live = Live(Shares())
    for _ in range(5000):
        live.mixer.flip("drums", "mute")
        live.serve(noise(1))
    found = list(live.engine.events.new())
    assert len(found) + live.engine.events.lost == 5000
    assert found[-1][1] == live.mixer.number
