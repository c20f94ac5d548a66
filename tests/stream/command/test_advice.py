"""What would help most: the worst first, in one line."""

import pytest

from stream.command import advice as module
from stream.command.advice import advice, processor
from stream.tuning.load import Load
from stream.tuning.sustainable import SustainedLatency

ALL, SOME, NONE = ([SustainedLatency(str(n), 1.0, 1.0, 2.0 if n < count else 0.5) for n in range(3)]
                   for count in (3, 1, 0))


@pytest.mark.parametrize(("rows", "load", "fault", "faster", "told"), [
    (ALL, Load(0.5, 0.0), None, None, "close other programs: other programs took 50%"),
    (NONE, Load(0.1, 0.5), None, None, "a machine of your own, or a quieter hour"),
    (SOME, Load(), "no sound devices", "install it", "install it"),
    (SOME, Load(), None, None, "a GPU, or more and faster cores"),
    (NONE, Load(), None, None, "none of the latencies is held"),
    (ALL, Load(), "no sound devices", None, "a sound device: no sound devices"),
    (ALL, Load(), None, None, "nothing: every latency is held"),
    (ALL, Load(), None, "install it", "faster still: install it")])
def test_the_worst_comes_first(rows: list[SustainedLatency], load: Load, fault: str | None, faster: str | None,
                               told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_faster", lambda: faster)
    found = advice(rows, load, fault)
    assert told in found
    assert "\n" not in found


@pytest.mark.parametrize(("name", "machine", "installed", "told"), [
    ("Intel Xeon", "x86_64", ["cpu"], "pip install '.[openvino]'"), ("Intel", "AMD64", ["cpu"], "[openvino]"),
    ("Intel Xeon", "x86_64", ["openvino", "cpu"], None), ("AMD EPYC", "x86_64", ["cpu"], None)])
def test_what_is_advised_fits_the_processor(name: str, machine: str, installed: list[str], told: str | None,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "processor", lambda: name)
    monkeypatch.setattr(module, "here", lambda: installed)
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("shutil.which", lambda _program: None)
    found = module._faster()
    assert found is None if told is None else told in (found or "")


def test_a_gpu_that_is_not_used_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "here", lambda: ["cpu"])
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}")
    assert "pip install onnxruntime-gpu" in (module._faster() or "")


def test_a_processor_has_a_name() -> None:
    assert processor()
