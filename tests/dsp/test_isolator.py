"""Each band can be turned off and the others stay; flat is nothing at all, bit for bit; nothing clicks on the way."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp.isolator import ISOLATOR_MEMORY, ISOLATOR_WIDTH, crossovers, isolate, isolator_gains

Float = NDArray[np.float32]
RATES = [44_100, 48_000, 96_000]


def isolated(bands: tuple[float, ...], signal: Float, rate: int = 44_100) -> Float:
    both = np.stack([signal, -signal])
    isolate(isolator_gains(*bands), np.zeros(ISOLATOR_WIDTH, np.float32), 0, crossovers(rate),
            np.zeros((2, ISOLATOR_MEMORY), np.float32), both)
    assert (both[0] == -both[1]).all()
    return both[0]


def response(bands: tuple[float, ...], rate: int = 44_100) -> NDArray[np.float64]:
    impulse = np.zeros(1 << 15, np.float32)
    impulse[0] = 1
    return np.abs(np.fft.rfft(isolated(bands, impulse, rate)))


def db(spectrum: NDArray[np.float64], hz: float, rate: int = 44_100) -> float:
    return float(20 * np.log10(spectrum[round(hz * (1 << 15) / rate)] + 1e-12))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("bands", "gone_hz", "stay_hz"), [
    ((0, 1, 1), (30, 60), (800, 10_000)), ((1, 0, 1), (700, 900), (30, 15_000)),
    ((1, 1, 0), (10_000, 15_000), (60, 700)), ((0, 0, 1), (30, 600), (12_000,)), ((1, 0, 0), (1000, 15_000), (40,)),
    ((0, 1, 0), (40, 15_000), (800,)),
], ids=str)  # fmt: skip
def test_a_band_that_is_off_is_gone_and_the_others_stay(
        bands: tuple[float, ...], gone_hz: tuple[float, ...], stay_hz: tuple[float, ...], rate: int) -> None:
    spectrum = response(bands, rate)
    assert max(db(spectrum, hz, rate) for hz in gone_hz) < (-30 if bands[1] else -18)
    assert [db(spectrum, hz, rate) for hz in stay_hz] == pytest.approx([0] * len(stay_hz), abs=1)


def test_all_off_is_silence_whatever_comes_in() -> None:
    signal = np.random.default_rng(0).uniform(-1, 1, 5000).astype(np.float32)
    assert not isolated((0, 0, 0), signal).any()


@pytest.mark.parametrize("gain", [0.25, 0.999, 2.0])
@pytest.mark.parametrize("rate", RATES)
def test_equal_bands_have_no_gain_of_their_own(gain: float, rate: int) -> None:
    assert response((gain, gain, gain), rate) == pytest.approx(gain, rel=1e-3)


def test_flat_is_what_goes_in_bit_for_bit() -> None:
    signal = np.random.default_rng(0).uniform(-1, 1, 2000).astype(np.float32)
    signal[:4] = 3.4e30, 1e-38, 1e-45, -0.0
    assert isolated((1, 1, 1), signal).tobytes() == signal.tobytes()


@pytest.mark.parametrize("bands", [(0, 0, 0), (0, 1, 1), (4, 1, 4), (1, 0, 1)], ids=str)
@pytest.mark.parametrize("block", [1, 17, 512])
def test_a_way_from_flat_and_back_clicks_nowhere_and_leaves_nothing(bands: tuple[float, ...], block: int) -> None:
    rate, ramp = 44_100, 441
    wave = (0.2 * np.sin(2 * np.pi * 60 * np.arange(9000) / rate)).astype(np.float32)
    memory, both = np.zeros((2, ISOLATOR_MEMORY), np.float32), np.stack([wave, wave])
    flat, there = isolator_gains(1, 1, 1), isolator_gains(*bands)
    for goal, other, first, last in ((there, flat, 2048, 5120), (flat, there, 5120, 9000)):
        step = ((goal - other) / np.float32(ramp)).astype(np.float32)
        for at in range(first, last, block):
            part = both[:, at : min(last, at + block)]
            isolate(goal, step, max(0, ramp - (at - first)), crossovers(rate), memory, part)
    assert not memory.any()
    assert (both[:, :2048] == wave[:2048]).all()
    assert (both[:, 5120 + ramp :] == wave[5120 + ramp :]).all()
    grown = max(1.0, *bands)
    assert np.abs(np.diff(both[0])).max() < 3 * grown * np.abs(np.diff(wave)).max() + 0.4 * grown / ramp


@pytest.mark.parametrize("block", [1, 17, 441, 4096])
def test_blocks_of_any_size_are_the_same_bits(block: int) -> None:
    def played(size: int) -> bytes:
        both = np.random.default_rng(1).uniform(-1, 1, (2, 3000)).astype(np.float32)
        goal, memory = isolator_gains(0.3, 2, 0), np.zeros((2, ISOLATOR_MEMORY), np.float32)
        step = ((goal - isolator_gains(1, 1, 1)) / np.float32(1000)).astype(np.float32)
        for at in range(0, 3000, size):
            isolate(goal, step, max(0, 1000 - at), crossovers(48_000), memory, both[:, at : at + size])
        return both.tobytes() + memory.tobytes()

    assert played(block) == played(3000)


def test_what_decays_ends_in_silence_and_not_in_denormals() -> None:
    memory = np.ones((2, ISOLATOR_MEMORY), np.float32)
    isolate(isolator_gains(0.5, 1, 2), np.zeros(ISOLATOR_WIDTH, np.float32), 0, crossovers(44_100), memory,
            np.zeros((2, 200_000), np.float32))
    assert not memory.any()


@pytest.mark.parametrize("bands", [(-0.1, 1, 1), (1, 4.1, 1), (1, 1, float("nan"))], ids=str)
def test_gains_that_no_knob_has_are_refused(bands: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="must be 0 to 4"):
        isolator_gains(*bands)


@pytest.mark.parametrize("hz", [60, 180, 250, 400, 1000, 2500, 5000])
def test_there_is_no_hole_on_the_way_from_flat(hz: int) -> None:
    rate, ramp = 44_100, 441
    wave = np.sin(2 * np.pi * hz * np.arange(4000) / rate).astype(np.float32)
    both, goal = np.stack([wave, wave]), isolator_gains(0.9999, 1, 1)
    step = ((goal - isolator_gains(1, 1, 1)) / np.float32(ramp)).astype(np.float32)
    isolate(goal, step, ramp, crossovers(rate), np.zeros((2, ISOLATOR_MEMORY), np.float32), both)
    level = np.sqrt(2 * np.convolve(both[0] ** 2, np.full(rate // hz, hz / rate), "valid"))
    assert 20 * np.log10(level.min()) > -3.5  # 12 and 17 at the crossovers, if phases were only blended
