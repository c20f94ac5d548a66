"""Every key of the decks does what the help says, on the deck that is chosen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsp.beatgrid import BeatGrid
from stream.control.deckkeys import BENDS, GRID, HOT_CUES, KILLS, LEVELS, OTHERS, PRESSES, SWITCHES, TEMPO, DeckKeys
from stream.decks import gridedits
from stream.decks.songfacts import DeckPress
from stream.decks.transport import VERBS
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


def test_the_size_of_jumps_is_halved_and_doubled_and_jumps_have_it(hands: Hands) -> None:
    assert [hands.type(key).settings.jump_beats for key in "___+++++++"] == [2, 1, .5, 1, 2, 4, 8, 16, 32, 32]
    assert [hands.type(key).settings.jump_beats for key in "_" * 11][-2:] == [1 / 32, 1 / 32]
    hands.type("++++")
    before = hands.type("", 1).position
    assert hands.type(".").position - before == RATE // 4  # half a beat of 120 a minute
    assert hands.type(".,,").position == before
    hands.booth.press("a", "jump_size", 3)
    assert hands.type(".").position - before == 3 * RATE // 2
    with pytest.raises(ValueError, match="jumps must be 1/32 to 32 beats, not 33"):
        VERBS["jump_size"](hands.a.state, 33)


@pytest.mark.parametrize("key", GRID)
def test_after_g_a_key_sets_the_grid_and_without_it_the_key_does_what_it_did(hands: Hands, key: str) -> None:
    found = BeatGrid(500, 20_000, confidence=0.7)
    hands.a._waiting.append(DeckPress("grid", gridedits.found, (found,)))
    before = hands.type("u")
    name, values = GRID[key]
    assert hands.type("G" + key).grid == VERBS[name](before, *values).grid
    assert hands.a.state.grid == found if key == "0" else hands.a.state.grid.by_hand
    edited = hands.a.state.grid
    hands.type(key)
    assert hands.a.state.grid == edited
    assert hands.type("G0").grid == found


def test_the_beat_is_tapped(hands: Hands) -> None:
    assert hands.type(" " + 4 * "!", 40).grid.period == 40 * BLOCK


def test_a_deck_is_ejected_when_it_stands(hands: Hands) -> None:
    hands.type(" E")
    assert hands.said == ["deck a: the song plays; pause it, then it can be ejected"]
    hands.type(" E")
    assert hands.a.track is None
    hands.type("n ")
    assert hands.a.state.playing
