"""Songs are searched, chosen and loaded while `play` plays over a real server: by a screen's link and by OSC."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf
from pythonosc.osc_message_builder import build_msg

from stream.link.client import Attached
from stream.link.endpoint import endpoint
from tests.rig.jackd import Jackd
from tests.rig.live import Live, noise

RATE = 44_100


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd() as server:
        yield server


class Screen:
    """What an attached screen knows. notes: all lines so far"""

    def __init__(self, attached: Attached) -> None:
        self._attached, self.state, self.notes = attached, dict(attached.state), list[str]()

    def until(self, there: Any) -> None:
        while not there(self.state):
            news = self._attached.wait()
            assert news is not None, "the run has ended"
            self.state |= news
            self.notes += [*news.get("notes", ()), *([news["error"]] if "error" in news else [])]

    def on(self, deck: str, title: str) -> None:
        self.until(lambda state: state["songs"][deck]["title"] == title)

    def said(self, text: str) -> None:
        self.until(lambda _state: any(text in note for note in self.notes))


@pytest.mark.device
def test_songs_of_the_command_line_are_searched_and_loaded_while_one_plays(jackd: Jackd, tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two", "three", "four")):
        sf.write(tmp_path / f"{name}.wav", noise(120 * RATE + number) / 4, RATE, "PCM_16")
    (tmp_path / "text.wav").write_text("no sound")
    words = [tmp_path / f"{name}.wav" for name in ("one", "two", "three", "four")]
    with (Live("play", *words, "--model", "center", "--device", "jack", "--attachable", "--osc", 0, "--cache-gb", 0,
               "--json") as live, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as osc):
        live.until(lambda: "--attach " in live.err and "listening to OSC" in live.err)
        port = int(re.search(r"listening to OSC on 127.0.0.1:(\d+)", live.err)[1])  # type: ignore[index]
        place = re.search(r"--attach (\S+)", live.err)[1]  # type: ignore[index]

        def send(address: str, *values: object) -> None:
            osc.sendto(build_msg(address, list(values)).dgram, ("127.0.0.1", port))

        with Attached(endpoint(place)) as attached:
            screen = Screen(attached)
            screen.until(lambda state: state["library"]["songs"] == 4 and state["songs"]["a"]["playing"])
            assert screen.state["waiting"] == 2
            attached.say("search", "thr")
            screen.until(lambda state: state.get("search", {}).get("text") == "thr")
            (song,) = screen.state["search"]["songs"]
            assert (song["path"], screen.state["search"]["count"]) == (str(tmp_path / "three.wav"), 1)
            attached.say("load", "b", song["path"])
            screen.on("b", "three")
            screen.until(lambda state: state["waiting"] == 1)
            attached.say("load", "a", song["path"])
            screen.said("deck a plays: load three.wav once more within 3 s")
            assert screen.state["songs"]["a"]["title"] == "one"
            send("/b/load", str(tmp_path / "text.wav"))
            screen.said("text.wav cannot be read as sound")
            send("/b/load", str(tmp_path / "nowhere.wav"))
            screen.said("nowhere.wav is not there")
            attached.say("search", "")
            screen.until(lambda state: state["library"]["text"] == "")
            send("/browse", 1)
            screen.until(lambda state: state["library"]["turned"] == 1)
            name = Path(screen.state["library"]["selected"]).stem
            assert name in ("one", "two", "three", "four")
            send("/b/load")
            screen.until(lambda state: state["library"]["loaded"] == 1)
            screen.on("b", name)
            send("/a/load", str(tmp_path / "two.wav"))
            screen.said("/a/load: deck a plays: load two.wav once more")
            send("/a/load", str(tmp_path / "two.wav"))
            screen.on("a", "two")
        done = live.interrupt()
    assert done.code == 0, done.err
    assert done.report["decks"]["a"]["song"] == str(tmp_path / "two.wav")
    assert "Traceback" not in done.err
