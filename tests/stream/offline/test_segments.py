"""Segments: where demucs lays them, whatever the length, the overlap and the shifts, in memory that no song sets."""

import random
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from stream.offline.level import SongLevel
from stream.offline.overlap import Overlap
from stream.offline.segments import Lay, Segments, lay
from tests.rig.byhand import Frames, noise

SEGMENT = 10_000
PLAIN = SongLevel(0.0, 1.0)
LENGTHS = [1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 3 * SEGMENT + 1234]
STARTS = [(0,), (-700,), (-22_050, -3, 0), (-5, -5)]
OVERLAPS = [0, 0.25, 0.5, 0.9]


def blocks(frames: int, size: int = 777) -> Iterator[Frames]:
    """A stream whose frames tell their own position, from 1 on."""
    for at in range(0, frames, size):
        count = np.arange(at + 1, min(at + size, frames) + 1, dtype=np.float32)
        yield np.stack([count, -count], axis=1)


def how(overlap: float, starts: tuple[int, ...] = (0,)) -> Lay:
    return Lay(SEGMENT, int((1 - overlap) * SEGMENT), starts)


@pytest.mark.parametrize("starts", STARTS, ids=str)
@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("frames", LENGTHS)
def test_segments_lie_where_demucs_lays_them_with_what_is_around_them(
        frames: int, overlap: float, starts: tuple[int, ...]) -> None:
    chosen, found, given = how(overlap, starts), [], 0
    for segment in Segments(blocks(frames), chosen, PLAIN):
        offset = segment.offset
        found.append(offset)
        assert segment.length == min(SEGMENT, frames - offset)
        assert segment.lead == (SEGMENT - segment.length) // 2  # demucs.apply.TensorChunk.padded
        at = np.arange(offset - segment.lead, offset - segment.lead + SEGMENT)
        wanted = np.where((at >= 0) & (at < frames), at + 1, 0).astype(np.float32)
        np.testing.assert_array_equal(segment.window, [wanted, -wanted])
        np.testing.assert_array_equal(segment.mix[0], np.arange(given + 1, given + 1 + segment.mix.shape[1]))
        given += segment.mix.shape[1]
    assert given == frames
    assert found == sorted(offset for start in starts for offset in range(start, frames, chosen.stride)
                           if offset > -SEGMENT)


@pytest.mark.parametrize("starts", STARTS, ids=str)
@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("frames", LENGTHS)
def test_segments_that_are_left_as_they_are_add_up_to_the_song(
        frames: int, overlap: float, starts: tuple[int, ...]) -> None:
    song, adder, out = noise(frames), Overlap(2, how(overlap, starts)), []
    for segment in Segments(iter([song]), how(overlap, starts), PLAIN):
        part = segment.window[:, segment.lead : segment.lead + segment.length]
        out.append(adder.add(segment, np.stack([part, -part])))
        assert out[-1].shape == (2, *segment.mix.shape)
    np.testing.assert_allclose(np.concatenate(out, axis=-1), [song.T, -song.T], rtol=0, atol=2e-6)


def test_windows_are_at_demucs_level_and_what_is_around_the_song_is_nothing() -> None:
    (segment,) = Segments(iter([np.full((10, 2), 0.75, np.float32)]), how(0), SongLevel(0.25, 0.5))
    np.testing.assert_array_equal(segment.window[0], np.where(segment.window[0] != 0, 1, 0))
    assert segment.window[0].sum() == 10
    assert (segment.mix == 0.75).all()


def test_shifts_are_drawn_as_demucs_draws_them_and_the_same_every_time() -> None:
    state = random.Random(0)
    offsets = [state.randint(0, 22_050) for _ in range(5)]  # demucs.apply.apply_model
    assert lay(SEGMENT, 0.25, 5, 44_100).starts == tuple(offset - 22_050 for offset in offsets)
    assert lay(SEGMENT, 0.25, 0, 44_100) == Lay(SEGMENT, 7500, (0,))


@pytest.mark.parametrize("overlap", [-0.1, 0.995, 1, float("nan")])
def test_an_overlap_that_cannot_be_is_refused(overlap: float) -> None:
    with pytest.raises(ValueError, match=r"overlap must be 0 to 0\.99"):
        lay(SEGMENT, overlap, 0, 44_100)


@pytest.mark.parametrize("starts", [(0,), (-22_050, -12_000, -3)], ids=["no shifts", "three shifts"])
def test_memory_does_not_grow_with_the_song(starts: tuple[int, ...]) -> None:
    most = []
    for seconds in (10, 200):
        tracemalloc.start()
        for segment in Segments(blocks(seconds * 44_100), how(0.25, starts), PLAIN):
            assert segment.mix.shape[1] <= SEGMENT
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] < 1.1 * most[0]
