"""Songs are equally loud on decks, at once or slowly where they are heard, and trims stay a DJ's own."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dsp.loudness import LoudnessMeter
from stream.decks.autolevel import PACE_DB, TARGET_LUFS, AutoLevel, level_db
from stream.separators.opening import Opening
from stream.tracks.separator import TrackSeparator
from stream.tracks.songloudness import LOUDNESS, SongLoudness, kept_loudness
from stream.tracks.store import StemStore
from tests.stream.decks.rig import BLOCK, RATE, Rig, noise, track
from tests.stream.tracks.tracked import until


@pytest.mark.parametrize(("lufs", "peak", "wanted"), [
    (TARGET_LUFS, 1.0, 0.0), (-8.0, 1.2, -6.0), (-20.0, 0.25, 6.0), (-20.0, 0.9, 0.9), (-20.0, 1.5, 0.0),
    (-60.0, 1e-3, 12.0), (20.0, 50.0, -24.0), (None, 0.0, 0.0), (-20.0, 0.0, 0.0)])
def test_a_trim_is_what_is_missing_and_lifts_no_peak_beyond_full_scale(
        lufs: float | None, peak: float, wanted: float) -> None:
    assert level_db(SongLoudness(lufs, peak)) == wanted


class Level(Rig):
    """Decks whose songs are levelled. time_s: as `AutoLevel` sees it"""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.time_s, self._folder = 0.0, folder
        self.booth.levels = AutoLevel(self.booth.master, lambda: self.time_s)

    def put(self, gain: float, known: bool = True) -> SongLoudness:
        """A song of so much gain on deck a."""
        song = track(self._folder / f"{gain}.wav", gain * noise(4))
        found = song.loudness
        assert found is not None
        song.loudness = found if known else None
        song.ended = known
        self.a.load(song)
        self.hear(4)
        self.booth.look()
        return found

    @property
    def trim(self) -> float:
        return self.booth.master.get("a", "trim")

    def heard(self) -> float:
        """LUFS of what is heard of two seconds, without the crossfader's part."""
        meter = LoudnessMeter(RATE)
        self.booth.master.crossfade(0.0)
        self.a.press("play")
        self.hear(8)
        meter.add(self.hear(2 * RATE // BLOCK))
        self.a.press("pause")
        self.hear(8)
        assert meter.lufs is not None
        return meter.lufs


def test_loud_and_soft_songs_are_equally_loud(tmp_path: Path) -> None:
    rig = Level(tmp_path)
    heard = []
    for gain in (0.4, 1.2, 2.0):
        rig.put(gain)
        heard.append(rig.heard())
    assert heard == pytest.approx([TARGET_LUFS] * 3, abs=0.3)


def test_without_it_a_song_is_its_file_bit_for_bit(tmp_path: Path) -> None:
    rig = Level(tmp_path)
    rig.booth.levels = None
    rig.put(1.5)
    assert rig.trim == 0
    rig.a.press("play")
    heard, song = rig.hear(100), 1.5 * noise(4)
    first = np.flatnonzero(np.all(heard == song[0], axis=1))
    assert len(first) == 1
    np.testing.assert_array_equal(heard[first[0] :], song[: len(heard) - first[0]])


def test_a_trim_that_somebody_has_set_stays_until_the_next_song(tmp_path: Path) -> None:
    rig = Level(tmp_path)
    rig.put(1.5, known=False)
    assert rig.trim == 0
    rig.booth.master.set("a", "trim", -3.0)
    song = rig.a.track
    assert song is not None
    song.loudness = SongLoudness(-9.0, 1.0)
    for _ in range(3):
        rig.booth.look()
        assert rig.trim == -3
    wanted = level_db(rig.put(0.7))
    assert rig.trim == pytest.approx(wanted)
    rig.booth.master.set("a", "trim", 2.0)
    rig.booth.look()
    assert rig.trim == 2


def test_what_is_known_only_while_the_song_is_heard_changes_slowly(tmp_path: Path) -> None:
    rig = Level(tmp_path)
    found = rig.put(2.0, known=False)
    rig.a.press("play")
    rig.hear(8)
    song, wanted = rig.a.track, level_db(found)
    assert song is not None
    song.loudness = found
    trims = [rig.trim]
    for _ in range(40):
        rig.time_s += 0.1
        rig.booth.look()
        rig.hear(2)
        trims.append(rig.trim)
    assert trims[0] == 0
    assert trims[-1] == pytest.approx(wanted)
    steps = np.diff(trims)
    assert np.abs(steps).max() <= 0.1 * PACE_DB + 1e-6
    assert 1 < np.count_nonzero(steps) < 40


def test_a_song_of_which_nothing_is_known_in_the_end_has_a_trim_of_its_own(tmp_path: Path) -> None:
    rig = Level(tmp_path)
    rig.put(2.0)
    assert rig.trim < -1
    song = track(tmp_path / "short.wav", noise(0.2))
    rig.a.load(song)
    rig.hear(4)
    rig.booth.look()
    assert rig.trim == 0


def test_loudness_is_kept_and_known_before_the_song_is_decoded(tmp_path: Path) -> None:
    sf.write(tmp_path / "song.wav", noise(4), RATE, "FLOAT")
    store = StemStore(folder=tmp_path / "store")
    for evening in range(2):
        with TrackSeparator(Opening("center"), RATE, store) as separator:
            song = separator.load(tmp_path / "song.wav")
            until(lambda song=song: song.notes is not None)
            notes = song.notes
            assert notes is not None
            until(lambda notes=notes: kept_loudness(notes) is not None)
            assert kept_loudness(notes) == song.loudness
            if evening == 0:
                notes.change(LOUDNESS, lambda note: {**(note or {}), "meter": 0})
                assert kept_loudness(notes) is None


@pytest.mark.parametrize("note", [{"lufs": "x", "peak": 1}, {"lufs": -9, "peak": None}, {"lufs": True, "peak": 1},
                                  {"lufs": -9}, {"lufs": -9, "peak": -1}, {"peak": 1e400}], ids=str)
def test_a_damaged_note_is_none(tmp_path: Path, note: dict[str, object]) -> None:
    notes = StemStore(folder=tmp_path).notes("0" * 64)
    notes.change(LOUDNESS, lambda _note: {"meter": 1, **note})
    assert kept_loudness(notes) is None
