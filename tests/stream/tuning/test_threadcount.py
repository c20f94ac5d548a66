"""Threads: the fewest that more of them would not clearly beat."""

from pathlib import Path

import pytest

from stream.tuning.threadcount import candidates, gentlest, tuned
from tests.rig.stage import build


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 8, 64])
def test_leaving_a_core_to_audio_is_tried(cores: int) -> None:
    found = candidates(cores)
    assert found[-1] == cores
    assert cores == 1 or cores - 1 in found
    assert len(found) <= 4


@pytest.mark.parametrize(("scaling", "wanted"), [
    ({1: 3.5, 2: 1.8, 3: 1.3}, 4), ({1: 3.0, 2: 1.6, 3: 1.05}, 3), ({1: 1.0, 2: 1.0, 3: 1.0}, 1)],
    ids=["all", "a core for audio", "one"])
def test_more_of_the_machine_is_taken_only_where_it_saves_a_tenth(
        scaling: dict[int, float], wanted: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = build(tmp_path, monkeypatch, {"cpu": 1.0}, ["cpu"], cores=4)
    stage.scaling = scaling
    assert tuned(stage.asked(), "cpu") == wanted


@pytest.mark.parametrize(("provider", "threads"), [("cpu", 2), ("cuda", 0)], ids=["the user's", "a GPU's"])
def test_threads_that_are_given_or_do_not_matter_are_left(
        provider: str, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = build(tmp_path, monkeypatch, {}, [])
    assert tuned(stage.asked(threads=threads), provider) == threads
    assert stage.opened == []


def test_the_last_is_taken_where_every_step_pays() -> None:
    assert gentlest({1: 2.0, 2: 1.0, 3: 0.5}, [1, 2, 3]) == 3
