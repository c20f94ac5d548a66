"""What a JACK server refuses for a moment is asked again, and what it goes on refusing is an error."""

from collections.abc import Iterator

import pytest

from stream.common.errors import Failure
from stream.devices import jackports
from tests.rig.jackd import Jackd, jack

pytestmark = pytest.mark.device


@pytest.fixture
def ours() -> Iterator[jack.Client]:
    with Jackd() as server:
        client = jack.Client("ours", no_start_server=True, servername=server.name)
        yield client
        client.close()


def test_a_port_and_a_connection_that_are_refused_at_first_are_asked_for_again(
        ours: jack.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is taken, and a port that is not there: until who waits looks the second time."""
    taken, waited = ours.outports.register("mix_left"), []

    def leave(_seconds: float) -> None:
        waited.append(1)
        taken.unregister()

    monkeypatch.setattr(jackports.time, "sleep", leave)
    port = jackports.register(ours.outports, "mix_left")
    assert (port.name, len(waited)) == ("ours:mix_left", 1)
    jackports.activate(ours)

    def come(_seconds: float) -> None:
        waited.append(1)
        ours.inports.register("late")

    monkeypatch.setattr(jackports.time, "sleep", come)
    jackports.patiently(lambda: jackports.connect(ours, "ours:mix_left", "ours:late"))
    assert [other.name for other in ours.get_all_connections(port)] == ["ours:late"]
    assert len(waited) == 2


def test_what_a_server_goes_on_refusing_is_an_error_in_the_end(ours: jack.Client,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    ours.outports.register("mix_left")
    monkeypatch.setattr(jackports.time, "sleep", waited.append)
    with pytest.raises(jack.JackError):
        jackports.register(ours.outports, "mix_left")
    assert len(waited) == jackports.TRIES - 1


def test_nobody_waits_for_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    waited: list[float] = []
    monkeypatch.setattr(jackports.time, "sleep", waited.append)
    with pytest.raises(Failure, match="no JACK server answers"):
        jackports.client("ours")
    assert waited == []
