"""What is in the middle and moves like a voice, against the rest; nothing is lost between the two."""

import numpy as np
import pytest

from stream.separators.center import FFT_HOP, HIGH_HZ, LOW_HZ, Center
from stream.separators.protocol import Separator, Skipping
from tests.rig.byhand import Frames, noise

RATE = Center.samplerate


def separated(mix: Frames, center: Center | None = None) -> Frames:
    """float32 (2, frames, 2): other and vocals of whole hops, where the mix is."""
    center, stems = center or Center(), np.zeros((2, 2, FFT_HOP), np.float32)
    out = []
    padded = np.concatenate([mix, np.zeros((Center.latency, 2), np.float32)])
    for hop in padded[: len(padded) // FFT_HOP * FFT_HOP].reshape(-1, FFT_HOP, 2):
        center.process(np.ascontiguousarray(hop.T), stems)
        out.append(stems.transpose(0, 2, 1).copy())
    return np.concatenate(out, axis=1)[:, Center.latency :]


def tone(hz: float, left: float, right: float) -> Frames:
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(40 * FFT_HOP) / RATE)
    return (wave[:, None] * [left, right]).astype(np.float32)


def loudness(signal: Frames) -> float:
    return float(np.sqrt(np.mean(signal[8 * FFT_HOP : -8 * FFT_HOP] ** 2)))


def test_it_is_a_separator_that_cannot_skip() -> None:
    assert isinstance(Center(), Separator)
    assert not isinstance(Center(), Skipping)


def test_stems_sum_to_the_mix_as_late_as_it_says() -> None:
    mix = noise(40 * FFT_HOP)
    stems = separated(mix)
    np.testing.assert_allclose(stems.sum(axis=0), mix[: stems.shape[1]], rtol=0, atol=1e-6)


@pytest.mark.parametrize(("hz", "left", "right", "stem"), [
    (440, 1, 1, 1), (3000, 1, 1, 1), (440, 1, 0, 0), (440, 0, 1, 0), (440, 1, -1, 0), (LOW_HZ / 2, 1, 1, 0),
    (HIGH_HZ * 1.2, 1, 1, 0)],
    ids=["middle", "middle, high", "left", "right", "opposite phases", "below a voice", "above a voice"])
def test_a_tone_goes_where_it_belongs(hz: float, left: float, right: float, stem: int) -> None:
    mix = tone(hz, left, right)
    stems = separated(mix)
    assert loudness(stems[stem]) == pytest.approx(loudness(mix), rel=0.05)
    assert loudness(stems[1 - stem]) < 0.05 * loudness(mix)


def test_reset_makes_two_runs_the_same() -> None:
    center, mix = Center(), noise(20 * FFT_HOP)
    first = separated(mix, center)
    center.reset()
    assert (separated(mix, center) == first).all()


def test_silence_stays_silence() -> None:
    assert not separated(np.zeros((20 * FFT_HOP, 2), np.float32)).any()
