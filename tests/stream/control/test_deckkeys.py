"""Every key of the decks does what the help says, on the deck that is chosen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stream.control.deckkeys import BENDS, HOT_CUES, KILLS, LEVELS, OTHERS, PRESSES, SWITCHES, TEMPO, DeckKeys
from tests.stream.decks.rig import BLOCK, RATE, Rig


class Hands(Rig):
    """A booth and the keys of it."""

    def __init__(self, songs: list[Path]) -> None:
        super().__init__(songs=songs)
        self.stopped = list[bool]()
        self.keys = DeckKeys(self.booth, lambda name: self.booth.decks[name].state,
                             lambda: self.stopped.append(True), self.said.append)

    def type(self, keys: str, blocks: int = 4) -> Any:
        """Press keys one by one, each heard; the state of deck a."""
        for key in keys:
            self.keys.press(key)
            self.hear(blocks)
        return self.a.state


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    made = Hands([tmp_path / f"{number}.wav" for number in range(3)])
    made.type("n")
    yield made
    made.booth.close()


def test_play_pause_and_the_cue_that_is_let_go_by_the_same_key(hands: Hands) -> None:
    assert hands.type(" ").playing
    assert not hands.type(" ").playing
    paused = hands.type("c")
    assert paused.cue == paused.head.now
    held = hands.type("c")
    assert held.hold.value == "cue"
    assert held.moving
    back = hands.type("c")
    assert not back.moving
    assert back.head.now == back.cue


def test_loops_jumps_and_hot_cues(hands: Hands) -> None:
    assert hands.type(" l").looping.length == 4 * RATE // 2 << 32
    assert hands.type("-").looping.length == 2 * RATE // 2 << 32
    assert hands.type("=").looping.length == 4 * RATE // 2 << 32
    assert hands.type("x").looping is None
    before = hands.type("3").hot_cues[2]
    assert before is not None
    far = hands.type(".").position
    assert far - before.place / 2**32 == pytest.approx(2 * RATE, abs=8 * BLOCK)
    assert hands.type("3").position < far
    near = hands.type(",").position
    assert near < far - RATE
    assert hands.type("[]").looping is not None


def test_tempo_key_lock_slip_and_quantize(hands: Hands) -> None:
    assert hands.type(" }}").settings.tempo == pytest.approx(0.02)
    assert hands.type("{{{").settings.tempo == pytest.approx(-0.01)
    for key, name in SWITCHES.items():
        assert getattr(hands.type(key).settings, name)
        assert not getattr(hands.type(key).settings, name)
    assert hands.type("}").settings.tempo == 0


def test_reverse_and_brake(hands: Hands) -> None:
    hands.type(" ", 40)
    before = hands.type("r").position
    assert hands.type("", 1).position <= before
    assert hands.type("rz", 60).playing is False


def test_stems_are_muted_and_soloed_on_the_deck_that_is_chosen(hands: Hands) -> None:
    hands.type("v")
    assert hands.booth.mixers["a"].on("vocals", "mute")
    hands.type("/D")
    assert hands.booth.mixers["b"].on("drums", "solo")
    assert not hands.booth.mixers["b"].on("vocals", "mute")
    hands.type("n ")
    assert hands.booth.decks["b"].state.playing
    assert not hands.booth.decks["a"].state.playing


def test_the_crossfader_stops_at_its_ends(hands: Hands) -> None:
    hands.type("<" * 8, 1)
    assert hands.booth.master.crossfader == 0
    hands.type(">" * 12, 1)
    assert hands.booth.master.crossfader == 1


def test_when_there_is_no_next_song_it_is_told_and_q_ends_the_run(hands: Hands) -> None:
    hands.type("nn")
    with pytest.raises(ValueError, match="there are no more songs"):
        hands.type("n")
    hands.type("q")
    assert hands.stopped == [True]


def test_no_key_means_two_things_and_the_help_has_all_of_them(hands: Hands) -> None:
    keys = [*PRESSES, *SWITCHES, *TEMPO, *HOT_CUES, *BENDS, *LEVELS, *KILLS, *OTHERS, *"dbovDBOV"]
    assert len(keys) == len({*keys})
    assert all(word in hands.keys.help for word in ("space", "v=vocals", "l loops", "< > crossfade", "q quits"))


def test_holds_are_let_go_by_the_same_key(hands: Hands) -> None:
    assert hands.type(" e").hold.value == "censor"
    assert hands.type("e").hold.value == "none"
    assert hands.type(";").settings.bend == -0.02
    assert hands.type("'").settings.bend == 0.02
    assert hands.type("'").settings.bend == 0


def test_a_hot_cue_is_deleted_and_the_tempo_has_ranges_and_its_own(hands: Hands) -> None:
    assert hands.type("3").hot_cues[2] is not None
    assert hands.type("C3").hot_cues[2] is None
    assert [hands.type("R").settings.tempo_range for _ in range(4)] == [16, 50, 6, 10]
    assert hands.type("}}0").settings.tempo == 0


def test_a_stem_is_swapped_with_the_other_deck_and_back(hands: Hands) -> None:
    hands.type("wv")
    a, b = hands.booth.mixers["a"], hands.booth.mixers["b"]
    assert (a.on("vocals", "solo"), b.on("vocals", "mute"), b.on("drums", "mute")) == (True, True, False)
    hands.type("wv")
    assert (a.on("vocals", "solo"), b.on("vocals", "mute")) == (False, False)


def test_faders_trims_bands_curve_and_sides(hands: Hands) -> None:
    master = hands.booth.master
    hands.type("fffTi#yY")
    assert [master.get("a", name) for name in ("gain", "trim", "low", "cue")] == [-3, 1, -26, 1]
    assert master.get("a", "side") == 1
    hands.type("im" + "f" * 60)
    assert [master.get("a", name) for name in ("low", "mid", "gain")] == [0, -26, -40]
