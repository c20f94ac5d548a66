"""From a checkpoint of any HTDemucs to separated files, by the two commands, held against demucs."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
import yaml

torch = pytest.importorskip("torch", reason="needs the export extra")
pytest.importorskip("demucs", reason="needs the export extra")
from demucs.apply import BagOfModels, apply_model  # noqa: E402
from demucs.hf import load_safetensors_model  # noqa: E402

from export import making  # noqa: E402
from export.verify import random_weights  # noqa: E402
from export.weights import PUBLISHED, SIX, Weights  # noqa: E402
from stream.command.main import main  # noqa: E402
from tests.export.traced import traced  # noqa: E402

pytestmark = pytest.mark.torch
SEGMENT = 48 * 1024 - 84  # frames; as the published networks', it ends within a column
SMALL = {"channels": 8, "t_layers": 1, "t_heads": 2, "bottom_channels": 32, "segment": Fraction(SEGMENT, 44_100)}
ODD = {**PUBLISHED, **SMALL, "sources": ["voice", "rest"], "channels": 16}


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3 s that are louder in the middle and not centred."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0.01, 0.1, (3 * 44_100, 2)) * np.sin(np.linspace(0, np.pi, 3 * 44_100))[:, None]
    path = tmp_path_factory.mktemp("song") / "song.wav"
    sf.write(path, noise, 44_100, subtype="FLOAT")
    return path


@pytest.fixture(autouse=True)
def _traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "trace", traced)


def checkpoints(folder: Path, *settings: dict[str, Any]) -> list[Path]:
    """Checkpoints with random weights, in fp16 as the published ones."""
    paths = [folder / f"net{index}.safetensors" for index in range(len(settings))]
    for seed, (path, kwargs) in enumerate(zip(paths, settings, strict=True)):
        tensors = random_weights(kwargs, seed).tensors
        Weights({name: tensor.astype(np.float16) for name, tensor in tensors.items()}, kwargs).write(path)
    return paths


def demucs_stems(song: Path, paths: list[Path], rows: list[list[float]] | None) -> np.ndarray[Any, Any]:
    """What demucs' own command makes of a song, before it writes it: (stems, channels, frames)."""
    wave = torch.from_numpy(sf.read(song, dtype="float32")[0].T.copy())
    mono = wave.mean(0)
    networks = [load_safetensors_model(path).eval() for path in paths]
    found = apply_model(BagOfModels(networks, rows), ((wave - mono.mean()) / mono.std())[None], shifts=0)[0]
    return np.asarray(found * mono.std() + mono.mean())


@pytest.mark.parametrize(("settings", "rows", "options", "made"), [
    ([ODD], None, (), "net0.onnx"),
    ([ODD], None, ("--length", "48", "--ort"), "net0.ort"),
    ([{**SIX, **SMALL}], None, ("--weights", "fp16"), "net0.onnx"),
    ([ODD, ODD], [[1.0, 0.0], [0.25, 0.75]], (), "bag.yaml"),
], ids=["2 sources, 16 channels", "fixed length, ORT format", "6 sources, fp16", "bag"])
def test_what_export_writes_separate_runs_as_demucs_does(
        tmp_path: Path, song: Path, settings: list[dict[str, Any]], rows: list[list[float]] | None,
        options: tuple[str, ...], made: str, capsys: pytest.CaptureFixture[str]) -> None:
    paths = checkpoints(tmp_path, *settings)
    model = paths[0]
    if rows:
        model = tmp_path / "bag.yaml"
        model.write_text(yaml.safe_dump({"models": [path.stem for path in paths], "weights": rows}))
    assert main(["export", str(model), "-o", str(tmp_path / "made"), *options]) == 0
    capsys.readouterr()
    assert main(["separate", str(song), "-o", str(tmp_path / "out"), "--model", str(tmp_path / "made" / made),
                 "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    wanted = demucs_stems(song, paths, rows)
    for stem, reference in zip(settings[0]["sources"], wanted, strict=True):
        found = sf.read(files[stem], dtype="float32")[0].T
        error = np.sum((found - reference) ** 2, dtype=np.float64)
        assert 10 * np.log10(np.sum(reference**2, dtype=np.float64) / error) >= 70
