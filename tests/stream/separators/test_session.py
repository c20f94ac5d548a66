"""A model file is made ready once, kept in the cache, and made again when it has to be."""

from pathlib import Path

import pytest

from stream.separators.networks.network import Network
from tests.rig.models import model, published

COLUMNS = 16


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cpu"


def heard(path: Path, columns: int = COLUMNS) -> tuple[float, float]:
    network = Network(path, columns, threads=1)
    network.mix[:], network.spec[:] = 0.25, 0.5
    network.run()
    return float(network.wave_out.mean()), float(network.spec_out.mean())


def ready(cache: Path) -> list[Path]:
    return sorted(cache.glob("*.ort"))


def test_a_model_is_made_ready_once_for_all_windows(cache: Path, tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx", {"sources": "a,b,c,d", "segment": "40960"})
    assert heard(path) == (0.25, 0.5)
    made = ready(cache)
    assert len(made) == 1
    written = made[0].stat().st_mtime_ns
    assert heard(path, 2 * COLUMNS) == (0.25, 0.5)
    assert ready(cache) == made
    assert made[0].stat().st_mtime_ns == written


def test_a_ready_model_says_of_itself_what_its_file_says(cache: Path, tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx", {"sources": "a,b,c,d", "segment": "40960", "samplerate": "48000"})
    first, again = Network(path, COLUMNS), Network(path, COLUMNS)
    assert ready(cache)
    for found in (first, again):
        assert (found.sources, found.segment, found.samplerate) == (("a", "b", "c", "d"), 40_960, 48_000)


def test_a_file_of_fixed_length_stays_one(cache: Path, tmp_path: Path) -> None:
    path = published(tmp_path / "p.onnx", columns=24)
    for _ in range(2):
        network = Network(path, COLUMNS)
        assert (network.fixed, network.columns, network.frames) == (True, 24, 24 * 1024 - 84)
    assert len(ready(cache)) == 1


def test_another_file_of_the_same_name_is_made_ready_anew(cache: Path, tmp_path: Path) -> None:
    heard(model(tmp_path / "m.onnx"))
    assert heard(model(tmp_path / "m.onnx", gains=[2.0, 2.0, 2.0, 2.0])) == (0.5, 1.0)
    assert len(ready(cache)) == 2


@pytest.mark.parametrize("damage", [b"", b"nonsense", None], ids=["empty", "nonsense", "cut short"])
def test_a_damaged_ready_model_is_made_again(cache: Path, tmp_path: Path, damage: bytes | None) -> None:
    path = model(tmp_path / "m.onnx")
    heard(path)
    (made,) = ready(cache)
    whole = made.read_bytes()
    made.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert heard(path) == (0.25, 0.5)
    assert len(made.read_bytes()) == len(whole)


def test_without_a_cache_it_opens_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "file"))
    assert heard(model(tmp_path / "m.onnx")) == (0.25, 0.5)


def test_no_model_leaves_nothing(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="not a model that ONNX Runtime can open"):
        Network(tmp_path / "m.onnx", COLUMNS)
    assert list(cache.iterdir()) == []


def test_only_the_newest_are_kept(cache: Path, tmp_path: Path) -> None:
    for index in range(10):
        Network(model(tmp_path / f"m{index}.onnx", gains=[index] * 4), COLUMNS)
    assert len(ready(cache)) == 8
    assert any(path.name.startswith("m9-") for path in ready(cache))
