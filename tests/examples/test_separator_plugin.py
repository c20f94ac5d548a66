"""The separator plugin of examples/, installed as anybody would install it, and used over a file."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command.main import main
from stream.separators.protocol import Separator, plugin, plugins

PLUGIN = Path(__file__).parents[2] / "examples" / "separator-plugin"
RATE, FRAMES = 44_100, 30_000  # no whole number of hops
STEMS = ("low", "high")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", folder,
                    "--no-build-isolation", "--disable-pip-version-check", PLUGIN], check=True)
    return folder


@pytest.fixture(autouse=True)
def _installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(site)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Noise, and a low tone in it that is louder."""
    tone = np.sin(2 * np.pi * 60 / RATE * np.arange(FRAMES))[:, None]
    noise = np.random.default_rng(5).standard_normal((FRAMES, 2)) / 16
    sf.write(tmp_path / "song.wav", (noise + tone / 4).astype(np.float32), RATE, subtype="FLOAT")
    return tmp_path / "song.wav"


def hops(separator: Separator, mix: np.ndarray) -> np.ndarray:
    """What a separator gives for whole hops of a mix."""
    given = np.empty((len(separator.sources), *mix.shape), np.float32)
    for at in range(0, mix.shape[1], separator.hop):
        separator.process(mix[:, at : at + separator.hop], given[:, :, at : at + separator.hop])
    return given


def test_it_is_found_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert "crossover" in plugins()
    assert main(["models"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("without weights"))
    assert line.split(": ")[1].split(", ") == ["center", "crossover"]


def test_its_stems_are_the_mix_and_each_has_its_side_of_the_split() -> None:
    separator = plugin("crossover")
    assert separator.sources == STEMS
    at = np.arange(20 * separator.hop) / RATE
    low, high = (np.tile(np.sin(2 * np.pi * hz * at).astype(np.float32), (2, 1)) for hz in (60, 2000))
    given = hops(separator, low + high)
    late = separator.latency
    np.testing.assert_allclose(given.sum(0)[:, late:], (low + high)[:, :-late], atol=1e-6)
    settled = slice(2 * late, None)
    np.testing.assert_allclose(given[0][:, settled], np.roll(low, late, 1)[:, settled], atol=2e-3)


def test_what_was_heard_before_a_reset_is_not_heard_after_it() -> None:
    separator = plugin("crossover")
    noise = np.random.default_rng(2).standard_normal((2, 4 * separator.hop), np.float32)
    first = hops(separator, noise)
    separator.reset()
    assert np.array_equal(hops(separator, noise), first)


def test_a_file_is_separated_with_it(song: Path, tmp_path: Path) -> None:
    assert main(["separate", str(song), "--model", "crossover", "-o", str(tmp_path / "stems")]) == 0
    stems = {name: sf.read(tmp_path / "stems" / "song" / f"{name}.wav", dtype="float32")[0] for name in STEMS}
    mix = sf.read(song, dtype="float32")[0]
    np.testing.assert_allclose(stems["low"] + stems["high"], mix, atol=1e-6)
    assert np.std(stems["low"]) > 2 * np.std(stems["high"])  # the tone is most of it, and it is low


def test_it_runs_live_over_a_file(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.wav"
    words = ["run", "--device", str(song), "--output-device", str(out), "--model", "crossover", "--mute", "low",
             "--json"]
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["separator"], report["sources"], report["misses"]) == ("crossover", [*STEMS], 0)
    heard, mix = sf.read(out, dtype="float32")[0], sf.read(song, dtype="float32")[0]
    assert np.std(heard) < np.std(mix) / 2
