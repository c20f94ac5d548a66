"""`run` and `demo` build their requests by one function: the same words ask for the same run."""

from dataclasses import fields
from pathlib import Path

import pytest

from stream.command import runwords
from stream.command.arguments import parse
from stream.command.runwords import run_words
from stream.command.sourcesink import SourceSink, source_sink
from stream.latency.geometry import DeviceTiming
from stream.mixer.mixer import Mixer
from stream.mixer.route import Route
from stream.recording.options import RecordingOptions
from stream.separators.opening import Opening
from stream.session.request import RunRequest, Say

WORDS = ["--mute vocals --gain other=-6", "--latency 0.4 --on-late mute", "--latency fast --solo other",
         "--insert vocals=Gain:gain_db=-6"]
WRONG = {"--latency soon": "latency 'soon'", "--latency 1000": "latency must be", "--window 99999": "window must be"}
SONG = Path("song.wav")


def never() -> Opening:
    raise AssertionError("a separator is opened although the words are wrong")


def request(command: str, words: str) -> RunRequest:
    asked = run_words(parse([*command.split(), *words.split()]))
    ends, out = SourceSink(SONG, None, "wall"), RecordingOptions(Path("out"))
    return asked.request(lambda: Opening("center"), ends, out, print)


@pytest.mark.parametrize("words", WORDS)
def test_the_same_words_ask_for_the_same_run(words: str) -> None:
    made = [request(command, words) for command in ("run --model center", "demo --model center")]
    for name in (field.name for field in fields(RunRequest) if field.name != "prepare"):
        assert getattr(made[0], name) == getattr(made[1], name), name
    mixers = [Mixer(("other", "vocals"), 44_100) for _ in made]
    for one, mixer in zip(made, mixers, strict=True):
        assert one.prepare is not None
        one.prepare(mixer)
    assert mixers[0].wanted.tobytes() == mixers[1].wanted.tobytes()


def test_the_only_player_of_a_run_has_a_name_too() -> None:
    made = [request("run --model center", words) for words in (
        "--mute vocals --solo other --gain other=-6 --insert vocals=Gain:gain_db=-6",
        "--mute live/vocals --solo live/other --gain live/other=-6 --insert live/vocals=Gain:gain_db=-6")]
    assert made[0].inserts == made[1].inserts
    mixers = [Mixer(("other", "vocals"), 44_100) for _ in made]
    for one, mixer in zip(made, mixers, strict=True):
        assert one.prepare is not None
        one.prepare(mixer)
    assert mixers[0].scene() == mixers[1].scene() != Mixer(("other", "vocals"), 44_100).scene()
    files = ["run", "--device", "song.wav", "--output-device", "x.wav"]
    ends = [source_sink(parse([*files, "--out", "mix=1-2", bus])) for bus in ("vocals=3-4", "live/vocals=3-4")]
    assert ends[0].routes == ends[1].routes


def test_what_the_words_say_is_what_is_asked_for() -> None:
    made = request("demo", "--latency 0.4 --on-late mute --insert vocals=Gain:gain_db=-6")
    assert (made.latency_s, made.late, list(made.inserts)) == (0.4, "mute", ["vocals"])
    assert (made.source, made.sink, made.clock, made.recording.run_folder) == (SONG, None, "wall", Path("out"))


@pytest.mark.parametrize(("ends", "timing"), [
    (SourceSink(SONG, None, "wall"), DeviceTiming()),
    (SourceSink(SONG, None, "wall", 64, 48_000), DeviceTiming(48_000, 64))], ids=["usual", "its own"])
@pytest.mark.parametrize("command", ["run", "demo"])
def test_auto_asks_for_the_best_latency_with_this_device(command: str, ends: SourceSink, timing: DeviceTiming,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one that is depends on the machine: tests/stream/tuning tries that."""
    asked: list[DeviceTiming] = []

    def best_s(_opening: Opening, timing: DeviceTiming, _say: Say) -> float:
        asked.append(timing)
        return 0.7

    monkeypatch.setattr(runwords, "best_s", best_s)
    words = run_words(parse([command, "--latency", "auto"]))
    made = words.request(lambda: Opening("center"), ends, RecordingOptions(), print)
    assert (words.latency_s, made.latency_s, asked) == (None, 0.7, [timing])


@pytest.mark.parametrize("command", ["run", "demo"])
@pytest.mark.parametrize("words", WRONG)
def test_wrong_words_are_refused_before_anything_is_opened(command: str, words: str) -> None:
    with pytest.raises(ValueError, match=WRONG[words]):
        run_words(parse([command, *words.split()])).request(never, SourceSink(SONG, None, "wall"), RecordingOptions(),
                                                            print)


def test_words_of_devices_are_the_run_s_alone(tmp_path: Path) -> None:
    song = tmp_path / "song.wav"
    song.touch()
    found = source_sink(parse(["run", "--input-device", str(song), "--output-device", str(tmp_path / "out.wav"),
                               "--block", "64", "--samplerate", "48000", "--clock", "wall", "--clocks", "two"]))
    assert found == SourceSink(song, tmp_path / "out.wav", "wall", 64, 48_000, (), "two")


def test_buses_go_where_the_words_say(tmp_path: Path) -> None:
    song = tmp_path / "song.wav"
    song.touch()
    found = source_sink(parse(["run", "--device", str(song), "--record", str(tmp_path), "--out", "vocals=3-4"]))
    assert found.routes
    assert all(isinstance(route, Route) for route in found.routes)
