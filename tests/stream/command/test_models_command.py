"""`demucs-stream models`: what can be said after --model."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command.main import main


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path))
    return tmp_path


def test_every_model_is_listed_with_what_it_gives_and_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    six = next(line for line in lines if line.startswith("htdemucs_6s "))
    assert six.removeprefix("htdemucs_6s").strip() == (
        "drums bass other vocals guitar piano; 1 network; not in the cache; "
        "Hugging Face hub adefossez/HTDemucs-6s")
    assert "4 networks" in next(line for line in lines if line.startswith("htdemucs_ft "))
    assert sum("personal and research use" in line for line in lines) == 1
    assert any(line.startswith("without weights: ") and "center" in line for line in lines)


def test_the_list_is_json_too(capsys: pytest.CaptureFixture[str], cache: Path) -> None:
    (cache / "htdemucs.safetensors").touch()
    assert main(["models", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "center" in found["separators"]
    models = {model.pop("name"): model for model in found["models"]}
    assert list(models) == ["htdemucs", "htdemucs_6s", "htdemucs_ft", "htdemucs_ft:drums", "htdemucs_ft:bass",
                            "htdemucs_ft:other", "htdemucs_ft:vocals"]
    assert models["htdemucs_ft"] == {
        "sources": ["drums", "bass", "other", "vocals"], "runs": 4, "cached": False,
        "origin": "Hugging Face hub adefossez/HTDemucs-ft",
        "licence": "weights by Meta AI, made available for personal and research use"}
    assert models["htdemucs"]["cached"]


def test_a_name_that_is_not_listed_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str],
                                                                  tmp_path: Path) -> None:
    sf.write(tmp_path / "song.wav", np.zeros((1000, 2), np.float32), 44_100)
    words = ["--device", str(tmp_path / "song.wav"), "--record", str(tmp_path / "out")]
    assert main(["run", *words, "--model", "htdemucs_ft:voice"]) == 2
    said = capsys.readouterr().err
    assert "no model is called 'htdemucs_ft:voice'; known: htdemucs, htdemucs_6s, htdemucs_ft, " in said
    assert said.count("\n") == 1
