"""What is moved is recognised from a few messages, and the walk through all targets writes a map."""

import os
from pathlib import Path

import pytest

from stream.command.miditargets import how, targets
from stream.control.midi.binding import Binding, Source, Target
from stream.control.midi.learn import SETTLED_S, Learner
from stream.control.midi.maps.mapfile import parsed
from tests.rig.jackd import Jackd
from tests.rig.live import Live, command
from tests.rig.midi import MidiSender

MUTE, GAIN, SCENE = Target(1, "mute"), Target(2, "gain"), Target(scene=3)
CONTROL, NOTE, BEND = 0xB0, 0x90, 0xE0


def learnt(target: Target, *messages: tuple[int, ...], taken: tuple[Source, ...] = ()) -> Binding | None:
    learner = Learner(target, taken)
    for number, message in enumerate(messages):
        learner.hear(message, number * 0.01)
    return learner.binding(len(messages) * 0.01 + SETTLED_S)


def controls(number: int, *values: int) -> list[tuple[int, ...]]:
    return [(CONTROL, number, value) for value in values]


@pytest.mark.parametrize(("target", "messages", "source"), [
    (MUTE, [(NOTE | 9, 36, 80), (0x80 | 9, 36, 0)], Source("note", 36, 10)),
    (MUTE, [(NOTE, 36, 0), *controls(20, 0, 3, 127)], Source("control", 20, 1)),
    (MUTE, [(BEND, 0, 64), (0xC0, 3), (NOTE, 1, 1)], Source("note", 1, 1)),
    (SCENE, [(0xC0, 3)], Source("program", 3, 1)), (SCENE, [(NOTE, 3, 1)], Source("note", 3, 1)),
    (GAIN, controls(7, 10, 12, 15, 17, 16, 12), Source("control", 7, 1)),
    (GAIN, [(NOTE, 104, 127), *[(BEND | 1, value, value) for value in range(40, 50)]], Source("bend", 0, 2)),
    (GAIN, [(CONTROL, number, value) for value in range(10) for number in (19, 51)], Source("control", 19, 1, True)),
    (GAIN, [*controls(1, 5), *controls(2, 60, 61, 62, 63)], Source("control", 2, 1)),
], ids=["pad", "button", "not what a mute cannot be", "program", "pad for a scene", "fader", "touched fader", "14 bits",
        "the one that moved most"])
def test_what_was_moved_is_recognised(target: Target, messages: list[tuple[int, ...]], source: Source) -> None:
    binding = learnt(target, *messages)
    assert binding is not None
    assert (binding.source, binding.target) == (source, target)
    assert binding.mode == ("press" if target == SCENE else "toggle" if target == MUTE else "fader")


@pytest.mark.parametrize(("values", "encoding"), [
    ((1, 1, 1, 127, 127), "twos"), ((127, 126, 127, 127), "twos"), ((1, 2, 2, 1), "twos"), ((65, 65, 66, 65), "offset"),
    ((63, 63, 62, 65), "offset"), ((1, 1, 65, 65, 66), "sign")], ids=str)
def test_an_encoder_is_recognised(values: tuple[int, ...], encoding: str) -> None:
    binding = learnt(GAIN, *controls(5, *values))
    assert binding is not None
    assert (binding.mode, binding.encoding) == ("encoder", encoding)


@pytest.mark.parametrize("values", [(0, 1, 2, 3, 4, 5), (127, 126, 125, 124), (60, 62, 64, 66, 64), (0, 127, 0, 127)],
                         ids=str)
def test_a_fader_at_an_end_or_in_a_hurry_is_no_encoder(values: tuple[int, ...]) -> None:
    binding = learnt(GAIN, *controls(5, *values))
    assert binding is not None
    assert binding.mode == "fader"


def test_nothing_is_learnt_before_enough_was_heard_and_it_is_still() -> None:
    assert learnt(GAIN, *controls(5, 1, 2, 3)) is None
    assert learnt(GAIN, (NOTE, 1, 1)) is None
    learner = Learner(GAIN)
    for number, message in enumerate(controls(5, 1, 2, 3, 4, 5)):
        learner.hear(message, number)
    assert learner.binding(4 + SETTLED_S / 2) is None
    assert learner.binding(4 + SETTLED_S) is not None


def test_what_means_something_already_is_passed_over() -> None:
    taken = (Source("control", 19, 1, True), Source("note", 36))
    assert learnt(GAIN, *controls(51, 1, 2, 3, 4, 5), taken=taken) is None
    assert learnt(MUTE, (NOTE | 3, 36, 1), taken=taken) is None
    assert learnt(MUTE, (NOTE | 3, 37, 1), taken=taken) is not None


@pytest.fixture
def keyboard() -> tuple[int, int]:
    return os.pipe()


@pytest.mark.device
def test_the_walk_learns_skips_and_writes_a_map_from_a_base(tmp_path: Path, keyboard: tuple[int, int]) -> None:
    stdin, typed = keyboard
    path = tmp_path / "mine.toml"
    with Jackd(period=128, synchronous=True) as jackd, MidiSender(jackd) as sender, Live(
            "midi", "learn", "--midi", sender.name, "-o", path, "--map", "generic", "--stems", "drums,bass", "--json",
            stdin=stdin) as live:

        def asked(text: str) -> None:
            live.until(lambda: live._text(live._err).rstrip().endswith(text))

        asked("press what should mute drums")
        sender.note_on(50)
        sender.note_off(50)
        asked("press what should mute bass")
        sender.note_on(36)
        asked("press what should solo drums")
        os.write(typed, b"\n")
        asked("press what should solo bass")
        os.write(typed, b"\n")
        asked("move (both ways) what should be the fader of drums")
        for value in (1, 1, 1, 127, 127, 127):
            sender.control(30, value)
        asked("move (both ways) what should be the fader of bass")
        os.write(typed, b"q\n")
        done = live.end()
    os.close(stdin)
    os.close(typed)
    assert done.code == 0, done.err
    assert done.report["learnt"] == ["note 50 on channel 1: 1.mute", "note 36 on channel 1: 2.mute",
                                     "control 30 on channel 1: 1.gain"]
    found = {str(binding): binding for binding in parsed(path.read_text(encoding="utf-8"), "mine").bindings}
    assert found["control 30 on channel 1: 1.gain"].mode == "encoder"
    assert {"note 38: 3.mute", "control 22: 3.mute", "control 7 on channel 2: 2.gain"} <= found.keys()
    assert not {"note 36: 1.mute", "control 20: 1.mute", "note 37: 2.mute"} & found.keys()  # learnt anew
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.device
def test_the_walk_of_decks_learns_a_button_and_a_wheel(tmp_path: Path, keyboard: tuple[int, int]) -> None:
    stdin, typed = keyboard
    path = tmp_path / "mine.toml"
    with Jackd(period=128, synchronous=True) as jackd, MidiSender(jackd) as sender, Live(
            "midi", "learn", "--midi", sender.name, "-o", path, "--decks", "--stems", "drums", "--json",
            stdin=stdin) as live:

        def asked(text: str) -> None:
            live.until(lambda: live._text(live._err).rstrip().endswith(text))

        for target, words in targets(["drums"], True):
            asked(f"{how(target)} what should {words}")
            if target.act == "a/turn":
                break
            if target.parameter == "play":
                sender.note_on(11)
            else:
                os.write(typed, b"\n")
        for value in [65] * 40 + [63] * 40:
            sender.control(34, value)
        asked("press what should begin a loop of deck a")
        os.write(typed, b"q\n")
        done = live.end()
    os.close(stdin)
    os.close(typed)
    assert done.report["learnt"] == ["note 11 on channel 1: a.play", "control 34 on channel 1: a/turn"]
    wheel = parsed(path.read_text(encoding="utf-8"), "mine").bindings[1]
    assert (wheel.mode, wheel.encoding, wheel.clicks) == ("wheel", "offset", 40)


@pytest.mark.device
def test_nothing_is_written_where_nothing_was_learnt_or_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    with Jackd(period=128, synchronous=True) as jackd, MidiSender(jackd) as sender:
        done = command("midi", "learn", "--midi", sender.name, "-o", path)
        assert (done.code, done.said[-1]) == (2, f"demucs-stream: nothing was learnt: {path} is not written")
        assert not path.exists()
        path.write_text("mine", encoding="utf-8")
        done = command("midi", "learn", "--midi", sender.name, "-o", path)
    assert (done.code, done.said) == (2, [f"demucs-stream: {path} is there already; --force writes over it"])
    assert path.read_text(encoding="utf-8") == "mine"
