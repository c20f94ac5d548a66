"""A record at any rate: the song itself at 1, nothing that folds back above it, no steps, no hidden past."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp import varispeed
from dsp.varispeed import Varispeed

RATE = 44_100
Float = NDArray[np.float32]


def noise(n: int = RATE, channels: int = 4) -> Float:
    return np.random.default_rng(0).uniform(-0.5, 0.5, (n, channels)).astype(np.float32)


def sine(hz: float, n: int = RATE) -> Float:
    return np.column_stack([0.5 * np.sin(2 * np.pi * hz * np.arange(n) / RATE)] * 2).astype(np.float32)


def read(song: Float, state: Float, rates: tuple[float, float], n: int, windowed: bool = False) -> Float:
    out = np.empty((n, song.shape[1]), np.float32)
    first, last = varispeed.need(state, n, rates) if windowed else (0, len(song))
    begin = max(0, first)
    Varispeed().render((song[begin : max(begin, last)], begin), state, rates, out)
    return out


@pytest.mark.parametrize("rate", [1.0, -1.0])
@pytest.mark.parametrize("channels", [1, 2, 3, 8])
def test_at_a_rate_of_one_the_song_is_the_song(rate: float, channels: int) -> None:
    song = noise(4000, channels)
    out = read(song, varispeed.start(2000), (rate, rate), 1500)
    assert np.array_equal(out, song[2000 :: int(rate)][:1500])


@pytest.mark.parametrize("beside", [0.5, 0.3, -0.49, 1e-6])
@pytest.mark.parametrize("rate", [1.0, -1.0])
def test_back_at_one_it_glides_to_the_song_itself(rate: float, beside: float) -> None:
    song, state = noise(8000), varispeed.start(4000 + beside)
    read(song, state, (rate, rate), 1024)
    at = int(state[varispeed.POSITION])
    assert abs(at - 4000 - rate * 1024) <= 1
    assert np.array_equal(read(song, state, (rate, rate), 512), song[at :: int(rate)][:512])


def test_the_glide_has_no_step() -> None:
    out = read(sine(5000), varispeed.start(4000.5), (1.0, 1.0), 2000)
    assert np.abs(np.diff(out[:, 0])).max() < 1.01 * np.abs(np.diff(sine(5000)[:, 0])).max()


@pytest.mark.parametrize("rate", [0.25, 0.92, 1.06, 1.5, 3.0, -0.92, -1.5])
@pytest.mark.parametrize("hz", [100.0, 1000.0, 6000.0])
def test_a_sine_is_a_sine_of_another_pitch(hz: float, rate: float) -> None:
    n = 4096
    out = read(sine(hz), varispeed.start(20_000), (rate, rate), n)[:, 0].astype(np.float64)
    wanted = 0.5 * np.sin(2 * np.pi * hz * (20_000 + rate * np.arange(n)) / RATE)
    assert 10 * np.log10(np.mean((out - wanted) ** 2) / 0.125) < -85


@pytest.mark.parametrize(("hz", "rate"), [(18_000.0, 1.5), (12_000.0, 2.0), (21_000.0, 1.16), (9000.0, -3.0)])
def test_what_would_fold_back_is_gone(hz: float, rate: float) -> None:
    out = read(sine(hz), varispeed.start(20_000), (rate, rate), 4096)
    assert np.abs(out).max() < 0.5e-4


@pytest.mark.parametrize("block", [1, 17, 512])
def test_any_block_sizes_give_the_same_bits(block: int) -> None:
    song, state = noise(), varispeed.start(100.25)
    whole = read(song, varispeed.start(100.25), (1.07, 1.07), 4096)
    out = [read(song, state, (1.07, 1.07), block) for _ in range(1024 // block)]
    assert np.array_equal(np.concatenate(out), whole[: len(out) * block])


@pytest.mark.parametrize("rates", [(1.0, 1.0), (1.3, 0.2), (0.0, 1.0), (0.5, -2.0), (-8.0, 8.0), (3.0, 3.0)])
def test_what_is_needed_is_all_that_is_read(rates: tuple[float, float]) -> None:
    song = noise()
    out = read(song, varispeed.start(20_000.7), rates, 512)
    assert np.array_equal(read(song, varispeed.start(20_000.7), rates, 512, windowed=True), out)


def test_a_brake_comes_to_a_stop_without_a_step() -> None:
    song, state = sine(440), varispeed.start(0)
    out = [read(song, state, (1 - k / 20, 1 - (k + 1) / 20), 512) for k in range(20)] + [read(song, state, (0, 0), 512)]
    assert np.abs(np.diff(np.concatenate(out)[512:, 0])).max() < 0.035  # a sine's own steepest step is 0.0313
    assert np.ptp(out[-1]) == 0
    assert state[varispeed.POSITION] == pytest.approx(20 * 512 / 2, rel=0.01)


def test_beyond_both_ends_there_is_silence() -> None:
    song = noise(100)
    assert not read(song, varispeed.start(-1000), (0.9, 0.9), 512).any()
    assert not read(song, varispeed.start(1000), (1.0, 1.0), 512).any()
    assert not read(song, varispeed.start(-700.5), (-2.0, -2.0), 512).any()


@pytest.mark.parametrize("rate", [8.1, -9.0, float("nan"), float("inf")])
def test_rates_beyond_the_room_for_weights_are_refused(rate: float) -> None:
    for rates in ((rate, 1.0), (1.0, rate)):
        with pytest.raises(ValueError, match="rate must be within"):
            read(noise(100), varispeed.start(0), rates, 16)
        with pytest.raises(ValueError, match="rate must be within"):
            varispeed.need(varispeed.start(0), 16, rates)


def test_channels_must_fit() -> None:
    with pytest.raises(ValueError, match="out must have 4 channels, not 2"):
        Varispeed().render((noise(10), 0), varispeed.start(0), (1.0, 1.0), np.zeros((4, 2), np.float32))
