"""Every ready map, control by control, through JACK; and maps that cannot be."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.command.main import main
from stream.control.midi.binding import Binding
from stream.control.midi.maps.mapfile import chosen, for_port, parsed, ready
from stream.control.midi.maps.writing import text, write
from stream.mixer.strip import PARAMETERS
from tests.rig.jackd import Jackd
from tests.rig.live import command
from tests.rig.played import ON, STEMS, Played

ENDS = {"pan": (-1, 0, 1), "filter": (-1, 0, 1)}
State = dict[tuple[str, str], float]


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd(period=128, synchronous=True) as server:
        yield server


def state(played: Played) -> State:
    return {(stem, name): played.desk.mixer.get(stem, name) for stem in STEMS for name in PARAMETERS}


def changed(before: State, after: State) -> State:
    return {key: value for key, value in after.items() if before[key] != value}


class Trial:
    """One control, and what it has to do."""

    def __init__(self, played: Played, binding: Binding) -> None:
        self.played, self.binding, self.before = played, binding, state(played)
        self.key = (f"stem{binding.target.stem}", binding.target.parameter)

    def expect(self, value: int, change: State, lit: bool) -> None:
        """Send, and want this and nothing else; and the light."""
        played, light = self.played, self.binding.light
        wanted = self.before | change
        played.move(self.binding, value)
        played.until(lambda: state(played) == wanted)
        if light is not None:
            played.until(lambda: played.shows(self.binding, light.on if lit else light.off))
        else:
            played.settle(0.02)
        assert state(played) == wanted

    def switch(self) -> None:
        hold = self.binding.mode == "hold"
        self.expect(ON, {self.key: 1}, True)
        self.expect(0, {self.key: 0 if hold else 1}, not hold)
        if not hold:
            self.expect(ON, {self.key: 0}, False)
            self.expect(0, {self.key: 0}, False)

    def alone(self) -> None:
        self.played.desk.mixer.set("stem1" if self.key[0] != "stem1" else "stem2", "solo", 1)
        self.before = self.before | {(stem, "solo"): 0.0 for stem in STEMS}
        self.switch()

    def fader(self) -> None:
        most, top = self.binding.source.most, self.binding.top
        gain = (-math.inf, 0.0 if top == 12 else top + 40 * math.log10(0.5), top)
        low, middle, high = ENDS.get(self.key[1], gain)
        for value in (0, most):  # wherever it was, it has passed it now
            self.played.move(self.binding, value)
        self.expect(0, {self.key: low}, False)
        self.expect((most + 1) // 2, {self.key: middle}, False)
        self.expect(most, {self.key: high}, False)

    def press(self) -> None:
        if self.binding.target.act:
            self.expect(ON, {}, True)
            self.played.until(lambda: self.played.done[-1:] == [self.binding.target.act])
            return
        scene = self.played.desk.scenes[f"scene{self.binding.target.scene}"]
        self.expect(ON, {(stem, name): value for stem, strip in scene.items() for name, value in strip.items()}, True)
        self.played.desk.mixer.set("stem1", "gain", -20)
        self.before = state(self.played)
        self.expect(0, {}, False)

    def run(self) -> None:
        does = {"fader": self.fader, "press": self.press, "solo": self.alone}
        does.get(self.binding.mode, self.switch)()


OF_DECKS = ("ddj-400", "ddj-flx4", "generic-decks", "mixtrack-platinum-fx", "traktor-s2-mk3")  # test_deck_maps.py


@pytest.mark.device
@pytest.mark.parametrize("name", [name for name in ready() if name not in OF_DECKS])
def test_each_control_of_a_ready_map_does_what_it_says_and_shows_it(name: str, jackd: Jackd) -> None:
    map_ = ready()[name]
    with Played(jackd, map_=name) as played:
        rest = played.desk.mixer.scene()
        for number, stem in enumerate(STEMS, 1):
            played.desk.mixer.set(stem, "pan", number / 10)
            played.desk.store(f"scene{number}")
            played.desk.mixer.recall(rest)
        for binding in map_.bindings:
            played.desk.mixer.recall(rest)
            Trial(played, binding).run()
        assert [[*message] for message in map_.start] == played.pads.heard[: len(map_.start)]
        assert played.said[1:] == []


def test_every_ready_map_says_where_its_numbers_are_from() -> None:
    assert {"generic", "launchpad", "nanokontrol2", "apc-mini", *OF_DECKS} <= ready().keys()
    assert all(map_.about and map_.source for map_ in ready().values())


@pytest.mark.parametrize(("port", "name"), [
    ("nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTR 28:0", "nanokontrol2"),
    ("nanoKONTROL2 1 SLIDER/KNOB 0", "nanokontrol2"), ("APC MINI:APC MINI MIDI 1 24:0", "apc-mini"),
    ("Launchpad Mini MK3:Launchpad Mini MK3 LPMiniMK3 MI 20:1", "launchpad"), ("MIDIIN2 (LPX MIDI) 1", "launchpad"),
    ("APC mini mk2:APC mini mk2 APC mini mk2 Contro 24:0", "apc-mini-mk2"),
    ("DDJ-400:DDJ-400 MIDI 1 24:0", "ddj-400"), ("DDJ-FLX4:DDJ-FLX4 MIDI 1 24:0", "ddj-flx4"),
    ("Traktor Kontrol S2 MK3:Traktor Kontrol S2 MK3 MIDI 1 28:0", "traktor-s2-mk3"),
    ("MixTrack Platinum FX:MixTrack Platinum FX MIDI 1 20:0", "mixtrack-platinum-fx"),
    ("Launchpad Mini MK3:Launchpad Mini MK3 LPMiniMK3 DA 20:0", None),
    ("Oxygen 25:Oxygen 25 MIDI 1 20:0", None)])
def test_the_map_is_the_one_for_the_port(port: str, name: str | None) -> None:
    found = for_port(port)
    assert (found and found.name) == name
    assert chosen(None, port).name == name or "generic"


@pytest.mark.parametrize("name", ready())
def test_a_map_that_is_written_is_read_as_it_was(name: str, tmp_path: Path) -> None:
    map_ = ready()[name]
    write(map_, tmp_path / name)
    assert parsed((tmp_path / name).read_text(encoding="utf-8"), name) == map_
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_all_that_a_binding_can_have_is_written() -> None:
    whole = """
    [[binding]]
    bend = true
    channel = [2, 3]
    target = "*.gain"
    top = 6
    pickup = false
    light = { control = [1, 2], channel = 9 }
    [[binding]]
    control = 3
    target = "drums.filter"
    mode = "encoder"
    encoding = "sign"
    clicks = 24
    on = 1
    [[binding]]
    program = 4
    scene = "loud \\"bit\\""
    light = { channel = 4 }
    """
    map_ = parsed(whole, "mine")
    assert len(map_.bindings) == 4
    assert parsed(text(map_), "mine") == map_


def test_the_example_of_the_docs_is_a_map() -> None:
    docs = (Path(__file__).parents[3] / "docs" / "guide" / "midi.md").read_text(encoding="utf-8")
    example = docs.partition("These are its parts:\n")[2].partition("\n| key |")[0]
    assert len(parsed("\n".join(line.strip() for line in example.splitlines()), "example").bindings) == 7


ENTRY = "[[binding]]\nnote = 36\ntarget = '1.mute'\n"


@pytest.mark.parametrize(("wrong", "says"), [
    ("", "a map needs [[binding]]"), ("binding = 3", "a map needs [[binding]]"), ("notes = [", "is not TOML"),
    (ENTRY + "colour = 3", "binding 1: unknown key colour; the known keys are note, control"),
    ("port = 'a'\n" + ENTRY, "unknown key port; the known keys are about, source, ports"),
    ("ports = [3]\n" + ENTRY, "ports must be a list of parts of names"),
    ("start = [[0xF0, 1]]\n" + ENTRY, "start must be a list of messages"),
    ("end = [[0x90, 1, 300]]\n" + ENTRY, "end must be a list of messages"),
    ("[[binding]]\ntarget = '1.mute'", "it needs one of note, control, program, bend, not none"),
    (ENTRY + "control = 1", "bend, not note and control"),
    (ENTRY + "scene = 1", "it needs one of target, scene, act, layer, not target and scene"),
    (ENTRY.replace("36", "128"), "binding 1: note must be 0 to 127, not 128"),
    (ENTRY.replace("36", "true"), "note must be 0 to 127, not True"),
    (ENTRY.replace("36", "[]"), "note is an empty list"),
    (ENTRY + "channel = 17", "channel must be 1 to 16, not 17"),
    (ENTRY + "channel = [1, 2, 3]\n" + ENTRY, "note 36 on channel 1 is bound twice"),
    (ENTRY.replace("36", "[36, 37]") + "channel = [1, 2, 3]", "note lists 2, but channel lists 3"),
    (ENTRY.replace("1.mute", "1.volume"), "no parameter volume; a stem has mute"),
    (ENTRY.replace("1.mute", "mute"), "'mute' is not a target such as 1.mute"),
    (ENTRY.replace("1.mute", "0.mute"), "'0.mute' is not a target"),
    (ENTRY + "mode = 'push'", "one of toggle, hold, solo, fader, encoder, wheel, steps, press, not 'push'"),
    (ENTRY + "mode = 'fader'", "mode fader does not go with 1.mute; its modes are toggle, hold, solo"),
    (ENTRY + "mode = 'solo'", "mode solo is for solo, not for mute"),
    (ENTRY.replace("mute", "gain"), "a note 36 cannot be a fader of 1.gain; that takes a control or bend"),
    (ENTRY + "top = 3", "top is for a gain"), (ENTRY + "clicks = 9", "clicks is for mode encoder, not toggle"),
    (ENTRY + "on = 200", "on must be 0 to 127, not 200"), (ENTRY + "light = 3", "light must be false or a table"),
    (ENTRY + "light = { noat = 3 }", "unknown key noat"), (ENTRY + "fine = true", "fine is for a control"),
    ("[[binding]]\ncontrol = 32\nfine = true\ntarget = '1.gain'", "control must be 0 to 31, not 32"),
    ("[[binding]]\ncontrol = 1\ntarget = '1.gain'\ntop = 99", "top must be -24 to 24, not 99"),
    ("[[binding]]\ncontrol = 1\nscene = 0", "scene must be 1 to"),
    (ENTRY + ENTRY.replace("mute", "solo"), "note 36 is bound twice: to 1.mute and to 1.solo"),
    ("[[binding]]\ncontrol = 1\nfine = true\ntarget = '1.gain'\n[[binding]]\ncontrol = 33\ntarget = '1.pan'",
     "control 1 and 33 is bound twice")], ids=lambda value: str(value)[-30:].replace("\n", " "))
def test_a_map_that_cannot_be_is_refused_in_one_line_with_its_name(wrong: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"^my\.toml") as raised:
        parsed(wrong, "my.toml")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.device
@pytest.mark.parametrize(("content", "says"), [
    (None, "there is no MIDI map my.toml; the built-in ones are apc-mini-mk2, apc-mini, ddj-400"),
    ("[", "my.toml is not TOML"),
    (ENTRY.replace("1.mute", "guitar.mute"), "my.toml: note 36: guitar.mute: there is no stem guitar; this model has")],
    ids=["absent", "not TOML", "of another model"])
def test_the_command_line_refuses_a_map_in_one_line(content: str | None, says: str, jackd: Jackd, tmp_path: Path,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("my.toml").write_text(content, encoding="utf-8")
    done = command("run", "--device", "system", "--model", "center", "--midi", "virtual", "--midi-map", "my.toml")
    assert done.code == 2
    assert len(done.said) == 1, done.err
    assert says in done.err


def test_the_ready_maps_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["midi", "maps", "--json"]) == 0
    assert main(["midi", "maps"]) == 0
    out = capsys.readouterr().out
    assert '"text": "control 0: 1.gain"' in out
    assert "nanokontrol2   Korg nanoKONTROL2" in out


def test_what_a_map_does_is_listed_and_one_that_cannot_be_used_is_refused(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('about = "one fader"\n[[binding]]\ncontrol = 7\ntarget = "vocals.gain"\n')
    assert main(["midi", "maps", str(mine)]) == 0
    assert capsys.readouterr().out == "mine.toml      one fader\n  control 7: vocals.gain\n"
    mine.write_text("[[binding]]\ncontrol = 700\n")
    assert main(["midi", "maps", "generic", str(mine)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("demucs-stream: mine.toml: binding 1: ")
