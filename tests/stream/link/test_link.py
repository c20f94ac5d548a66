"""Screens come in by a key, are told what changes, have things done; one that misbehaves harms nobody."""

import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import pytest

from stream.common.errors import Failure
from stream.link.client import Attached
from stream.link.endpoint import ENVIRONMENT, MOST_MESSAGE_BYTES, Endpoint, endpoint
from stream.link.server import AT_ONCE, MOST_SCREENS
from tests.rig.attached import Rig, rig, until
from tests.rig.byhand import SOURCES, noise

pytestmark = pytest.mark.realtime


@pytest.fixture
def made() -> Iterator[Rig]:
    with rig(acts=("quit", "record")) as found:
        yield found


def news(attached: Attached, name: str) -> Any:
    """The next that is told of a thing."""
    while True:
        found = attached.wait()
        assert found is not None
        if name in found:
            return found[name]


def test_who_comes_in_is_told_everything(made: Rig) -> None:
    with made.attach() as attached:
        state = attached.state
    assert (state["model"], state["sources"], state["acts"]) == ("htdemucs", list(SOURCES), ["quit", "record"])
    assert state["keys"] == {"d": "drums", "b": "bass", "o": "other", "v": "vocals"}
    assert sum(state["latency_parts_s"].values()) == pytest.approx(state["latency_s"])
    assert state["strips"] == made.desk.mixer.scene()
    assert list(state["peaks"]) == ["mix", *SOURCES, "cue"]
    assert (state["heard_s"], state["recording"], state["scenes"], state["done"]) == (0, False, [], 0)


def test_what_is_said_is_done(made: Rig) -> None:
    mixer = made.desk.mixer
    with made.attach() as attached:
        attached.say("set", {"vocals": {"gain": -6, "pan": 0.5}, "bass": {"gain": -math.inf}})
        attached.say("flip", "drums", "mute")
        attached.say("store", "chorus")
        attached.say("set", {"vocals": {"gain": 0}})
        attached.say("recall", 0)
        attached.say("act", "record")
        until(lambda: made.done == ["record"])
    assert (mixer.get("vocals", "gain"), mixer.get("vocals", "pan"), mixer.get("bass", "gain")) == (-6, 0.5, -math.inf)
    assert mixer.on("drums", "mute")
    assert list(made.desk.scenes) == ["chorus"]


def test_every_screen_is_told_what_another_hand_has_changed(made: Rig) -> None:
    with made.attach() as first, made.attach() as second:
        made.desk.mixer.flip("bass", "solo")  # by a pad, say
        assert [news(attached, "strips")["bass"]["solo"] for attached in (first, second)] == [1, 1]
        first.say("store", "verse")
        assert news(second, "scenes") == ["verse"]


def test_peaks_counts_and_times_are_told_as_they_are(made: Rig) -> None:
    with made.attach() as attached:
        made.live.play(noise(44_100))
        peaks = {bus: [round(x, 4) for x in pair] for bus, pair in made.live.engine.peaks().items()}
        while news(attached, "peaks") != peaks:
            pass
    with made.attach() as later:
        times = made.live.engine.worker.hop_times_s
        assert later.state["hop_times_s"]["last"] == times[-1]
        assert min(times) <= later.state["hop_times_s"]["median"] <= later.state["hop_times_s"]["p99"] <= max(times)
        assert later.state["heard_s"] == round(made.live.engine.heard / 44_100, 1)


def test_every_screen_is_told_each_slice_of_the_waveforms_once(made: Rig) -> None:
    with made.attach() as first, made.attach() as second:
        made.live.play(noise(7350))
        written, told = made.live.engine.worker.ring.written // 1470, []
        for attached in (first, second):
            slices: list[list[int]] = []
            while len(slices) < written:
                slices += news(attached, "slices")
            told.append(slices)
        assert [number for number, *_ in told[0]] == list(range(written))
        assert all(len(row) == 1 + 2 * len(SOURCES) for row in told[0])
        assert told[0] == told[1]
        made.desk.mixer.flip("bass", "mute")
        assert set(news_of(first)) == {"strips"}
    with made.attach() as later:
        assert later.state["slices"] == told[0]
        assert later.state["slice"] == made.live.engine.heard // 1470


def news_of(attached: Attached) -> dict[str, Any]:
    """The next that is told of strips, with what is told together with it."""
    while True:
        found = attached.wait()
        assert found is not None
        if "strips" in found:
            return found


def test_only_what_has_changed_is_told(made: Rig) -> None:
    with made.attach() as attached:
        made.desk.mixer.flip("bass", "mute")
        told = attached.wait()
    assert told is not None
    assert set(told) == {"strips"}


def test_lines_for_the_user_are_shown_to_those_who_are_there_and_the_last_to_those_who_come(made: Rig) -> None:
    with made.attach() as attached:
        made.link.note("vocals muted")
        assert news(attached, "notes") == ["vocals muted"]
    with made.attach() as later:
        assert later.state["notes"] == ["vocals muted"]


@pytest.mark.parametrize(("message", "says"), [
    (["set", {"piano": {"mute": 1}}], "no stem piano"), (["set", {"drums": {"pan": 3}}], "pan of drums must be -1"),
    (["set", {"drums": {"pan": math.nan}}], "pan of drums"), (["flip", "drums", "pan"], "pan is not a switch"),
    (["recall", 5], "no scene 5"), (["store", " "], "a scene needs a name"), (["act", "fly"], "there is no action"),
    (["sing"], "cannot be done"), ([], "cannot be done"), (7, "cannot be done"), (None, "cannot be done"),
    ({"set": 1}, "cannot be done"), (["set", "drums"], "cannot be done"), (["flip", ["drums"], "mute"], "no stem"),
    (["set", {"drums": {"gain": "loud"}}], "cannot be done")], ids=str)
def test_what_cannot_be_done_comes_back_as_a_line_and_nothing_is_changed(made: Rig, message: Any, says: str) -> None:
    before = made.desk.mixer.scene()
    with made.attach() as attached:
        attached._connection.send_bytes(json.dumps(message).encode())
        told = attached.wait()
        while told is not None and "error" not in told:
            told = attached.wait()
    assert told is not None
    assert says in told["error"]
    assert told["done"] == 1
    assert made.desk.mixer.scene() == before


def test_an_act_that_fails_is_a_line_and_the_screen_stays(made: Rig) -> None:
    def fail() -> None:
        raise OSError("no space left")

    made.desk.offer("keep", fail)
    with made.attach() as attached:
        attached.say("act", "keep")
        assert news(attached, "error") == "no space left"
        attached.say("act", "record")
        until(lambda: made.done == ["record"])


def works(made: Rig) -> None:
    """Another screen comes in and has something done."""
    with made.attach() as attached:
        before = made.desk.mixer.get("drums", "mute")
        attached.say("flip", "drums", "mute")
        until(lambda: made.desk.mixer.get("drums", "mute") != before)


@pytest.mark.parametrize("data", [b"", b"no json", b"\xff\xfe", b"x" * (MOST_MESSAGE_BYTES + 1), b"[" * 60_000],
                         ids=["nothing", "words", "no text", "too much", "deep"])
def test_nonsense_ends_a_screen_and_no_other(made: Rig, data: bytes) -> None:
    with made.attach() as attached:
        with suppress(OSError):  # it may be shown the door before it has said all
            attached._connection.send_bytes(data)
        while attached.wait() is not None:
            pass
        works(made)


@pytest.mark.parametrize("data", [b"", b"\xff" * 64, b"\x00\x00\x00\x04pass"], ids=["silent", "garbage", "a message"])
def test_who_has_no_key_holds_nobody_up(made: Rig, data: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(made.link.door.address)
        stranger.sendall(data)
        works(made)


def test_another_key_is_refused(made: Rig) -> None:
    with pytest.raises(Failure, match="the run does not accept this key"):
        Attached(Endpoint(made.link.door.address, b"another"))
    works(made)


def test_a_screen_that_never_looks_holds_nobody_up(made: Rig) -> None:
    with made.attach() as lazy:
        for number in range(2000):  # more than its socket holds, were all of it told at once
            lazy.say("set", {"drums": {"gain": -number / 100}})
        works(made)


def test_a_flood_is_followed_to_its_end_while_others_are_told(made: Rig) -> None:
    with made.attach() as flood, made.attach() as other:
        sender = threading.Thread(
            target=lambda: [flood.say("set", {"bass": {"gain": -n / 100}}) for n in range(8 * AT_ONCE + 1)])
        sender.start()
        assert "bass" in news(other, "strips")
        until(lambda: made.desk.mixer.get("bass", "gain") == -8 * AT_ONCE / 100)
        sender.join()


def test_a_screen_that_dies_harms_nobody(made: Rig) -> None:
    code = ("import time\nfrom stream.link.client import Attached\nfrom stream.link.endpoint import endpoint\n"
            f"a = Attached(endpoint({str(made.link.door)!r}))\na.say('act', 'record')\ntime.sleep(60)")
    process = subprocess.Popen([sys.executable, "-c", code])
    until(lambda: made.done == ["record"])
    process.kill()
    process.wait()
    until(lambda: not made.link._screens)
    works(made)


def test_no_more_screens_come_in_than_there_is_room_for(made: Rig) -> None:
    there = [made.attach() for _ in range(MOST_SCREENS)]
    with pytest.raises(Failure, match="no run answers at"):
        made.attach()
    there.pop().__exit__(None, None, None)
    until(lambda: len(made.link._screens) < MOST_SCREENS)
    works(made)
    for attached in there:
        attached.__exit__(None, None, None)


def test_when_the_run_ends_every_screen_is_told_and_nobody_comes_in() -> None:
    with rig() as made:
        first, second = made.attach(), made.attach()
        where = made.link.door
    for attached in (first, second):
        while attached.wait() is not None:
            pass
        attached.say("flip", "drums", "mute")  # into the void
        attached.__exit__(None, None, None)
    with pytest.raises(Failure, match="no run answers at"):
        Attached(where)
    with pytest.raises(OSError, match=r"No such file|refused"):
        Client(where.address)


def test_a_door_is_written_and_read_and_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Endpoint("/tmp/some@where", b"\x01\xfe")
    monkeypatch.setenv(ENVIRONMENT, str(wanted))
    assert endpoint(str(wanted)) == endpoint(None) == wanted
    monkeypatch.delenv(ENVIRONMENT)
    with pytest.raises(ValueError, match="there is no run to attach to: name one with --attach"):
        endpoint(None)


@pytest.mark.parametrize("text", ["nonsense", "@", "@there", "xyz@there", "01@", "0@there"])
def test_what_is_no_door_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a run"):
        endpoint(text)


@pytest.mark.skipif(os.name != "posix", reason="a named pipe lies in no folder")
def test_screens_attach_whatever_the_folder_for_temporary_files_is_called(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("deep" * 40)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with rig() as made, made.attach() as attached:
        assert attached.state["sources"]
    assert not Path(made.link.door.address).parent.exists()
