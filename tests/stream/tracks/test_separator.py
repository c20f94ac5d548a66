"""Tracks that are separated while they play: what is made first, what is kept, and what is said when it fails."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsp.quantize import quantize
from stream.audiofiles.song import open_song
from stream.offline.engine import SeparateOptions, open_offline_engine
from stream.offline.level import level
from stream.separators.center import Center
from stream.separators.networks.network import Network
from stream.separators.opening import Opening
from stream.tracks import making
from stream.tracks import separator as opening_networks
from stream.tracks.drafts import Drafts
from stream.tracks.networks import DRAFT_COLUMNS
from stream.tracks.separator import TrackSeparator
from stream.tracks.songhops import SongHops
from stream.tracks.songsegments import SongSegments
from stream.tracks.store import StemStore
from stream.tracks.track import Playhead, Track
from tests.rig.byhand import Frames
from tests.rig.models import model
from tests.stream.tracks.tracked import RATE, read, song, until, wav


@contextmanager
def separator(opening: Opening | None = None, store: StemStore | None = None, samplerate: int = RATE,
              busy: Callable[[], bool] = lambda: False) -> Iterator[tuple[TrackSeparator, list[str]]]:
    said: list[str] = []
    with TrackSeparator(opening or Opening("center"), samplerate, store, busy, said.append) as found:
        yield found, said


def by_separate(opening: Opening, path: Path, track: Track) -> Frames:
    """What `separate` gives of the stems that a track stores."""
    engine = open_offline_engine(opening, SeparateOptions())
    with open_song(path) as reader:
        stems = np.concatenate([piece.stems for piece in engine.pieces(reader, level(reader))], axis=-1)
    kept = [at for at in range(len(stems)) if at != track.residual]
    return quantize(np.ascontiguousarray(stems[kept].reshape(-1, stems.shape[-1]).T))


@pytest.fixture
def store(tmp_path: Path) -> StemStore:
    return StemStore(folder=tmp_path / "tracks")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Opening:
    file = model(tmp_path_factory.mktemp("model") / "toy.onnx", {"frames": "any", "segment": "180001"},
                 gains=(0.1, 0.2, 0.3, 0.15))
    return Opening("toy", (file,), threads=1)


def test_a_song_is_separated_to_its_end_as_separate_does_it(tmp_path: Path, toy: Opening) -> None:
    path = wav(tmp_path / "a.wav", song(13))
    with separator(toy) as (decks, said):
        assert decks.sources == ("drums", "bass", "other", "vocals")
        track = decks.load(path)
        decks.wait()
        dry, stems, present = read(track)
        assert (track.origin, track.separated, said) == ("model", 1, [])
    assert (present == 1).all()
    np.testing.assert_array_equal(dry, song(13))
    np.testing.assert_array_equal(stems, by_separate(toy, path, track))


def test_it_is_heard_before_its_stems_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, real = threading.Event(), SongHops.make

    def wait(maker: SongHops, order: int) -> None:
        held.wait(60)
        real(maker, order)

    monkeypatch.setattr(SongHops, "make", wait)
    with separator() as (decks, _):
        track = decks.load(wav(tmp_path / "a.wav", song(2)))
        until(lambda: track.ended)
        dry, _, present = read(track)
        np.testing.assert_array_equal(dry, song(2))
        assert not present.any()
        held.set()
        decks.wait()
        assert track.separated == 1


def test_nothing_is_made_while_something_live_needs_the_machine(tmp_path: Path, toy: Opening) -> None:
    asked: list[bool] = []
    live = threading.Event()
    live.set()

    def busy() -> bool:
        asked.append(live.is_set())
        return live.is_set()

    with separator(toy, busy=busy) as (decks, _):
        track = decks.load(wav(tmp_path / "a.wav", song(5)))
        until(lambda: track.ended)
        before = len(asked)
        until(lambda: len(asked) > before + 20)
        assert not track.finished.stems
        assert not track.finished.drafts
        live.clear()
        decks.wait()
        assert track.separated == 1


def test_one_song_that_fails_does_not_end_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, broken = SongHops.make, []

    def make(maker: SongHops, order: int) -> None:
        if maker._track in broken and order == 1:
            raise RuntimeError("the plugin has an idea of its own")
        real(maker, order)

    monkeypatch.setattr(SongHops, "make", make)
    with separator() as (decks, said):
        bad = decks.load(wav(tmp_path / "bad.wav", song(12)))
        broken.append(bad)
        good = decks.load(wav(tmp_path / "good.wav", song(12)))
        decks.wait()
        assert good.separated == 1
        assert (0 <= bad.separated < 1, bad.lacks, good.lacks) == (True, "stems", "")
        np.testing.assert_array_equal(read(bad)[0], song(12))
        assert said == [bad.failure] == [
            "bad.wav plays without its stems from now on: the plugin has an idea of its own"]


def test_a_file_that_is_no_song_does_not_end_the_other(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("Dear diary")
    with separator() as (decks, said):
        bad, good = decks.load(tmp_path / "bad.wav"), decks.load(wav(tmp_path / "good.wav", song(3)))
        missing = decks.load(tmp_path / "missing.wav")
        decks.wait()
        assert good.separated == 1
        assert sorted(said) == sorted([bad.failure, missing.failure])


def test_a_file_that_vanishes_while_it_plays_plays_on(tmp_path: Path, store: StemStore) -> None:
    path = wav(tmp_path / "a.wav", song(6))
    with separator(store=store) as (decks, said):
        track = decks.load(path)
        until(lambda: track.decoded)
        path.unlink()
        decks.wait()
        np.testing.assert_array_equal(read(track)[0], song(6))
        assert track.separated == 1
        assert said == []


def test_a_model_that_cannot_be_opened_leaves_songs_without_stems(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with separator(Opening("mine", (tmp_path / "model.onnx",))) as (decks, said):
        track = decks.load(wav(tmp_path / "a.wav", song(1)))
        until(lambda: track.ended)
        decks.wait()
        np.testing.assert_array_equal(read(track)[0], song(1))
        assert said == [decks.failure]
        assert "mine cannot be opened" in decks.failure


def test_a_song_need_not_wait_for_a_model_whose_stems_are_known(tmp_path: Path, toy: Opening,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    release, real = threading.Event(), opening_networks.open_networks

    def wait(chosen: Opening) -> object:
        release.wait(60)
        return real(chosen)

    monkeypatch.setattr(opening_networks, "open_networks", wait)
    sources = ("drums", "bass", "other", "vocals")
    with TrackSeparator(toy, RATE, StemStore(folder=tmp_path / "tracks"), sources=sources) as decks:
        track = decks.load(wav(tmp_path / "a.wav", song(3)))
        until(lambda: track.ended)
        np.testing.assert_array_equal(read(track)[0], song(3))
        release.set()
        decks.wait()
        assert track.separated == 1
    said: list[str] = []
    with TrackSeparator(toy, RATE, say=said.append, sources=("other", "vocals")) as decks:
        decks.load(tmp_path / "a.wav")
        decks.wait()
    assert len(said) == 1
    assert "not what was said of it" in said[0]


def test_the_end_does_not_wait_for_a_network_that_runs(tmp_path: Path, toy: Opening,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """One that runs until it is stopped."""
    running, stopped = threading.Event(), threading.Event()

    def forever(network: Network) -> None:
        running.set()
        while not network._options.terminate:
            stopped.wait(0.001)
        raise RuntimeError("stopped")

    monkeypatch.setattr(Network, "run", forever)
    with separator(toy) as (decks, said):
        decks.load(wav(tmp_path / "a.wav", song(3)))
        assert running.wait(60)
    assert said == []


def until_ended(monkeypatch: pytest.MonkeyPatch, draft: bool) -> tuple[list[bool], threading.Event]:
    """Have the first draft, or segment, take until it is ended: once it was, and when it runs."""
    real, ended, running = Network.run, list[bool](), threading.Event()

    def run(network: Network) -> None:
        if (network.columns <= DRAFT_COLUMNS) == draft and not ended:
            network._options.terminate = False
            running.set()
            until(lambda: network._options.terminate)
            ended.append(True)
            raise RuntimeError("ended")
        real(network)

    monkeypatch.setattr(Network, "run", run)
    return ended, running


def test_a_song_without_stems_has_its_draft_before_anothers_segment_ends_which_is_made_again(
        tmp_path: Path, toy: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments take as long as they may, and end early where they are told to."""
    ended, running = until_ended(monkeypatch, draft=False)
    paths = [wav(tmp_path / f"{name}.wav", song(13)) for name in "ab"]
    with separator(toy) as (decks, said):
        first = decks.load(paths[0])
        assert running.wait(60)
        second = decks.load(paths[1])
        until(lambda: second.finished.drafts.holds(0, RATE))
        decks.wait()
        assert (ended, said) == ([True], [])
        for path, track in zip(paths, (first, second), strict=True):
            np.testing.assert_array_equal(read(track)[1], by_separate(toy, path, track))


@pytest.mark.parametrize("draft", [False, True], ids=["segment", "draft"])
def test_what_is_made_of_a_song_that_is_taken_off_is_not_made_to_its_end(
        tmp_path: Path, toy: Opening, monkeypatch: pytest.MonkeyPatch, draft: bool) -> None:
    ended, running = until_ended(monkeypatch, draft)
    paths = [wav(tmp_path / f"{name}.wav", song(13)) for name in "ab"]
    with separator(toy) as (decks, said):
        first = decks.load(paths[0])
        assert running.wait(60)
        second = decks.load(paths[1])
        first.close()
        decks.wait()
        assert (ended, said, second.separated) == ([True], [], 1)


def test_a_network_that_was_interrupted_runs_again_and_one_that_was_stopped_does_not(toy: Opening) -> None:
    network = Network(toy.files[0], DRAFT_COLUMNS)
    network.interrupt()
    network.run()
    network.stop()
    for _ in range(2):
        with pytest.raises(Exception, match="terminate"):
            network.run()


def test_a_song_is_separated_whatever_becomes_of_the_look_into_the_store(
        tmp_path: Path, store: StemStore, toy: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_store: StemStore, _song: str) -> None:
        raise ZeroDivisionError("nobody expects it")

    monkeypatch.setattr(StemStore, "notes", fails)
    with separator(toy, store) as (decks, said):
        track = decks.load(wav(tmp_path / "a.wav", song(5)))
        decks.wait()
        assert track.separated == 1
    assert said == ["a.wav cannot be looked up in the store: ZeroDivisionError: nobody expects it"]


def test_songs_that_are_closed_are_forgotten(tmp_path: Path) -> None:
    with separator(busy=lambda: True) as (decks, said):
        for _ in range(3):
            decks.load(wav(tmp_path / "a.wav", song(1))).close()
        decks.wait()
        last = decks.load(tmp_path / "a.wav")
        assert [job.track for job in decks._songs] == [last]
        assert said == []


@pytest.mark.parametrize("samplerate", [44_100, 48_000])
def test_what_was_separated_once_is_there_at_once_bit_for_bit(tmp_path: Path, store: StemStore, toy: Opening,
                                                              samplerate: int) -> None:
    path = wav(tmp_path / "a.wav", song(9))
    with separator(toy, store, samplerate) as (decks, _):
        first = decks.load(path)
        decks.wait()
        heard = read(first)
        assert first.notes is not None
        first.notes.change("marks", lambda _kept: {"a": 1})
    with separator(toy, store, samplerate, busy=lambda: True) as (decks, said):  # nothing is made
        again = decks.load(path.rename(tmp_path / "b.wav"))
        until(lambda: again.separated == 1 and again.ended)
        for before, after in zip(heard, read(again), strict=True):
            np.testing.assert_array_equal(before, after)
        decks.wait()
        assert (again.origin, said) == ("store", [])
        assert again.notes is not None
        assert again.notes.marks == {"format": 1, "a": 1}


def test_what_is_kept_comes_from_the_playhead_on(tmp_path: Path, store: StemStore, monkeypatch: pytest.MonkeyPatch,
                                                 ) -> None:
    path = wav(tmp_path / "a.wav", song(15))
    with separator(store=store) as (decks, _):
        decks.load(path)
        decks.wait()
    firsts: list[int] = []
    real = Track.put

    def put(track: Track, first: int, stems: Frames, draft: bool = False) -> None:
        firsts.append(first)
        real(track, first, stems, draft)

    monkeypatch.setattr(Track, "put", put)
    monkeypatch.setattr(Track, "playhead", property(lambda _t: Playhead(7 * RATE, 1.0), lambda _t, _v: None),
                        raising=False)
    with separator(store=store) as (decks, _):
        track = decks.load(path)
        decks.wait()
        assert track.origin == "store"
    size = 1 << 17
    begin = 7 * RATE // size * size
    assert firsts == [*range(begin, 15 * RATE, size), *range(begin - size, -1, -size)]


@pytest.mark.parametrize("how", ["damaged", "half", "foreign"])
def test_an_entry_that_is_not_what_was_kept_is_made_again(tmp_path: Path, store: StemStore, how: str) -> None:
    path = wav(tmp_path / "a.wav", song(9))
    with separator(store=store) as (decks, _):
        heard = read_of(decks, path)
    (one,) = store.entries()
    file = one.folder / "vocals.flac"
    if how == "damaged":
        data = bytearray(file.read_bytes())
        data[-5000] ^= 0xFF
        file.write_bytes(data)
    elif how == "half":
        file.unlink()
    else:
        (one.folder / "stems.json").write_text('{"some": "thing else"}')
    for wanted in ("model", "store"):
        with separator(store=store) as (decks, said):
            track = decks.load(path)
            decks.wait()
            assert track.origin == wanted
            np.testing.assert_array_equal(read(track)[1], heard)
            assert said == []


def read_of(decks: TrackSeparator, path: Path) -> Frames:
    track = decks.load(path)
    decks.wait()
    return read(track)[1]


def test_what_cannot_be_kept_is_said_once_and_plays(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said: list[str] = []
    store = StemStore(say=said.append, folder=tmp_path / "file")
    with separator(store=store) as (decks, _):
        for name in ("a", "b"):
            track = decks.load(wav(tmp_path / f"{name}.wav", song(3)))
            decks.wait()
            assert track.separated == 1
    assert len(said) == 1
    assert said[0].startswith("stems are not kept for the next time: ")


def test_a_full_disk_is_said_once_and_what_plays_plays_on(tmp_path: Path, small_disk: Path) -> None:
    said: list[str] = []
    store = StemStore(say=said.append, folder=small_disk)
    with separator(store=store) as (decks, _):
        track = decks.load(wav(tmp_path / "a.wav", song(20)))
        decks.wait()
        assert track.separated == 1
    assert len(said) == 1
    assert store.entries() == []


def test_what_the_limit_has_no_room_for_is_not_kept(tmp_path: Path) -> None:
    store = StemStore(limit=1000, folder=tmp_path / "tracks")
    with separator(store=store) as (decks, _):
        decks.load(wav(tmp_path / "a.wav", song(3)))
        decks.wait()
    assert store.entries() == []


def test_stems_that_come_with_a_song_are_neither_made_nor_kept(tmp_path: Path, store: StemStore) -> None:
    for name in ("vocals", "other"):
        wav(tmp_path / "song" / f"{name}.wav", song(2))
    with separator(store=store) as (decks, said):
        track = decks.load(tmp_path / "song")
        decks.wait()
        assert (track.origin, track.sources, said) == ("file", Center.sources, [])
        np.testing.assert_array_equal(read(track)[1], quantize(song(2)))
    assert store.entries() == []


def test_a_short_song_has_stems_too(tmp_path: Path, toy: Opening) -> None:
    for seconds in (1 / RATE, 0.1, 2.0):
        with separator(toy) as (decks, said):
            track = decks.load(wav(tmp_path / "a.wav", song(seconds)))
            decks.wait()
            assert track.separated == 1
            assert said == []


def test_drafts_come_first_where_somebody_waits(tmp_path: Path, toy: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments that take long, by the test's own doing."""
    from stream.tracks.songsegments import SongSegments

    release, real = threading.Event(), SongSegments.make

    def slow(maker: SongSegments, order: int) -> None:
        release.wait(60)
        real(maker, order)

    monkeypatch.setattr(SongSegments, "make", slow)
    with separator(toy) as (decks, _):
        track = decks.load(wav(tmp_path / "a.wav", song(30)))
        until(lambda: track.finished.drafts.holds(0, 1000))
        track.playhead = Playhead(20 * RATE)
        until(lambda: track.finished.drafts.holds(20 * RATE, 20 * RATE + 1000))
        assert not track.finished.stems
        dry, stems, present = read(track, 20 * RATE, RATE)
        assert (present[300:] == 1).all()
        np.testing.assert_allclose(stems, np.tile(dry, 3) * np.repeat([0.2, 0.4, 0.3], 2), atol=2e-3)
        release.set()
        decks.wait()
        assert track.separated == 1


def test_drafts_of_a_song_do_not_wait_for_a_segment_of_another(
        tmp_path: Path, toy: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, goes_on, real = threading.Event(), threading.Event(), SongSegments.make

    def slow(maker: SongSegments, part: int) -> None:
        begun.set()
        assert goes_on.wait(60)
        real(maker, part)

    monkeypatch.setattr(SongSegments, "make", slow)
    with separator(toy) as (decks, _):
        decks.load(wav(tmp_path / "a.wav", song(13)))
        until(begun.is_set)
        try:
            other = decks.load(wav(tmp_path / "b.wav", song(13)))
            other.playhead = Playhead(0, 1.0)
            until(lambda: other.finished.drafts.holds(2 * RATE, 2 * RATE + 1000))
            assert not other.finished.stems
        finally:
            goes_on.set()


def test_drafts_come_before_segments_and_behind_all_others(
        tmp_path: Path, toy: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    from stream.common.priority import SOONER, YIELDING

    found: dict[str, set[int]] = {"draft": set(), "segment": set()}
    for kind, maker in (("draft", Drafts), ("segment", SongSegments)):
        def make(*words: Any, kind: str = kind, real: Callable[..., None] = maker.make) -> None:
            found[kind].add(os.getpriority(os.PRIO_PROCESS, 0))
            real(*words)

        monkeypatch.setattr(maker, "make", make)
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with separator(toy) as (decks, _):
        track = decks.load(wav(tmp_path / "a.wav", song(13)))
        track.playhead = Playhead(0, 1.0)
        until(lambda: all(found.values()))
    assert found == {"draft": {max(before, SOONER)}, "segment": {max(before, YIELDING)}}


def test_a_job_says_when_segments_come_too_late(tmp_path: Path, toy: Opening) -> None:
    with separator(toy, busy=lambda: True) as (decks, _):
        track = decks.load(wav(tmp_path / "a.wav", song(30)))
        until(lambda: track.ended)
        job = making.TrackJob(track)
        assert not job.wants_draft(2.0)
        job.open(decks._maker)
        assert job.wants_draft(2.0)  # nothing is there
        track.put(0, np.zeros((5 * RATE, 6), np.float32), draft=True)
        assert not job.wants_draft(100.0)  # it stands still, and has what it needs to begin
        track.playhead = Playhead(0, 1.0)
        assert not job.wants_draft(2.0)
        assert job.wants_draft(5.0)  # a segment that takes so long comes too late
        track.playhead = Playhead(3 * RATE, 1.0)
        assert job.wants_draft(2.0)


class Clock:
    """A deck that plays one track, and a machine that takes as long for its stems as it is told to."""

    def __init__(self, track: Track, job: making.TrackJob, segment_s: float, draft_s: float) -> None:
        self.now_s = self.drafts = self.segments = 0
        self._track, self._job, self._segment_s, self._draft_s = track, job, segment_s, draft_s
        self.dry: list[float] = []

    def work(self) -> None:
        """Do what comes next, as both threads would."""
        if self._job.wants_draft(self._segment_s):
            self._draft()
            return
        part = self._job.next(self._segment_s)
        assert part is not None
        under_way, left_s = making.UnderWay(self._job, part, self.now_s), self._segment_s
        while left_s > 0:
            self._pass(0.05)
            left_s -= 0.05
            if self._job.wants_draft(self._segment_s, under_way):
                self._draft()
        self.segments += 1
        self._job.make(part)

    def _draft(self) -> None:
        self._pass(self._draft_s)
        self.drafts += 1
        self._job.draft()
        assert isinstance(self._job.maker, SongSegments)
        self._job.maker.drafts.cost_s = self._draft_s

    def _pass(self, seconds: float) -> None:
        self.now_s += seconds
        frame, made = round(self.now_s * RATE), self._track.finished
        self._track.playhead = Playhead(frame, 1.0)
        if self.drafts and not made.stems.union(made.drafts).holds(frame, frame + 1):
            self.dry.append(self.now_s)


@pytest.mark.parametrize(("segment_s", "draft_s"), [(1.8, 1.05), (1.2, 0.7), (0.4, 0.25)], ids=str)
def test_drafts_end_once_segments_keep_ahead_of_the_deck(
        tmp_path: Path, toy: Opening, monkeypatch: pytest.MonkeyPatch, segment_s: float, draft_s: float) -> None:
    with separator(toy, busy=lambda: True) as (decks, _):
        track = decks.load(wav(tmp_path / "a.wav", song(100)))
        until(lambda: track.ended)
        job = making.TrackJob(track)
        job.open(decks._maker)
        track.playhead = Playhead(0, 1.0)
        clock = Clock(track, job, segment_s, draft_s)
        monkeypatch.setattr(making.time, "monotonic", lambda: clock.now_s)
        while not job.complete():
            clock.work()
        monkeypatch.undo()
    assert not [at for at in clock.dry if at > 3 * draft_s]
    assert clock.segments == -(-len(song(100)) // (3 * 180_001 // 4))  # each once
    assert clock.drafts <= 8


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="this system has no priorities")
def test_what_separates_gives_way_to_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stream.common.priority import YIELDING

    found, real = [], SongHops.make

    def make(maker: SongHops, order: int) -> None:
        found.append(os.getpriority(os.PRIO_PROCESS, 0))
        real(maker, order)

    monkeypatch.setattr(SongHops, "make", make)
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with separator() as (decks, _):
        decks.load(wav(tmp_path / "a.wav", song(1)))
        decks.wait()
    assert set(found) == {max(before, YIELDING)}
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


@pytest.mark.weights
def test_the_real_network_gives_what_separate_gives(tmp_path: Path, model_path: Path, lithium: Frames) -> None:
    path = wav(tmp_path / "a.wav", lithium[23 * RATE :][: 9 * RATE])
    opening = Opening("htdemucs", (model_path,), provider="cpu", threads=1)
    with separator(opening) as (decks, said):
        track = decks.load(path)
        track.playhead = Playhead(7 * RATE, 0.0)
        until(lambda: track.finished.drafts or track.finished.stems, 300)
        decks.wait()
        dry, stems, present = read(track)
        assert said == []
    assert (present == 1).all()
    np.testing.assert_array_equal(stems, by_separate(opening, path, track))
    np.testing.assert_array_equal(dry, lithium[23 * RATE :][: 9 * RATE])


def test_a_song_is_loaded_and_heard_while_the_model_is_still_being_opened(
        tmp_path: Path, toy: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    path, held = wav(tmp_path / "a.wav", song(3)), threading.Event()
    real = opening_networks.open_networks

    def slow(chosen: Opening) -> object:
        held.wait(60)
        return real(chosen)

    monkeypatch.setattr(opening_networks, "open_networks", slow)
    with TrackSeparator(toy, RATE, sources=("drums", "bass", "other", "vocals")) as found:
        track = found.load(path)
        until(lambda: track.ended)
        assert not held.is_set()
        np.testing.assert_array_equal(read(track)[0], song(3))
        held.set()
        until(lambda: track.separated == 1)


def test_a_model_that_is_not_what_its_file_says_is_told_and_songs_play_without_it(tmp_path: Path, toy: Opening) -> None:
    said: list[str] = []
    path = wav(tmp_path / "a.wav", song(1))
    with TrackSeparator(toy, RATE, say=said.append, sources=("kick", "voice")) as found:
        track = found.load(path)
        until(lambda: said and track.ended)
        np.testing.assert_array_equal(read(track)[0], song(1))
    assert len(said) == 1
    assert "not what was said of it" in said[0]
