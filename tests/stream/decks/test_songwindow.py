"""What a deck reads again comes from memory: the same samples as from the track itself, whatever comes meanwhile."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from dsp.quantize import quantize
from stream.callback.header import REEL
from stream.decks.songwindow import SongWindow
from stream.tracks import reading
from stream.tracks.track import Track
from tests.stream.tracks.tracked import RATE, SOURCES, opened, song, wav

N = 5 * RATE
STEMS = quantize(np.random.default_rng(4).standard_normal((N, 6)).astype(np.float32) / 20)


@pytest.fixture
def tracks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Track, Track]]:
    """The same song twice, one that is read by a window and one that is not; what is done to one is done to both."""
    path = wav(tmp_path / "a.wav", song(N / RATE))
    two = opened(path)[0], opened(path)[0]
    ticks = count()
    monkeypatch.setattr(reading.time, "monotonic", lambda: next(ticks) // 2 / 100)  # both read within 10 ms
    yield two
    for track in two:
        track.close()


def by_track(track: Track, first: int, last: int) -> np.ndarray:
    n = last - first
    dry, stems, present = np.zeros((n, 2)), np.zeros((n, 6)), np.zeros(n)
    arrays = [np.ascontiguousarray(array, np.float32) for array in (dry, stems, present)]
    track.read(first, *arrays)
    return np.concatenate([arrays[0], arrays[2][:, None], arrays[1]], axis=1)


def walk(draw: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Windows as a stretcher's, that go on, back a little as a press does, and now and then elsewhere."""
    at = 0
    for step in range(400):
        at += int(draw.integers(200, 700))
        if step % 17 == 0:
            at -= int(draw.integers(0, 6000))
        if step % 61 == 60:
            at = int(draw.integers(-20_000, N + 5000))
        size = int(draw.integers(600, 20_000))
        yield at - size // 3, at + size


@pytest.mark.parametrize("seed", range(3))
def test_a_window_gives_what_the_track_gives_while_stems_come(tracks: tuple[Track, Track], seed: int) -> None:
    kept, plain = tracks
    window, draw = SongWindow(kept), np.random.default_rng(seed)
    for step, (first, last) in enumerate(walk(draw)):
        if step % 23 == 22:
            start, draft = int(draw.integers(0, N - 50_000)), bool(draw.integers(2))
            for track in tracks:
                track.put(start, STEMS[start : start + 50_000], draft)
        np.testing.assert_array_equal(window.read(first, last), by_track(plain, first, last))


def test_what_is_decoded_after_it_was_looked_at_is_read_again(tmp_path: Path) -> None:
    track = Track(tmp_path / "a.wav", RATE, SOURCES)
    track.open_files((), False)
    window, frames = SongWindow(track), song(1)
    assert track.dry is not None
    for decoded in (0, 1000, 1500, 40_000):
        track.dry.write(track.decoded, frames[track.decoded : decoded])
        track.decoded = decoded
        for first in (0, 300, 900, 1200):
            found = window.read(first, first + 2000)
            wanted = np.where(np.arange(first, first + 2000)[:, None] < decoded, frames[first : first + 2000], 0)
            np.testing.assert_array_equal(found[:, :2], wanted)
    track.close()


def test_what_was_read_is_not_read_again(tracks: tuple[Track, Track], monkeypatch: pytest.MonkeyPatch) -> None:
    track, _ = tracks
    track.put(0, STEMS)
    window, real, rows = SongWindow(track), Track.read, []

    def read(one: Track, first: int, dry: np.ndarray, *others: object) -> None:
        rows.append(len(dry))
        real(one, first, dry, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(Track, "read", read)
    window.read(0, 20_000)  # once what is there is known
    for at in range(0, 100 * 500, 500):
        assert window.read(at, at + 20_000).shape == (20_000, REEL + 6)
    assert rows == [20_000, 0] + 99 * [500]
