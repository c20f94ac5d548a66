"""A JACK client of our own: its ports have the buses' names, and what leaves by them is what came in, to the frame.

jackd's dummy driver stands for the sound card, as in test_jack; PipeWire has one of its own.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from scipy import signal

from tests.rig.jackd import Jackd, jack
from tests.rig.live import Live, calm, command, noise, take
from tests.rig.pipewire import Pipewire

pytestmark = pytest.mark.device
RATE = 44_100
CENTER = ("--model", "center")  # its stems: other, vocals
PORTS = [f"{bus}_{side}" for bus in ("mix", "other", "vocals", "cue") for side in ("left", "right")]


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd(channels=4) as server:
        yield server


def patched(live: Live, number: int) -> dict[str, set[str]]:
    """Every port of the host's, and where it leads, once so many lead anywhere: they are connected one by one."""
    watching = jack.Client("watching", no_start_server=True)
    found: dict[str, set[str]] = {}

    def there() -> bool:
        found.clear()
        for port in watching.get_ports("^demucs-stream:"):
            found[port.shortname] = {other.name for other in watching.get_all_connections(port)}
        return sum(map(bool, found.values())) >= number

    try:
        live.until(there)
    finally:
        watching.close()
    return found


@pytest.mark.parametrize(("words", "leads"), [
    ([], {"mix_left": "playback_1", "mix_right": "playback_2"}),
    (["--out", "mix=2-3", "vocals=1"],
     {"mix_left": "playback_2", "mix_right": "playback_3", "vocals_mono": "playback_1"}),
    (["--out", "cue=system:playback_2,system:playback_1"], {"cue_left": "playback_2", "cue_right": "playback_1"}),
], ids=["by itself", "channels", "ports"])
def test_ports_have_the_names_of_buses_and_lead_where_they_are_wanted(
        jackd: Jackd, words: list[str], leads: dict[str, str]) -> None:
    with Live("run", "--device", "jack", *CENTER, *words) as live:
        found = patched(live, len(leads) + 2)
        live.interrupt()
    assert {name: found.pop(name) for name in ("in_left", "in_right")} == {
        "in_left": {"system:capture_1"}, "in_right": {"system:capture_2"}}
    assert list(found)[: len(PORTS)] == PORTS
    assert {name: {port.removeprefix("system:") for port in ports} for name, ports in found.items() if ports} == {
        name: {port} for name, port in leads.items()}


def test_what_is_played_comes_out_bit_for_bit_exactly_the_printed_latency_later(jackd: Jackd) -> None:
    taken = take(jackd, noise(5 * RATE), RATE, *CENTER, freewheel=True, output="jack:rig")
    assert taken.exact
    assert sum(taken.report["latency_parts_s"].values()) == pytest.approx(taken.report["latency_s"])


def test_in_real_time_all_buses_leave_sample_aligned_without_a_miss(jackd: Jackd) -> None:
    taken = calm(lambda: take(jackd, noise(5 * RATE), RATE, *CENTER, output="jack:rig", channels=len(PORTS)))
    mix, other, vocals, cue = (taken.answer[:, at : at + 2] for at in range(0, 8, 2))
    assert np.array_equal(mix, taken.played)
    np.testing.assert_allclose(vocals + other, mix, rtol=0, atol=1e-6)
    assert 0 < np.std(vocals) < np.std(other)
    assert not cue.any()
    assert (taken.report["misses"], taken.report["underruns"]) == (0, 0)


def test_it_is_a_period_sooner_than_portaudio(jackd: Jackd) -> None:
    ours, portaudio = (take(jackd, noise(RATE), RATE, *CENTER, freewheel=True, output=output)
                       for output in ("jack:rig", "rig"))
    assert ours.exact
    assert portaudio.exact
    assert portaudio.report["latency_frames"] - ours.report["latency_frames"] == jackd.period


def test_a_file_is_played_at_the_servers_pace(jackd: Jackd, tmp_path: Path) -> None:
    song = noise(RATE)
    sf.write(tmp_path / "song.wav", song, RATE, "FLOAT")
    done = command("run", "--input-device", tmp_path / "song.wav", "--output-device", "jack", *CENTER,
                   "--record", tmp_path / "out", "--json")
    assert done.code == 0, done.err
    assert np.array_equal(sf.read(done.report["files"]["mix"], dtype="float32")[0], song)


def test_devices_lists_the_server(jackd: Jackd) -> None:
    assert f"jack  ports named after the buses ({RATE} Hz, blocks of {jackd.period} frames)" in command("devices").out
    assert command("devices", "--json").report["jack"]["samplerate"] == RATE


@pytest.mark.parametrize(("words", "code", "says"), [
    (["--device", "jack:nosuch"], 2, "input device jack:nosuch: no JACK program called nosuch has ports; here are:"),
    (["--output-device", "jack:system:nosuch"], 2, "JACK has no port system:nosuch; here are:"),
    (["--device", "jack", "--out", "mix=5-6"], 2, "mix=5-6: the output device has only 4 channels"),
    (["--device", "jack", "--out", "mix=1-2", "vocals=2"], 2,
     "--out vocals=2: the port system:playback_2 already has another bus"),
    (["--device", "jack", "--out", "mix=a:b,c:d"], 2, "JACK has no port a:b"),
    (["--device", "jack", "--out", "mix=system:capture_1"], 2, "the port system:capture_1 takes no sound"),
    (["--device", "jack", "--out", "guitar=1-2"], 2, "there is no bus guitar; the buses are mix, other, vocals, cue"),
    (["--device", "jack", "--samplerate", "96000"], 1, "cannot be opened at 96000 Hz: its server runs at 44100 Hz"),
    (["--device", "system", "--out", "mix=system:playback_1"], 2, "JACK ports need --output-device jack"),
], ids=lambda value: str(value))
def test_what_is_not_there_is_one_line(jackd: Jackd, words: list[str], code: int, says: str) -> None:
    done = command(*words, *CENTER, *([] if "--device" in words else ["--input-device", "jack"]))
    assert (done.code, len(done.said)) == (code, 1), done.err
    assert says in done.said[0]


def test_in_pipewire_a_program_is_heard_bit_for_bit(tmp_path: Path) -> None:
    song = noise(20 * 48_000)
    sf.write(tmp_path / "song.wav", song, 48_000, "FLOAT")
    words = ("run", "--input-device", "jack:browser", "--output-device", "jack:none", *CENTER)
    with (Pipewire() as server, server.program("tests.rig.player", "browser", tmp_path / "song.wav"),
          Live(*words, "--record", tmp_path / "out") as host):
        host.until(lambda: "latency" in host.err)
        time.sleep(3)
        ports = server.ports()
        assert host.interrupt().code == 0, host.err
    assert [port for port in ports if port.startswith("demucs-stream:")] == [
        f"demucs-stream:{name}" for name in (*PORTS, "in_left", "in_right")]
    heard = sf.read(tmp_path / "out" / "input.wav", dtype="float32")[0][48_000 : 2 * 48_000]
    first = int(signal.correlate(song[:, 0], heard[:, 0], "valid", "fft").argmax())
    assert np.array_equal(heard, song[first : first + len(heard)])


def test_without_a_server_it_says_how_to_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nosuch")
    done = command("--device", "jack", *CENTER)
    assert (done.code, len(done.said)) == (1, 1), done.err
    assert "no JACK server answers" in done.err
