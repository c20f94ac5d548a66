"""Controllers that are unplugged and come back, in both directions, through JACK; and which port is meant."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from stream.control.midi import controller
from stream.control.midi.cable import FLOOD
from stream.control.midi.controller import Controller, ControllerRequest
from stream.control.midi.echoes import ECHO_S
from stream.control.midi.maps.mapfile import fit, ready
from stream.control.midi.maps.own import own_map_path
from stream.control.midi.ports import Port, find
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer
from tests.rig import midi
from tests.rig.jackd import Jackd, jack
from tests.rig.live import Ended, Live, command, noise
from tests.rig.played import Played, busy, lost

CONTROL, MUTE, DRUMS_PAN = 0xB0, 48, 16  # of a nanoKONTROL2
NOTE, NOTE_OFF = 0x90, 0x80
RATE = 44_100


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd(synchronous=True) as server:
        yield server


@pytest.mark.parametrize(("one", "other"), [
    ("nanoKONTROL2:nanoKONTROL2 MIDI 1 28:0", "nanoKONTROL2:nanoKONTROL2 MIDI 1 32:0"),
    ("nanoKONTROL2 1 SLIDER/KNOB 0", "nanoKONTROL2 1 CTRL 1"), ("MIDIIN2 (LPX MIDI) 1", "MIDIOUT2 (LPX MIDI) 4"),
    ("Launchpad X LPX MIDI Out", "Launchpad X LPX MIDI In"),
    ("a2j:DDJ-400 [24] (capture): DDJ-400 MIDI 1", "a2j:DDJ-400 [28] (playback): DDJ-400 MIDI 1"),
    ("Midi-Bridge:DDJ-400 2:(capture_0) DDJ-400 MIDI 1", "Midi-Bridge:DDJ-400 2:(playback_0) DDJ-400 MIDI 1"),
    ("pads out:midi", "pads in-01:midi")])
def test_both_sides_of_a_device_and_its_next_plugging_in_are_one(one: str, other: str) -> None:
    assert Port(0, one, 0).device == Port(1, other, 0).device


@pytest.mark.parametrize(("one", "other"), [
    ("Launchpad X LPX MIDI Out", "Launchpad X LPX DAW Out"), ("nanoKONTROL2 1", "nanoKONTROL Studio 1"),
    ("MIDIIN2 (LPX MIDI) 1", "LPX MIDI 0 DAW"), ("Twister:MIDI 1 20:0", "Twister:MIDI 2 20:1")])
def test_two_devices_are_two(one: str, other: str) -> None:
    assert Port(0, one, 0).device != Port(1, other, 0).device


PORTS = [Port(number, name, 3) for number, name in enumerate((
    "Midi Through:Midi Through Port-0 14:0", "system:midi_capture_1", "demucs-stream:out", "Oxygen 25 20:0",
    "Launchpad X:LPX DA 24:0", "Launchpad X:LPX MI 24:1"))]


@pytest.mark.parametrize(("requested", "number"), [
    ("auto", 5), ("launchpad", 5), ("LPX DA", 4), ("oxygen", 3), ("0", 0), ("4", 4), ("through", 0), ("system", 1)])
def test_a_port_is_meant_by_number_or_name_and_what_has_a_map_goes_first(requested: str, number: int) -> None:
    assert find(requested, PORTS, fit).number == number


@pytest.mark.parametrize(("requested", "what"), [
    ("6", "has the number 6"), ("nonsense", "is called nonsense"), ("-1", "is called -1")])
def test_a_port_that_is_not_here_is_refused_with_all_that_are(requested: str, what: str) -> None:
    with pytest.raises(ValueError, match=f"no MIDI port {what}; here are:\n    0  Midi Through") as raised:
        find(requested, PORTS, fit)
    assert "\n    5  Launchpad X:LPX MI 24:1" in str(raised.value)


def test_auto_takes_no_loop_and_not_us() -> None:
    with pytest.raises(ValueError, match="there is no MIDI port of a controller; here are:"):
        find("auto", PORTS[:3], fit)


@pytest.mark.device
def test_a_controller_that_is_plugged_in_again_works_on_both_ways(jackd: Jackd) -> None:
    with Played(jackd, "nanoKONTROL2") as played:
        port = f"{played.pads.name} out:midi"
        assert played.said == [f"listening to MIDI port {port} with map nanokontrol2, "
                               f"lights at {played.pads.name} in:midi"]
        for lit, on in ((127, True), (0, False)):
            said = len(played.said)
            played.pads.__exit__()
            played.until(lambda: len(played.said) == said + 1)  # noqa: B023 - it is called at once
            played.desk.mixer.flip("stem2", "mute")
            played.settle()
            played.pads.shown.clear()
            played.pads.__enter__()
            played.until(lambda: played.pads.shown.get((CONTROL, MUTE + 1)) == lit)  # noqa: B023
            assert len(played.pads.shown) == 8 * 3 + 4 + 2  # everything, again
            played.until(lambda: len(played.said) == said + 2)  # noqa: B023
            played.settle(2 * ECHO_S)
            played.pads.send(CONTROL, MUTE, 127)
            played.until(lambda: played.desk.mixer.on("stem1", "mute") == on)  # noqa: B023
            played.pads.send(CONTROL, MUTE, 0)
        gone, back = f"MIDI port {port} is gone; it works again when it is back", f"MIDI port {port} is back"
        assert played.said[1:] == [gone, back] * 2


@pytest.mark.device
def test_a_map_that_begins_with_messages_begins_with_them_again_and_ends_with_others(jackd: Jackd) -> None:
    map_ = ready()["launchpad"]
    start, end = [[*message] for message in map_.start], [[*message] for message in map_.end]
    with Played(jackd, "LPX MIDI") as played:
        pads = played.pads
        played.until(lambda: len(pads.heard) > 50)
        assert pads.heard[: len(start)] == start
        pads.__exit__()
        played.until(lambda: len(played.said) == 2)
        pads.heard.clear()
        pads.__enter__()
        played.until(lambda: len(pads.heard) > 50)
        assert pads.heard[: len(start)] == start
    assert pads.heard[-len(end):] == end
    assert set(pads.shown.values()) == {0}


@pytest.mark.device
def test_lights_may_be_on_another_device_and_two_controllers_do_not_mind_each_other(jackd: Jackd) -> None:
    desk, said = Desk(Mixer(("drums", "bass"))), list[str]()
    with midi.Controller("first") as first, midi.Controller("second") as second, Played(jackd, "third") as played:
        number = next(port["number"] for port in command("ports", "--json").report["ports"]
                      if port["side"] == "input" and port["name"].startswith("first"))
        with Controller(ControllerRequest(str(number), out=second.name), desk, said.append) as ours:
            first.send(0x90, 36, 100)
            end = time.monotonic() + 30
            while second.shown.get((0x90, 36)) != 127 and time.monotonic() < end:
                ours.step()
                second.listen()
                time.sleep(0.002)
            first.listen()
            assert desk.mixer.on("drums", "mute")
            assert second.shown[0x90, 36] == 127
            assert first.heard == []
        played.settle()
        assert not played.desk.mixer.on("stem1", "mute")


@pytest.mark.device
def test_what_was_moved_last_is_learnt_while_playing_and_known_the_next_time(jackd: Jackd) -> None:
    with Played(jackd) as played:
        with pytest.raises(ValueError, match="move the fader or switch that a control is to do first"):
            played.controller.learn()
        played.desk.mixer.set("stem4", "pan", 0.5)  # by the screen, say
        played.controller.learn()
        for value in (10, 20, 30, 40, 50, 60, 64):
            played.pads.send(CONTROL | 3, 77, value)
            played.settle(0.02)
        played.until(lambda: any(line.startswith("learnt: control 77 on channel 4") for line in played.said))
        assert played.desk.mixer.get("stem4", "pan") == 0.5  # what teaches moves nothing
        played.desk.mixer.flip("stem1", "mute")
        played.controller.learn()
        played.pads.send(NOTE, 99, 100)
        played.until(lambda: any(line.startswith("learnt: note 99 on channel 1") for line in played.said))
    with Played(jackd) as played:
        assert own_map_path(played.controller.port).exists()
        played.pads.send(NOTE, 99, 100)
        played.until(lambda: played.desk.mixer.on("stem1", "mute"))
        played.pads.send(CONTROL | 3, 77, 64)
        played.pads.send(CONTROL | 3, 77, 127)
        played.until(lambda: played.desk.mixer.get("stem4", "pan") == 1)
        own_map_path(played.controller.port).unlink()


@pytest.mark.device
def test_what_nobody_moves_is_not_learnt(jackd: Jackd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controller, "PATIENCE_S", 0.1)
    with Played(jackd) as played:
        played.desk.mixer.flip("stem2", "solo")
        played.controller.learn()
        played.until(lambda: "MIDI: nothing was learnt" in played.said)
        assert not own_map_path(played.controller.port).exists()


@pytest.mark.device
def test_a_virtual_port_listens_and_tells(jackd: Jackd) -> None:
    desk, pads = Desk(Mixer(("drums", "bass"))), midi.Controller("patched")
    patchbay = jack.Client("patchbay", no_start_server=True, servername=jackd.name)
    try:
        with pads, Controller(ControllerRequest("virtual"), desk, print) as ours:
            ways = {port.name: port for port in patchbay.get_ports(is_midi=True)}
            own = [port for name, port in ways.items() if name.startswith("demucs-stream")]
            patchbay.connect(ways[f"{pads.name} out:midi"], next(port for port in own if port.is_input))
            patchbay.connect(next(port for port in own if port.is_output), ways[f"{pads.name} in:midi"])
            pads.send(0x90, 37, 100)
            end = time.monotonic() + 30
            while pads.shown.get((0x90, 37)) != 127 and time.monotonic() < end:
                ours.step()
                pads.listen()
                time.sleep(0.002)
            assert (desk.mixer.on("bass", "mute"), pads.shown[0x90, 37]) == (True, 127)
    finally:
        patchbay.close()


@pytest.mark.device
def test_floods_system_exclusive_and_halves_of_messages_are_survived(jackd: Jackd) -> None:
    with Played(jackd, "nanoKONTROL2") as played:
        played.settle()
        for _ in range(10):
            for value in range(3 * FLOOD):
                played.pads.send(CONTROL, DRUMS_PAN, value % 128)
            played.pads.send(0xF0, *range(100), 0xF7)
            played.pads.send(CONTROL, DRUMS_PAN)
            played.pads.send(0xF8)
            played.settle(0.01)
        for value in (0, 127):
            played.settle(0.02)
            played.pads.send(CONTROL, DRUMS_PAN, value)
        played.pads.send(CONTROL, MUTE, 127)
        played.until(lambda: played.desk.mixer.on("stem1", "mute"))
        assert played.desk.mixer.get("stem1", "pan") == 1
        assert played.said[1:] == []


@pytest.mark.device
def test_while_it_plays_a_controller_comes_and_goes_and_audio_goes_on(jackd: Jackd, tmp_path: Path) -> None:
    sf.write(tmp_path / "song.wav", noise(30 * RATE), RATE)
    pads, out, map_ = midi.Controller("mine"), tmp_path / "out.wav", tmp_path / "mine.toml"
    # held, not toggled: under load JACK hands a message over twice now and then
    map_.write_text("[[binding]]\nnote = [36, 37]\ntarget = '*.mute'\nmode = 'hold'\n", encoding="utf-8")

    def shown(value: int) -> bool:
        pads.listen()
        return [pads.shown.get((NOTE, 36 + stem)) for stem in (0, 1)] == [value, value]

    def until(live: Live, value: int, velocity: int | None = None) -> None:
        """Wait until the controller shows a value, holding or letting go of its pads; JACK may lose a message while
        clients come and go, so they are pressed again."""
        pressed_s = 0.0

        def there() -> bool:
            nonlocal pressed_s
            if velocity is not None and time.monotonic() - pressed_s > 1:
                pressed_s = time.monotonic()
                for stem in (0, 1):
                    pads.send(NOTE if velocity else NOTE_OFF, 36 + stem, velocity)
            return shown(value)

        try:
            live.until(there)
        except Ended:
            busy(jackd, late)
            raise

    late = lost(jackd)
    with pads, Live("run", "--device", tmp_path / "song.wav", "--output-device", out, "--clock", "wall", "--model",
                    "center", "--midi", "mine", "--midi-map", map_, "--json") as live:
        until(live, 0)
        time.sleep(1)
        until(live, 127, velocity=100)
        time.sleep(1.2)
        pads.__exit__()  # and nobody holds its pads any more
        time.sleep(1)
        pads.shown.clear()
        pads.__enter__()
        until(live, 0)
        live.until(lambda: "out:midi is back" in live.err)  # "when it is back" is no such line
        until(live, 127, velocity=100)
        until(live, 0, velocity=0)
        until(live, 127, velocity=100)
        done = live.interrupt()
        assert shown(0)  # put out
    assert done.code == 0, done.err
    port = f"MIDI port {pads.name} out:midi"
    assert [line for line in done.said if "MIDI" in line] == [
        f"listening to {port} with map mine.toml, lights at {pads.name} in:midi",
        f"{port} is gone; it works again when it is back", f"{port} is back"]
    heard = sf.read(out, always_2d=True)[0].any(1)
    begun = int(np.argmax(heard))
    muted = begun + int(np.argmin(heard[begun:]))
    again = muted + int(np.argmax(heard[muted:]))
    assert muted - begun > RATE / 2  # sound; then a second without; then sound, in which it was away
    assert again - muted > RATE
    assert heard[again : again + RATE // 2].mean() > 0.99


@pytest.mark.device
def test_ports_are_listed_with_numbers_both_ways(jackd: Jackd) -> None:
    with midi.Controller("pads") as pads:
        done = command("ports")
    inputs, _, outputs = done.out.partition("MIDI outputs:")
    assert f"{pads.name} out:midi" in inputs
    assert f"{pads.name} in:midi" in outputs
    assert all(line.split()[0].isdecimal() for line in inputs.splitlines()[1:])


def test_more_maps_than_controllers_are_refused(tmp_path: Path) -> None:
    song = tmp_path / "song.wav"
    sf.write(song, noise(RATE), RATE)
    done = command("run", "--device", song, "--output-device", tmp_path / "out.wav", "--model", "center", "--midi-map",
                   "generic")
    assert done.code == 2
    assert "--midi-map and --midi-out go with a --midi each" in done.said[-1]
    assert [*tmp_path.iterdir()] == [song]
