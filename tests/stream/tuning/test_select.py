"""What `auto` takes, what it says of the rest, and that it asks once; what becomes of a provider that is named."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from stream.separators.networks import providers
from stream.separators.opening import Opening
from stream.tuning import cache
from stream.tuning.load import Load
from stream.tuning.select import select_provider
from stream.tuning.settings import DOUBTFUL_S
from tests.rig.stage import Stage, build

INSTALLED = ["cuda", "openvino", "openvino-f32", "cpu"]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """OpenVINO is the fastest that works; CUDA is installed, but there is no GPU."""
    return build(tmp_path, monkeypatch, {"cpu": 1.0, "openvino": 0.4, "openvino-f32": 0.8}, INSTALLED)


def answers(stage: Stage) -> list[Path]:
    return sorted((stage.file.parent / "cache" / "choices").glob("*.json"))


def test_auto_takes_the_fastest_that_is_right(stage: Stage) -> None:
    stage.noises_db["openvino"] = 45.0
    assert select_provider(stage.asked()).provider == "openvino"
    assert "provider openvino: 0.40 of the CPU provider's time, stems agree to" in "\n".join(stage.said)


def test_auto_passes_over_what_fails_and_says_why_in_a_line_each(stage: Stage) -> None:
    stage.noises_db["openvino"] = 3.0
    assert select_provider(stage.asked()).provider == "openvino-f32"
    over = [text for text in stage.said if text.startswith("not using")]
    assert over[0] == "not using provider cuda: no cuda here"
    assert over[1].startswith("not using provider openvino: its stems agree with the CPU provider's to")
    assert len(over) == 2
    assert not [text for text in stage.said if "\n" in text]


@pytest.mark.parametrize(("name", "noise_db", "trusted"), [
    ("openvino", 45.0, True), ("openvino-f32", 45.0, False), ("openvino-f32", 90.0, True)])
def test_what_claims_to_be_exact_must_be(stage: Stage, name: str, noise_db: float, trusted: bool) -> None:
    stage.noises_db[name] = noise_db
    if trusted:
        assert select_provider(stage.asked(name)).provider == name
    else:
        with pytest.raises(ValueError, match=rf"provider {name} cannot be used: .* 60 dB are needed"):
            select_provider(stage.asked(name))


def test_auto_stays_with_the_cpu_where_nothing_is_faster(stage: Stage) -> None:
    stage.costs_s |= {"openvino": 1.1, "openvino-f32": 1.2}
    assert select_provider(stage.asked()).provider == "cpu"


def test_a_second_start_opens_nothing(stage: Stage) -> None:
    first = select_provider(stage.asked())
    stage.opened.clear()
    stage.said.clear()
    assert select_provider(stage.asked()) == first
    assert stage.opened == []
    assert stage.said == ["using provider openvino, 1 thread, as timed earlier"]


@pytest.mark.parametrize("change", ["file", "sizes", "version", "threads"])
def test_whatever_it_depends_on_is_timed_again(stage: Stage, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    select_provider(stage.asked())
    stage.opened.clear()
    asked = stage.asked(threads=2 if change == "threads" else 0)
    if change == "file":
        stage.file.write_bytes(b"another model")
    elif change == "sizes":
        asked = replace(asked, sizes=("live", 2.0))
    elif change == "version":
        monkeypatch.setattr(cache, "versions", lambda: providers.versions() | {"onnxruntime": "99"})
    select_provider(asked)
    assert stage.opened


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"provider": "cpu"}', b"\xff\xfe",
                                    b'{"provider": 1, "threads": 1, "ratio": 1, "agrees_db": 1}'])
def test_a_damaged_answer_is_asked_for_again(stage: Stage, damage: bytes) -> None:
    wanted = select_provider(stage.asked())
    for path in answers(stage):
        path.write_bytes(damage)
    stage.opened.clear()
    assert select_provider(stage.asked()) == wanted
    assert stage.opened
    assert all(path.read_bytes() != damage for path in answers(stage))


def test_without_a_cache_it_is_asked_every_time(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(stage.file))
    assert select_provider(stage.asked()).provider == select_provider(stage.asked()).provider == "openvino"


def test_what_a_busy_machine_tells_is_believed_for_an_hour(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Load, "busy", True)
    assert select_provider(stage.asked()) == replace(stage.asked().opening, provider="openvino")
    assert "timed again in an hour" in stage.said[-1]
    stage.opened.clear()
    select_provider(stage.asked())
    assert stage.opened == []
    for path in answers(stage):
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - DOUBTFUL_S - 1))
    monkeypatch.setattr(Load, "busy", False)
    assert select_provider(stage.asked()).threads == 1
    assert stage.opened


def test_with_nothing_but_the_cpu_only_threads_are_timed(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = build(tmp_path, monkeypatch, {"cpu": 1.0}, ["cpu"], cores=1)
    assert select_provider(stage.asked()).provider == "cpu"
    assert len(stage.opened) == 1


def test_a_named_provider_is_checked_once(stage: Stage) -> None:
    for _ in range(2):
        assert select_provider(stage.asked("openvino")).provider == "openvino"
    assert [opening.provider for opening in stage.opened] == ["cpu", "openvino"]


def test_a_named_provider_that_does_not_open_is_refused_in_one_line(stage: Stage) -> None:
    with pytest.raises(ValueError, match=r"^provider cuda cannot be used: no cuda here$"):
        select_provider(stage.asked("cuda"))


def test_the_cpu_needs_no_check(stage: Stage) -> None:
    assert select_provider(stage.asked("cpu")) == stage.asked("cpu").opening
    assert stage.opened == []


def test_files_do_not_wait_for_timing(stage: Stage) -> None:
    assert select_provider(stage.asked(), timed=False).provider == "cpu"
    assert stage.opened == []


def test_files_take_what_was_found_live_once_it_is_checked_at_their_length(stage: Stage) -> None:
    select_provider(stage.asked())
    asked = stage.asked(sizes=("files",))
    assert select_provider(asked, timed=False).provider == "openvino"
    stage.noises_db["openvino"] = 0.0
    assert select_provider(replace(asked, sizes=("longer files",)), timed=False).provider == "cpu"
    assert stage.said[-1].endswith("using the CPU provider instead")


def test_one_network_of_a_bag_stands_for_all(stage: Stage) -> None:
    asked = stage.asked()
    bag = replace(asked, opening=replace(asked.opening, files=(stage.file,) * 4, weights=({"drums": 1.0},) * 4))
    assert len(select_provider(bag).files) == 4
    assert {(len(opening.files), opening.weights) for opening in stage.opened} == {(1, ())}


def test_a_separator_without_a_model_file_has_no_provider_to_choose(stage: Stage) -> None:
    asked = replace(stage.asked(), opening=Opening("center"))
    assert select_provider(asked).provider == "cpu"
    assert stage.opened == []
