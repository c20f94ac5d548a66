"""OSC over real sockets: stems change, everybody who asked is told, and what a stranger sends harms nobody."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import build_msg

from stream.control.osc import AT_ONCE, FLOODED, MOST_LINES, Osc, OscAddresses, osc_address
from stream.control.oscpacket import matches
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer
from stream.mixer.strip import PARAMETERS
from tests.rig.live import Live, command, noise
from tests.rig.oscpeer import WAIT_S, OscPeer

STEMS = ("drums", "bass", "other", "vocals")
ALL = len(PARAMETERS) * len(STEMS) + 2  # and two facts


class Rig(OscPeer):
    """An OSC program on the other side, and the engine's end."""

    def __init__(self, tell: bool = False) -> None:
        super().__init__()
        self.mixer, self.said, self.acts = Mixer(STEMS), list[str](), list[str]()
        desk = Desk(self.mixer)
        desk.offer("record", lambda: self.acts.append("record"))
        peers = [self.socket.getsockname()] if tell else []
        self.facts: dict[str, int | float] = {"/latency": 0.45, "/misses": 0}
        self.osc = Osc(OscAddresses(("127.0.0.1", 0), peers), desk, lambda: self.facts, self.said.append)

    def close(self) -> None:
        self.osc.__exit__(None, None, None)
        self.socket.close()


@pytest.fixture
def desk() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.close()


@pytest.mark.parametrize(("text", "found"), [
    ("9000", ("127.0.0.1", 9000)), ("0.0.0.0:9000", ("0.0.0.0", 9000)), ("[::1]:0", ("::1", 0)),
    ("stage.local:80", ("stage.local", 80))])
def test_a_place_is_on_this_machine_unless_it_says_otherwise(text: str, found: tuple[str, int]) -> None:
    assert osc_address(text) == found


@pytest.mark.parametrize("text", ["", "nine", "65536", "-1", "host:", "1.5", "٣"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a port such as 9000"):
        osc_address(text)


def test_stems_are_muted_soloed_and_made_quieter(desk: Rig) -> None:
    desk.done("/stem/vocals/mute", 1)
    desk.done("/stem/drums/solo", True)
    desk.done("/stem/bass/gain", -6)
    assert (desk.mixer.on("vocals", "mute"), desk.mixer.on("drums", "solo")) == (True, True)
    assert desk.mixer.get("bass", "gain") == -6.0
    desk.done("/stem/vocals/mute", 0.0)
    desk.done("/stem/drums/solo")
    assert (desk.mixer.on("vocals", "mute"), desk.mixer.on("drums", "solo")) == (False, False)


@pytest.mark.parametrize(("name", "value"), [("cue", 1), ("pan", -0.5), ("low", -26.0), ("mid", 3), ("high", 12.0),
                                             ("filter", 0.25)])
def test_every_parameter_has_an_address(name: str, value: float, desk: Rig) -> None:
    desk.done(f"/stem/other/{name}", value)
    assert desk.mixer.get("other", name) == value


def outward() -> str:
    """An address of this machine's that others reach; the test is skipped where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine is in no network")
        return str(probe.getsockname()[0])


@pytest.mark.parametrize("listen", ["127.0.0.1", "0.0.0.0"])
def test_who_is_told_on_another_machine_is_told_from_an_address_that_gets_there(listen: str) -> None:
    """From 127.0.0.1 the system sends nothing to others."""
    host = outward()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind((host, 0))
        far.settimeout(WAIT_S)
        with Osc(OscAddresses((listen, 0), [far.getsockname()]), Desk(Mixer(STEMS)), dict, print) as osc:
            osc.step()
            assert far.recvfrom(65_536)[1][0] == host


def test_scenes_are_stored_and_recalled_by_name_and_number(desk: Rig) -> None:
    desk.done("/stem/bass/gain", -6)
    desk.done("/scene/store", "low")
    for recalled in ("low", 1, 1.0):
        desk.done("/stem/bass/gain", 0)
        desk.done("/scene", recalled)
        assert desk.mixer.get("bass", "gain") == -6
    assert not desk.said


def test_what_is_offered_is_done_once_a_press(desk: Rig) -> None:
    for values in ([], [1], [0], [0.0], [1.0]):
        desk.done("/record", *values)
    assert desk.acts == ["record"] * 3


def test_a_pattern_means_all_that_it_fits(desk: Rig) -> None:
    desk.done("/stem/{drums,bass}/mute", 1)
    desk.done("/stem/*/gain", -3.0)
    assert [desk.mixer.on(stem, "mute") for stem in STEMS] == [True, True, False, False]
    assert {desk.mixer.get(stem, "gain") for stem in STEMS} == {-3.0}


def test_whoever_asks_is_told_everything_and_from_then_on_what_changes(desk: Rig) -> None:
    desk.done("/state")
    first = desk.heard(ALL)
    desk.osc.step()  # and nothing is told twice
    assert first["/latency"] == pytest.approx(0.45)
    assert (first["/stem/drums/mute"], first["/stem/drums/gain"]) == (0, 0.0)
    desk.mixer.flip("bass", "mute")  # by a key, say
    desk.facts["/misses"] = 2
    desk.osc.step()
    assert desk.heard(2) == {"/stem/bass/mute": 1, "/misses": 2}


def test_who_is_named_is_told_without_asking() -> None:
    desk = Rig(tell=True)
    desk.osc.step()
    assert set(desk.heard(ALL)) >= {"/stem/vocals/gain", "/latency"}
    desk.close()


@pytest.mark.parametrize("text", ["sur\udcff\udcfe", "a\0b", "\u202e\U0001f3b5", "x" * 100_000], ids=range(4))
def test_a_text_that_cannot_be_sent_as_it_is_ends_nothing(text: str, desk: Rig) -> None:
    """Names of files are bytes, and need not be text."""
    desk.facts["/title"] = text  # type: ignore[assignment]
    desk.done("/state")
    desk.done("/stem/drums/mute", 1)
    assert desk.mixer.on("drums", "mute")
    assert desk.said == []


def test_a_bundle_is_done_at_once_whenever_it_wants_to_be(desk: Rig) -> None:
    bundle = OscBundleBuilder(int(time.time()) + 3600)
    for stem in ("drums", "vocals"):
        bundle.add_content(build_msg(f"/stem/{stem}/mute", 1))
    desk.raw(bundle.build().dgram)
    desk.osc.step()
    assert (desk.mixer.on("drums", "mute"), desk.mixer.on("vocals", "mute")) == (True, True)


@pytest.mark.parametrize(("address", "values", "says"), [
    ("/stem/piano/mute", [1], "there is no address '/stem/piano/mute'; the addresses are /state, /scene, "),
    ("/stem/drums/moot", [1], "there is no address '/stem/drums/moot'; there are /stem/drums/"),
    ("/scene", ["no"], "there is no scene no; the scenes are none"),
    ("/scene", [], "it takes a scene's name or number"),
    ("/scene", [0], "it takes a scene's name or number"), ("/scene", [float("inf")], "a scene's name or number"),
    ("/scene/store", [""], "a scene needs a name"),
    ("/stem/drums/gain", [], "it takes one number"), ("/stem/drums/gain", ["loud"], "it takes one number"),
    ("/stem/drums/gain", [99.0], "at most 24 dB"), ("/stem/drums/gain", [float("nan")], "at most 24 dB"),
    ("/stem/drums/mute", ["yes"], "it takes one number"),
    ("/stem/drums/pan", [1.5], "pan of drums must be -1 to 1"), ("/stem/[/mute", [1], "there is no address"),
    ("/" + "*a" * 5000, [1], "there is no address")], ids=lambda value: str(value)[:30])
def test_what_makes_no_sense_is_said_once_and_nothing_else_happens(
        address: str, values: list[object], says: str, desk: Rig) -> None:
    for _ in range(3):
        desk.done(address, *values)
    assert len(desk.said) == 1
    assert says in desk.said[0]
    assert desk.said[0].startswith("OSC: ")
    assert not any(desk.mixer.on(stem, "mute") or desk.mixer.get(stem, "gain") for stem in STEMS)


@pytest.mark.parametrize("data", [b"", b"\0", b"hello", b"/stem/drums/mute\0\0\0\0,i\0\0", b"#bundle\0", b"\xff" * 999,
                                  b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xff"], ids=repr)
def test_what_is_no_osc_is_passed_over(data: bytes, desk: Rig) -> None:
    desk.raw(data)
    desk.osc.step()
    desk.done("/stem/drums/mute", 1)
    assert desk.mixer.on("drums", "mute")


BUNDLE = b"#bundle\0" + bytes(8)


def nested(depth: int) -> bytes:
    data = build_msg("/stem/drums/mute", 1).dgram
    for _ in range(depth):
        data = BUNDLE + len(data).to_bytes(4, "big") + data
    return data


NOISE = {
    "type of a letter": b"/stem/drums/gain\0\0\0\0,c\0\0\0\0\0A",
    "type without a value": b"/stem/drums/gain\0\0\0\0,I\0\0",
    "type that is none": b"/stem/drums/gain\0\0\0\0,Z\0\0",
    "junk in a bundle": BUNDLE + b"\0\0\0\4junk",
    "nothing in a bundle": BUNDLE + bytes(4),
    "size that goes back": BUNDLE + b"\xff\xff\xff\xfc",
    "size that goes on": BUNDLE + b"\x7f\xff\xff\xff/a\0\0",
    "nested deep": nested(2000),
    "many messages": BUNDLE + (b"\0\0\0\4/a\0\0" * 8000),
    "blob of a negative size": b"/scene\0\0,b\0\0\xff\xff\xff\xf0",
    "no text": b"/\xff\xfe\0,\0\0\0",
    "open array": b"/scene\0\0,[[[" + bytes(4),
    "open set": b"/stem/[[a]/mute\0,\0\0\0",
    "stars": b"/stem/" + b"*" * 80 + b"x/mute\0\0\0\0",
    "choices": b"/stem/" + b"{,a,aa}" * 12 + b"x/mute\0\0\0\0",
    "long text": b"/scene\0\0,s\0\0" + b"\x1b[2J" * 10_000 + bytes(4),
    "letters for the terminal": b"/\x1b]0;you\x07\0\0\0\0",
}


@pytest.mark.parametrize("data", NOISE.values(), ids=NOISE.keys())
def test_noise_is_one_line_of_ours_that_the_terminal_can_show(
        data: bytes, desk: Rig, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder) -> None:
    for _ in range(3):
        desk.osc.receive(data, ("127.0.0.1", 9))
    assert len(desk.said) == 1
    assert desk.said[0].isprintable()
    assert len(desk.said[0]) < 400
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list
    assert not any(desk.mixer.on(stem, "mute") or desk.mixer.get(stem, "gain") for stem in STEMS)


def test_whatever_bytes_come_they_are_followed_or_said(desk: Rig, capfd: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    good = [build_msg("/stem/*/gain", -3.0).dgram, build_msg("/scene", "verse").dgram, nested(3)]
    for number in range(3000):
        data = bytearray(good[number % len(good)])
        for at in rng.integers(0, len(data), 1 + number % 4):
            data[at] = rng.integers(0, 256)
        desk.osc.receive(bytes(data[: rng.integers(1, len(data) + 1)]), ("127.0.0.1", 9))
    assert 0 < len(desk.said) <= MOST_LINES
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("pattern", "address", "meant"), [
    ("/a/?c", "/a/bc", True), ("/a/?c", "/a//c", False), ("/a/*", "/a/b/c", False), ("/*/*c", "/a/bcc", True),
    ("/a/[!x-z]c", "/a/bc", True), ("/a/[a-c]c", "/a/bc", True), ("/a/[!a-c]c", "/a/bc", False),
    ("/a/[a-]c", "/a/-c", True),
    ("/{a,b}/{c,bc}", "/a/bc", True), ("/{a,b}/{c,d}", "/a/bc", False), ("/a/bc", "/a/b", False),
    ("/a/{b", "/a/b", False),
    ("/a/.c", "/a/bc", False), ("", "", True)])
def test_a_pattern_means_what_osc_says(pattern: str, address: str, meant: bool) -> None:
    assert matches(pattern, address) == meant


def test_a_stranger_cannot_fill_the_screen(desk: Rig) -> None:
    for number in range(5 * MOST_LINES):
        desk.done(f"/{number}", 1)
    assert len(desk.said) == MOST_LINES


def test_a_flood_is_followed_as_far_as_there_is_time_and_said(desk: Rig) -> None:
    for _ in range(FLOODED + 1):
        for _ in range(2 * AT_ONCE):
            desk.send("/stem/drums/gain", -1.0)
        desk.osc.step()
    assert any("more messages come in than can be followed" in line for line in desk.said)


@pytest.mark.parametrize("addresses", [OscAddresses(("nosuch.invalid", 0)),
                                       OscAddresses(("127.0.0.1", 0), [("nosuch.invalid", 9)])])
def test_a_host_that_is_not_here_is_one_line(addresses: OscAddresses) -> None:
    with pytest.raises(ValueError, match=r"^OSC at .*nosuch.invalid.*: [^\n]*$"):
        Osc(addresses, Desk(Mixer(STEMS)), dict, print)


def test_a_port_that_is_taken_is_one_line_and_nothing_is_left(tmp_path: Path, desk: Rig) -> None:
    sf.write(tmp_path / "song.wav", noise(44_100), 44_100)
    done = command("run", "--device", tmp_path / "song.wav", "--output-device", tmp_path / "out.wav", "--model",
                   "center", "--osc", desk.osc.port)
    assert done.code == 2
    assert len(done.said) == 1
    assert "Address already in use" in done.said[0]
    assert not (tmp_path / "out.wav").exists()


def test_the_command_line_listens_while_it_plays(tmp_path: Path) -> None:
    desk = Rig(tell=True)
    port = desk.osc.port
    desk.osc.__exit__(None, None, None)
    sf.write(tmp_path / "song.wav", noise(30 * 44_100), 44_100)
    tell = "{}:{}".format(*desk.socket.getsockname())
    with Live("run", "--device", tmp_path / "song.wav", "--output-device", tmp_path / "out.wav", "--model", "center",
              "--clock", "wall", "--osc", port, "--osc-to", tell):
        assert desk.heard(2 * len(PARAMETERS) + 3)["/latency"] > 0  # center has two stems; latency, misses, xruns
        desk.send("/stem/vocals/mute", 1)
        while "/stem/vocals/mute" not in (peers := desk.heard(1)):
            assert peers.keys() <= {"/misses", "/xruns"}  # as a busy machine has them
        assert peers == {"/stem/vocals/mute": 1}
    desk.socket.close()
