"""A track's beats are found while it is decoded, and a grid that was kept is the one that counts."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dsp.beatgrid import BeatGrid
from stream.tracks.beatfinder import BeatFinder
from stream.tracks.entry import Identity
from stream.tracks.store import StemStore
from tests.stream.decks.rig import RATE, Frames, Rig, track

IDENTITY = Identity("a" * 64, "htdemucs", "b" * 64, RATE)
BPM = 126.0
PERIOD = 60 * RATE / BPM


def clicks(seconds: float) -> Frames:
    """A kick on each beat, over some noise."""
    rng = np.random.default_rng(0)
    song = (rng.standard_normal((int(seconds * RATE), 2)) * 0.003).astype(np.float32)
    kick = np.exp(-np.arange(4000) / 500) * np.sin(2 * np.pi * 70 * np.arange(4000) / RATE)
    for at in np.arange(0, len(song) - 4000, PERIOD):
        song[round(at) : round(at) + 4000] += 0.5 * kick[:, None].astype(np.float32)
    return song


def until(there: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(scope="module")
def song() -> Frames:
    return clicks(25)


def test_a_deck_has_its_songs_grid_and_its_loops_are_of_beats(song: Frames, tmp_path: Path) -> None:
    loaded = track(tmp_path / "song.wav", song)
    beats = BeatFinder(loaded)
    booth = Rig()
    booth.a.load(loaded, beats)
    booth.a.press("play")
    until(lambda: beats.done)
    booth.hear(4)
    grid = booth.a.state.grid
    assert grid is not None
    assert grid.period == pytest.approx(PERIOD, rel=1e-4)
    booth.a.press("auto_loop", 4)
    booth.hear(2)
    loop = booth.a.state.loop
    assert loop is not None
    assert loop.length / 2**32 == pytest.approx(4 * PERIOD, rel=1e-4)
    assert len(beats.onsets.frames) > 40
    loaded.close()


def test_a_grid_that_was_kept_is_not_found_anew(song: Frames, tmp_path: Path) -> None:
    kept = BeatGrid(100.0, 20_000.0)

    loaded = track(tmp_path / "song.wav", song)
    loaded.entry = StemStore(folder=tmp_path / "store").entry(IDENTITY)
    loaded.entry.note("grid", kept.to_json(RATE))
    beats = BeatFinder(loaded)
    until(lambda: beats.done)
    assert beats.grid is not None
    assert (beats.grid.first, beats.grid.period) == pytest.approx((100.0, 20_000.0))
    assert loaded.entry.notes("grid") == kept.to_json(RATE)
    loaded.close()


def test_what_was_found_is_kept_for_the_next_evening(song: Frames, tmp_path: Path) -> None:
    loaded = track(tmp_path / "song.wav", song)
    loaded.entry = StemStore(folder=tmp_path / "store").entry(IDENTITY)
    beats = BeatFinder(loaded)
    until(lambda: beats.done)
    assert beats.grid is not None
    assert loaded.entry.notes("grid") == beats.grid.to_json(RATE)
    loaded.close()


def test_it_ends_with_its_track(song: Frames, tmp_path: Path) -> None:
    loaded = track(tmp_path / "song.wav", song)
    loaded.close()
    beats = BeatFinder(loaded)
    time.sleep(0.2)
    assert beats.grid is None
