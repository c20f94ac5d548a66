"""A DJ's set at no clock, on songs whose beats are known: nothing is missing, sync holds, mishaps pass."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from benchmarks.booth.djset import TURN_S, Mishap, SongCase, dj_set
from benchmarks.booth.virtualset import STEMS, VirtualSet, played
from stream.latency.geometry import SAMPLERATE

SONG_S, SET_S, MS = 100, 2.4 * TURN_S, 1e-3


def write(folder: Path, bpm: float) -> Path:
    """Drums that hit each beat, and a tone of each other stem."""
    folder.mkdir()
    times, rng = np.arange(SONG_S * SAMPLERATE) / SAMPLERATE, np.random.default_rng(int(bpm))
    since = times % (60 / bpm)
    hits = (0.5 * np.exp(-since * 60) * rng.standard_normal(len(times)))
    for number, stem in enumerate(STEMS):
        tone = hits if stem == "drums" else 0.1 * np.sin(2 * np.pi * 110 * (number + 1) * times)
        sf.write(folder / f"{stem}.wav", np.stack([tone, tone], 1).astype(np.float32), SAMPLERATE, "FLOAT")
    return folder


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> VirtualSet:
    case = SongCase(tmp_path_factory.mktemp("set") / "songs")
    paths = [write(case.folder / f"song{bpm}", bpm) for bpm in (120, 124, 118, 122)]
    return played(paths, dj_set(SET_S), SET_S, case.happens)


def test_nothing_is_missing_and_decks_in_sync_stay_that(found: VirtualSet) -> None:
    assert (found.underruns, found.wrong, found.silent) == (0, 0, 0)
    assert max(found.apart_s) < MS
    # two decks play for 9 s of each turn; how soon beats are found is this machine's affair
    assert len(found.apart_s) > 2 * SAMPLERATE / 512


def test_songs_that_are_away_are_told_of_in_one_line_and_the_next_one_plays(found: VirtualSet) -> None:
    wrong = [line for line in found.said if "its beats are not known yet" not in line]
    assert len(wrong) == 1
    assert wrong[0].startswith("no such file: ")
    assert wrong[0].endswith("song124")


def test_a_set_is_the_same_for_a_seed_and_has_all_mishaps_in_order() -> None:
    moves = dj_set(3600, 1)
    assert moves == dj_set(3600, 1) != dj_set(3600, 2)
    assert [move.mishap for move in moves if move.mishap is not None] == [
        Mishap.SONGS_AWAY, Mishap.SONGS_BACK, Mishap.CONTROLLER_OUT, Mishap.CONTROLLER_IN]
    assert all(first.at_s <= second.at_s for first, second in pairwise(moves))
    assert sum(move.address.endswith("/next_song") for move in moves) == 3600 / TURN_S + 1
