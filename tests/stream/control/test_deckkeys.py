"""Every key of the decks does what the help says, on the deck that is chosen, and is heard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsp.beatgrid import BeatGrid
from stream.control.deckkeys import DeckKeys
from stream.control.deckkeytable import (
    ACTS,
    BEGIN,
    DELETE_ROWS,
    GRID_ROWS,
    MASTER_ROWS,
    ROWS,
    STEM_ROWS,
    TAKEN,
    moves,
    stem_keys,
)
from stream.control.deckmoves import PlayerAct
from stream.control.midi.binding import Target
from stream.control.midi.learn import Learner
from stream.control.midi.maps.mapfile import parsed
from stream.control.midi.surface import MidiSurface
from stream.decks import gridedits
from stream.decks.deckdesk import deck_desk
from stream.decks.songfacts import DeckPress
from stream.decks.transport import VERBS
from stream.mixer.deckstrip import TEMPO_RANGES
from stream.mixer.masterstrip import MASTER_PARAMETERS
from tests.stream.decks.rig import BLOCK, RATE, STEMS, Frames, Rig, noise


class Hands(Rig):
    """A booth and the keys of it; acts: what was done of what decks have not."""

    def __init__(self, songs: list[Path]) -> None:
        super().__init__(songs=songs, routes=("mix=1-2", "cue=3-4", "booth=5-6"))
        self.desk, self.acts = deck_desk(self.booth, RATE), list[str]()
        for act in ACTS.values():
            self.desk.offer(act, lambda act=act: self.acts.append(act))
        self.keys = DeckKeys(self.desk, self.said.append)

    def type(self, keys: str, blocks: int = 4) -> Any:
        """Press keys one by one, each heard; the state of deck a."""
        for key in keys:
            self.keys.press(key)
            self.hear(blocks)
        return self.a.state

    def buses(self) -> tuple[Frames, Frames, Frames]:
        """What leaves by the mix, by the cue bus and by the booth."""
        heard = self.leave(4)
        return heard[:, :2], heard[:, 2:4], heard[:, 4:]


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    made = Hands([tmp_path / f"{number}.wav" for number in range(3)])
    made.type("n")
    yield made
    made.booth.close()


@pytest.fixture
def playing(hands: Hands) -> Hands:
    hands.type(" ")
    return hands


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


def test_loops_are_moved_and_entered_again_and_a_song_is_sought(playing: Hands) -> None:
    begun = playing.type("l").loop.start
    assert playing.type(")").loop.start - begun == RATE // 2 << 32
    assert playing.type("(").loop.start == begun
    assert playing.type("X").looping is None
    assert playing.type("X").looping is not None
    assert playing.type("xU").position > 5.5 * RATE  # the song's end
    assert playing.type("u").position < RATE
    after = playing.type("j").position
    assert playing.type("h").position < after


@pytest.mark.parametrize(("key", "beats"), [("J", 32), ("H", -32)])
def test_a_far_jump_ends_at_the_songs_ends_or_says_so(playing: Hands, key: str, beats: int) -> None:
    playing.type(key)
    if beats > 0:
        assert "deck a: " in playing.said[-1]
    else:
        assert playing.a.state.position < 8 * BLOCK


def test_tempo_key_lock_slip_and_quantize(hands: Hands) -> None:
    assert hands.type(" }}").settings.tempo == pytest.approx(0.02)
    assert hands.type("{{{").settings.tempo == pytest.approx(-0.01)
    for key, name in (("k", "key_lock"), ("s", "slip"), ("g", "quantize")):
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


def test_when_there_is_no_next_song_it_is_told(hands: Hands) -> None:
    hands.type("nn")
    with pytest.raises(ValueError, match="there are no more songs"):
        hands.type("n")


def test_what_every_run_offers_has_its_keys(hands: Hands) -> None:
    hands.type("*KLq")
    assert hands.acts == ["record", "keep", "learn", "quit"]
    assert DeckKeys(deck_desk(hands.booth, RATE), print).help.count("quits") == 0


def test_no_key_means_two_things_and_the_help_has_all_of_them(hands: Hands) -> None:
    for rows in (ROWS, MASTER_ROWS, GRID_ROWS, STEM_ROWS, DELETE_ROWS):
        assert len(moves(rows)) == sum(len(row.moves) for row in rows)
    several = [*moves(ROWS), *BEGIN, *ACTS, "/", "?", *"dbovDBOV"]
    assert len(several) == len({*several})
    assert {*several} == {*TAKEN, *"dbovDBOV"}
    for row in ROWS:
        assert all({" ": "space"}.get(key, key) in row.shown or row.shown == "1 to 8" for key in row.moves)
    words = ("space", "v=vocals", "l loops", "< > crossfade", "q quits", "* records", "c C cue mix", "S and a digit")
    assert all(word in hands.keys.help for word in words)
    hands.type("?")
    assert hands.said == [hands.keys.help]
    assert all(word in hands.keys.short for word in ("v=vocals", "? all keys"))
    hands.type("M")
    assert hands.keys.short == hands.keys.pending
    assert hands.keys.pending.startswith("M master: f F level, ")


@pytest.mark.parametrize(("stems", "keys"), [
    (STEMS, "dbov"), ((*STEMS, "guitar", "piano"), "dbovp"), (("vocals", "other"), "vo")])
def test_every_stem_whose_letters_are_free_has_a_key(stems: tuple[str, ...], keys: str) -> None:
    found = stem_keys(stems)
    assert "".join(found)[: len(keys)] == keys
    assert not {key for letter in found for key in (letter, letter.upper())} & TAKEN


def test_holds_are_let_go_by_the_same_key(hands: Hands) -> None:
    assert hands.type(" e").hold.value == "censor"
    assert hands.type("e").hold.value == "none"
    assert hands.type(";").settings.bend == -0.02
    assert hands.type("'").settings.bend == 0.02
    assert hands.type("'").settings.bend == 0
    assert hands.type("s2....2").hold.value == "hot cue"
    assert hands.type("2").hold.value == "none"


def test_a_hot_cue_is_deleted_and_the_tempo_has_ranges_and_its_own(hands: Hands) -> None:
    assert hands.type("3").hot_cues[2] is not None
    assert hands.type("C3").hot_cues[2] is None
    assert [hands.type("R").settings.tempo_range for _ in range(4)] == [16, 50, 6, 10]
    hands.type("RRRR", 0)  # faster than anything is heard
    assert hands.type("").settings.tempo_range == TEMPO_RANGES[1]
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
    assert master.get("master", "curve") == MASTER_PARAMETERS["curve"].rest + 1
    hands.type("im" + "f" * 60)
    assert [master.get("a", name) for name in ("low", "mid", "gain")] == [0, -26, -40]


def test_the_filter_is_heard_and_in_its_middle_it_is_the_song_again(playing: Hands) -> None:
    song = noise(6)
    playing.type(":" * 6)
    closed, _, _ = playing.buses()
    assert np.sqrt((closed**2).mean()) < 0.8 * np.sqrt((song**2).mean())
    playing.type("\"" * 8)
    assert playing.booth.master.get("a", "filter") == 0.1
    playing.type(":" * 2)
    assert playing.booth.master.get("a", "filter") == 0
    heard, _, _ = playing.buses()
    at = playing.engine.position - len(heard)
    first = int(np.flatnonzero((song == heard[0]).all(1))[0])
    assert first < at
    assert np.array_equal(heard, song[first : first + len(heard)])


def test_the_masters_level_and_the_booths_are_each_their_own(playing: Hands) -> None:
    playing.type("MffffffbbF")
    mix, _, booth = playing.buses()
    assert mix == pytest.approx(booth * np.float32(10 ** (-3 / 20)), abs=1e-6)  # -5 and -2 dB
    playing.type("B" + "f" * 60)
    assert [playing.booth.master.get("master", name) for name in ("level", "booth")] == [-40, -1]
    playing.type("F" * 60 + "B" * 9)
    mix, _, booth = playing.buses()
    assert np.array_equal(mix, booth)


def test_the_cue_mix_brings_the_mix_to_the_headphones_and_split_puts_it_on_the_right(playing: Hands) -> None:
    _, cue, _ = playing.buses()
    assert not cue.any()
    playing.type("M" + "C" * 10)
    mix, cue, _ = playing.buses()
    assert cue == pytest.approx(mix, abs=1e-6)
    playing.type("s")
    mix, cue, _ = playing.buses()
    assert not cue[:, 0].any()
    assert cue[:, 1].any()
    playing.type("s" + "c" * 12)
    assert playing.booth.master.get("master", "cue_mix") == 0
    playing.type("#" + "#")  # another key is the deck's again
    assert not playing.buses()[1].any()


def test_the_crossfader_the_other_way_round(playing: Hands) -> None:
    playing.type(">>>>>")
    assert not playing.buses()[0].any()
    playing.type("Mh")
    assert playing.buses()[0].any()
    playing.type("Mh")
    assert not playing.buses()[0].any()


def test_the_masters_keys_stay_until_there_is_another(playing: Hands) -> None:
    playing.type("MfMf\x1bf")
    assert playing.booth.master.get("master", "level") == -2
    assert playing.booth.master.get("a", "gain") == -1
    playing.type("Mf ")
    assert not playing.a.state.playing


def test_a_stem_is_put_on_the_cue_bus(playing: Hands) -> None:
    playing.type("Qv")
    assert playing.booth.mixers["a"].on("vocals", "cue")
    assert not playing.booth.mixers["a"].on("vocals", "mute")
    assert playing.buses()[1].any()
    playing.type("Qv")
    assert not playing.buses()[1].any()


def test_a_stem_has_its_own_fader_pan_bands_and_filter_until_there_is_another_key(playing: Hands) -> None:
    a = playing.booth.mixers["a"]
    playing.type("Avfff]im::")
    assert [a.get("vocals", name) for name in ("gain", "pan", "low", "mid", "filter")] == [-3, 0.1, -26, -26, -0.1]
    playing.type("F[i\"\"x")
    assert [a.get("vocals", name) for name in ("gain", "pan", "low", "filter", "insert")] == [-2, 0, 0, 0, 0]
    playing.type(",f")
    assert (a.get("vocals", "gain"), playing.booth.master.get("a", "gain")) == (-2, -1)
    playing.type("AfAdf")  # the first f is the deck's
    assert (a.get("drums", "gain"), playing.booth.master.get("a", "gain")) == (-1, -2)


def test_scenes_are_stored_and_recalled_by_their_digits(playing: Hands) -> None:
    a = playing.booth.mixers["a"]
    playing.type("vSs1v")
    assert playing.said == ["stored as scene 1"]
    assert not a.on("vocals", "mute")
    playing.type("S1")
    assert a.on("vocals", "mute")
    assert playing.a.state.hot_cues == (None,) * 8
    playing.type("bSs1Ss2bvS2")
    assert [list(playing.desk.scenes), a.on("bass", "mute")] == [["scene 1", "scene 2"], True]
    with pytest.raises(ValueError, match="there is no scene 7; S s and a digit stores one"):
        playing.type("S7")
    assert playing.type("S24").hot_cues[3] is not None  # only the first of them


def test_a_key_behind_a_beginning_that_means_nothing_there_is_itself(hands: Hands) -> None:
    for begin in BEGIN:
        assert hands.type(f"{begin}<").playing is False
    assert hands.booth.master.crossfader == 0.0
    hands.type("MMSSv")
    assert hands.booth.mixers["a"].on("vocals", "mute")


def test_what_keys_move_on_a_transport_is_learnt(playing: Hands) -> None:
    for keys, moved in (("}", ("a", "tempo")), ("k", ("a", "key_lock")), ("c", ("a", "cue")),
                        ("Mf", ("master", "level")), ("4", ("a", "hotcue/4")), (".", "a/jump_on"),
                        ("j", "a/beat_jump 1"),
                        ("v", ("a/vocals", "mute")), ("l", "a/auto_loop 4")):
        playing.type(keys)
        assert playing.desk.moved == moved
    learner = Learner(Target(act="a/auto_loop 4"))
    learner.hear([0x90, 36, 100], 0.0)
    binding = learner.binding(1.0)
    assert binding is not None
    surface = MidiSurface(parsed("[[binding]]\nnote = 1\ntarget = 'a.play'", "test"), playing.desk, playing.said.append)
    surface.bind(binding)
    assert playing.type("x").looping is None
    surface.receive([0x90, 36, 100], 1.0)
    assert playing.type("").looping is None
    playing.hear(4)
    assert playing.a.state.looping is not None


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


@pytest.mark.parametrize("key", moves(GRID_ROWS))
def test_after_g_a_key_sets_the_grid_and_without_it_the_key_does_what_it_did(hands: Hands, key: str) -> None:
    found = BeatGrid(500, 20_000, confidence=0.7)
    hands.a._waiting.append(DeckPress("grid", gridedits.found, (found,)))
    before = hands.type("u")
    act = moves(GRID_ROWS)[key][1]
    assert isinstance(act, PlayerAct)
    assert hands.type("G" + key).grid == VERBS[act.name](before, *act.values).grid
    assert hands.a.state.grid == found if key == "0" else hands.a.state.grid.by_hand
    edited = hands.a.state.grid
    hands.type(key)
    assert hands.a.state.grid == edited
    assert hands.type("G0").grid == found


def test_the_beat_is_tapped(hands: Hands) -> None:
    grid = hands.type(" " + 4 * "!", 40).grid
    assert grid.by_hand
    assert grid.period == pytest.approx(40 * BLOCK, rel=0.05)  # the finder moves it to the song's onsets near by


def test_a_deck_is_ejected_when_it_stands(hands: Hands) -> None:
    hands.type(" E")
    assert hands.said == ["deck a: the song plays; pause it, then it can be ejected"]
    hands.type(" E")
    assert hands.a.track is None
    hands.type("n ")
    assert hands.a.state.playing


@pytest.mark.parametrize("begun", ["G", "M", "Mf", "A", "Av", "Avf", "S", "Ss", "w", "Q", "C"])
def test_q_behind_a_key_that_waits_ends_no_run(hands: Hands, begun: str) -> None:
    hands.type(begun)
    assert hands.keys.pending
    hands.type("q")
    assert hands.acts == []
    assert not hands.keys.pending
    hands.type("q")
    assert hands.acts == ["quit"]


@pytest.mark.parametrize("escape", ["\x1b", "escape"])
@pytest.mark.parametrize("begun", [*BEGIN, "Av"])
def test_escape_takes_back_a_key_that_waits(hands: Hands, begun: str, escape: str) -> None:
    hands.type(begun)
    hands.keys.press(escape)
    assert not hands.keys.pending
    assert hands.type(" ").playing


def test_behind_the_master_and_a_stem_any_other_key_is_the_decks_again(hands: Hands) -> None:
    assert hands.type("Mf ").playing
    assert not hands.type("Avf ").playing


def test_the_next_song_takes_no_place_of_one_that_plays(playing: Hands) -> None:
    track = playing.a.track
    with pytest.raises(ValueError, match="deck a: the song plays; pause it, then"):
        playing.keys.press("n")
    playing.hear(4)
    assert playing.a.track is track
    playing.type(" n")
    assert playing.a.track is not track


def test_a_recalled_scene_is_named(hands: Hands) -> None:
    hands.type("Ss1S1")
    assert hands.said[-1] == "scene 1: scene 1"
