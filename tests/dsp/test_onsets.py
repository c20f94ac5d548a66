"""Onsets are found to about a millisecond, at every rate, and the same however the song is cut."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.rhythms import RHYTHMS, play, shortened
from dsp.onsets import ALL, HIGH, LOW, OnsetDetector, find_onsets

Frames = NDArray[np.float32]


def hits(samplerate: int, at_s: list[float], hz: float | None = None, seconds: float = 4.0) -> Frames:
    """Bursts of noise or of a tone that die away, in silence."""
    rng = np.random.default_rng(1)
    song = np.zeros((int(seconds * samplerate), 2), np.float32)
    t = np.arange(samplerate // 5) / samplerate
    burst = rng.standard_normal(len(t)) if hz is None else np.sin(2 * np.pi * hz * t)
    for at in at_s:
        begin = round(at * samplerate)
        part = song[begin : begin + len(t)]
        part += (0.3 * burst * np.exp(-t / 0.05))[: len(part), None].astype(np.float32)
    return song


@pytest.mark.parametrize("samplerate", [8000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_bursts_are_found_to_a_quarter_of_a_millisecond(samplerate: int) -> None:
    at_s = [0.0, 0.41, 0.9003, 1.2, 1.7777, 2.05, 3.0, 3.951]
    found = find_onsets(hits(samplerate, at_s), samplerate)
    assert found.frames.dtype == np.int64
    assert found.strengths.dtype == np.float32
    assert found.frames / samplerate == pytest.approx(at_s, abs=0.00025)


@pytest.mark.parametrize("hz", [55.0, 220.0, 3000.0])
def test_tones_are_found_to_three_milliseconds(hz: float) -> None:
    at_s = [0.5, 1.2, 1.7777, 3.0]
    assert find_onsets(hits(44100, at_s, hz), 44100).frames / 44100 == pytest.approx(at_s, abs=0.003)


def test_drums_under_chords_and_noise_are_found_to_a_millisecond() -> None:
    song = play(shortened(next(rhythm for rhythm in RHYTHMS if rhythm.noise_db is not None), 20))
    found = find_onsets(song.samples, song.samplerate)
    errors = np.abs(found.frames[None] - song.beats[:, None]).min(axis=1) / song.samplerate
    assert np.quantile(errors, 0.9) < 0.001


def test_strength_tells_low_from_high() -> None:
    for hz, feature in ((60.0, LOW), (6000.0, HIGH)):
        detector = OnsetDetector(44100)
        detector.feed(hits(44100, [1.0], hz))
        detector.finish()
        peak = detector.strength[detector.strength[:, ALL].argmax()]
        assert peak[1:].argmax() + 1 == feature


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("chunk", [1009, 44_100, 10**9])
def test_chunks_give_what_the_whole_gives(rate: int, chunk: int) -> None:
    song = play(shortened(RHYTHMS[0], 7.123), rate).samples
    whole, cut = OnsetDetector(rate), OnsetDetector(rate)
    whole.feed(song)
    for begin in range(0, len(song), chunk):
        cut.feed(song[begin : begin + chunk])
        assert len(cut.strength) >= (cut.frames - rate * 1.8) / cut.hop  # it is never further behind
    for detector in (whole, cut):
        detector.finish()
        assert len(detector.strength) == -(-len(song) // detector.hop)
    assert np.array_equal(whole.strength, cut.strength)
    assert np.array_equal(whole.chroma, cut.chroma)
    assert np.array_equal(whole.onsets.frames, cut.onsets.frames)
    assert np.array_equal(whole.onsets.strengths, cut.onsets.strengths)


@pytest.mark.parametrize("frames", [0, 1, 100, 220, 221, 44_100, 88_200, 56_320, 56_321])
def test_songs_of_any_length_are_taken_and_silence_has_no_onsets(frames: int) -> None:
    detector = OnsetDetector(44100)
    detector.feed(np.zeros((frames, 2), np.float32))
    detector.finish()
    detector.finish()
    assert len(detector.strength) == -(-frames // 220)
    assert len(detector.onsets.frames) == 0


def test_onsets_lie_within_the_song_and_ascend() -> None:
    rng = np.random.default_rng(2)
    song = rng.uniform(-1, 1, (30_000, 2)).astype(np.float32)
    found = find_onsets(song, 44100).frames
    assert ((found >= 0) & (found < len(song))).all()
    assert (np.diff(found) > 0).all()


def test_sides_of_opposite_sign_are_heard() -> None:
    song = hits(44100, [1.0, 2.0])
    song[:, 1] *= -1
    assert len(find_onsets(song, 44100).frames) == 2


def test_what_does_not_fit_is_refused() -> None:
    detector = OnsetDetector(44100)
    with pytest.raises(ValueError, match=r"frames must be \(n, 2\), not \(9,\)"):
        detector.feed(np.zeros(9, np.float32))
    with pytest.raises(ValueError, match="samplerate must be 1000 or more, not 0"):
        OnsetDetector(0)
    detector.finish()
    with pytest.raises(RuntimeError, match="after the end"):
        detector.feed(np.zeros((9, 2), np.float32))
