"""A device that was away goes on where the music stopped: no click where the two meet, and all else bit for bit."""

import numpy as np
import pytest

from stream.callback.bridge import Bridge
from stream.callback.bridgecallbacks import capture
from stream.callback.player import FADE
from stream.mixer.route import route
from tests.rig.byhand import BLOCKS, Frames, Live, Shares, noise
from tests.stream.callback.test_bridge import HZ, called, tone

pytestmark = pytest.mark.realtime

RATE = 44_100


def sines(frames: int, last: float = 0.5, first: float | None = None) -> Frames:
    """With this for the last frame, or for the first."""
    at = np.arange(frames) - (frames - 1) if first is None else np.arange(frames)
    one = (last if first is None else first) * np.cos(2 * np.pi * 100 * at / RATE)
    return np.stack([one, one], axis=1).astype(np.float32)


def steps(signal: Frames) -> float:
    """The largest step from one frame to the next."""
    return float(np.abs(np.diff(signal, axis=0)).max())


SMOOTH = 0.5 * 2 * np.pi * 100 / RATE + 1.5 / FADE  # a sine's, and what a fade adds to it
FRAMES = 8 * 4096


def away(live: Live) -> None:
    live.engine.rejoin(live.channels, (), live.block)


@pytest.mark.parametrize("block", BLOCKS)
def test_what_comes_in_joins_what_came_before_without_a_click(block: int) -> None:
    live = Live(Shares(), block=block, tapped=True)
    before, after = sines(FRAMES), sines(FRAMES, first=-0.5)
    live.play(before)
    away(live)
    live.play(after)
    heard = live.engine.inputs.data[: 2 * FRAMES]
    assert abs(before[-1, 0] - after[0, 0]) > 0.9  # else there is nothing to join
    assert steps(heard) < SMOOTH
    assert np.array_equal(heard[:FRAMES], before)
    assert np.array_equal(heard[FRAMES + FADE :], after[FADE:])
    assert live.engine.tap is not None
    assert steps(live.engine.tap.data[: 2 * FRAMES - live.delay, :2]) < SMOOTH


@pytest.mark.parametrize("block", [512, 4096])
def test_devices_hear_it_fade_in_and_recordings_do_not(block: int) -> None:
    live = Live(Shares(), block=block, tapped=True)
    mix = sines(2 * FRAMES)
    live.play(mix[:FRAMES])
    away(live)
    out = live.play(mix[FRAMES:])
    want = mix[FRAMES - live.delay : 2 * FRAMES - live.delay]
    assert abs(out[0, 0]) < 0.01
    assert steps(out[: live.delay]) < SMOOTH
    assert np.array_equal(out[FADE : live.delay], want[FADE : live.delay])
    assert live.engine.tap is not None
    assert np.array_equal(live.engine.tap.data[:FRAMES, :2], mix[:FRAMES])


def test_before_anything_came_in_there_is_nothing_to_join() -> None:
    live, mix = Live(Shares()), noise(FRAMES)
    away(live)
    live.play(mix)
    assert np.array_equal(live.engine.inputs.data[:FRAMES], mix)


def test_a_device_that_is_back_twice_within_a_fade_is_joined_twice() -> None:
    live = Live(Shares(), block=17)
    parts = [sines(FRAMES), sines(17 * 3, first=-0.5), sines(FRAMES, first=0.5)]
    for part in parts:
        live.play(part)
        away(live)
    assert steps(live.engine.inputs.data[: sum(map(len, parts))]) < SMOOTH


def test_it_may_be_back_with_fewer_channels_but_not_with_fewer_than_a_bus_needs() -> None:
    live = Live(Shares(), channels=(2, 4))
    live.play(noise(FRAMES))
    with pytest.raises(ValueError, match="mix=3-4: the output device has only 2 channels"):
        live.engine.rejoin((2, 2), [route("mix=3-4")], 512)
    assert live.header["out_channels"] == 4
    live.engine.rejoin((1, 1), (), 512)
    live.channels = 1, 1
    mono = noise(FRAMES, 3, channels=1)
    out = live.play(mono)
    heard = live.engine.inputs.data[FRAMES + FADE : 2 * FRAMES]
    assert np.array_equal(heard, np.repeat(mono[FADE:], 2, axis=1))
    assert out.shape == (FRAMES, 1)
    assert np.array_equal(out[live.delay + FADE :], mono[FADE : FRAMES - live.delay])


def test_a_longer_period_is_waited_for_from_the_first_block_on() -> None:
    live = Live(Shares(), offline=False)
    live.play(noise(FRAMES))
    live.engine.rejoin(live.channels, (), 4096)
    live.play(noise(512))
    assert live.engine.grown == 4096 - 512


@pytest.mark.parametrize("rate", [48_000, 22_050])
def test_another_input_may_be_back_with_another_rate(rate: int) -> None:
    bridge = Bridge((RATE, RATE), 512, 2)
    live = Live(Shares(), channels=(0, 2), other_input=bridge)

    def play(rate: int, seconds: int) -> Frames:
        mix, at, out = tone((seconds + 1) * rate, rate), 0, []
        for number in range(seconds * RATE // 512):
            while at < (number + 1) * 512 * rate / RATE:
                called(capture, bridge, mix[at : at + 512])
                at += 512
            out.append(live.serve(np.zeros((512, 0), np.float32)))
            live.separate()
        return np.concatenate(out)

    play(RATE, 1)
    alone = [live.serve(np.zeros((512, 0), np.float32)) for _ in range(RATE // 512)]
    assert not alone[-1].any()
    bridge.change((rate, RATE), 512)
    heard = np.abs(np.fft.rfft(play(rate, 5)[-RATE:, 0]))
    assert abs(int(heard.argmax()) - HZ) < 0.01 * HZ  # calls come at any time here, and the ratio follows by 0.5 %
