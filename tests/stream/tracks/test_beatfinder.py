"""A track's beats are found while it is decoded, and a grid that was kept is the one that counts."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dsp.beatgrid import BeatGrid
from dsp.beats import BeatTracker
from dsp.onsets import Onsets
from stream.tracks.beatfinder import TRACKER, BeatFinder, beside, better_grid
from stream.tracks.songnotes import SongNotes
from stream.tracks.track import Track
from tests.stream.decks.rig import RATE, Frames, Rig, track

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


def grid_of(track: Track) -> BeatGrid | None:
    """What is kept of its beats."""
    found = None if track.notes is None else track.notes.read("grid")
    return None if found is None else BeatGrid.from_json(found, RATE)


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
    kept = BeatGrid(100.0, 20_000.0, confidence=0.7)
    loaded = track(tmp_path / "song.wav", song)
    loaded.notes = SongNotes(tmp_path / "store", "a" * 64)
    loaded.notes.change("grid", lambda _kept: {**kept.to_json(RATE), "tracker": TRACKER, "drums": False})
    beats = BeatFinder(loaded)
    until(lambda: beats.done)
    assert beats.grid is not None
    assert (beats.grid.first, beats.grid.period) == pytest.approx((100.0, 20_000.0))
    assert grid_of(loaded) == kept
    loaded.close()


def test_what_was_found_is_kept_for_the_next_evening(song: Frames, tmp_path: Path) -> None:
    loaded = track(tmp_path / "song.wav", song)
    loaded.notes = SongNotes(tmp_path / "store", "a" * 64)
    beats = BeatFinder(loaded)
    until(lambda: beats.done)
    assert beats.grid is not None
    until(lambda: grid_of(loaded) == beats.grid)
    loaded.close()


@pytest.mark.parametrize("note", [
    {"tracker": TRACKER - 1}, {"period": 0}, {"period": 1e-9}, {"markers": 7}, {"samplerate": "fast"}], ids=str)
def test_a_grid_that_is_damaged_or_of_another_tracker_is_found_anew_and_kept(
        song: Frames, tmp_path: Path, note: dict[str, object]) -> None:
    loaded = track(tmp_path / "song.wav", song)
    loaded.notes = SongNotes(tmp_path / "store", "a" * 64)
    kept = BeatGrid(100.0, 20_000.0, confidence=0.7).to_json(RATE)
    loaded.notes.change("grid", lambda _kept: {**kept, "tracker": TRACKER, "drums": True, **note})
    beats = BeatFinder(loaded)
    until(lambda: beats.done)
    assert beats.grid is not None
    assert beats.grid.period == pytest.approx(PERIOD, rel=1e-4)
    assert grid_of(loaded) == beats.grid
    loaded.close()


def test_a_grid_of_a_newer_version_is_left_alone(song: Frames, tmp_path: Path) -> None:
    loaded = track(tmp_path / "song.wav", song)
    loaded.notes = SongNotes(tmp_path / "store", "a" * 64)
    loaded.notes.folder.mkdir(parents=True)
    file = loaded.notes.folder / "grid.json"
    file.write_text('{"format": 2, "beats": "otherwise"}')
    beats = BeatFinder(loaded)
    until(lambda: beats.done)
    assert beats.grid is not None
    assert file.read_text() == '{"format": 2, "beats": "otherwise"}'
    loaded.close()


def test_when_the_drums_are_there_its_beats_are_theirs(tmp_path: Path) -> None:
    """Beats half a beat later than all else that is heard: only the drums tell."""
    drums, others = clicks(25), clicks(25)
    others[round(PERIOD / 2) :] = others[: len(others) - round(PERIOD / 2)].copy()
    loaded = track(tmp_path / "song.wav", 0.2 * drums + others)
    loaded.notes = SongNotes(tmp_path / "store", "a" * 64)
    beats = BeatFinder(loaded)
    until(lambda: beats.done)
    loaded.put(0, np.concatenate([drums, np.zeros((len(drums), 4), np.float32)], axis=1))
    until(lambda: beats.by_drums)
    assert beats.grid is not None
    assert abs(beats.grid.at(0) - round(beats.grid.at(0))) < 0.05
    assert grid_of(loaded) == beats.grid
    assert all(abs(at / PERIOD - round(at / PERIOD)) < 0.05 for at in beats.onsets.frames[5:-5])
    again = BeatFinder(loaded)
    until(lambda: again.by_drums)
    assert again.grid == beats.grid
    loaded.close()


@pytest.mark.parametrize(("drums", "wanted"), [
    (BeatGrid(13.0, 1000, confidence=0.9), BeatGrid(13.0, 1000, confidence=0.9)),
    (BeatGrid(2013.0, 1000, beats_per_bar=3, confidence=0.9), BeatGrid(13.0, 1000, confidence=0.9)),  # the song's bars
    (BeatGrid(512.0, 1000, confidence=0.6), BeatGrid(512.0, 1000, confidence=0.6)),
    (BeatGrid(512.0, 1000, confidence=0.4), BeatGrid(10.0, 1000, confidence=0.8)),
    (None, BeatGrid(10.0, 1000, confidence=0.8)),
    (BeatGrid(3000.0, 2000, confidence=0.9), BeatGrid(0.0, 1000, confidence=0.9)),
    (BeatGrid(1500.0, 500, confidence=0.9), BeatGrid(0.0, 1000, confidence=0.9)),
    (BeatGrid(2000.0, 500, confidence=0.9), BeatGrid(0.0, 1000, confidence=0.9)),
    (BeatGrid(700.0, 2000, confidence=0.9), BeatGrid(700.0, 1000, confidence=0.9)),
    (BeatGrid(0.0, 1333, confidence=0.9), BeatGrid(0.0, 1333, confidence=0.9))])
def test_drums_are_better_unless_they_are_hardly_there_and_the_song_says_whether_their_tempo_is_half(
        drums: BeatGrid | None, wanted: BeatGrid) -> None:
    assert better_grid(BeatGrid(10.0, 1000, confidence=0.8), drums) == wanted
    assert better_grid(None, drums) == drums


def test_where_there_are_no_drums_the_songs_onsets_count() -> None:
    def onsets(*frames: int) -> Onsets:
        return Onsets(np.array(frames, np.int64), np.arange(len(frames), dtype=np.float32))

    found = beside(onsets(RATE, 2 * RATE), onsets(0, RATE - 9, RATE + 9, 3 * RATE, 4 * RATE), RATE)
    assert found.frames.tolist() == [0, RATE, 2 * RATE, 3 * RATE, 4 * RATE]
    assert found.strengths.tolist() == [0, 0, 1, 3, 4]
    assert beside(onsets(), onsets(5, 6), RATE).frames.tolist() == [5, 6]


def test_taps_are_moved_to_the_onsets_near_them(song: Frames, tmp_path: Path) -> None:
    loaded = track(tmp_path / "song.wav", song)
    beats = BeatFinder(loaded)
    until(lambda: beats.done)
    off = np.random.default_rng(0).normal(0, 0.015 * RATE, 8)
    taps = tuple(8 * PERIOD + n * PERIOD + off[n] for n in range(8))
    tapped = BeatGrid.from_taps(taps)
    beats.refine(tapped, taps)
    until(lambda: beats.refined)
    asked, found = beats.refined
    assert (asked, found.by_hand) == (tapped, True)
    assert found.period == pytest.approx(PERIOD, rel=1e-4)
    assert abs(found.at(8 * PERIOD)) < 0.01
    loaded.close()


def test_what_goes_wrong_with_beats_is_one_line(song: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(_tracker: BeatTracker) -> None:
        raise IndexError("index 96 is out of bounds")

    monkeypatch.setattr(BeatTracker, "finish", odd)
    loaded, said = track(tmp_path / "song.wav", song), list[str]()
    loaded.say = said.append
    beats = BeatFinder(loaded)
    until(lambda: said)
    assert said == ["the beats of song.wav cannot be found: IndexError: index 96 is out of bounds"]
    assert not beats.done
    loaded.close()


def test_it_ends_with_its_track(song: Frames, tmp_path: Path) -> None:
    loaded = track(tmp_path / "song.wav", song)
    loaded.close()
    beats = BeatFinder(loaded)
    time.sleep(0.2)
    assert beats.grid is None
