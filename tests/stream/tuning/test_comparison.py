"""Two separators beside each other: agreement in dB, times hop by hop, whatever is wrong with one of them."""

from pathlib import Path

import numpy as np
import pytest

from stream.tuning.comparison import LEAST_HOPS, WARM_UP_HOPS, alone, compare, hop_of
from tests.rig.byhand import Frames, Shares
from tests.rig.stage import build

MUSIC = np.random.default_rng(1).standard_normal((2, 30_001)).astype(np.float32)


class Wrong(Shares):
    """Gives one stem something else."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def process(self, mix: Frames, stems: Frames) -> None:
        super().process(mix, stems)
        stems[2] = self.value


@pytest.mark.parametrize("noise_db", [20.0, 40.0, 60.0])
def test_agreement_is_that_of_the_stem_that_agrees_least(
        noise_db: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = build(tmp_path, monkeypatch, {"cpu": 2.0, "other": 1.0}, [])
    stage.noises_db["other"] = noise_db
    found, wanted = (stage.open(stage.asked(name).opening) for name in ("other", "cpu"))
    quiet_db = 10 * np.log10(np.mean(wanted.shares**2) / np.min(wanted.shares) ** 2)
    result = compare(found, wanted, MUSIC)
    assert result.agrees_db == pytest.approx(noise_db - quiet_db, abs=0.5)
    assert result.ratio == pytest.approx(0.5)
    assert result.median_s == pytest.approx(1.0)


def test_the_same_agrees_beyond_any_limit() -> None:
    assert compare(Shares(), Shares(), MUSIC).agrees_db > 130


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0], ids=["NaN", "infinity", "silence"])
def test_what_is_no_music_agrees_with_nothing(value: float) -> None:
    assert compare(Wrong(value), Shares(), MUSIC).agrees_db < 1


def test_a_silent_stem_is_judged_by_the_mix() -> None:
    shares = (0.5, 0.5, 0.0, 0.0)
    found, wanted = Shares(shares=(0.5, 0.5, 1e-6, 0.0)), Shares(shares=shares)
    assert 70 < compare(found, wanted, MUSIC).agrees_db < 100


def test_both_hear_the_same_from_the_beginning() -> None:
    found, wanted = Shares(), Shares()
    found.process(MUSIC[:, :1024], np.zeros((4, 2, 1024), np.float32))
    assert compare(found, wanted, MUSIC).agrees_db > 130


def test_one_alone_is_timed_too() -> None:
    result = alone(Shares(), MUSIC)
    assert len(result.times_s) == LEAST_HOPS
    assert result.ratio == 1.0


def test_hops_that_are_not_timed_are_the_first() -> None:
    found = Shares(hop=44_100)
    result = compare(found, Shares(hop=44_100), MUSIC)
    assert len(result.times_s) == len(found.processed) - WARM_UP_HOPS


def test_music_goes_round() -> None:
    whole = np.concatenate([hop_of(MUSIC, number, 20_000) for number in range(3)], axis=1)
    assert np.array_equal(whole[:, 30_001:], MUSIC[:, :29_999])
