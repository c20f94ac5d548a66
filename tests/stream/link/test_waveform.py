"""Slices tell how loud the separator made each stem, each is told once, and what is not there is never told."""

from itertools import pairwise

import numpy as np
import pytest

from stream.link.slices import FULL
from stream.link.waveform import MOST_SLICES, WaveformSource, slice_at, slice_frames, slices_ahead
from tests.rig.byhand import Frames, Live, Shares, noise

RATES = [44_100, 48_000, 96_000]
SHARES = {2: (0.5, 0.5), 4: (0.5, 0.25, 0.125, 0.125), 6: (0.4, 0.2, 0.1, 0.1, 0.1, 0.1)}
PERIODS = 15  # of a sine, in a slice
RIGHT = 0.5  # of the left side


def loudness(number: int) -> float:
    """Of a slice's sine: never the same twice within a second."""
    return 0.05 + 0.9 * (7 * number % 31) / 31


def sines(rate: int, slices: int, first: int = 0) -> Frames:
    """A sine a slice, each as loud as its number says; the right side is softer, and upside down."""
    frames = rate // 30
    sine = np.sin(2 * np.pi * PERIODS * np.arange(frames) / frames)
    left = np.concatenate([loudness(number) * sine for number in range(first, first + slices)])
    return np.stack([left, -RIGHT * left], axis=1).astype(np.float32)


def wanted(number: int, shares: tuple[float, ...]) -> list[int]:
    """Peak and root mean square of every stem in a slice of sines, as they are told."""
    levels = [(loudness(number) * share, loudness(number) * share * np.sqrt((1 + RIGHT**2) / 4)) for share in shares]
    return [round(FULL * np.sqrt(level)) for pair in levels for level in pair]


def stems(shares: tuple[float, ...]) -> Shares:
    made = Shares(latency=1024, shares=shares)
    made.sources = ("drums", "bass", "other", "vocals", "guitar", "piano")[: len(shares)]
    return made


def watched(live: Live, waveform: WaveformSource, mix: Frames) -> list[list[int]]:
    """What is told while something is played, by looks between blocks."""
    told = []
    for at in range(0, len(mix), live.block):
        live.play(mix[at : at + live.block])
        told += waveform.new()
    return told


@pytest.mark.parametrize("count", SHARES, ids=lambda count: f"{count} stems")
@pytest.mark.parametrize("rate", RATES)
def test_a_known_signal_gives_known_slices_each_once_and_in_order(rate: int, count: int) -> None:
    live = Live(stems(SHARES[count]), rate)
    told = watched(live, WaveformSource(live.engine), sines(rate, 40))
    written = live.engine.worker.ring.written // (rate // 30)
    assert [number for number, *_ in told] == list(range(written))
    assert written > 35
    for number, *levels in told:
        np.testing.assert_allclose(levels, wanted(number, SHARES[count]), atol=2)


def test_full_scale_and_silence_are_the_ends_and_beyond_is_full_scale() -> None:
    live = Live(stems((0.5, 0.0, 0.25, 0.25)))
    waveform = WaveformSource(live.engine)
    mix = np.full((44_100, 2), 2, np.float32)
    mix[22_050:] = 4
    told = watched(live, waveform, mix)
    assert told[0] == [0, 255, 255, 0, 0, 180, 180, 180, 180]
    assert told[-1][1:] == [255, 255, 0, 0, 255, 255, 255, 255]


def test_switches_and_faders_change_nothing() -> None:
    told = []
    for scene in ({}, {"drums": {"mute": 1}, "bass": {"gain": -20, "low": -26}, "vocals": {"solo": 1, "pan": 1}}):
        live = Live(Shares())
        live.mixer.recall(scene)
        told.append(watched(live, WaveformSource(live.engine), noise(44_100)))
    assert told[0] == told[1]


@pytest.mark.parametrize("rate", RATES)
def test_some_are_told_before_they_are_heard_and_never_more_than_was_said(rate: int) -> None:
    live = Live(Shares(), rate, latency_s=0.5)
    waveform, latency, ahead = WaveformSource(live.engine), live.engine.latency, []
    for at in range(0, rate, live.block):
        told = watched(live, waveform, noise(rate)[at : at + live.block])
        ahead += [number - slice_at(latency, live.engine.heard) for number, *_ in told]
    assert 1 <= max(ahead) <= slices_ahead(latency)
    assert slices_ahead(latency) * slice_frames(latency) <= latency.total + slice_frames(latency)


def test_what_was_given_up_is_a_gap_and_nothing_old_is_told_in_its_place() -> None:
    live = Live(Shares(), offline=False)
    waveform, mix = WaveformSource(live.engine), sines(44_100, 100)
    told = watched(live, waveform, mix[:30_208])
    live.play(mix[30_208:70_144], separate=False)
    live.separate()
    told += watched(live, waveform, mix[70_144:])
    ((start, end),) = live.engine.worker.gaps
    assert end - start > 20_000
    numbers = [number for number, *_ in told]
    assert numbers == [n for n in range(numbers[-1] + 1) if (n + 1) * 1470 <= start or n * 1470 >= end]
    for number, *levels in told:
        np.testing.assert_allclose(levels, wanted(number, SHARES[4]), atol=2)


def test_gaps_apart_are_remembered_apart() -> None:
    live = Live(Shares(), offline=False)
    for _ in range(3):
        live.play(noise(30_208))
        live.play(noise(39_936), separate=False)
        live.separate()
    gaps = live.engine.worker.gaps
    assert len(gaps) == 3
    assert all(before < after for before, after in pairwise(frame for gap in gaps for frame in gap))


def test_who_looks_seldom_is_told_the_newest_that_are_there_and_catches_up() -> None:
    live = Live(Shares())
    waveform, mix = WaveformSource(live.engine), sines(44_100, 200)
    told = watched(live, waveform, mix[:44_100])
    live.play(mix[44_100 : 5 * 44_100])
    rest = waveform.new()
    assert 0 < len(rest) <= MOST_SLICES
    assert rest[0][0] == -(-live.engine.worker.ring.oldest // 1470) > told[-1][0] + 1
    while more := waveform.new():
        rest += more
    assert [number for number, *_ in rest] == list(range(rest[0][0], live.engine.worker.ring.written // 1470))
    for number, *levels in rest:
        np.testing.assert_allclose(levels, wanted(number, SHARES[4]), atol=2)
