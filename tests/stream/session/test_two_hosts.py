"""Two runs on one JACK or PipeWire server: each has a name of its own, and neither is ever led to the other."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from stream.devices.jackports import find
from tests.rig.jackd import Jackd, jack
from tests.rig.live import Live, command, noise
from tests.rig.patchbay import connections
from tests.rig.pipewire import Pipewire

pytestmark = pytest.mark.device
OWN = ("run", "--device", "jack:browser", "--model", "center")
PORTAUDIO = ("run", "--device", "browser", "--model", "center")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    sf.write(tmp_path / "song.wav", noise(48_000), 48_000, "FLOAT")
    return tmp_path / "song.wav"


@pytest.mark.parametrize(("server", "words"), [
    (Jackd, (OWN, PORTAUDIO)), (Pipewire, (PORTAUDIO, PORTAUDIO)), (Pipewire, (OWN, OWN)),
], ids=["one of each, jackd", "PortAudio, pipewire", "own clients, pipewire"])
def test_two_that_start_at_once_have_names_of_their_own_and_lead_to_the_other_program_alone(
        server: Any, words: tuple[tuple[str, ...], ...], song: Path) -> None:
    def found() -> dict[str, set[str]]:
        return {port: leads for port, leads in connections().items() if port.startswith("demucs") and leads}

    with server(), Pipewire.program("tests.rig.player", "browser", song), ExitStack() as stack:
        runs = [stack.enter_context(Live(*each)) for each in words]
        for run in runs:
            run.until(lambda: len(found()) == 8)
        there = found()
        for run in runs:
            assert run.interrupt().code == 0, run.err
    assert {port.partition(":")[0] for port in there} == {"demucs-stream", "demucs-stream-2"}
    assert {port.partition(":")[0] for leads in there.values() for port in leads} == {"browser"}


@pytest.fixture(scope="module")
def card() -> Iterator[str]:
    """A sound card's name, on a server where another run came first, with ports that look like a sound card's."""
    with Jackd(channels=0) as server, ExitStack() as stack:
        for name in ("demucs-stream", "card"):
            client = jack.Client(name, no_start_server=True, servername=server.name)
            stack.callback(client.close)
            for side in ("left", "right"):
                client.inports.register(f"in_{side}", is_physical=True)
                client.outports.register(f"out_{side}", is_physical=True)
            client.activate()
        yield "card"


@pytest.mark.parametrize("kind", ["input", "output"])
def test_another_run_is_meant_by_its_whole_name_alone(card: str, kind: str) -> None:
    assert {name.partition(":")[0] for name in find("jack", kind).ports} == {card}
    for part in ("jack:stream", "jack:demucs", "jack:demucs-strea"):
        with pytest.raises(ValueError, match=r"no JACK program called .* has ports"):
            find(part, kind)
    assert len(find("jack:demucs-stream", kind).ports) == 2


def test_portaudio_does_not_mean_it_by_a_part_of_its_name(card: str) -> None:
    done = command("--device", "stream", "--model", "center")
    assert (done.code, len(done.said)) == (2, 1), done.err
    assert "no input device is called stream; here are:" in done.err


def test_portaudio_does_not_mean_it_by_default(card: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "alsa").write_text("pcm.nothing { type hw card 99 }\n")  # then JACK's first device is the default
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "alsa"))
    assert [line.partition(",")[0].split()[-1] for line in command("devices").out.splitlines()
            if line.endswith(", default input, default output")] == [card]
