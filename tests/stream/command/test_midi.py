"""Pads and knobs toggle mutes while it plays, through a JACK MIDI port."""

from collections.abc import Iterator

import numpy as np
import pytest

from stream.control.midi.maps.mapfile import ready
from stream.control.midi.surface import MidiSurface
from stream.mixer.desk import Desk
from stream.mixer.mixer import RAMP_S, Mixer
from tests.rig.jackd import Jackd
from tests.rig.live import Live, command, connected, noise
from tests.rig.loopback import Loopback
from tests.rig.midi import MidiSender

RATE = 44_100
STEMS = ("drums", "bass", "other", "vocals")
PROMPT = 20  # periods within which a message is heard: one of MIDI, one of audio, the rest is a busy machine's


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd() as server:
        yield server


@pytest.mark.parametrize(("message", "muted"), [
    ([0x90, 36, 100], "drums"), ([0x9F, 39, 1], "vocals"), ([0xB0, 20, 127], "drums"), ([0xB3, 22, 64], "other"),
    ([0x90, 36, 0], None), ([0x80, 36, 64], None), ([0xB0, 20, 63], None), ([0x90, 35, 100], None),
    ([0x90, 40, 100], None), ([0xB0, 24, 127], None), ([0xC0, 36], None), ([0xF8], None), ([], None),
], ids=lambda value: " ".join(map(str, value)) or "empty" if isinstance(value, list) else str(value))
def test_a_message_mutes_the_stem_that_it_means(message: list[int], muted: str | None) -> None:
    mixer = Mixer(STEMS)
    MidiSurface(ready()["generic"], Desk(mixer), print).receive(message, 0)
    assert [stem for stem in STEMS if mixer.on(stem, "mute")] == ([muted] if muted else [])


def test_the_second_message_unmutes() -> None:
    mixer = Mixer(STEMS)
    surface = MidiSurface(ready()["generic"], Desk(mixer), print)
    for _ in range(2):
        surface.receive([0x90, 37, 100], 0)
    assert not mixer.on("bass", "mute")


def send(sender: MidiSender, number: int, with_note: bool) -> None:
    if with_note:
        sender.note_on(36 + number)
        sender.note_off(36 + number)
    else:
        sender.control(20 + number, 127)
        sender.control(20 + number, 0)


@pytest.mark.device
@pytest.mark.parametrize(("port", "with_note"), [("virtual", True), ("by name", False), ("auto", True)],
                         ids=["virtual port, notes", "port by name, controls", "auto, notes"])
def test_a_pad_silences_the_last_stem_while_it_plays_and_brings_it_back(
        jackd: Jackd, port: str, with_note: bool) -> None:
    with MidiSender(jackd) as sender, Loopback(jackd, noise(60 * RATE)) as loopback:
        requested = sender.name if port == "by name" else port
        words = ("run", "--device", "rig", "--model", "center", "--mute", "other", "--midi", requested, "--json")
        with Live(*words) as live:
            live.until(lambda: connected(loopback))
            if port == "virtual":
                sender.connect("demucs-stream")
            loopback.start()
            live.until(lambda: loopback.done > RATE)
            sent = loopback.done
            send(sender, 1, with_note)
            live.until(lambda: loopback.done > sent + RATE)
            back = loopback.done
            send(sender, 1, with_note)
            live.until(lambda: loopback.done > back + RATE)
            done = live.interrupt()
        assert done.code == 0, done.err
        sounding = loopback.recorded[: back + RATE].any(1)
    silent = sent + int(np.flatnonzero(~sounding[sent:])[0])
    again = back + int(np.flatnonzero(sounding[back:])[0])
    assert sounding[sent - RATE // 2 : sent].mean() > 0.99
    assert silent - sent < PROMPT * jackd.period + int(RAMP_S * RATE)
    assert not sounding[silent:back].any()
    assert again - back < PROMPT * jackd.period
    assert sounding[-RATE // 2 :].mean() > 0.99


@pytest.mark.device
def test_a_port_that_is_not_here_is_refused_with_those_that_are(jackd: Jackd) -> None:
    with MidiSender(jackd) as sender:
        listed = command("ports")
        done = command("run", "--device", "system", "--model", "center", "--midi", "nonsense")
    assert f"{sender.name}:out" in listed.out
    assert done.code == 2
    assert "no MIDI port is called nonsense; here are:" in done.err
    assert f"{sender.name}:out" in done.err
    assert len(done.said) == 1, done.err
