"""The configuration says what the command line does not, and what is wrong with it is one line."""

import socket
from pathlib import Path

import pytest

from stream.command.arguments import parse
from stream.command.config import usual
from stream.mixer.route import Route
from tests.rig.byhand import noise
from tests.rig.live import command
from tests.stream.audiofiles.test_audiofile import wav


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text("""
        device = 3
        latency = 0.6
        model = "center"
        mute = ["vocals"]
        gain = ["drums=-6", "bass=3"]
        out = "mix=1-2"
        osc = 9000

        [scenes.karaoke.vocals]
        mute = true
        [scenes.quiet.drums]
        gain = -20
        low = -6.5
    """)
    return path


def test_it_says_what_the_command_line_does_not(config: Path) -> None:
    arguments = parse(["--config", str(config), "--latency", "2", "--block", "256"])
    assert (arguments.command, arguments.device, arguments.latency, arguments.block) == ("run", "3", "2", 256)
    assert arguments.gain == [("drums", -6), ("bass", 3)]
    assert arguments.out == [Route("mix", (0, 1))]
    assert arguments.osc == "9000"
    assert arguments.configured == {"device", "model", "mute", "gain", "out", "osc"}
    assert arguments.scenes == {"karaoke": {"vocals": {"mute": 1}}, "quiet": {"drums": {"gain": -20, "low": -6.5}}}


def test_the_command_line_wins_and_adds_to_no_list(config: Path) -> None:
    arguments = parse(["run", "--config", str(config), "--mute", "bass", "--out", "mix=3-4", "vocals=1"])
    assert arguments.mute == ["bass"]
    assert arguments.out == [Route("mix", (2, 3)), Route("vocals", (0,))]
    assert "mute" not in arguments.configured


def test_a_device_on_the_command_line_is_both_sides_of_it(config: Path) -> None:
    config.write_text('input-device = "mic"\noutput-device = "speakers"')
    assert parse(["--config", str(config), "--device", "5"]).output_device is None
    assert parse(["--config", str(config), "--input-device", "5"]).output_device == "speakers"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_whatever_an_editor_saves_is_read(config: Path, encoding: str) -> None:
    wanted = parse(["--config", str(config)])
    config.write_bytes(config.read_text().replace("\n", "\r\n").encode(encoding))
    assert parse(["--config", str(config)]) == wanted


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.toml").write_text(
        'record = "~/take"\ntakes = "~"\ndevice = "~/song.wav"\nmidi-map = ["~/m.toml"]\nmodel = "~/m.onnx"\n'
        'insert = ["vocals=~/Reverb.vst3:wet=1"]\noutput-device = "~nobody-here.wav"\n')
    found = parse(["--config", "~/mine.toml"])
    assert (found.record, found.takes, found.device) == (tmp_path / "take", tmp_path, f"{tmp_path}/song.wav")
    assert (found.midi_map, found.model) == ([f"{tmp_path}/m.toml"], f"{tmp_path}/m.onnx")
    assert found.insert == [f"vocals={tmp_path}/Reverb.vst3:wet=1"]
    assert found.output_device == "~nobody-here.wav"  # a name like any other
    separate = parse(["separate", "~/a.wav", "-o", "~/out"])
    assert (separate.songs, separate.output) == ([tmp_path / "a.wav"], tmp_path / "out")
    render = parse(["render", "~/take", "-o", "~/mix.wav"])
    assert (render.log, render.output) == (tmp_path / "take", tmp_path / "mix.wav")


@pytest.mark.parametrize("folder", ["~", "~/take"])
def test_without_a_home_folder_a_tilde_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setenv("HOME", "")
    with pytest.raises(ValueError, match=f"{folder}: this account has no home folder"):
        parse(["run", "--record", folder])
    (tmp_path / "mine.toml").write_text(f'record = "{folder}"')
    with pytest.raises(ValueError, match=r"mine\.toml: .*this account has no home folder"):
        parse(["--config", str(tmp_path / "mine.toml")])


def test_without_one_everything_is_as_it_was() -> None:
    arguments = parse([])
    assert (arguments.configured, arguments.scenes, arguments.said) == (set(), {}, "")
    assert (arguments.mute, arguments.model, arguments.block) == ([], "htdemucs", 512)


WRONG = [
    ("latency = ", "Invalid value"), ("color = 1", "no setting color; there are scenes and automix, block, cache-gb"),
    ('latency = ["fast", "auto"]', "latency is one value"), ("mute = true", "mute is text or a number, or a list"),
    ('gain = "loud"', "'loud' is not STEM=DB"), ("block = 0", "0 is not 1 or more"), ('out = "mix"', "is not a route"),
    ("scenes = 1", "scenes is a table"), ("[scenes]\na = 1", "scenes.a is a table"),
    ("[scenes.a]\ndrums = 1", "scenes.a.drums is a table"), ("[scenes.a.drums]\nreverb = 1", "no parameter reverb"),
    ("[scenes.a.drums]\ngain = 99", "scenes.a.drums.gain must be at most 24 dB, not 99"),
    ("[scenes.a.drums]\ngain = 'x'", "scenes.a.drums.gain is a number"), ("config = 'x'", "no setting config"),
    ("\xff\xfe", "decode")]


@pytest.mark.parametrize(("text", "says"), WRONG, ids=[says for _, says in WRONG])
def test_what_is_wrong_with_it_is_said_with_its_name(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"mine\.toml") as found:
        parse(["--config", str(path)])
    assert says in str(found.value)
    assert "\n" not in str(found.value)


def test_one_that_was_asked_for_and_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = command("--config", tmp_path / "none.toml", "--device", "3")
    assert (done.code, len(done.said)) == (2, 1)
    assert "none.toml cannot be read: No such file" in done.said[0]


def test_the_usual_one_that_is_wrong_is_said_and_passed_over(tmp_path: Path) -> None:
    usual().parent.mkdir(parents=True)
    usual().write_text("latency = ")
    try:
        done = command("--device", wav(tmp_path / "song.wav", noise(44_100), 44_100), "--record", tmp_path / "out",
                       "--model", "center")
    finally:
        usual().unlink()
    assert done.code == 0
    assert "going on without the configuration" in done.said[0]
    assert (tmp_path / "out" / "mix.wav").exists()


def test_a_scene_that_does_not_fit_the_model_is_passed_over(config: Path, tmp_path: Path) -> None:
    song = wav(tmp_path / "song.wav", noise(44_100), 44_100)
    config.write_text('model = "center"\n[scenes.mine.guitar]\nmute = 1')
    done = command("--config", config, "--device", song, "--record", tmp_path / "out")
    assert done.code == 0, done.err
    assert any("scene mine is left out: there is no stem guitar" in line for line in done.said)


def test_a_port_that_only_the_configuration_wants_and_is_taken_does_not_stop_the_music(
        config: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        song = wav(tmp_path / "song.wav", noise(44_100), 44_100)
        config.write_text(f'model = "center"\nosc = {taken.getsockname()[1]}')
        done = command("--config", config, "--device", song, "--record", tmp_path / "out")
        assert done.code == 0, done.err
        assert any("Address already in use; going on without it" in line for line in done.said)
        assert command("--config", config, "--device", song, "--osc", taken.getsockname()[1]).code == 2
