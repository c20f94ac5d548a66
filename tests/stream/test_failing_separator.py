"""A separator that fails while music plays does not end it: dry goes on, and one new separator is tried."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.cli import main
from stream.live.engine import FADE
from stream.separators.protocol import GROUP
from tests.stream.byhand import Frames, Live, Shares, noise

RATE = 44_100
FAILS = """
import numpy as np

from stream.separators.center import Center


class Fails(Center):
    made = 0

    def __init__(self):
        super().__init__()
        Fails.made += 1
        self.left = {left}

    def process(self, mix, stems):
        super().process(mix, stems)
        self.left -= 1
        if self.left < 0:
            {how}
"""
HOW = {"it raises": ("raise RuntimeError('out of luck')", "out of luck"),
       "it raises what nobody expects": ("raise KeyError('a key')", "a key"),
       "it gives no numbers": ("stems[:] = np.nan", "it gives no numbers")}


def install(folder: Path, left: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A separator `fails`, installed."""
    (folder / "fails-1.dist-info").mkdir(parents=True)
    (folder / "fails_by_the_test.py").write_text(FAILS.format(left=left, how=how))
    (folder / "fails-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: fails\nVersion: 1\n")
    (folder / "fails-1.dist-info/entry_points.txt").write_text(f"[{GROUP}]\nfails = fails_by_the_test:Fails\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(__import__("sys").modules, "fails_by_the_test", raising=False)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    sf.write(tmp_path / "song.wav", noise(4 * RATE), RATE, "FLOAT")
    return tmp_path / "song.wav"


def run(song: Path, clock: str) -> int:
    return main(["run", "--model", "fails", "--device", str(song), "--clock", clock, "--latency", "1", "--ui", "none",
                 "--record", str(song.parent / "take"), "--mute", "vocals"])


@pytest.mark.parametrize(("how", "says"), HOW.values(), ids=HOW.keys())
def test_a_new_one_takes_its_place_and_the_run_ends_well(song: Path, how: str, says: str, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch,
                                                         capsys: pytest.CaptureFixture[str]) -> None:
    # the first is timed before the run, which takes some hops
    install(tmp_path / "plugins", "80 if Fails.made == 1 else 10 ** 6", how, monkeypatch)
    assert run(song, "wall") == 0
    said = capsys.readouterr().err
    assert said.count("the separator has failed") == 1
    assert says in said
    assert sf.info(tmp_path / "take" / "mix.wav").frames == 4 * RATE
    end = slice(-RATE // 2, -RATE // 8)  # the centre is muted again
    mix, whole = (sf.read(path, dtype="float32")[0][end] for path in (tmp_path / "take" / "mix.wav", song))
    assert np.abs(mix - whole).max() > 0.01


@pytest.mark.parametrize(("how", "says"), HOW.values(), ids=HOW.keys())
def test_where_that_fails_too_the_rest_is_dry_and_the_exit_code_says_so(song: Path, how: str, says: str,
                                                                        tmp_path: Path,
                                                                        monkeypatch: pytest.MonkeyPatch,
                                                                        capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path / "plugins", "80 if Fails.made == 1 else 5", how, monkeypatch)
    assert run(song, "wall") == 1
    said = capsys.readouterr().err
    assert said.splitlines()[-1].endswith("the rest was heard dry")
    assert "Traceback" not in said
    mix, whole = (sf.read(path, dtype="float32")[0] for path in (tmp_path / "take" / "mix.wav", song))
    assert len(mix) == len(whole)
    assert (mix[-RATE:] == whole[-RATE:]).all()


def test_on_a_virtual_clock_nobody_waits_and_it_is_a_failure(song: Path, tmp_path: Path,
                                                             monkeypatch: pytest.MonkeyPatch,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path / "plugins", "50", "raise RuntimeError('out of luck')", monkeypatch)
    assert run(song, "virtual") == 1
    assert capsys.readouterr().err.splitlines()[-1] == "demucs-stream: out of luck"
    assert 0 < sf.info(tmp_path / "take" / "mix.wav").frames < 4 * RATE


class Breaks(Shares):
    """Fails from a hop on."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._at = at

    def process(self, mix: Frames, stems: Frames) -> None:
        super().process(mix, stems)
        if len(self.processed) > self._at:
            raise RuntimeError("out of luck")


def test_nothing_clicks_when_it_fails_and_when_it_is_there_again() -> None:
    live = Live(Breaks(40), patient=False)
    live.mixer.set("drums", "mute", 1)
    turn = 2 * np.pi * 50 * np.arange(200 * 512) / RATE
    mix = np.stack([0.5 * np.sin(turn), 0.5 * np.cos(turn)], axis=1).astype(np.float32)

    def before(at: int) -> None:
        if at == 100 * 512:
            live.engine.worker.replace(Shares())

    out = live.play(mix, before=before)
    delay = live.delay
    steepest = float(np.abs(np.diff(mix, axis=0)).max())
    assert np.abs(np.diff(out[delay + 512 :], axis=0)).max() < steepest + 1 / FADE
    np.testing.assert_allclose(out[delay + 86 * 512 : delay + 98 * 512], mix[86 * 512 : 98 * 512], atol=1e-6)  # dry
    np.testing.assert_allclose(out[-20 * 512 :], 0.5 * mix[len(mix) - delay - 20 * 512 : len(mix) - delay], atol=1e-6)
    assert live.engine.counts()["misses"] > 0
