"""Threads and spinning: the gentlest setting that is not clearly slower than a greedier one."""

from pathlib import Path

import pytest

from stream.choice.tuning import candidates, gentlest, tuned
from tests.stream.stage import build


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 8, 64])
def test_leaving_a_core_to_audio_is_tried_and_nothing_spins_on_all(cores: int) -> None:
    found = candidates("cpu", cores)
    assert (cores, False) in found
    assert cores == 1 or (cores - 1, False) in found
    assert all(threads < cores for threads, spinning in found if spinning)
    assert len(found) <= 6


def test_only_our_own_threads_spin() -> None:
    assert not any(spinning for _, spinning in candidates("openvino", 8))


@pytest.mark.parametrize(("scaling", "wanted"), [
    ({(1, False): 3.5, (2, False): 1.8, (3, False): 1.3}, (4, False)),
    ({(1, False): 3.0, (2, False): 1.6, (3, False): 1.05}, (3, False)),
    ({(1, False): 3.0, (2, False): 1.5, (3, False): 1.05, (3, True): 0.8}, (3, True)),
    ({(1, False): 1.0, (2, False): 1.0, (3, False): 1.0}, (1, False))],
    ids=["all", "a core for audio", "spinning", "one"])
def test_more_of_the_machine_is_taken_only_where_it_saves_a_tenth(
        scaling: dict[tuple[int, bool], float], wanted: tuple[int, bool], tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    stage = build(tmp_path, monkeypatch, {"cpu": 1.0}, ["cpu"], cores=4)
    stage.scaling = scaling
    assert tuned(stage.asked(), "cpu") == wanted


@pytest.mark.parametrize(("provider", "threads"), [("cpu", 2), ("cuda", 0)], ids=["the user's", "a GPU's"])
def test_threads_that_are_given_or_do_not_matter_are_left(
        provider: str, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = build(tmp_path, monkeypatch, {}, [])
    assert tuned(stage.asked(threads=threads), provider) == (threads, False)
    assert stage.opened == []


def test_the_last_is_taken_where_every_step_pays() -> None:
    order = [(1, False), (2, False), (2, True)]
    assert gentlest({(1, False): 2.0, (2, False): 1.0, (2, True): 0.5}, order) == (2, True)
