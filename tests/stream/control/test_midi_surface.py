"""What messages do to a desk and what is shown for it, without a cable."""

import math
import random

import pytest

from stream.control.midi.continuous import clicks
from stream.control.midi.echoes import ECHO_S, SURE
from stream.control.midi.maps.mapfile import parsed, ready
from stream.control.midi.message import KINDS, Event, read, written
from stream.control.midi.scale import Scale, position, sent
from stream.control.midi.surface import MOST_LINES, TOUCHED_S, MidiSurface
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer
from stream.mixer.strip import PARAMETERS

STEMS = ("drums", "bass", "other", "vocals")
CONTROL, NOTE, BEND, PROGRAM = 0xB0, 0x90, 0xE0, 0xC0


class Bench:
    """A surface with bindings, and a clock that is moved by hand."""

    def __init__(self, *entries: str) -> None:
        self.desk, self.said, self.now_s = Desk(Mixer(STEMS)), list[str](), 100.0
        text = "".join(f"[[binding]]\n{entry}\n" for entry in entries)
        self.surface = MidiSurface(parsed(text, "test"), self.desk, self.said.append)
        self.told()
        self.now_s += 1

    def send(self, *messages: tuple[int, ...]) -> None:
        for message in messages:
            self.surface.receive(message, self.now_s)

    def told(self, after_s: float = 1.0) -> list[list[int]]:
        self.now_s += after_s
        return list(self.surface.tell(self.now_s))

    def get(self, name: str = "gain", stem: str = "drums") -> float:
        return self.desk.mixer.get(stem, name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_is_written_says_what_was_meant(kind: str) -> None:
    event = Event(kind, 16, 0 if kind == "bend" else 5, {"bend": 16_000, "program": 127}.get(kind, 99))
    assert read(written(event)) == event


@pytest.mark.parametrize("message", [
    [], [0xF8], [0x90], [0x90, 1], [0xC0], [0xC0, 1, 2], [0xB0, 200, 1], [0xB0, 1, 200], [0xD0, 1], [0xA0, 1, 2],
    [0xF0, 0x7E, 0xF7], [0xF0, *range(100), 0xF7], [0x12, 3, 4]], ids=str)
def test_what_no_control_sends_is_no_event_and_harms_nobody(message: list[int]) -> None:
    assert read(message) is None
    bench = Bench("note = 1\ntarget = '1.mute'")
    bench.send(tuple(message))
    assert (bench.said, bench.told()) == ([], [])


@pytest.mark.parametrize("name", [name for name, one in PARAMETERS.items() if not one.switch])
@pytest.mark.parametrize("most", [127, 16_383])
def test_a_position_means_one_value_and_back(name: str, most: int) -> None:
    scale = Scale(PARAMETERS[name])
    assert [sent(position(value, most), most) for value in (0, 1, most // 2, most // 2 + 1, most)] == [
        0, 1, most // 2, most // 2 + 1, most]
    for value in (0, most // 5, most - most // 5, most):
        assert sent(scale.position(scale.value(position(value, most))), most) == value
    assert scale.value(0) == PARAMETERS[name].least
    if name != "gain":
        assert scale.value(1) == PARAMETERS[name].most
        assert scale.value(position((most + 1) // 2, most)) == 0


def test_the_middle_of_a_gain_that_goes_up_to_12_db_is_0_db() -> None:
    assert Scale(PARAMETERS["gain"], 12).value(position(64, 127)) == 0
    assert Scale(PARAMETERS["gain"], 12).value(1) == 12
    assert Scale(PARAMETERS["gain"], 12).value(0) == -math.inf
    assert Scale(PARAMETERS["gain"]).value(1) == 0


def test_a_pad_toggles_holds_and_solos() -> None:
    bench = Bench("note = 1\ntarget = '1.mute'", "note = 2\ntarget = '1.cue'\nmode = 'hold'",
                  "note = [11, 12, 13, 14]\ntarget = '*.solo'\nmode = 'solo'")
    bench.send((NOTE, 1, 9), (NOTE, 1, 0))
    assert bench.get("mute") == 1
    bench.send((NOTE, 2, 9))
    assert bench.get("cue") == 1
    bench.send((0x80, 2, 64))
    assert bench.get("cue") == 0
    bench.desk.mixer.set("vocals", "solo", 1)
    bench.send((NOTE, 12, 1))
    assert [bench.get("solo", stem) for stem in STEMS] == [0, 1, 0, 0]
    bench.send((NOTE, 13, 1))
    assert [bench.get("solo", stem) for stem in STEMS] == [0, 0, 1, 0]
    bench.send((NOTE, 13, 1))
    assert [bench.get("solo", stem) for stem in STEMS] == [0, 0, 0, 0]


@pytest.mark.parametrize(("values", "muted"), [
    ((127,), 1), ((127, 0), 1), ((127, 127), 0), ((127, 0, 127), 0), ((60, 63, 64, 70, 127), 1),
    ((127, 90, 64, 60), 1)], ids=str)
def test_a_control_toggles_when_it_goes_up_and_a_knob_only_once(values: tuple[int, ...], muted: int) -> None:
    bench = Bench("control = 1\ntarget = '1.mute'")
    bench.send(*((CONTROL, 1, value) for value in values))
    assert bench.get("mute") == muted


def test_a_fader_takes_over_when_it_passes_what_is_set_and_not_before() -> None:
    bench = Bench("control = 1\ntarget = '1.pan'")
    bench.desk.mixer.set("drums", "pan", 0.5)
    for value in (10, 40, 80, 93):
        bench.send((CONTROL, 1, value))
        assert bench.get("pan") == 0.5
    bench.send((CONTROL, 1, 100))  # it has gone past 95.5
    assert bench.get("pan") == pytest.approx(36 / 63)
    bench.send((CONTROL, 1, 20))  # it has it now, however far it jumps
    assert bench.get("pan") == pytest.approx(-44 / 64)


def test_a_fader_that_somebody_else_has_overruled_has_to_be_picked_up_again() -> None:
    bench = Bench("control = 1\ntarget = '1.gain'")
    bench.send((CONTROL, 1, 127), (CONTROL, 1, 64))
    assert bench.get() == pytest.approx(40 * math.log10(0.5), abs=0.2)
    here = bench.get()
    bench.desk.mixer.set("drums", "gain", -30)
    bench.send((CONTROL, 1, 70))
    assert bench.get() == -30
    bench.desk.mixer.set("drums", "gain", here)  # as it was, but the fader is elsewhere now
    bench.send((CONTROL, 1, 90))
    assert bench.get() == here
    bench.send((CONTROL, 1, 60))
    assert bench.get() < here


def test_without_pickup_a_fader_jumps() -> None:
    bench = Bench("control = 1\ntarget = '1.pan'\npickup = false")
    bench.send((CONTROL, 1, 0))
    assert bench.get("pan") == -1


@pytest.mark.parametrize("step", [1, 2, 7, 30, 127])
@pytest.mark.parametrize("wanted", [-1, -0.37, 0, 0.61, 1])
def test_a_slow_hand_and_a_fast_one_both_catch(wanted: float, step: int) -> None:
    bench = Bench("control = 1\ntarget = '1.filter'")
    bench.desk.mixer.set("drums", "filter", wanted)
    ways = [*range(0, 127, step), 127]
    bench.send(*((CONTROL, 1, value) for value in ways))
    assert bench.get("filter") == 1


def test_fourteen_bits_come_in_two_halves() -> None:
    bench = Bench("control = 4\nfine = true\ntarget = '1.filter'\nchannel = 2")
    bench.send((CONTROL | 1, 4, 64), (CONTROL | 1, 36, 0))
    assert bench.get("filter") == 0
    bench.send((CONTROL | 1, 4, 96), (CONTROL | 1, 36, 1))
    assert bench.get("filter") == pytest.approx((96 * 128 + 1 - 8192) / 8191)
    bench.send((CONTROL | 1, 4, 97))  # half of it: nothing jumps
    assert bench.get("filter") == pytest.approx((96 * 128 + 1 - 8192) / 8191)
    bench.send((CONTROL | 1, 36, 0), (CONTROL, 4, 0), (CONTROL, 36, 0))  # the last two on another channel
    assert bench.get("filter") == pytest.approx((97 * 128 - 8192) / 8191)


def test_a_controller_that_never_sends_the_second_half_is_heard_too() -> None:
    bench = Bench("control = 4\nfine = true\ntarget = '1.filter'")
    bench.send((CONTROL, 4, 64), (CONTROL, 4, 32))
    assert bench.get("filter") == -0.5


def test_a_bend_is_a_fader_of_its_channel() -> None:
    bench = Bench("bend = true\nchannel = [1, 2, 3, 4]\ntarget = '*.gain'")
    bench.send((BEND | 2, 127, 127), (BEND | 2, 0, 64))
    assert bench.get("gain", "other") == pytest.approx(40 * math.log10(0.5), abs=1e-9)
    assert bench.get("gain", "drums") == 0
    bench.now_s += 10
    bench.desk.mixer.set("other", "gain", -math.inf)
    assert bench.told() == [[BEND | 2, 0, 0]]


@pytest.mark.parametrize(("encoding", "right", "left"), [("twos", 1, 127), ("offset", 65, 63), ("sign", 1, 65)])
def test_an_encoder_moves_on_from_where_it_is(encoding: str, right: int, left: int) -> None:
    assert (clicks(right, encoding), clicks(left, encoding)) == (1, -1)
    bench = Bench(f"control = 1\ntarget = '1.pan'\nmode = 'encoder'\nencoding = '{encoding}'\nclicks = 20")
    bench.send((CONTROL, 1, right), (CONTROL, 1, right))
    assert bench.get("pan") == pytest.approx(0.2)
    bench.desk.mixer.set("drums", "pan", -0.95)
    bench.send((CONTROL, 1, left))
    assert bench.get("pan") == -1
    for _ in range(25):
        bench.send((CONTROL, 1, right))
    assert bench.get("pan") == 1
    bench.desk.mixer.set("drums", "pan", -0.03)
    bench.send((CONTROL, 1, right))
    assert bench.get("pan") == 0  # it is held in the middle


def test_an_encoder_of_a_gain_leaves_silence_and_comes_back_to_it() -> None:
    bench = Bench("control = 1\ntarget = '1.gain'\nmode = 'encoder'\nclicks = 250")
    for value, wanted in ((127, 250), (1, 250)):
        for _ in range(wanted):
            bench.send((CONTROL, 1, value))
        assert bench.get() == (-math.inf if value == 127 else 0)


def test_scenes_come_by_number_by_name_and_by_program() -> None:
    bench = Bench("note = 1\nscene = 1", "note = 2\nscene = 'loud'")
    bench.desk.store("soft")
    bench.desk.mixer.set("drums", "gain", 3)
    bench.desk.store("loud")
    bench.send((NOTE, 1, 1))
    assert bench.get() == 0
    bench.send((NOTE, 2, 1))
    assert bench.get() == 3
    bench.send((PROGRAM, 0))
    assert bench.get() == 0
    bench.send((PROGRAM | 5, 1))
    assert bench.get() == 3
    bench.send((PROGRAM, 77))
    assert bench.said == ["MIDI: program: there is no scene 77; the scenes are soft, loud"]


def test_an_act_that_is_not_offered_or_fails_is_said_once_and_nothing_ends() -> None:
    bench = Bench("note = 1\nact = 'record'", "note = 2\nact = 'fail'")
    bench.desk.offer("fail", lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    for _ in range(3):
        bench.send((NOTE, 1, 1), (NOTE, 2, 1))
    assert bench.said == [
        "MIDI: note 1: there is no action record; the actions are fail", "MIDI: note 2: division by zero"]
    assert len(bench.said) < MOST_LINES


def test_a_stem_that_this_model_has_not_is_left_out_by_number_and_refused_by_name() -> None:
    bench = Bench("note = [1, 2, 3, 4, 5, 6]\ntarget = '*.mute'")
    bench.send((NOTE, 6, 1))
    assert not any(bench.get("mute", stem) for stem in STEMS)
    assert not any(message[1] > 4 for message in bench.told())
    with pytest.raises(ValueError, match=r"test: note 1: guitar\.mute: there is no stem guitar; this model has"):
        Bench("note = 1\ntarget = 'guitar.mute'")


def test_lights_show_who_changed_what_and_only_that() -> None:
    bench = Bench("note = [1, 2]\ntarget = '*.mute'\non = 5\noff = 21", "control = 9\nchannel = 3\ntarget = '1.gain'")
    bench.surface.forget()
    assert sorted(bench.told()) == [[NOTE, 1, 21], [NOTE, 2, 21], [CONTROL | 2, 9, 127]]
    assert bench.told() == []
    bench.desk.mixer.flip("bass", "mute")  # by a key, say
    assert bench.told() == [[NOTE, 2, 5]]
    bench.desk.mixer.set("drums", "gain", -math.inf)
    assert bench.told() == [[CONTROL | 2, 9, 0]]
    bench.send((NOTE, 1, 100))
    assert bench.told() == [[NOTE, 1, 5]]
    assert sorted(bench.surface.out()) == [[NOTE, 1, 0], [NOTE, 2, 0]]


def test_a_light_may_be_elsewhere_and_is_where_its_control_was_heard() -> None:
    bench = Bench("note = 1\ntarget = '1.mute'\nlight = { control = 50, channel = 16 }", "note = 2\ntarget = '2.mute'")
    bench.send((NOTE | 9, 1, 1), (NOTE | 9, 2, 1))
    assert bench.told() == [[CONTROL | 15, 50, 127], [NOTE | 9, 2, 127]]


def test_a_motor_is_not_moved_against_a_hand_and_then_to_what_is() -> None:
    bench = Bench("control = 1\ntarget = '1.pan'")
    bench.send((CONTROL, 1, 64), (CONTROL, 1, 90))
    assert bench.told(0.01) == []  # it is there already
    bench.desk.mixer.set("drums", "pan", -1)
    assert bench.told(0.01) == []  # a hand is on it
    bench.send((CONTROL, 1, 91))
    assert bench.told(TOUCHED_S / 2) == []
    assert bench.told(TOUCHED_S) == [[CONTROL, 1, 0]]
    assert bench.told() == []


def test_what_comes_back_from_a_loop_does_nothing() -> None:
    bench = Bench("note = 1\ntarget = '1.mute'")
    bench.send((NOTE, 1, 127))
    looped = 0
    for _ in range(5):
        for message in bench.told(0.02):
            bench.send(tuple(message))
            looped += 1
    assert (looped, bench.get("mute")) == (1, 1)
    bench.now_s += ECHO_S
    bench.send((NOTE, 1, 127))
    assert bench.get("mute") == 0


@pytest.mark.parametrize("kind", [NOTE, CONTROL], ids=["pad", "button"])
def test_what_is_held_is_let_go_of_even_just_after_its_light_was_put_out(kind: int) -> None:
    key = "note" if kind == NOTE else "control"
    bench = Bench(f"{key} = 1\ntarget = '1.mute'\nmode = 'hold'")
    bench.send((kind, 1, 127))
    assert bench.told() == [[kind, 1, 127]]
    bench.desk.mixer.set("drums", "mute", 0)  # by the screen
    assert bench.told(0.02) == [[kind, 1, 0]]
    bench.desk.mixer.set("drums", "mute", 1)
    bench.now_s += ECHO_S / 2
    bench.send((kind, 1, 0))
    assert bench.get("mute") == 0


def test_a_press_just_after_the_same_light_counts_on_a_port_that_is_no_loop() -> None:
    bench = Bench("note = [1, 2, 3, 4]\ntarget = '*.mute'")
    assert SURE <= 4  # lights that were told, and have not come back
    bench.desk.mixer.set("drums", "mute", 1)
    assert bench.told() == [[NOTE, 1, 127]]
    bench.now_s += ECHO_S / 2
    bench.send((NOTE, 1, 127))
    assert bench.get("mute") == 0


def test_a_port_that_becomes_a_loop_is_known_for_one_after_a_few_messages() -> None:
    bench = Bench("note = [1, 2, 3, 4]\ntarget = '*.mute'")
    for turned in range(20):
        bench.desk.mixer.flip(STEMS[turned % 4], "mute")
        bench.now_s += 1
        for _ in range(10):
            for message in bench.told(0.02):
                bench.now_s += 0.002
                bench.send(tuple(message))
    before = [bench.get("mute", stem) for stem in STEMS]
    bench.desk.mixer.set("drums", "mute", 1 - before[0])
    for message in bench.told():
        bench.send(tuple(message))
    assert bench.get("mute") == 1 - before[0]


def test_a_key_of_which_shift_changes_the_channel_is_let_go_of_there_too() -> None:
    bench = Bench("note = 1\nchannel = 3\ntarget = 'live/1.mute'\nmode = 'hold'",
                  "note = 1\nchannel = 2\ntarget = 'live/1.solo'\nmode = 'toggle'")
    bench.send((NOTE | 2, 1, 100))
    assert bench.get("mute") == 1
    bench.send((NOTE | 1, 1, 0))  # SHIFT was let go of before
    assert (bench.get("mute"), bench.get("solo")) == (0, 0)


def test_a_thousand_messages_of_all_kinds_leave_everything_in_its_range() -> None:
    random.seed(1)
    bench = Bench(*(f"control = {number}\ntarget = '{number % 4 + 1}.{name}'"
                    for number, name in enumerate(PARAMETERS)))
    for _ in range(5000):
        bench.send(tuple(random.randrange(256) for _ in range(random.randrange(5))))
        bench.send((CONTROL, random.randrange(12), random.randrange(128)))
    for stem in STEMS:
        for name, parameter in PARAMETERS.items():
            assert parameter.least <= bench.get(name, stem) <= parameter.most


def test_every_ready_map_goes_with_two_stems_and_with_six() -> None:
    for stems in (("other", "vocals"), (*STEMS, "guitar", "piano")):
        for map_ in ready().values():
            list(MidiSurface(map_, Desk(Mixer(stems)), print).tell(0))
