"""An hour's benchmark, for minutes: turns are scored where they were heard, the real model neither drifts nor grows."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from benchmarks import endurance
from benchmarks.curve.multitrack import Multitrack, read, songs_in
from benchmarks.endurance import Endless, Turn, summary, turns
from stream.separators import opening as openings
from stream.separators.opening import Opening
from tests.rig.byhand import SOURCES, Shares
from tests.shared import shared

RATE = 44_100
GROWN = 10_000_000  # bytes
DRIFT_DB = 0.5  # a turn's whole-song SDR moves by 0.3 with the phase of the positions (docs/notes/quality.md)


@pytest.fixture
def songs(tmp_path: Path) -> list[Multitrack]:
    """Two songs of odd lengths, of which a separator that shares the mix out gets every stem right."""
    for number, name in enumerate("ab"):
        (tmp_path / name).mkdir()
        mix = np.random.default_rng(number).uniform(-0.3, 0.3, (RATE + 111 * number, 2)).astype(np.float32)
        for stem, share in zip(SOURCES, (0.5, 0.25, 0.125, 0.125), strict=True):
            sf.write(tmp_path / name / f"{stem}.wav", share * mix, RATE, subtype="FLOAT")
    return songs_in(tmp_path)


@pytest.mark.parametrize("hop", [1024, 3000, 40_000], ids=str)
def test_every_turn_is_scored_frame_by_frame(
        hop: int, songs: list[Multitrack], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openings, "plugin", lambda _name: Shares(hop))
    found = list(turns(Endless(Opening("shares"), None), songs, minutes=6 / 60))
    assert [round(turn.end_s) for turn in found] == [2, 4, 6, 8][: len(found)]
    assert len(found) >= 3
    assert all(min(turn.sdr_db.values()) > 60 for turn in found)  # one frame off is 0 dB


def test_a_separator_that_gets_worse_and_a_process_that_grows_are_seen() -> None:
    found = [Turn(60.0 * (n + 1), {"drums": 10.0 - n / 10}, 1000 * n) for n in range(20)]
    total = summary(found)
    assert total["first_db"] == pytest.approx(9.8)
    assert total["last_db"] == pytest.approx(8.3)
    assert total["grown"] == 19_000


@pytest.fixture
def excerpts(tmp_path: Path) -> Path:
    """A folder with the first real song, 16 seconds of it."""
    song = songs_in(shared("audio"))[0]
    (tmp_path / "music" / song.name).mkdir(parents=True)
    for stem, file in song.stems.items():
        samples = read(file, song.excerpt(16))
        sf.write(tmp_path / "music" / song.name / f"{stem}.wav", samples.T, RATE, "FLOAT")
    return tmp_path / "music"


@pytest.mark.parametrize("seconds", [16, pytest.param(60, marks=pytest.mark.long)])
def test_the_real_model_stays_as_good_and_the_process_as_small(
        seconds: int, stateful_path: Path, excerpts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    music = str(excerpts if seconds == 16 else shared("audio"))
    monkeypatch.setattr("sys.argv", ["endurance", "--minutes", str(2 * seconds / 60), "--songs", "1", "--music", music,
                                     "--model", str(stateful_path), "--json", str(tmp_path / "found.json")])
    endurance.main()
    report = json.loads((tmp_path / "found.json").read_text())
    assert len(report["turns"]) >= 2
    assert report["turns"][-1]["end_s"] >= 2 * seconds
    assert report["summary"]["last_db"] > report["summary"]["first_db"] - DRIFT_DB
    assert report["summary"]["grown"] <= GROWN
