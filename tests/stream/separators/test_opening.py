"""A latency in seconds, spent to the frame; and separators by name."""

import math
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from stream.callback.player import FADE
from stream.common.errors import Failure
from stream.separators.center import Center
from stream.separators.opening import Opening, sizes, spend, window_s
from stream.separators.protocol import plugin, plugins
from tests.rig.byhand import Shares

RATES = [22_050, 44_100, 48_000, 96_000]
LEAST = 512 + FADE + 1


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("device", [(0, 0, 0), (512, 1024, 0), (512, 1024, 900)], ids=["files", "device", "devices"])
def test_no_more_is_spent_than_was_asked(rate: int, device: tuple[int, int, int]) -> None:
    for latency_s in np.random.default_rng(rate).uniform(0.35, 12, 20).round(2):
        latency = spend(Center(), rate, device, latency_s, LEAST)
        assert latency_s - 1.01 / rate < latency.total_s <= latency_s
        assert (latency.device_in, latency.device_out, latency.drift) == device
        assert latency.budget >= LEAST


@pytest.mark.parametrize("rate", RATES)
def test_as_low_as_it_goes_leaves_what_is_needed(rate: int) -> None:
    latency = spend(Shares(hop=1024, latency=300), rate, (0, 0, 0), None, LEAST)
    assert latency.hop == math.ceil(1024 * rate / 44_100)
    assert latency.lookahead == math.ceil(300 * rate / 44_100)
    assert latency.budget == 2 * latency.hop + LEAST
    assert (latency.resampler == 0) == (rate == 44_100)


def test_a_latency_that_leaves_no_budget_is_refused_with_the_least_there_is() -> None:
    with pytest.raises(ValueError, match=r"latency 0\.1 s is too short: 0\.093 s .* needs 0\.017 s; .* is 0\.11 s"):
        spend(Center(), 44_100, (0, 0, 0), 0.1, LEAST)


def test_the_built_in_separator_is_found_by_its_name() -> None:
    assert "center" in plugins()
    assert isinstance(plugin("center"), Center)


def test_a_separator_that_is_not_here_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"there is no separator centre; the installed ones are .*center"):
        plugin("centre")


def test_a_plugin_is_opened_without_a_file_and_has_no_window() -> None:
    opening = Opening("center")
    separator, latency_s = opening.open(0.5)
    assert isinstance(separator, Center)
    assert latency_s == 0.5
    assert (sizes(separator), window_s(separator)) == (None, None)


def test_a_provider_that_is_not_here_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"provider abacus is not in this onnxruntime; it has auto, .*cpu"):
        Opening("model.onnx", (Path("model.onnx"),), provider="abacus").open(2.0)


def test_a_latency_that_cannot_be_is_refused_before_the_file_is_opened() -> None:
    with pytest.raises(ValueError, match="latency must be"):
        Opening("model.onnx", (Path("absent.onnx"),)).open(0.01)


class Declared(Center):
    """A plugin as a package declares it."""


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> type[Declared]:
    """A class that is found as the separator `declared`."""
    made = type("Made", (Declared,), {})
    point = EntryPoint("declared", "declared:made", "demucs_stream.separators")
    monkeypatch.setattr(EntryPoint, "load", lambda _self: made)
    monkeypatch.setattr("stream.separators.protocol.entry_points", lambda **_: (point,))
    return made


@pytest.mark.parametrize(("part", "value", "why"), [
    ("hop", 0, "its hop must be a whole number from 1 on, not 0"),
    ("hop", 1024.0, "its hop must be a whole number from 1 on, not 1024.0"),
    ("samplerate", 0.5, "its samplerate must be a whole number from 1 on, not 0.5"),
    ("latency", -1, "its latency must be a whole number from 0 on, not -1"),
    ("sources", "low", "its sources must be a tuple of stem names, not 'low'"),
    ("sources", (), r"its sources must be a tuple of stem names, not \(\)"),
    ("sources", ("low", 2), r"its sources must be a tuple of stem names, not \('low', 2\)"),
])
def test_a_plugin_that_says_of_itself_what_cannot_be_is_refused(
        declared: type[Declared], part: str, value: object, why: str) -> None:
    setattr(declared, part, value)
    with pytest.raises(ValueError, match=f"separator declared is wrong: {why}"):
        plugin("declared")


def test_what_fails_inside_a_plugin_is_told_as_the_plugins(declared: type[Declared]) -> None:
    def process(_self: object, _mix: object, _stems: object) -> None:
        raise ZeroDivisionError("division\nby zero")

    setattr(declared, "process", process)  # noqa: B010 - a method, for mypy
    made = plugin("declared")
    with pytest.raises(Failure, match=r"^separator declared: ZeroDivisionError: division by zero$"):
        made.process(np.zeros((2, made.hop), np.float32), np.zeros((2, 2, made.hop), np.float32))
