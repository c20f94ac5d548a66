"""What effects are called, what is refused before anything is heard, and a packaged plugin in a run of the command."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.command.main import main
from stream.inserts.naming import Effect, Value, chains
from stream.inserts.process import Process
from tests.rig.byhand import same_bits
from tests.rig.jackd import Jackd
from tests.rig.live import calm, command, noise, take

pytestmark = pytest.mark.realtime

PLUGINS = Path("/usr/lib/vst3")
ROOT = Path(__file__).parents[3]
packaged = pytest.mark.skipif(not PLUGINS.is_dir(), reason="no VST3 plugins here (Debian: apt-get install zam-plugins)")
OURS = "tests.rig.effects"


@pytest.mark.parametrize(("text", "stem", "effect"), [
    ("vocals=Reverb.vst3", "vocals", Effect("Reverb.vst3", {})),
    ("drums=Compressor:threshold_db=-20.5,ratio=4", "drums", Effect("Compressor", {"threshold_db": -20.5, "ratio": 4})),
    (r"bass=C:\Plugins\A B.vst3#Two:mode=Low Pass,on=true", "bass",
     Effect(r"C:\Plugins\A B.vst3#Two", {"mode": "Low Pass", "on": True})),
    ("other=Convolution:impulse_response_filename=/a/b:c.wav", "other",
     Effect("Convolution", {"impulse_response_filename": "/a/b:c.wav"})),
])
def test_an_insert_is_a_stem_an_effect_and_its_settings(text: str, stem: str, effect: Effect) -> None:
    assert chains([text]) == {stem: [effect]}


def test_several_of_a_stem_keep_their_order() -> None:
    found = chains(["drums=Gain", "bass=Delay", "drums=Reverb"])
    assert {stem: [effect.what for effect in chain] for stem, chain in found.items()} == {
        "drums": ["Gain", "Reverb"], "bass": ["Delay"]}


@pytest.mark.parametrize("text", ["", "vocals", "=Reverb", "vocals=", "vocals=Gain:gain_db=", "a=Gain:gain_db=1,2"])
def test_what_is_no_insert_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an insert such as|is not NAME=VALUE"):
        chains([text])


WRONG: dict[str, tuple[str, dict[str, Value], str]] = {
    "no such effect": ("Reverberation", {},
                       "Reverberation: there is no such effect; here are .*Chorus, .*, or a plugin's file"),
    "setting it lacks": ("Gain", {"db": 3}, "Gain: it takes gain_db: float"),
    "setting out of range": ("Compressor", {"ratio": 0.1}, "Compressor: .*ratio must be"),
    "no sound in blocks": ("PitchShift", {}, "PitchShift: pedalboard's effect of this name does not work block"),
    "no such file": ("nosuch.vst3", {}, "nosuch.vst3: no such file"),
    "no such module": ("nosuch.Effect", {}, "nosuch.Effect: No module named 'nosuch'"),
    "own setting it lacks": (f"{OURS}.Later", {"feet": 3}, "Later: TypeError: .* unexpected keyword argument 'feet'"),
    "crashes while it is warmed": (f"{OURS}.Breaks", {"how": "crashes", "after": -9},
                                   r"Breaks: it has crashed \(SIGABRT\)"),
    "gives nothing": (f"{OURS}.Later", {"frames": 10**9, "keeps": True}, "Later: it gives less sound than it takes"),
}


def refused(what: str, settings: dict[str, Value], says: str) -> None:
    with Process([Effect(what, settings)], 44_100) as process, pytest.raises(ValueError, match=f"^insert .*{says}"):
        process.loaded()


@pytest.mark.parametrize(("what", "settings", "says"), WRONG.values(), ids=WRONG.keys())
def test_an_effect_that_cannot_be_loaded_says_why(what: str, settings: dict[str, Value], says: str) -> None:
    if what[0].isupper():
        pytest.importorskip("pedalboard")
    refused(what, settings, says)


def test_a_file_that_is_no_plugin_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pedalboard")
    (tmp_path / "text.vst3").write_text("no plugin at all")
    refused(str(tmp_path / "text.vst3"), {}, "text.vst3: it is not a plugin that can be loaded here")


def test_without_pedalboard_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pedalboard.py").write_text("raise ModuleNotFoundError(\"No module named 'pedalboard'\")")
    monkeypatch.syspath_prepend(str(tmp_path))
    refused("Gain", {}, r"pedalboard is not installed: install this program with its extra `vst`.*GPL-3")


@pytest.mark.parametrize(("words", "code", "says"), [
    ("vocals:Gain", 2, "'vocals:Gain' is not an insert such as"),
    ("guitar=tests.rig.effects.Later", 2, "no stem guitar; this model has other, vocals"),
    ("vocals=nosuch.vst3", 2, "insert nosuch.vst3: no such file"),
    ("vocals=tests.rig.effects.Later:busy_s=0.02", 1, "ms for a block, which is too long to be live")])
def test_what_cannot_be_is_one_line_before_anything_is_heard(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                             words: str, code: int, says: str) -> None:
    sf.write(tmp_path / "song.wav", noise(44_100), 44_100, "FLOAT")
    assert main(["run", "--device", str(tmp_path / "song.wav"), "--clock", "wall", "--model", "center",
                 "--output-device", str(tmp_path / "out.wav"), "--insert", words]) == code
    (line,) = [line for line in capsys.readouterr().err.splitlines() if not line.startswith(("timing ", "compiling "))]
    assert says in line
    assert not (tmp_path / "out.wav").exists()


@packaged
@pytest.mark.parametrize(("name", "settings", "says"), [
    ("ZamCompX2.vst3", {"makeup": 12}, "no parameter makeup; it has .*makeup_db"),
    ("ZamCompX2.vst3", {"makeup_db": 99}, "out of range"),
    ("ZamCompX2.vst3#Other", {}, "it has ZamCompX2; say which, as .*ZamCompX2.vst3#ZamCompX2")])
def test_a_plugin_that_is_asked_for_what_it_lacks_says_what_it_has(name: str, settings: dict[str, Value],
                                                                   says: str) -> None:
    pytest.importorskip("pedalboard")
    refused(str(PLUGINS / name), settings, says)


@packaged
@pytest.mark.parametrize("name", ["ZamCompX2", "ZamComp"], ids=["stereo", "mono, one for each side"])
def test_a_plugin_gives_the_known_answer(name: str) -> None:
    pytest.importorskip("pedalboard")
    with Process([Effect(str(PLUGINS / f"{name}.vst3"), {"makeup_db": 12})], 44_100) as process:
        process.loaded()
        for _ in range(50):
            made = process.process(np.array([[0.1, 0.05]] * 512, np.float32))
    np.testing.assert_allclose(made[-1], (0.39810717, 0.19905359), rtol=1e-5)


def central(frames: int) -> np.ndarray:
    """Noise, half of it in the middle, where `center` looks for voices."""
    return (noise(frames) + noise(frames, 12)[:, :1]) / np.float32(2)


@packaged
@pytest.mark.parametrize("clock", ["virtual", "wall"])
def test_a_packaged_plugins_latency_is_made_up_for_to_the_frame(tmp_path: Path, clock: str) -> None:
    pytest.importorskip("pedalboard")
    song = central(3 * 44_100)
    sf.write(tmp_path / "song.wav", song, 44_100, "FLOAT")
    limiter = PLUGINS / "ZaMaximX2.vst3"  # at rest it gives what it takes, 480 frames later
    done = command("run", "--device", tmp_path / "song.wav", "--record", tmp_path / "out", "--model", "center",
                   "--clock", clock, "--insert", f"vocals={limiter}", "--insert", "vocals=Invert", "--json")
    assert done.code == 0, done.err
    report = done.report
    assert report["inserts"][0]["latency_frames"] == 480
    assert report["latency_parts_s"]["insert"] * 44_100 >= 480 + 512
    assert f"insert on vocals: {limiter} + Invert, 480 frames late" in done.err
    if clock == "wall" and report["insert_misses"] + report["misses"]:
        pytest.skip("this machine is too busy for a real-time test")
    mix, vocals = (sf.read(tmp_path / f"out/{name}.wav", dtype="float32")[0] for name in ("mix", "vocals"))
    assert np.abs(vocals).max() > 0.05
    np.testing.assert_allclose(mix, song - 2 * vocals, rtol=0, atol=2e-6)
    if clock == "virtual":
        again = command("render", tmp_path / "out", "-o", tmp_path / "again.wav")
        assert again.code == 0, again.err
        assert same_bits(sf.read(tmp_path / "again.wav", dtype="float32")[0], mix)
        apart = command("render", tmp_path / "out", "-o", tmp_path / "apart.wav", "--separate")
        assert "again with center, without what inserts made of vocals" in apart.err
        assert same_bits(sf.read(tmp_path / "apart.wav", dtype="float32")[0], song)


@pytest.mark.parametrize("clock", ["virtual", "wall"])
def test_a_plugin_that_crashes_is_said_in_a_line_and_the_run_goes_on(tmp_path: Path, clock: str,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    song = noise(2 * 44_100)
    sf.write(tmp_path / "song.wav", song, 44_100, "FLOAT")
    done = command("run", "--device", tmp_path / "song.wav", "--output-device", tmp_path / "out.wav",
                   "--model", "center", "--clock", clock, "--json",
                   "--insert", f"vocals={OURS}.Breaks:how=crashes,after=20")
    assert done.code == 0, done.err
    assert f"insert on vocals: {OURS}.Breaks has crashed (SIGABRT): going on without it\n" in done.err
    assert "crashed" in done.report["inserts"][0]["trouble"]
    assert done.report["misses"] == 0 or clock == "wall"
    out = sf.read(tmp_path / "out.wav", dtype="float32")[0]
    late = done.report["latency_frames"]
    assert out[late:].tobytes() == song.tobytes()


@packaged
@pytest.mark.device
def test_it_is_so_between_real_devices(tmp_path: Path) -> None:
    pytest.importorskip("pedalboard")
    with Jackd() as jackd:
        taken = calm(lambda: take(
            jackd, central(3 * 44_100), 44_100, "--model", "center", "--record", tmp_path,
            "--insert", f"vocals={PLUGINS / 'ZaMaximX2.vst3'}", "--insert", "vocals=Invert"))
    assert (taken.report["misses"], taken.report["insert_misses"], taken.report["underruns"]) == (0, 0, 0)
    other, vocals = (sf.read(tmp_path / f"{name}.wav", dtype="float32")[0] for name in ("other", "vocals"))
    begins = int(np.flatnonzero(np.abs(other + vocals).max(axis=1) > 1e-6)[0])  # the host was there before
    vocals = vocals[begins : begins + len(taken.played)]
    np.testing.assert_allclose(taken.answer, taken.played - 2 * vocals, rtol=0, atol=2e-6)
