"""Samples that are no numbers, or absurd, end where they come in; all others are what they were, bit for bit."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dsp.clean import clean
from dsp.limits import LOUDEST
from stream.callback.bridge import Bridge
from stream.callback.bridgecallbacks import capture
from stream.callback.player import FADE
from stream.command.main import main
from stream.inserts.child import BLOCK, Chain
from stream.inserts.naming import Effect
from stream.inserts.process import Process
from stream.live.insert import Insert
from tests.rig.byhand import Frames, Live, Shares, noise
from tests.rig.effects import Poisoned
from tests.stream.callback.test_bridge import called

RATE = 44_100
FRAMES = 40 * 512
UNSOUND = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf, "huge": 3.4e38, "-huge": -3.4e38, "1e20": 1e20}
SOUND = {"denormal": 1e-42, "a bang": float(LOUDEST), "negative zero": -0.0, "direct current": 1.0}
AT = 2000  # where it is


def spoilt(value: float, frames: int = FRAMES, length: int = 3) -> Frames:
    mix = noise(frames)
    mix[AT : AT + length] = value
    return mix


def same_bits(a: Frames, b: Frames) -> bool:
    return a.shape == b.shape and bool((a.view(np.uint32) == b.view(np.uint32)).all())


def silenced(mix: Frames) -> Frames:
    """The same with silence in the place of what cannot be sound."""
    return np.where(np.abs(mix) <= LOUDEST, mix, np.float32(0))


def test_cleaning_counts_what_it_silences() -> None:
    frames = np.array([[np.nan, 1], [np.inf, 1e-42], [-np.inf, -0.0], [1001, 1000], [-1001, -1000]], np.float32)
    assert clean(frames) == 5
    assert same_bits(frames, np.array([[0, 1], [0, 1e-42], [0, -0.0], [0, 1000], [0, -1000]], np.float32))


@pytest.mark.parametrize("value", (UNSOUND | SOUND).values(), ids=(UNSOUND | SOUND).keys())
def test_what_leaves_is_what_came_in_less_what_cannot_be_sound(value: float) -> None:
    live, mix = Live(Shares()), spoilt(value)
    out = live.play(mix)
    assert same_bits(out[live.delay :], silenced(mix)[: len(out) - live.delay])
    assert live.engine.counts()["cleaned"] == np.sum(~(np.abs(mix) <= LOUDEST))


@pytest.mark.parametrize("value", UNSOUND.values(), ids=UNSOUND.keys())
@pytest.mark.parametrize("strip", [{"low": 12, "mid": -26, "high": 12, "filter": 0.9}, {"gain": -6, "pan": 0.5},
                                   {"low": -26, "filter": -1}], ids=["shelves", "pan", "low-pass"])
def test_equalizers_meters_and_stems_forget_it(value: float, strip: dict[str, float]) -> None:
    lives = [Live(Shares()) for _ in range(2)]
    outs = []
    for live, mix in zip(lives, (spoilt(value), silenced(spoilt(value))), strict=True):
        live.mixer.recall({"drums": strip, "vocals": {"gain": -60}})
        outs.append(live.play(mix))
    assert same_bits(*outs)
    assert lives[0].engine.peaks() == lives[1].engine.peaks()


@pytest.mark.parametrize("value", UNSOUND.values(), ids=UNSOUND.keys())
def test_what_another_clocks_input_brings_does_not_stay_in_its_resampler(value: float) -> None:
    bridge = Bridge((RATE, RATE), 512, 2)
    live = Live(Shares(), channels=(0, 2), other_input=bridge)
    out = []
    for at in range(0, FRAMES, 512):
        called(capture, bridge, spoilt(value)[at : at + 512].copy())
        out.append(live.serve(np.zeros((512, 0), np.float32)))
        live.separate()
    assert np.abs(np.concatenate(out)).max() < 2
    assert live.engine.counts()["cleaned"] == 6


@pytest.fixture
def effects() -> Iterator[list[Process]]:
    opened: list[Process] = []
    yield opened
    for process in opened:
        process.__exit__()


def poisoned(effects: list[Process], **settings: float) -> Insert:
    process = Process([Effect("tests.rig.effects.Poisoned", {"at": 10, **settings})], RATE)
    effects.append(process)
    return Insert("drums", process.loaded())


@pytest.mark.parametrize("keeps", [False, True], ids=["gives silence first", "keeps back what it owes"])
@pytest.mark.parametrize("value", UNSOUND.values(), ids=UNSOUND.keys())
def test_an_effect_that_gives_no_sound_is_reset_and_goes_on_in_step(effects: list[Process], value: float,
                                                                    keeps: bool) -> None:
    insert = poisoned(effects, value=value, frames=480, keeps=keeps)
    live, mix = Live(Shares(), inserts=[insert]), noise(FRAMES)
    live.mixer.set("drums", "gain", -6)
    out = live.play(mix)
    assert (insert.trouble, insert.process.resets) == (None, 1)
    assert np.isfinite(out).all()
    wanted = (mix * (1 - 0.5 * (1 - 10 ** (-6 / 20)))).astype(np.float32)
    after = 16 * 512
    np.testing.assert_allclose(out[live.delay + after :], wanted[after : len(out) - live.delay], atol=1e-6)


def test_an_effect_that_never_gives_sound_again_is_left_out(effects: list[Process]) -> None:
    insert = poisoned(effects, value=np.nan, heals=False)
    live, mix = Live(Shares(), inserts=[insert]), noise(FRAMES)
    live.mixer.set("drums", "gain", -6)
    out = live.play(mix)
    assert insert.trouble == "has failed: it gives samples that are no sound, again and again"
    wanted = (mix * (1 - 0.5 * (1 - 10 ** (-6 / 20)))).astype(np.float32)
    after = 20 * 512 + FADE
    np.testing.assert_allclose(out[live.delay + after :], wanted[after : len(out) - live.delay], atol=1e-6)


@pytest.mark.parametrize(("every", "left_out"), [(2, True), (5, True), (12, True), (20, False), (100, False)])
def test_an_effect_that_is_spoilt_often_is_left_out_and_now_and_then_is_not(every: int, left_out: bool) -> None:
    chain = Chain([Poisoned(10, np.nan, every=every)], RATE)
    chain.warm()
    block, gave_up = np.ones((BLOCK, 2), np.float32), False
    for _ in range(1000):
        try:
            assert np.isfinite(chain.process(block)).all()
        except ValueError:
            gave_up = True
            break
    assert gave_up == left_out
    assert chain.resets > 1


@pytest.mark.parametrize("value", UNSOUND.values(), ids=UNSOUND.keys())
def test_a_run_over_such_a_file_says_it_once_and_its_take_can_be_rendered(
        value: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    song, take, again = tmp_path / "song.wav", tmp_path / "take", tmp_path / "again.wav"
    sf.write(song, spoilt(value, 2 * RATE), RATE, "FLOAT")
    assert main(["run", "--model", "center", "--device", str(song), "--record", str(take), "--gain", "vocals=-6",
                 "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("no numbers") == 1
    assert json.loads(printed.out)["cleaned"] == 6
    for path in take.glob("*.wav"):
        assert np.isfinite(sf.read(path)[0]).all(), path
    assert main(["render", str(take), "-o", str(again)]) == 0
    assert same_bits(sf.read(again, dtype="float32")[0], sf.read(take / "mix.wav", dtype="float32")[0])


@pytest.mark.parametrize("words", [("--gain", "vocals=nan"), ("--gain", "vocals=inf"), ("--latency", "nan"),
                                   ("--window", "nan"), ("--window", "inf"), ("--keep", "nan")], ids=" ".join)
def test_what_is_no_number_is_no_setting(words: tuple[str, str], tmp_path: Path) -> None:
    song = tmp_path / "song.wav"
    sf.write(song, noise(RATE), RATE, "FLOAT")
    assert main(["run", "--model", "center", "--device", str(song), "--output-device", str(tmp_path / "o.wav"),
                 *words]) == 2


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "1" + 400 * "0"], ids=["nan", "inf", "1e999", "1000..."])
@pytest.mark.parametrize("line", ["[scenes.quiet.vocals]\ngain = ", "window = ", "keep = "],
                         ids=["a scene's", "window", "keep"])
def test_what_is_no_number_in_a_configuration_is_told(line: str, text: str, tmp_path: Path,
                                                      capsys: pytest.CaptureFixture[str]) -> None:
    config, song = tmp_path / "config.toml", tmp_path / "song.wav"
    config.write_text(line + text + "\n")
    sf.write(song, noise(RATE), RATE, "FLOAT")
    assert main(["run", "--config", str(config), "--model", "center", "--device", str(song), "--output-device",
                 str(tmp_path / "o.wav")]) == 2
    assert "a fault of the program" not in capsys.readouterr().err


@pytest.mark.parametrize(("frame", "gain"), [("NaN", "-6"), ("Infinity", "-6"), ("0", "NaN"), ("0", "Infinity"),
                                             ("0", "1" + 400 * "0")],
                         ids=["frame nan", "frame infinity", "gain nan", "gain infinity", "gain 1000..."])
def test_what_is_no_number_in_a_takes_log_is_told(frame: str, gain: str, tmp_path: Path,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    song, take, again = tmp_path / "song.wav", tmp_path / "take", tmp_path / "again.wav"
    sf.write(song, noise(RATE), RATE, "FLOAT")
    assert main(["run", "--model", "center", "--device", str(song), "--record", str(take)]) == 0
    log = next(path for path in take.iterdir() if path.suffix != ".wav")
    with log.open("a") as file:
        file.write(f'{{"frame": {frame}, "set": {{"vocals": {{"gain": {gain}}}}}}}\n')
    capsys.readouterr()
    assert main(["render", str(take), "-o", str(again)]) in (1, 2)
    assert "a fault of the program" not in capsys.readouterr().err
    assert not again.exists()


@pytest.mark.parametrize("value", [np.nan, np.inf, 3.4e38], ids=str)
def test_a_file_with_such_samples_is_separated_without_them_and_it_is_said(
        value: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    song = tmp_path / "song.wav"
    sf.write(song, spoilt(value, RATE), RATE, "FLOAT")
    assert main(["separate", "--model", "center", str(song), "-o", str(tmp_path / "out")]) == 0
    assert "6 of its samples are no numbers" in capsys.readouterr().err
    stems = sum(sf.read(path)[0] for path in (tmp_path / "out" / "song").glob("*.wav"))
    np.testing.assert_allclose(stems, silenced(spoilt(value, RATE)), atol=1e-5)
