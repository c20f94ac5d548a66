"""Each filter has the shape it should have, at rest nothing happens bit for bit, and nothing clicks on the way."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dsp.equalizer import COEFFICIENTS, FILTERS, at_rest, coefficients, equalize

Float = NDArray[np.float32]
FLAT = (0.0, 0.0, 0.0, 0.0)
RATES = [44_100, 48_000, 96_000]


def filtered(settings: tuple[float, ...], signal: Float, rate: int = 44_100) -> Float:
    goal, both = coefficients(*settings, rate).reshape(-1), np.stack([signal, -signal])
    equalize(goal, np.zeros_like(goal), 0, np.zeros((2, FILTERS * 2), np.float32), both)
    assert (both[0] == -both[1]).all()
    return both[0]


def response_db(settings: tuple[float, ...], hz: float, rate: int = 44_100) -> float:
    impulse = np.zeros(1 << 14, np.float32)
    impulse[0] = 1
    spectrum = np.abs(np.fft.rfft(filtered(settings, impulse, rate)))
    return float(20 * np.log10(spectrum[round(hz * len(impulse) / rate)] + 1e-9))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("settings", "at_20", "at_1000", "at_15000"), [
    ((6, 0, 0, 0), 6, 0, 0), ((-26, 0, 0, 0), -26, 0, 0), ((0, 12, 0, 0), 0, 12, 0), ((0, -26, 0, 0), 0, -26, 0),
    ((0, 0, -20, 0), 0, 0, -20), ((0, 0, 12, 0), 0, 0, 12), ((3, 0, -3, 0), 3, 0, -3),
], ids=str)
def test_each_band_is_turned_by_its_own_gain(
        settings: tuple[float, ...], at_20: float, at_1000: float, at_15000: float, rate: int) -> None:
    for hz, wanted in ((20, at_20), (1000, at_1000), (15_000, at_15000)):
        near = max(1.5, 0.05 * max(map(abs, settings)))  # bands overlap
        assert response_db(settings, hz, rate) == pytest.approx(wanted, abs=near), hz


@pytest.mark.parametrize(("sweep", "passes_hz", "stops_hz"), [
    (-0.5, 200, 15_000), (-1.0, 40, 2_000), (0.5, 8_000, 40), (1.0, 18_000, 500)])
def test_a_sweep_closes_from_above_or_from_below(sweep: float, passes_hz: float, stops_hz: float) -> None:
    assert response_db((0, 0, 0, sweep), passes_hz) == pytest.approx(0, abs=2.5)
    assert response_db((0, 0, 0, sweep), stops_hz) < -20


@pytest.mark.parametrize("rate", RATES)
def test_at_rest_what_goes_in_comes_out_bit_for_bit(rate: int) -> None:
    signal = np.random.default_rng(0).uniform(-1, 1, 2000).astype(np.float32)
    signal[:3] = 3.4e30, 1e-38, 1e-45
    assert filtered(FLAT, signal, rate).tobytes() == signal.tobytes()
    assert all(at_rest(coefficients(*FLAT, rate).reshape(-1), f) for f in range(FILTERS))


@pytest.mark.parametrize("settings", [(1, 0, 0, 0), (0, -1, 0, 0), (0, 0, 0.5, 0), (0, 0, 0, 0.01)], ids=str)
def test_what_is_turned_is_not_at_rest(settings: tuple[float, ...]) -> None:
    turned = coefficients(*settings, 44_100).reshape(-1)
    assert [not at_rest(turned, f) for f in range(FILTERS)] == [value != 0 for value in settings]


@pytest.mark.parametrize("end", [(12, 12, 12, 0), (-26, -26, -26, 0), (0, 0, 0, -1), (0, 0, 0, 1)], ids=str)
def test_moving_from_one_setting_to_another_is_stable_and_never_clicks(end: tuple[float, ...]) -> None:
    rate, ramp = 44_100, 441
    wave = (0.5 * np.sin(2 * np.pi * 50 * np.arange(6000) / rate)).astype(np.float32)
    first, last = (coefficients(*settings, rate).reshape(-1) for settings in (FLAT, end))
    memory, both = np.zeros((2, FILTERS * 2), np.float32), np.stack([wave, wave])
    step = ((last - first) / np.float32(ramp)).astype(np.float32)
    equalize(last, step, ramp, memory, both[:, 2000:4000])
    equalize(first, -step, ramp, memory, both[:, 4000:])
    assert np.isfinite(both).all()
    assert not memory.any()
    assert (both[0, 4000 + ramp :] == wave[4000 + ramp :]).all()
    grown = max(1.0, 10 ** (max(end) / 20))
    assert np.abs(np.diff(both)).max() < 3 * grown * np.abs(np.diff(wave)).max() + 0.6 * grown / ramp


def test_what_decays_ends_in_silence_and_not_in_denormals() -> None:
    filters, memory = coefficients(-6, 3, -6, -0.3, 44_100).reshape(-1), np.ones((2, FILTERS * 2), np.float32)
    equalize(filters, np.zeros_like(filters), 0, memory, np.zeros((2, 200_000), np.float32))
    assert not memory.any()


def test_the_shapes_are_one_row_a_filter() -> None:
    assert coefficients(*FLAT, 44_100).shape == (FILTERS, COEFFICIENTS)
