"""OSC, MIDI and scenes on two decks, by the same words; what was pressed is heard of by everybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.command import scenebook
from stream.control.midi.maps.mapfile import parsed
from stream.control.midi.surface import MidiSurface
from stream.control.osc import Osc, OscAddresses
from stream.decks.deckdesk import ACTS, deck_desk, deck_facts
from stream.mixer.deckstrip import DECK_PARAMETERS
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer
from stream.mixer.players import has
from tests.rig.oscpeer import OscPeer
from tests.stream.decks.rig import RATE, STEMS, Rig


class Booth(Rig):
    """A song on deck a, and the desk of both decks."""

    def __init__(self, folder: Path) -> None:
        super().__init__(songs=[folder / f"{number}.wav" for number in range(3)])
        self.desk = deck_desk(self.booth, RATE)
        self.desk.act("a/next_song")
        self.hear(4)

    def get(self, strip: str, name: str) -> float:
        self.hear(4)
        return self.desk.mixer.get(strip, name)


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Booth]:
    made = Booth(tmp_path)
    yield made
    made.booth.close()


@pytest.fixture
def peer(booth: Booth) -> Iterator[OscPeer]:
    with OscPeer() as other, Osc(OscAddresses(("127.0.0.1", 0), []), booth.desk,
                                 lambda: deck_facts(booth.booth, booth.engine), booth.said.append) as osc:
        other.osc = osc
        yield other


def test_strips_are_set_with_their_player_before_them(booth: Booth, peer: OscPeer) -> None:
    for address, value in (("/a/vocals/gain", -6), ("/b/drums/mute", 1), ("/b/low", -12), ("/a/pfl", 1),
                           ("/master/crossfader", 0.25), ("/master/cue_mix", 0.5)):
        peer.done(address, value)
    mixers, master = booth.mixers, booth.booth.master
    assert (mixers["a"].get("vocals", "gain"), mixers["b"].on("drums", "mute")) == (-6, True)
    assert (master.get("b", "low"), master.on("a", "cue"), master.crossfader) == (-12, True, 0.25)
    assert master.get("master", "cue_mix") == 0.5
    peer.done("/{a,b}/*/mute")
    assert [mixers[deck].on(stem, "mute") for deck in "ab" for stem in STEMS] == [True] * 4 + [False] + [True] * 3
    assert booth.said == []


def test_the_transport_is_played_cued_and_looped(booth: Booth, peer: OscPeer) -> None:
    peer.done("/a/play", 1)
    assert booth.get("a", "play") == 1
    peer.done("/a/hotcue/3", 1)
    peer.done("/a/hotcue/3", 0)
    peer.done("/a/auto_loop", 2)
    assert booth.get("a", "hotcue/3") == 1
    assert booth.a.state.looping is not None
    peer.done("/a/leave_loop", 0)  # a button's release
    booth.hear(4)
    assert booth.a.state.looping is not None
    peer.done("/a/leave_loop")
    peer.done("/a/tempo", -0.5)
    peer.done("/a/key_lock", True)
    booth.hear(4)
    assert booth.a.state.looping is None
    assert (booth.a.state.settings.tempo, booth.a.state.settings.key_lock) == (-0.5, True)
    peer.done("/a/seek", 2)
    booth.hear(4)
    assert 2 <= booth.a.state.position / RATE < 2.2
    peer.done("/a/play")
    assert booth.get("a", "play") == 0
    peer.done("/a/cue", 1)  # it is set here
    peer.done("/a/cue", 0)
    peer.done("/a/cue", 1)
    assert booth.get("a", "cue") == 1
    assert booth.a.state.moving
    peer.done("/a/cue", 0)
    assert booth.get("a", "cue") == 0
    assert booth.said == []


@pytest.mark.parametrize(("address", "values"), [
    ("/a/tempo", [3]), ("/a/beat_jump", []), ("/a/beat_jump", [1, 2]), ("/a/beat_jump", ["far"]), ("/a/seek", [1e400]),
    ("/a/tempo_range", [7]), ("/a/hotcue/9", [1]), ("/c/play", [1]), ("/a/guitar/mute", [1]), ("/a/hot_cue_set", [99]),
    ("/stem/vocals/mute", [1]), ("/master/crossfader", [2])], ids=str)
def test_what_makes_no_sense_is_said_and_the_decks_play_on(
        booth: Booth, peer: OscPeer, address: str, values: list[object]) -> None:
    peer.done("/a/play", 1)
    before = booth.desk.mixer.scene()
    peer.done(address, *values)
    assert booth.get("a", "play") == 1
    assert booth.desk.mixer.scene() == before
    assert len(booth.said) == 1, booth.said


def test_who_asks_is_told_of_everything_and_then_of_changes(booth: Booth, peer: OscPeer) -> None:
    peer.done("/state")
    count = sum(len(table) for table in booth.desk.mixer.parameters.values()) + len(
        deck_facts(booth.booth, booth.engine))
    told = peer.heard(count)
    assert told["/a/vocals/mute"] == told["/a/play"] == told["/a/hotcue/1"] == told["/b/pfl"] == 0
    assert (told["/a/title"], told["/a/length"], told["/master/crossfader"]) == ("0.made", 6.0, 0.5)
    peer.done("/a/play", 1)
    booth.hear(40)
    peer.osc.step()
    news = peer.heard(2)
    assert news == {"/a/play": 1, "/a/position": pytest.approx(0.4, abs=0.11)}


@pytest.mark.parametrize("name", DECK_PARAMETERS)
def test_every_parameter_of_a_deck_is_set_and_comes_back(booth: Booth, name: str) -> None:
    booth.desk.mixer.set("a", "play", 1)
    booth.hear(4)
    parameter = DECK_PARAMETERS[name]
    for value in (parameter.most, parameter.rest):
        booth.desk.mixer.set("a", name, value)
        shown = booth.get("a", name)
        assert shown == (1 if name.startswith("hotcue") else 0 if name == "cue" else value), name


@pytest.mark.parametrize("name", ACTS)
def test_every_act_is_refused_with_what_it_does_not_take(booth: Booth, name: str) -> None:
    with pytest.raises(ValueError, match=r"takes|must be"):
        booth.desk.act(f"a/{name}", 1, 2, 3)
    with pytest.raises(ValueError, match="there is no action c/"):
        booth.desk.act(f"c/{name}")


def test_in_a_run_with_one_player_live_is_that_one(peer_of_one: tuple[OscPeer, Mixer]) -> None:
    peer, mixer = peer_of_one
    peer.done("/live/vocals/gain", -3)
    assert mixer.get("vocals", "gain") == -3
    peer.done("/*/vocals/mute")  # both of its addresses: once
    assert mixer.on("vocals", "mute")


@pytest.fixture
def peer_of_one() -> Iterator[tuple[OscPeer, Mixer]]:
    mixer = Mixer(STEMS)
    with OscPeer() as other, Osc(OscAddresses(("127.0.0.1", 0), []), Desk(mixer), dict, print) as osc:
        other.osc = osc
        yield other, mixer


def surface(booth: Booth, *entries: str) -> MidiSurface:
    return MidiSurface(parsed("".join(f"[[binding]]\n{entry}\n" for entry in entries), "test"), booth.desk,
                       booth.said.append)


def test_a_controller_plays_decks(booth: Booth) -> None:
    made = surface(booth, "note = 1\ntarget = 'a.play'", "note = 2\ntarget = 'a.cue'", "note = [11, 12, 13]\n"
                   "target = 'a.hotcue/*'", "control = 7\ntarget = 'master.crossfader'\npickup = false",
                   "control = 8\ntarget = 'a.tempo'\nmode = 'encoder'", "note = 3\nact = 'a/beat_jump 4'",
                   "note = 4\ntarget = 'b/vocals.solo'\nmode = 'solo'", "control = 9\ntarget = 'master.cue_mix'",
                   "note = 5\ntarget = 'vocals.mute'", "note = 6\ntarget = '5.mute'")
    made.receive([0x90, 1, 100], 1.0)
    assert booth.get("a", "play") == 1
    assert [0x90, 1, 127] in list(made.tell(2.0))
    made.receive([0x90, 13, 100], 3.0)
    made.receive([0x90, 13, 0], 3.1)
    assert [booth.get("a", f"hotcue/{number}") for number in (1, 2, 3)] == [0, 0, 1]
    for _ in range(20):  # faster than anything is heard
        made.receive([0xB0, 8, 1], 4.0)
    assert booth.get("a", "tempo") == pytest.approx(0.4)
    made.receive([0xB0, 7, 127], 5.0)
    assert booth.booth.master.crossfader == 1
    far = booth.a.state.position
    made.receive([0x90, 3, 100], 6.0)
    booth.hear(4)
    assert booth.a.state.position - far > 2 * RATE
    made.receive([0x90, 4, 100], 7.0)
    assert [booth.mixers[deck].on("vocals", "solo") for deck in "ab"] == [False, True]
    made.receive([0x90, 6, 100], 7.0)
    assert booth.mixers["b"].on("drums", "mute")
    made.receive([0xB0, 9, 0], 8.0)
    made.receive([0xB0, 9, 127], 8.0)
    assert booth.booth.master.get("master", "cue_mix") == 1
    made.receive([0x90, 5, 100], 9.0)  # of a player that is not here
    assert booth.said == []


def test_a_map_of_decks_is_dark_in_a_run_without_them() -> None:
    said: list[str] = []
    map_ = parsed("[[binding]]\nnote = 1\ntarget = 'a.play'\n[[binding]]\nnote = 2\ntarget = 'live/bass.mute'\n"
                  "[[binding]]\nnote = 3\ntarget = 'b/bass.mute'\n", "test")
    mixer = Mixer(STEMS)
    made = MidiSurface(map_, Desk(mixer), said.append)
    for note in (1, 2, 3):
        made.receive([0x90, note, 100], 1.0)
    assert mixer.on("bass", "mute")
    assert said == []


@pytest.mark.parametrize("entry", ["note = 1\ntarget = 'a.jump'", "note = 1\nact = 'a/beat_jump four'",
                                   "control = 1\ntarget = 'master.mute'", "note = 1\ntarget = 'a.tempo'"])
def test_a_map_that_decks_cannot_obey_is_refused_when_it_is_read(entry: str) -> None:
    with pytest.raises(ValueError, match="test: binding 1: "):
        parsed(f"[[binding]]\n{entry}\n", "test")


def test_scenes_have_all_players_and_come_back(booth: Booth) -> None:
    desk, mixer = booth.desk, booth.desk.mixer
    mixer.recall({"a/vocals": {"mute": 1}, "b/drums": {"gain": -9}, "a": {"low": -6}, "master": {"crossfader": 0.1}})
    desk.store("drop")
    kept = desk.scenes["drop"]
    assert not {"play", "tempo"} & kept["a"].keys()
    mixer.recall({"a/vocals": {"mute": 0}, "b/drums": {"gain": 0}, "a": {"low": 0}, "master": {"crossfader": 1}})
    desk.recall("drop")
    assert mixer.scene() == kept
    with pytest.raises(ValueError, match="there is no strip a/piano"):
        desk.add("odd", {"a/piano": {"mute": 1}})
    before = mixer.scene()
    with pytest.raises(ValueError, match="crossfader of master must be"):
        mixer.recall({"a/vocals": {"mute": 0}, "master": {"crossfader": 7}})
    assert mixer.scene() == before


def test_scenes_of_other_players_are_left_for_runs_that_have_them(booth: Booth) -> None:
    for name, scene in {"karaoke": {"vocals": {"mute": 1}}, "drop": {"a/bass": {"mute": 1}, "live/bass": {"mute": 1}}
                        }.items():
        booth.desk.add(name, scene)
    assert booth.desk.scenes == {"drop": {"a/bass": {"mute": 1}}}
    one = Desk(Mixer(STEMS))
    one.add("drop", {"a/bass": {"mute": 1}, "live/bass": {"mute": 1}})
    one.add("other", {"b": {"gain": -3}})
    assert one.scenes == {"drop": {"bass": {"mute": 1}}}


def test_a_scene_of_decks_and_one_of_the_input_may_share_a_name() -> None:
    scenebook.save("1", {"vocals": {"mute": 1.0}})
    scenebook.save("1", {"a/vocals": {"mute": 0.0}, "a": {"gain": -3.0}})
    scenebook.save("1", {"bass": {"mute": 1.0}})
    assert scenebook.load() == {"1": {"a/vocals": {"mute": 0.0}, "a": {"gain": -3.0}, "bass": {"mute": 1.0}}}
    scenebook.scenes_path().unlink()


def test_what_a_strip_has_by_its_name_alone_is_what_the_desk_has(booth: Booth) -> None:
    for strip, table in booth.desk.mixer.parameters.items():
        assert dict(has(strip)) == dict(table), strip
