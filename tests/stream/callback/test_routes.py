"""Every bus leaves by the channels it is routed to, and nowhere else."""

import numpy as np
import pytest

from stream.callback.header import MONO
from stream.callback.player import FADE
from stream.callback.routes import bus, table
from stream.devices.wiring import ports, wiring
from stream.mixer.route import Route, apart, route, width
from tests.rig.byhand import SOURCES, Live, Shares, late_by, noise, same_bits

FRAMES = 20_000


@pytest.mark.parametrize(("text", "bus", "channels"), [
    ("mix=1-2", "mix", (0, 1)), ("vocals=3-4", "vocals", (2, 3)), ("cue=8-7", "cue", (7, 6)),
    ("drums=5", "drums", (4,))])
def test_a_route_is_a_bus_and_channels_as_the_box_counts_them(text: str, bus: str, channels: tuple[int, ...]) -> None:
    assert route(text) == Route(bus, channels)
    assert str(route(text)) == text


def test_routes_may_name_other_devices() -> None:
    own, cue, second = route("mix=1-2"), route("cue=3-4@USB Phones"), route("vocals=1@2")
    assert cue == Route("cue", (2, 3), "USB Phones")
    assert str(cue) == "cue=3-4@USB Phones"
    assert apart([cue, own, second]) == ((own,), (cue, second))
    assert apart([own]) == ((own,), ())


@pytest.mark.parametrize("text", ["vocals=ardour:in 1,ardour:in 2", "bass=system:playback_3"])
def test_a_route_may_name_ports(text: str) -> None:
    found = route(text)
    assert (found.channels, len(found.ports)) == ((), 1 + text.count(","))
    assert str(found) == text


@pytest.mark.parametrize("text", ["vocals=a:", "vocals=:b", "vocals=a:b,", "vocals=a:b,c", "vocals=a:b,a:b",
                                  "mix=a:b,c:d,e:f"])
def test_what_names_no_ports_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a route to one or two ports such as vocals=CLIENT:PORT,CLIENT:PORT"):
        route(text)


def test_a_jack_client_has_ports_for_every_bus_and_leads_those_that_are_wanted() -> None:
    there = ["system:playback_1", "system:playback_2", "system:playback_3"]
    made = wiring(ports([route("vocals=1"), route("mix=3-2"), route("cue=x:l,x:r")], there), SOURCES)
    pairs = [f"{bus}_{side}" for bus in ("mix", *SOURCES, "cue") for side in ("left", "right")]
    assert made.names == (*pairs, "vocals_mono")
    assert made.connections == (("vocals_mono", there[0]), ("mix_left", there[2]), ("mix_right", there[1]),
                                ("cue_left", "x:l"), ("cue_right", "x:r"))
    channels = table(made.routes, SOURCES, len(made.names))
    assert list(channels) == [*range(len(made.names) - 1), MONO - 2 * bus("vocals", SOURCES)]


@pytest.mark.parametrize(("there", "leads"), [(["a:1", "a:2", "a:3"], ["mix_left", "mix_right"]),
                                              (["a:1"], ["mix_mono"]), ([], [])], ids=["three", "one", "none"])
def test_without_a_route_the_mix_has_the_first_two_ports(there: list[str], leads: list[str]) -> None:
    assert wiring(ports([], there), SOURCES).connections == tuple(zip(leads, there, strict=False))


@pytest.mark.parametrize("text", ["", "mix", "mix=", "=1-2", "mix=0", "mix=0-1", "mix=1-2-3", "mix=a-b", "mix=1-",
                                  "mix=-1", "mix=1-2@", "mix=2-2", "mix=1.5", "mix=²"])
def test_what_is_no_route_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a route such as vocals=3-4, mix=1 or"):
        route(text)


def test_the_widest_route_says_how_many_channels_are_wanted() -> None:
    assert width([]) == 2
    assert width([route("mix=1"), route("vocals=7-8")]) == 8


@pytest.mark.parametrize(("texts", "says"), [
    (["guitar=1-2"], "there is no bus guitar; the buses are mix, drums, bass, other, vocals, cue"),
    (["vocals=7-8"], "vocals=7-8: the output device has only 6 channels"),
    (["mix=1-2", "vocals=2-3"], "vocals=2-3: channel 2 already has another bus")])
def test_what_the_device_or_the_model_lacks_is_refused(texts: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        table([route(text) for text in texts], SOURCES, 6)


def routed(*texts: str, channels: int = 8, separate: bool = True, prepare: dict[str, dict[str, float]] | None = None):
    """The input, late by the latency, and what came out on each channel."""
    mix = noise(FRAMES)
    live = Live(Shares(), channels=(2, channels), routes=tuple(map(route, texts)))
    live.mixer.recall(prepare or {})
    live.mixer.settle()
    return late_by(mix, live.delay), live.play(mix, separate)


def test_each_stem_leaves_by_its_own_pair_sample_for_sample() -> None:
    dry, out = routed(*(f"{stem}={2 * i + 1}-{2 * i + 2}" for i, stem in enumerate(SOURCES)))
    for index, share in enumerate(Shares().shares):
        np.testing.assert_allclose(out[:, 2 * index : 2 * index + 2], share * dry, rtol=0, atol=1e-6)


@pytest.mark.parametrize("separate", [True, False], ids=["there", "late"])
def test_the_stems_pairs_sum_to_the_mix_even_when_they_are_late(separate: bool) -> None:
    dry, out = routed(*(f"{stem}={2 * i + 1}-{2 * i + 2}" for i, stem in enumerate(SOURCES)), separate=separate)
    start = 0 if separate else np.flatnonzero(dry[:, 0])[0] + FADE  # nothing was there to fade from
    np.testing.assert_allclose(out.reshape(len(out), 4, 2).sum(axis=1)[start:], dry[start:], rtol=0, atol=1e-6)


def test_the_mix_stays_bit_for_bit_on_whatever_pair() -> None:
    dry, out = routed("mix=5-6", "vocals=1-2", "mix=8")
    assert same_bits(out[:, 4:6], dry)
    assert same_bits(out[:, 7:], (dry[:, :1] + dry[:, 1:]) * np.float32(0.5))
    assert not out[:, [2, 3, 6]].any()


def test_sides_may_be_swapped() -> None:
    dry, out = routed("mix=2-1", channels=2)
    assert same_bits(out[:, ::-1], dry)


def test_the_cue_bus_has_what_is_listened_to_apart() -> None:
    dry, out = routed("mix=1-2", "cue=3-4", prepare={"drums": {"cue": 1, "mute": 1}, "bass": {"cue": 1, "gain": -20}})
    np.testing.assert_allclose(out[:, 2:4], 0.75 * dry, rtol=0, atol=1e-6)
    np.testing.assert_allclose(out[:, :2], (0.25 + 0.025) * dry, rtol=0, atol=1e-6)


def test_peaks_are_those_of_the_buses_and_fall() -> None:
    live = Live(Shares())
    mix = np.full((FRAMES, 2), 0.8, np.float32)
    live.play(mix)
    peaks = live.engine.peaks()
    assert list(peaks) == ["mix", *SOURCES, "cue"]
    assert peaks["mix"] == pytest.approx((0.8, 0.8))
    assert peaks["drums"] == pytest.approx((0.4, 0.4))
    live.play(np.zeros((44_100 + live.delay, 2), np.float32))
    assert live.engine.peaks()["mix"][0] == pytest.approx(0.08, rel=0.05)  # 20 dB a second
