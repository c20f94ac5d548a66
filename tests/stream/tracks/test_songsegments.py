"""Segments of a track, made in any order: what `separate` gives, on the grid that stems are stored on."""

import random
from pathlib import Path

import numpy as np
import pytest

from dsp.quantize import STEP, quantize
from dsp.resample import Resampler
from stream.audiofiles.song import open_song
from stream.offline.engine import SeparateOptions, open_offline_engine
from stream.offline.level import level
from stream.separators.center import Center
from stream.separators.opening import Opening
from stream.tracks import songsegments
from stream.tracks.need import need_of
from stream.tracks.networks import Networks, open_networks
from stream.tracks.songhops import SongHops
from stream.tracks.songsegments import SongSegments
from stream.tracks.track import Playhead, Track
from tests.rig.byhand import Frames, Shares, noise
from tests.rig.models import model
from tests.stream.tracks.tracked import RATE, SOURCES, opened, read, song, wav

SEGMENT = 180_001  # longer than a draft's window
STRIDE = int(0.75 * SEGMENT)
GAINS = (0.1, 0.2, 0.3, 0.15)


@pytest.fixture(scope="module")
def opening(tmp_path_factory: pytest.TempPathFactory) -> Opening:
    """A model that gives every stem a share of the mix, half by its wave and half by its spectrogram."""
    file = model(tmp_path_factory.mktemp("model") / "shares.onnx", {"frames": "any", "segment": str(SEGMENT)},
                 gains=GAINS)
    return Opening("shares", (file,), threads=1)


@pytest.fixture(scope="module")
def networks(opening: Opening) -> Networks:
    found = open_networks(opening)
    assert found is not None
    assert found.how.segment == SEGMENT
    return found


def separated(opening: Opening, path: Path) -> Frames:
    """What `separate` gives: float32 (stems, 2, n)."""
    engine = open_offline_engine(opening, SeparateOptions())
    with open_song(path) as reader:
        return np.concatenate([piece.stems for piece in engine.pieces(reader, level(reader))], axis=-1)


def stored(track: Track, stems: Frames) -> Frames:
    kept = [at for at in range(len(stems)) if at != track.residual]
    return np.ascontiguousarray(stems[kept].reshape(-1, stems.shape[-1]).T)


LENGTHS = [SEGMENT - 1, STRIDE, STRIDE + 1, SEGMENT + 5, 4 * STRIDE + 777, 1000]


@pytest.mark.parametrize("seed", [None, 1, 2], ids=["in order", "shuffled", "shuffled again"])
@pytest.mark.parametrize("frames", LENGTHS, ids=str)
def test_stems_are_those_of_separate(tmp_path: Path, opening: Opening, networks: Networks, frames: int,
                                     seed: int | None) -> None:
    path = wav(tmp_path / "a.wav", noise(frames) / 4 + np.float32(0.05))
    track, _ = opened(path)
    maker, order = SongSegments(track, networks), list(range(-(-frames // STRIDE)))
    if seed is not None:
        random.Random(seed).shuffle(order)
    for part in order:
        maker.make(part)
    assert maker.next(need_of(track, RATE)) is None
    dry, stems, present = read(track)
    assert (present == 1).all()
    assert track.separated == 1
    np.testing.assert_array_equal(stems, quantize(stored(track, separated(opening, path))))
    np.testing.assert_array_equal(dry, noise(frames) / 4 + np.float32(0.05))


@pytest.mark.parametrize("rate", [48_000, 96_000])
def test_at_another_rate_they_are_those_resampled(tmp_path: Path, opening: Opening, networks: Networks,
                                                  rate: int) -> None:
    path = wav(tmp_path / "a.wav", noise(3 * STRIDE + 99) / 4)
    track, _ = opened(path, rate)
    maker = SongSegments(track, networks)
    for part in (2, 0, 3, 1):
        maker.make(part)
    wanted = stored(track, separated(opening, path))
    resampler = Resampler(RATE, rate, wanted.shape[1])
    wanted = np.concatenate([resampler.feed(wanted), resampler.finish()])
    _, stems, present = read(track)
    assert (present == 1).all()
    np.testing.assert_allclose(stems[: len(wanted)], wanted[: len(stems)], atol=STEP)


def test_the_part_under_the_playhead_is_made_first_and_a_jump_moves_the_work(tmp_path: Path,
                                                                            networks: Networks) -> None:
    track, _ = opened(wav(tmp_path / "a.wav", noise(6 * STRIDE) / 4))
    maker = SongSegments(track, networks)
    track.playhead = Playhead(3 * STRIDE + SEGMENT - STRIDE + 10, 1.0)
    assert maker.next(need_of(track, RATE)) == 3
    maker.make(3)
    assert maker.next(need_of(track, RATE)) == 4
    track.playhead = Playhead(10, 1.0)
    assert maker.next(need_of(track, RATE)) == 0
    assert track.finished.stems.holds(4 * STRIDE - 100, 4 * STRIDE)  # the middle of segment 3


def test_segments_wait_for_the_level_of_the_whole_song(tmp_path: Path, networks: Networks) -> None:
    track, _ = opened(wav(tmp_path / "a.wav", noise(2 * STRIDE) / 4))
    track.ended = False
    assert SongSegments(track, networks).next(need_of(track, RATE)) is None


def test_seams_that_nobody_joins_do_not_fill_the_memory(tmp_path: Path, networks: Networks, opening: Opening,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(songsegments, "MOST_SEAMS", 3)
    path = wav(tmp_path / "a.wav", noise(9 * STRIDE) / 4)
    track, _ = opened(path)
    maker = SongSegments(track, networks)
    for part in (0, 2, 4, 6, 8):
        maker.make(part)
        assert len(maker._seams) <= 3
    made = 0
    while (left := maker.next(need_of(track, RATE))) is not None:
        maker.make(left)
        made += 1
    assert made < 12
    _, stems, present = read(track)
    assert (present == 1).all()
    np.testing.assert_array_equal(stems, quantize(stored(track, separated(opening, path))))


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_drafts_are_stems_too_join_without_a_step_and_go_over_into_segments(tmp_path: Path, networks: Networks,
                                                                           rate: int) -> None:
    time = np.arange(4 * STRIDE) / RATE
    tone = np.stack([np.sin(2 * np.pi * 220 * time), np.cos(2 * np.pi * 220 * time)], axis=1).astype(np.float32) / 4
    track, _ = opened(wav(tmp_path / "a.wav", tone), rate)
    maker = SongSegments(track, networks)
    for _ in range(3):
        gap = need_of(track, RATE).gap
        assert gap is not None
        maker.drafts.make(gap, backwards=False)
    reached = track.finished.drafts.gap_after(0)
    assert reached > 3 * networks.draft_s * rate
    maker.make(1)
    dry, stems, present = read(track, 0, track.finished.stems.gap_after(reached - 10) - 2000)
    assert (present == 1).all()
    shares = np.repeat([GAINS[0], GAINS[1], GAINS[3]], 2).astype(np.float32) * 2
    edge = 4096  # where a window begins, an inverse STFT has less than all of it, here and in `separate`
    np.testing.assert_allclose(stems[edge:], np.tile(dry[edge:], 3) * shares, atol=2e-3)


def test_a_draft_backwards_ends_where_stems_begin(tmp_path: Path, networks: Networks) -> None:
    track, _ = opened(wav(tmp_path / "a.wav", noise(4 * STRIDE) / 4))
    maker = SongSegments(track, networks)
    track.playhead = Playhead(2 * STRIDE, -1.0)
    for _ in range(2):
        need = need_of(track, RATE)
        assert need.gap is not None
        assert need.backwards
        maker.drafts.make(need.gap, backwards=True)
    assert track.finished.drafts.gap_before(2 * STRIDE) <= 2 * STRIDE - 2 * int(networks.draft_s * RATE)


def test_a_draft_waits_until_what_it_needs_is_decoded(tmp_path: Path, networks: Networks) -> None:
    track, _ = opened(wav(tmp_path / "a.wav", song(6)))
    drafts = SongSegments(track, networks).drafts
    assert drafts.ready(0)
    assert drafts.ready(track.mixed - 1)
    assert not drafts.ready(track.mixed)
    track.ended = False
    assert drafts.ready(0)
    assert not drafts.ready(track.mixed - networks.draft_frames // 2)


# separators that take hops


@pytest.mark.parametrize("order", [None, (2, 0, 3, 1)], ids=["in order", "jumping"])
def test_a_separator_of_hops_gives_what_separate_gives(tmp_path: Path, order: tuple[int, ...] | None) -> None:
    path = wav(tmp_path / "a.wav", song(14.3))
    track, _ = opened(path, sources=Center.sources)
    maker = SongHops(track, Center())
    if order is None:
        while (part := maker.next(need_of(track, RATE))) is not None:
            maker.make(part)
    else:
        for part in order:
            maker.make(part)
    _, stems, present = read(track)
    assert (present == 1).all()
    wanted = quantize(stored(track, separated(Opening("center"), path)))
    np.testing.assert_allclose(stems, wanted, atol=STEP)
    assert np.mean(stems == wanted) > 0.999


@pytest.mark.parametrize("late", [0, 3000, 2048, 1])
def test_hops_lie_where_they_belong_whatever_their_latency(tmp_path: Path, late: int) -> None:
    frames = song(9.1)
    track, _ = opened(wav(tmp_path / "a.wav", frames), sources=SOURCES)
    maker = SongHops(track, Shares(1024, late))
    while (part := maker.next(need_of(track, RATE))) is not None:
        maker.make(part)
    dry, stems, _ = read(track)
    np.testing.assert_allclose(stems, np.tile(dry, 3) * np.repeat([0.5, 0.25, 0.125], 2), atol=STEP)


def test_parts_of_hops_are_made_before_the_song_is_decoded_to_its_end(tmp_path: Path) -> None:
    track, _ = opened(wav(tmp_path / "a.wav", song(12)), sources=SOURCES)
    maker = SongHops(track, Shares())
    track.ended, decoded = False, track.decoded
    parts = []
    while (part := maker.next(need_of(track, RATE))) is not None:
        maker.make(part)
        parts.append(part)
    assert parts == [0, 1]
    track.decoded = decoded
    track.end()
    while (part := maker.next(need_of(track, RATE))) is not None:
        maker.make(part)
        parts.append(part)
    assert parts == [0, 1, 2, 3]
    assert (read(track)[2] == 1).all()


def test_what_is_decoded_is_made_while_what_is_needed_is_not(tmp_path: Path) -> None:
    track, _ = opened(wav(tmp_path / "a.wav", song(12)), sources=SOURCES)
    mixed, track.mixed = track.mixed, 9 * RATE
    track.playhead, track.ended = Playhead(11 * RATE, 1.0), False
    assert SongHops(track, Shares()).next(need_of(track, RATE)) == 1
    track.mixed = mixed
    track.end()
    assert SongHops(track, Shares()).next(need_of(track, RATE)) == 2
