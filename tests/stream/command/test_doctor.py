"""`doctor` says what is here and what it holds, with a model and without, with devices and without."""

import json
from pathlib import Path

import pytest

from export.store import StoreError
from stream.command import fetching, main
from stream.common.errors import Failure
from stream.devices.portaudio import Device
from stream.latency.planning import NAMED_S
from stream.separators.networks.catalogue import ORDER
from stream.tuning import comparison, sustainable
from tests.rig.models import model

DEVICE = Device(0, "Card", "ALSA", 2, 2, 48_000, ", default output")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small model, in a cache of its own, timed in no time."""
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(comparison, "HEARD_S", 0.1)
    monkeypatch.setattr("stream.tuning.timing.TIMED", 1)
    monkeypatch.setattr(sustainable, "NAMED_S", {name: NAMED_S[name] for name in list(NAMED_S)[:2]})
    return str(model(tmp_path / "shares.onnx"))


@pytest.fixture
def _devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.devices.portaudio.devices", lambda: [DEVICE])


@pytest.mark.usefixtures("_devices")
def test_the_report_has_everything(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["doctor", "--json", "--model", file]) == 0
    report = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in report["providers"]}
    assert list(rows) == list(ORDER)
    assert 0 < rows["cpu"]["median_s"] <= rows["cpu"]["p99_s"]
    assert all(row["why"] for row in rows.values() if row["median_s"] is None)
    assert [row["name"] for row in report["latencies"]] == list(NAMED_S)[:2]
    assert all(row["margin"] > 0 for row in report["latencies"])
    assert report["devices"][0]["samplerate"] == 48_000
    assert report["installed"]["onnxruntime"]
    assert report["best"] in NAMED_S
    assert report["least_s"] > 0
    assert report["advice"]


@pytest.mark.usefixtures("_devices")
def test_a_person_is_told_the_same(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["doctor", "--model", file]) == 0
    told = capsys.readouterr().out
    for words in ("onnxruntime ", "Card, ALSA", "48000 Hz", "  cpu          ", "install onnxruntime-gpu", "best held: ",
                  "what would help most: ", *list(NAMED_S)[:2]):
        assert words in told


@pytest.mark.parametrize("fault", ["PortAudio is not installed", None])
def test_without_a_sound_device_it_goes_on(fault: str | None, file: str, monkeypatch: pytest.MonkeyPatch,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    def none() -> list[Device]:
        if fault:
            raise Failure(fault)
        return []

    monkeypatch.setattr("stream.devices.portaudio.devices", none)
    assert main.main(["doctor", "--json", "--model", file]) == 0
    assert json.loads(capsys.readouterr().out)["devices_fault"] == (fault or "there are no sound devices")


@pytest.mark.usefixtures("_devices", "file")
def test_without_weights_it_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    def unreachable(*_arguments: object) -> None:
        raise StoreError("no weights can be reached")

    monkeypatch.setattr(fetching, "model_bag", unreachable)
    assert main.main(["doctor", "--json"]) == 0
    told = capsys.readouterr()
    assert "no weights can be reached" in told.err
    report = json.loads(told.out)
    assert report["model"] == "center"
    assert all(row["holds"] for row in report["latencies"])


@pytest.mark.usefixtures("_devices")
def test_a_provider_that_is_named_and_absent_is_refused(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["doctor", "--model", file, "--provider", "tensorrt"]) == 2
    assert "`pip install onnxruntime-gpu`, and install TensorRT" in capsys.readouterr().err
