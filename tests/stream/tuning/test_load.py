"""Who else was at the processors, as /proc/stat has it."""

import os
from pathlib import Path

import pytest

from stream.tuning import load
from stream.tuning.load import watched

BEFORE = "cpu  100 0 100 1000 0 0 0 0 0 0\ncpu0 1 2 3\n"
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@pytest.mark.parametrize(("after", "others", "stolen", "busy"), [
    ("cpu  100 0 100 1100 0 0 0 0 0 0\n", 0.0, 0.0, False), ("cpu  150 0 100 1050 0 0 0 0 0 0\n", 0.5, 0.0, True),
    ("cpu  100 0 100 1050 0 0 0 50 0 0\n", 0.0, 0.5, True), ("cpu  110 0 100 1085 0 0 0 5 0 0\n", 0.1, 0.05, False)],
    ids=["idle", "programs", "guests", "a little"])
def test_shares_are_told_apart(after: str, others: float, stolen: float, busy: bool, tmp_path: Path,
                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "STAT", tmp_path / "stat")
    monkeypatch.setattr(load, "_own_s", lambda: 1.0)
    load.STAT.write_text(BEFORE)
    with watched() as found:
        load.STAT.write_text(after)
    assert (found.others, found.stolen, found.busy) == (pytest.approx(others), pytest.approx(stolen), busy)
    assert ("other programs took" in str(found)) == (others > 0)
    assert ("other guests" in str(found)) == (stolen > 0)


def test_our_own_time_is_not_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "STAT", tmp_path / "stat")
    times = iter([1.0, 1.0 + 50 / TICKS])
    monkeypatch.setattr(load, "_own_s", lambda: next(times))
    load.STAT.write_text(BEFORE)
    with watched() as found:
        load.STAT.write_text("cpu  150 0 100 1050 0 0 0 0 0 0\n")
    assert found.others == 0.0


def test_where_the_system_does_not_say_nobody_is_blamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "STAT", tmp_path / "absent")
    with watched() as found:
        pass
    assert not found.busy
