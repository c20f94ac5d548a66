"""What a command computes with, with real sessions: a second provider by hand is the plain graph on the CPU."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stream.command import choosing, song
from stream.command.choosing import best_s, for_files, live, music
from stream.common.errors import Failure
from stream.latency.geometry import DeviceTiming
from stream.latency.planning import NAMED_S
from stream.separators.networks import providers
from stream.separators.networks.catalogue import BUILT_IN, CPU, EXACT_DB, BuiltIn
from stream.separators.opening import Opening
from stream.separators.windowed import Windowed
from stream.tuning import cache, candidates, comparison, load, select, sustainable
from tests.rig.models import model, published

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate provider")  # the one by hand is the CPU's, given twice


@pytest.fixture
def opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opening:
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(BUILT_IN, "plain", BuiltIn((CPU,), "", EXACT_DB))
    monkeypatch.setattr(providers, "ORDER", ("plain", "cpu"))
    for module in (candidates, cache, select):
        monkeypatch.setattr(module, "here", lambda: ["plain", "cpu"])
    monkeypatch.setattr(load, "STAT", tmp_path / "absent")
    monkeypatch.setattr(comparison, "HEARD_S", 0.1)
    monkeypatch.setattr(choosing, "music", lambda: np.random.default_rng(1).standard_normal((2, 44_100), np.float32))
    return Opening("shares", (model(tmp_path / "shares.onnx"),))


def test_auto_tries_every_provider_with_the_very_model(opening: Opening) -> None:
    said: list[str] = []
    chosen = live(opening, None, said.append)
    assert chosen.provider in ("plain", "cpu")
    assert (chosen.threads > 0) == (chosen.provider == "cpu")
    (line,) = (text for text in said if text.startswith("provider plain: "))
    assert "stems agree to" in line
    separator, _ = chosen.open(None)
    assert separator.network.provider == chosen.provider  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", [model, published], ids=["any length", "fixed length"])
def test_a_named_provider_is_checked_at_the_length_of_files(
        make: object, opening: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    compare = candidates.compare
    monkeypatch.setattr(candidates, "compare", lambda *words: tried.append(words[0]) or compare(*words))
    path = make(tmp_path / "other.onnx")  # type: ignore[operator]
    assert for_files(Opening("other", (path,), provider="plain"), lambda _text: None).provider == "plain"
    (separator,) = tried
    assert isinstance(separator, Windowed)
    assert separator.geometry.columns == (336 if make is model else 24)


def test_every_stem_sounds_in_the_music_from_the_beginning() -> None:
    heard = music()
    assert heard.shape[0] == 2
    start = int(song.SUNG_S * song.SAMPLERATE)
    for stem in song.stems().values():
        assert np.sqrt(np.mean(np.square(stem[start : start + 3 * song.SAMPLERATE]))) > 0.01


@pytest.mark.parametrize(("hop_time_s", "wanted", "says"), [
    (0.001, max(NAMED_S.values()), "latency quality, the best that this machine can hold"),
    (0.6, None, "none of fast, balanced, quality can be held here; taking")])
def test_auto_latency_is_the_best_that_is_held(hop_time_s: float, wanted: float | None, says: str, opening: Opening,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(sustainable, "time_hop", lambda _separator: hop_time_s)
    found = best_s(replace(opening, provider="cpu"), DeviceTiming(), said.append)
    assert found == wanted or (wanted is None and found > max(NAMED_S.values()))
    assert said[-1].startswith(says)


def test_a_machine_that_holds_nothing_is_told_so(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sustainable, "time_hop", lambda _separator: 1000.0)
    with pytest.raises(Failure, match="this machine can hold no latency"):
        best_s(replace(opening, provider="cpu"), DeviceTiming(), lambda _text: None)
