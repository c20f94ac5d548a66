"""The curve's benchmark from end to end, with a model whose answers are known: every stem a share of the mix."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile as sf

from benchmarks import quality
from tests.rig.models import model

RATE = 44_100
LEAST_DB = 30  # the transforms leave out the last bin of noise that has it; a frame too early or late scores -3
Run = Callable[..., None]
QUICK = "windowed 24/16, lookahead 1024, crossfade 1024"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command on two songs of drums and vocals alike, with a model that gives each half of the mix."""
    for number, name in enumerate("ab"):
        folder = tmp_path / "music" / name
        folder.mkdir(parents=True)
        half = np.random.default_rng(number).uniform(-0.2, 0.2, (3 * RATE, 2)).astype(np.float32)
        for stem in ("drums", "vocals"):
            sf.write(folder / f"{stem}.wav", half, RATE, subtype="FLOAT")
    half_each = model(tmp_path / "half.onnx", gains=(0.25, 0, 0, 0.25))  # of each of two branches

    def run(*words: object) -> None:
        monkeypatch.setattr("sys.argv", ["quality", "--quick", "--threads", "1", "--model", str(half_each), "--music",
                                         str(tmp_path / "music"), *map(str, words)])
        quality.main()

    return run


def test_what_the_engine_records_is_scored_from_its_first_frame(bench: Run, tmp_path: Path) -> None:
    bench("--json", tmp_path / "q.json", "--seconds", 2)
    rows = {row["setting"]: row for row in json.loads((tmp_path / "q.json").read_text())["rows"]}
    assert set(rows) == {"offline", QUICK, "windowed 24/16, lookahead 0, crossfade 1024"}
    for stem in ("drums", "vocals"):
        assert rows["offline"]["stems"][stem]["sdr"] > LEAST_DB
        assert rows[QUICK]["stems"][stem]["sdr"] > LEAST_DB
        assert rows[QUICK]["stems"][stem]["to_offline"] > LEAST_DB
    assert rows[QUICK]["fixed_s"] == pytest.approx((16 * 1024 + 2048) / RATE)
    assert rows[QUICK]["budget_s"] > rows[QUICK]["p99_s"]


def test_a_second_run_measures_only_what_is_missing(
        bench: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench("--json", tmp_path / "q.json", "--csv", tmp_path / "q.csv")
    first = json.loads((tmp_path / "q.json").read_text())["rows"]
    capsys.readouterr()
    bench("--json", tmp_path / "q.json", "--csv", tmp_path / "q.csv", "--songs", 2)
    assert "a: " not in capsys.readouterr().err
    rows = json.loads((tmp_path / "q.json").read_text())["rows"]
    assert rows[: len(first)] == first
    assert [row["song"] for row in rows] == ["a"] * 3 + ["b"] * 3
    with (tmp_path / "q.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [(line["song"], line["stem"]) for line in lines[:2]] == [("a", "drums"), ("a", "vocals")]
    offline, live = (next(line for line in lines if line["setting"] == name) for name in ("offline", QUICK))
    assert float(live["loss_sdr"]) == pytest.approx(float(offline["sdr"]) - float(live["sdr"]), abs=1e-6)


def test_a_file_of_another_run_is_not_gone_on_with(bench: Run, tmp_path: Path) -> None:
    bench("--json", tmp_path / "q.json")
    with pytest.raises(SystemExit, match=r"measured with seconds 3.0, this run has 1\.0; give another --json"):
        bench("--json", tmp_path / "q.json", "--seconds", 1)


def test_the_figure_is_drawn(bench: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    bench("--plot", tmp_path / "q.svg")
    texts = " ".join(ElementTree.parse(tmp_path / "q.svg").getroot().itertext())
    for wanted in ("windowed HTDemucs", "HTDemucs offline", "RT-STT", "on its own music"):
        assert wanted in texts


def test_a_plot_of_an_unknown_kind_is_refused_before_anything_is_measured(bench: Run, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"a plot is a \.svg or \.png file, not q\.gif"):
        bench("--plot", tmp_path / "q.gif", "--json", tmp_path / "q.json")
    assert not (tmp_path / "q.json").exists()
