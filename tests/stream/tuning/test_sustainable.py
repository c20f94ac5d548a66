"""Which named latencies a machine holds is what a run would find, is kept, and is asked again where it should be."""

from dataclasses import asdict
from pathlib import Path

import pytest

from stream.latency.geometry import DeviceTiming
from stream.latency.planning import MOST_S, NAMED_S
from stream.separators.opening import Opening
from stream.tuning import load
from stream.tuning import sustainable as module
from stream.tuning.sustainable import NONE_S, SustainedLatency, best_sustainable, sustainable
from stream.tuning.timing import MARGIN
from tests.rig.models import model


@pytest.fixture
def opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opening:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(load, "STAT", tmp_path / "absent")
    return Opening("shares", (model(tmp_path / "shares.onnx"),), provider="cpu", threads=1)


def rows_of(opening: Opening, hop_time_s: float, monkeypatch: pytest.MonkeyPatch,
            **how: bool) -> tuple[list[SustainedLatency], float]:
    monkeypatch.setattr(module, "time_hop", lambda _separator: hop_time_s)
    return sustainable(opening, DeviceTiming(), lambda _text: None, **how)


def test_a_fast_machine_holds_all(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, least_s = rows_of(opening, 0.001, monkeypatch)
    assert [row.name for row in rows] == list(NAMED_S)
    assert all(row.holds and row.margin > MARGIN for row in rows)
    assert all(row.latency_s == pytest.approx(NAMED_S[row.name], abs=0.001) for row in rows)
    assert best_sustainable(rows) == max(NAMED_S, key=lambda name: NAMED_S[name])
    assert 0 < least_s < min(NAMED_S.values())


def test_a_slow_machine_holds_none(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, least_s = rows_of(opening, 1000.0, monkeypatch)
    assert not any(row.holds for row in rows)
    assert best_sustainable(rows) is None
    assert least_s == NONE_S


def test_the_best_is_the_longest_that_is_held() -> None:
    names = list(NAMED_S)
    rows = [SustainedLatency(name, NAMED_S[name], 0.1, 0.2 if name != names[-1] else 0.1) for name in names]
    assert best_sustainable(rows) == names[-2]
    assert best_sustainable(list(reversed(rows))) == names[-2]


@pytest.mark.parametrize(("room_s", "holds"), [(MARGIN, True), (MARGIN - 0.01, False), (-1.0, False)])
def test_held_means_what_a_run_asks_for(room_s: float, holds: bool) -> None:
    assert SustainedLatency("name", 1.0, 1.0, room_s).holds == holds


def test_it_is_timed_once_and_again_when_it_shall_be(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    first = rows_of(opening, 0.001, monkeypatch)
    assert rows_of(opening, 0.5, monkeypatch) == first
    assert rows_of(opening, 0.5, monkeypatch, again=True) != first


def test_what_a_busy_machine_tells_is_not_kept(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as busy:
        busy.setattr(load.Load, "busy", True)
        first = rows_of(opening, 0.001, monkeypatch)
    assert rows_of(opening, 0.5, monkeypatch) != first


@pytest.mark.parametrize("damage", ['{"rows": [[1, 2]], "least_s": 1.0}', '{"rows": [["a", "b", 1.0, 2.0]], '
                                    '"least_s": 1.0}', "nonsense"])
def test_a_damaged_answer_is_timed_again(damage: str, opening: Opening, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    first = rows_of(opening, 0.001, monkeypatch)
    (path,) = (tmp_path / "cache" / "choices").glob("held-*.json")
    path.write_text(damage)
    assert rows_of(opening, 0.001, monkeypatch) == first


def test_a_latency_that_is_too_short_for_the_model_is_not_held(
        opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NAMED_S", {"nothing": 0.0001, "long": MOST_S})
    rows, _ = rows_of(opening, 0.001, monkeypatch)
    assert [(row.name, row.holds) for row in rows] == [("nothing", False), ("long", True)]
    assert asdict(rows[0])["hop_time_s"] == 0


def test_a_separator_without_a_network_is_as_low_as_it_goes(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path))
    _, least_s = rows_of(Opening("center"), 0.001, monkeypatch)
    assert 0.05 < least_s < 0.3
