"""Wheels, layers, meters and knobs that step, without a cable: what messages do to decks, and what is shown for it."""

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from stream.control.midi.binding import Binding, Source, Target
from stream.control.midi.jog import TURN_S
from stream.control.midi.learn import Learner
from stream.control.midi.maps.mapfile import parsed, ready
from stream.control.midi.maps.writing import text
from stream.control.midi.surface import MidiSurface
from stream.decks.deckdesk import deck_desk
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer
from stream.tracks.track import Track
from tests.stream.decks.places import SCALE, Counting, Places, counted
from tests.stream.decks.rig import BLOCK, RATE, STEMS, track
from tests.stream.decks.test_wheel import beside

NOTE, CONTROL = 0x90, 0xB0
CLICKS = 720
WHEEL = "control = 34\nact = 'a/turn'\nencoding = 'offset'\nclicks = 720\n"
TOUCH = "note = 54\ntarget = 'a.touch'\n"
DECKS = ("ddj-400", "ddj-flx4", "traktor-s2-mk3", "mixtrack-platinum-fx", "generic-decks")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Track]:
    made = track(tmp_path_factory.mktemp("song") / "song.wav", counted())
    yield made
    made.close()


class Hands(Counting):
    """Deck a, a controller that is played on, and a clock that is the device's."""

    def __init__(self, song: Track, *entries: str) -> None:
        super().__init__(song)
        self.desk = deck_desk(self.booth, RATE)
        self.surface = MidiSurface(parsed("".join(f"[[binding]]\n{entry}\n" for entry in entries), "test"), self.desk,
                                   self.said.append)

    @property
    def now_s(self) -> float:
        return 100 + self.engine.position / RATE

    def send(self, *message: int) -> None:
        self.surface.receive(message, self.now_s)

    def told(self) -> dict[tuple[int, int], int]:
        return {(message[0], message[1]): message[2] for message in self.surface.tell(self.now_s)}

    def turned(self, way: Callable[[float], float], blocks: int) -> Places:
        """What is heard while a wheel goes a way, seconds of a record after seconds.

        Its clicks come as they do, up to where the device asks for the next block.
        """
        heard, clicks = [], 0
        begun_s = self.now_s
        for _ in range(blocks):
            for before_ms in range(int(1000 * BLOCK / RATE), -1, -1):
                now_s = self.now_s - before_ms / 1000
                whole = math.floor(way(max(0.0, now_s - begun_s)) / TURN_S * CLICKS)
                while whole != clicks:
                    step = max(-60, min(60, whole - clicks))
                    self.surface.receive((CONTROL, 34, 64 + step), now_s)
                    clicks += step
                self.surface.rest(now_s)
            heard.append(self.hear())
        return np.concatenate(heard)[:, 0].astype(np.float64) * SCALE


def begins(rate: float) -> Callable[[float], float]:
    """A wheel that is brought to a rate, as hands do it: within a tenth of a second."""
    return lambda t: rate * (t - 0.05 * (1 - math.exp(-t / 0.05)))


@pytest.mark.parametrize("way", [
    begins(1), begins(-0.8), begins(0.1), lambda t: 0.1 * (1 - math.cos(4 * math.pi * t)),
    lambda t: begins(1.2)(min(t, 0.5)) + 0.024 * (1 - math.exp(-max(0.0, t - 0.5) / 0.02))],
    ids=["forwards", "back", "slowly", "swings", "stops"])
def test_a_wheel_is_followed_by_its_clicks_within_a_block_and_a_half(song: Track, way: Callable[[float], float]
                                                                     ) -> None:
    hands = Hands(song, WHEEL, TOUCH)
    hands.play(5 * RATE)
    hands.send(NOTE, 54, 127)
    hands.hear(30)
    at = hands.a.state.position
    found = hands.turned(way, 90)
    assert (found > 0).mean() > 0.3
    assert beside(found, way, at).max() <= 1.5 * BLOCK
    assert hands.said == []


@pytest.mark.parametrize("rate", [1.0, -1.0, 0.5])
def test_a_wheel_that_turns_evenly_is_heard_evenly_whatever_its_clicks_are(song: Track, rate: float) -> None:
    hands = Hands(song, WHEEL, TOUCH)
    hands.play(5 * RATE)
    hands.send(NOTE, 54, 127)
    hands.hear(30)
    found = hands.turned(lambda t: rate * t, 90)[40 * BLOCK :]
    rates = (found[64:] - found[:-64]) / 64
    assert rates.mean() == pytest.approx(rate, rel=0.01)
    assert np.abs(rates / rate - 1).max() < 0.06  # a sixth of a tone, and it is not heard as steps


def test_a_wheel_without_a_hand_pushes_what_plays(song: Track) -> None:
    hands = Hands(song, WHEEL)
    at = hands.play(5 * RATE)
    hands.turned(lambda t: 0.5 * t, 40)
    hands.hear(40)
    pushed = hands.a.state.position - at - 80 * BLOCK
    assert pushed == pytest.approx(0.5 * 40 * BLOCK / 10, rel=0.1)


def test_a_controller_that_is_gone_holds_nothing_any_more(song: Track) -> None:
    hands = Hands(song, WHEEL, TOUCH, "note = 1\ntarget = 'a/1.mute'\nmode = 'hold'", "note = 2\nlayer = 'shift'",
                  "note = 3\nwithin = 'shift'\ntarget = 'a/1.solo'")
    hands.play()
    for note in (54, 1, 2):
        hands.send(NOTE, note, 100)
    hands.hear(4)
    assert (hands.desk.mixer.on("a", "touch"), hands.desk.mixer.on("a/drums", "mute")) == (True, True)
    hands.surface.let_go()
    hands.hear(4)
    assert (hands.desk.mixer.on("a", "touch"), hands.desk.mixer.on("a/drums", "mute")) == (False, False)
    hands.send(NOTE, 3, 100)
    assert not hands.desk.mixer.on("a/drums", "solo")
    hands.hear(40)
    assert hands.a.state.head.exact


PADS = ("note = [1, 2]\nlayer = 'a/pads/cues'", "note = 9\nlayer = 'a/pads/stems'", "note = 8\nlayer = 'shift'",
        "note = [11, 12]\nwithin = 'a/pads/cues'\ntarget = 'a.hotcue/*'",
        "note = [11, 12]\nwithin = ['a/pads/cues', 'shift']\nact = 'a/hot_cue_delete *'\nlight = false",
        "note = 11\nwithin = 'a/pads/stems'\ntarget = 'a/1.mute'\non = 5\noff = 1",
        "note = 20\ntarget = 'a.play'", "note = 20\nwithin = 'shift'\ntarget = 'a.reverse'")


def test_pads_mean_what_their_layer_says_and_show_it(song: Track) -> None:
    hands = Hands(song, *PADS)
    hands.play()
    hands.told()
    hands.send(NOTE, 11, 100)
    hands.send(NOTE, 11, 0)
    hands.hear(4)
    assert hands.desk.mixer.on("a", "hotcue/1")
    assert hands.told()[NOTE, 11] == 127
    hands.send(NOTE, 9, 100)
    told = hands.told()
    assert (told[NOTE, 1], told[NOTE, 9], told[NOTE, 11]) == (0, 127, 1)
    hands.send(NOTE, 11, 100)
    hands.send(NOTE, 11, 0)
    assert hands.desk.mixer.on("a/drums", "mute")
    assert hands.told() == {(NOTE, 11): 5}
    hands.send(NOTE, 12, 100)  # it means nothing here
    hands.hear(4)
    assert not hands.desk.mixer.on("a", "hotcue/2")
    hands.send(NOTE, 1, 100)
    assert hands.told() == {(NOTE, 1): 127, (NOTE, 2): 127, (NOTE, 9): 0, (NOTE, 11): 127, (NOTE, 12): 0}
    assert hands.said == []


def test_a_light_that_nothing_is_meant_by_any_more_goes_out(song: Track) -> None:
    hands = Hands(song, *PADS)
    hands.play()
    hands.desk.act("a/hot_cue_set", 2)
    hands.hear(4)
    assert hands.told()[NOTE, 12] == 127
    hands.send(NOTE, 9, 100)
    assert hands.told()[NOTE, 12] == 0


def test_a_layer_is_there_while_its_button_is_held_and_what_was_pressed_in_it_is_let_go_of(song: Track) -> None:
    hands = Hands(song, *PADS, "note = 30\nwithin = 'shift'\ntarget = 'a/2.mute'\nmode = 'hold'",
                  "note = 30\ntarget = 'a/3.mute'")
    hands.play()
    hands.desk.act("a/hot_cue_set", 1)
    hands.hear(4)
    hands.send(NOTE, 8, 100)
    for note in (11, 20, 30):
        hands.send(NOTE, note, 100)
    hands.hear(4)
    on = hands.desk.mixer.on
    assert (on("a", "hotcue/1"), on("a", "play"), on("a", "reverse")) == (False, True, True)
    assert (on("a/bass", "mute"), on("a/other", "mute")) == (True, False)
    hands.send(NOTE, 8, 0)
    hands.send(NOTE, 30, 0)
    assert (on("a/bass", "mute"), on("a/other", "mute")) == (False, False)
    hands.send(NOTE, 20, 100)
    hands.hear(4)
    assert not on("a", "play")


def test_a_fader_of_a_layer_is_picked_up_again_in_it(song: Track) -> None:
    hands = Hands(song, "note = 1\nlayer = 'x/1'", "note = 2\nlayer = 'x/2'", "control = 7\nwithin = 'x/1'\n"
                  "target = 'a.filter'", "control = 7\nwithin = 'x/2'\ntarget = 'b.filter'")
    get = hands.desk.mixer.get
    for value in (0, 64, 127):
        hands.send(CONTROL, 7, value)
    assert get("a", "filter") == 1
    hands.send(NOTE, 2, 100)
    hands.send(CONTROL, 7, 100)
    assert get("b", "filter") == 0
    for value in (40, 20):
        hands.send(CONTROL, 7, value)
    assert get("b", "filter") == pytest.approx(-44 / 64)
    hands.send(NOTE, 1, 100)
    hands.send(CONTROL, 7, 30)
    assert get("a", "filter") == 1  # it stands elsewhere now
    hands.send(CONTROL, 7, 127)
    hands.send(CONTROL, 7, 100)
    assert get("a", "filter") == pytest.approx(36 / 63)


def test_loops_light_their_pads(song: Track) -> None:
    hands = Hands(song, "note = 1\nact = 'a/auto_loop 0.5'", "note = 2\nact = 'a/auto_loop 1'",
                  "note = 3\nact = 'a/reloop'",
                  "note = 4\nact = 'a/beat_jump 1'")
    hands.play()
    assert hands.told() == {(NOTE, 1): 0, (NOTE, 2): 0, (NOTE, 3): 0, (NOTE, 4): 127}
    hands.send(NOTE, 2, 100)
    hands.hear(4)
    assert hands.told() == {(NOTE, 2): 127, (NOTE, 3): 127}
    hands.send(NOTE, 1, 100)
    hands.hear(4)
    assert hands.told() == {(NOTE, 1): 127, (NOTE, 2): 0}
    hands.send(NOTE, 3, 100)
    hands.hear(4)
    assert hands.told() == {(NOTE, 1): 0, (NOTE, 3): 0}


def test_a_knob_does_an_act_for_each_click_and_another_one_to_the_left(song: Track) -> None:
    hands = Hands(song, "control = 1\nact = 'a/double_jump'\nback = 'a/halve_jump'")
    for value, beats in ((1, 8), (2, 32), (126, 8), (127, 4)):
        hands.send(CONTROL, 1, value)
        hands.hear(4)
        assert hands.a.state.settings.jump_beats == beats


def test_level_meters_show_how_loud_decks_are(song: Track) -> None:
    map_ = parsed("[[binding]]\nnote = 1\ntarget = 'a.play'\n[[meter]]\n"
                  "decks = { a = 1, b = 2 }\ncontrol = 2\nbus = '@'\n"
                  "floor = -36\nmost = 90\n[[meter]]\nnote = 3\nchannel = 4\nbus = 'mix'", "test")
    hands = Hands(song, "note = 1\ntarget = 'a.play'")
    hands.surface = MidiSurface(map_, hands.desk, hands.said.append)
    first = hands.told()
    assert (first[CONTROL, 2], first[CONTROL | 1, 2], first[NOTE | 3, 3]) == (0, 0, 0)
    hands.play(5 * RATE)  # it counts its frames: 0.42 of full scale
    told = hands.told()
    assert told[CONTROL, 2] == pytest.approx(90 * (1 + 20 * math.log10(0.42) / 36), abs=2)
    assert told[NOTE | 3, 3] > 90
    assert (CONTROL | 1, 2) not in told
    assert [CONTROL, 2, 0] in list(hands.surface.out())


def test_a_stem_is_meant_by_its_number_among_those_of_its_deck() -> None:
    desk = Desk(Mixer(STEMS))
    assert [desk.strip(name) for name in ("a/1", "live/2", "live/5", "live/0")] == [None, "bass", None, None]


def test_decks_of_a_model_with_fewer_stems_leave_pads_dark(song: Track) -> None:
    hands = Hands(song, "note = [1, 2, 3, 4, 5, 6]\ntarget = 'b/*.mute'")
    assert [hands.desk.strip(f"b/{number}") for number in (1, 4, 5, 6)] == ["b/drums", "b/vocals", None, None]
    assert sorted(number for _, number in hands.told()) == [1, 2, 3, 4]


def test_a_wheel_is_learnt_by_a_turn_and_back() -> None:
    for encoding, left, right in (("twos", 127, 1), ("offset", 63, 65), ("sign", 65, 1)):
        learner = Learner(Target(act="a/turn"))
        for value in [right] * 128 + [left] * 128:
            learner.hear((CONTROL | 1, 30, value), 1.0)
        learner.hear((NOTE, 54, 127), 1.0)  # it is touched meanwhile
        assert learner.binding(1.1) is None
        assert learner.binding(2.0) == Binding(Source("control", 30, 2), Target(act="a/turn"), "wheel", None,
                                               encoding=encoding, clicks=128)


@pytest.mark.parametrize("name", DECKS)
def test_a_map_of_decks_does_nothing_in_a_run_without_them(name: str) -> None:
    mixer, said = Mixer(STEMS), list[str]()
    surface = MidiSurface(ready()[name], Desk(mixer), said.append)
    for status in (0x90, 0xB0, 0x91, 0xB5):
        for number in range(128):
            surface.receive((status, number, 100), 1.0)
            surface.rest(1.0)
    assert set(mixer.values()) == set(STEMS)
    assert [line for line in said if "there is no action browse" not in line] == []


HEAD = "[[binding]]\nnote = 1\n"


@pytest.mark.parametrize(("wrong", "says"), [
    (HEAD + "target = 'a.play'\nwithin = 'shift'", "nothing chooses the layer shift; there are none"),
    (HEAD + "layer = 'shift'\n" + HEAD + "target = 'a.play'", "note 1 is bound twice: to layer shift and to a.play"),
    (HEAD + "layer = 'a//b'", "'a//b' is not a layer such as shift"), (HEAD + "layer = ''", "layer is empty"),
    (HEAD + "layer = 'shift'\nmode = 'press'", "mode press does not go with layer shift; its modes are hold"),
    (HEAD + "layer = 'a/b'\nmode = 'hold'", "mode hold does not go with layer a/b; its modes are press"),
    (HEAD + "target = 'a.play'\nwithin = 3", "within must be a layer, or a list of layers, not 3"),
    (HEAD + "act = 'a/turn'\nclicks = 9", "a note 1 cannot be a wheel of a/turn; that takes a control"),
    ("[[binding]]\ncontrol = 1\nact = 'a/turn'", "a wheel needs clicks: how many it has in a turn"),
    ("[[binding]]\ncontrol = 1\nact = 'a/turn'\nclicks = 0", "clicks must be 1 to 16384, not 0"),
    ("[[binding]]\ncontrol = 1\nfine = true\nact = 'a/turn'\nclicks = 9", "a control 1 and 33 cannot be a wheel"),
    (HEAD + "act = 'a/jump_on'\nback = 'a/jump_back'\nmode = 'steps'", "a note 1 cannot be a steps of a/jump_on"),
    (HEAD + "layer = 'a/b'\nback = 'a/jump_back'", "back is for an act, not for layer a/b"),
    (HEAD + "act = ['a/jump_on', 'a/jump_back']", "act lists 2 for 1 controls"),
    (HEAD + "act = [3]", "act must be a text, or a list of texts, one for each control, not [3]"),
    (HEAD + "act = 'x/jump_on'", "there is no player x; there are live, a, b, c, d"),
    (HEAD + "target = 'x/vocals.mute'", "there is no player x; there are live, a, b, c, d"),
    (HEAD.replace("note", "program") + "target = 'a.touch'", "a program 1 cannot be a hold of a.touch"),
    (HEAD + "target = 'a.play'\nback = 'a/jump_back'", "back is for mode steps, not toggle"),
    (HEAD + "target = '@.play'\ndecks = 3", "decks must be a table such as { a = 1, b = 2 }, not 3"),
    (HEAD + "target = '@.play'\ndecks = { x = 1 }", "decks must be a table such as"),
    (HEAD + "target = '@.play'\ndecks = { a = 17 }", "a must be 1 to 16, not 17"),
    (HEAD + "target = '@.play'\ndecks = { a = 1 }\nchannel = 2", "decks have their channels already"),
    (HEAD + "target = 'a.play'\n[[meter]]\ncontrol = 1", "meter 1: it needs a bus, such as a or mix"),
    (HEAD + "target = 'a.play'\n[[meter]]\nbus = 'a'", "meter 1: it needs one of note, control, not none"),
    (HEAD + "target = 'a.play'\n[[meter]]\nbus = 'a'\nnote = 1\nfloor = 3", "floor must be -90 to -1, not 3"),
    ("meter = 3\n" + HEAD + "target = 'a.play'", "meter must be [[meter]]"),
    ("alive = [[1]]\n" + HEAD + "target = 'a.play'", "alive must be a list of messages")],
    ids=lambda value: str(value)[-40:].replace("\n", " "))
def test_what_a_map_of_decks_cannot_mean_is_one_line(wrong: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"^my\.toml") as raised:
        parsed(wrong, "my.toml")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("entry", "says"), [
    ("act = 'a/jump'", "test: note 1: a/jump: there is no action a/jump; the actions are "),
    ("act = 'a/beat_jump 1 2'", "test: note 1: a/beat_jump 1 2: a/beat_jump takes 1 values, not 2"),
    ("act = 'a/auto_loop 4'\nback = 'a/leave'", "test: note 1: a/auto_loop 4: there is no action a/leave"),
    ("target = 'a/guitar.mute'", "test: note 1: a/guitar.mute: there is no strip a/guitar")])
def test_what_decks_do_not_know_is_one_line_when_a_controller_is_plugged_in(song: Track, entry: str, says: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(says)) as raised:
        Hands(song, f"note = 1\n{entry}")
    assert "\n" not in str(raised.value)


def test_a_map_for_more_decks_than_there_are_is_dark_on_those(song: Track) -> None:
    hands = Hands(song, "note = 1\ntarget = 'c.play'", "note = 2\nact = 'd/loop_in'", "note = 3\ntarget = 'a.play'")
    assert list(hands.told()) == [(NOTE, 3)]
    for note in (1, 2):
        hands.send(NOTE, note, 100)
    assert hands.said == []


def test_pads_of_an_empty_deck_are_dark_and_say_in_a_line_that_it_is_empty(song: Track) -> None:
    hands = Hands(song, "note = [1, 2]\ntarget = 'b.hotcue/*'", "note = 3\nact = 'b/beat_jump 4'",
                  "note = 4\nact = 'b/auto_loop 4'\nback = 'b/leave_loop'",
                  "note = 5\ntarget = 'b/1.mute'\nmode = 'hold'",
                  "note = 6\ntarget = 'b.touch'", "note = 7\nact = 'b/hot_cue_delete 1'",
                  "control = 34\nact = 'b/turn'\nclicks = 720")
    hands.play()
    assert set(hands.told().values()) == {0}
    for note in (1, 3, 4, 5, 6, 7):
        hands.send(NOTE, note, 100)
        hands.send(CONTROL, 34, 5)
        hands.surface.rest(hands.now_s)
        hands.hear(4)
        hands.send(NOTE, note, 0)
        hands.hear(4)
    assert set(hands.told().values()) <= {0}
    assert not hands.desk.mixer.on("b/drums", "mute")
    assert all(line.startswith("deck b: ") for line in hands.said), hands.said
    before = hands.a.state.position
    hands.hear(4)
    assert hands.a.state.position == before + 4 * BLOCK  # the other deck plays on


def test_all_that_decks_have_is_written_as_it_is_read(tmp_path: Path) -> None:
    map_ = parsed("alive = [[0xF0, 1, 0xF7]]\n[[binding]]\n"
                  "decks = { a = 1, b = 2 }\ncontrol = 1\nact = '@/turn'\nclicks = 9\n"
                  "encoding = 'offset'\n[[binding]]\nnote = 2\nlayer = 'shift'\n[[binding]]\ncontrol = 3\n"
                  "within = ['shift']\nact = 'a/beat_jump 4'\nback = 'a/beat_jump -4'\n[[meter]]\nnote = 4\n"
                  "bus = 'mix'\n"
                  "most = 20\nfloor = -48", "mine")
    assert len(map_.bindings) == 4
    assert parsed(text(map_), "mine") == map_


def test_what_is_learnt_over_the_button_of_a_layer_leaves_a_map_that_can_be_read() -> None:
    map_ = parsed("".join(f"[[binding]]\n{entry}\n" for entry in PADS), "mine")
    learnt = map_.plus([Binding(Source("note", 8), Target(stem="a", parameter="slip"), "toggle")])
    assert not any("shift" in binding.within for binding in learnt.bindings)
    assert parsed(text(learnt), "mine").bindings[-1].target.parameter == "slip"
