"""A grid is put right by hand: what each key does to beats, and that nothing but them moves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsp.beatgrid import BeatGrid
from stream.decks import gridedits
from stream.decks.marks import PressRefused
from stream.decks.songfacts import DeckPress
from stream.decks.songhead import UNIT
from stream.decks.transport import VERBS, Transport, loaded
from stream.decks.transportstate import TransportState
from tests.stream.decks.rig import BLOCK, RATE, Rig, noise, track

BEAT = 20_000.0
FOUND = BeatGrid(500.0, BEAT, confidence=0.8)


def state(grid: BeatGrid | None = FOUND, at: float = 0, **fields: Any) -> TransportState:
    """Of a song that stands somewhere."""
    made = gridedits.found(loaded(400 * int(BEAT), RATE), grid)
    return replace(VERBS["seek"](made, at), **fields)


@pytest.mark.parametrize(("verb", "times"), [
    ("grid_double", 2), ("grid_halve", 1 / 2), ("grid_three_quarters", 3 / 4), ("grid_four_thirds", 4 / 3)])
def test_the_tempo_is_multiplied_and_the_downbeat_stays(verb: str, times: float) -> None:
    edited = VERBS[verb](state()).grid
    assert edited is not None
    assert edited.by_hand
    assert (edited.first, edited.period) == pytest.approx((500, BEAT / times))


def test_a_grid_is_moved_by_milliseconds() -> None:
    edited = VERBS["grid_move"](state(), -10).grid
    assert edited is not None
    assert (edited.first, edited.period, edited.by_hand) == (500 - 441, BEAT, True)
    for milliseconds in (2001, -2001, float("nan")):
        with pytest.raises(ValueError, match="moved by up to 2000 ms"):
            VERBS["grid_move"](state(), milliseconds)


def test_the_nearest_beat_is_moved_to_where_the_song_stands_or_begins_a_bar_there() -> None:
    at = 500 + 6 * BEAT + 300
    here, bar = VERBS["grid_here"](state(at=at)).grid, VERBS["grid_downbeat"](state(at=at)).grid
    assert here is not None
    assert bar is not None
    assert here.at(at) == pytest.approx(6)
    assert bar.first == pytest.approx(500 + 6 * BEAT)
    assert (bar.by_hand, here.by_hand, bar.beat_of_bar(at)) == (True, True, 0)


def test_while_it_plays_what_is_heard_counts_and_not_what_is_rendered() -> None:
    playing = VERBS["tempo"](VERBS["play"](state(at=500 + 6 * BEAT + 882, late=882)), 1)
    assert playing.audible == pytest.approx(500 + 6 * BEAT, abs=882 * 0.11)
    assert state(at=700, late=882).audible == 700
    at_one = VERBS["grid_here"](VERBS["play"](state(at=500 + 6 * BEAT + 882, late=882))).grid
    assert at_one == replace(FOUND, confidence=1)


@pytest.mark.parametrize("verb", [name for name in VERBS if name.startswith("grid_") and name not in (
    "grid_tap", "grid_reset")])
def test_where_no_beats_are_known_none_can_be_changed(verb: str) -> None:
    with pytest.raises(PressRefused, match="tap them"):
        VERBS[verb](state(None), *([5] if verb == "grid_move" else []))


@pytest.mark.parametrize(("verb", "often", "said"), [("grid_double", 1, "not 529.2"), ("grid_halve", 2, "not 16.5")])
def test_a_tempo_that_no_song_has_is_refused(verb: str, often: int, said: str) -> None:
    edited = state()
    for _ in range(often):
        edited = VERBS[verb](edited)
    with pytest.raises(PressRefused, match=f"20 to 500 beats a minute, {said}"):
        VERBS[verb](edited)


def test_what_is_found_later_never_takes_the_place_of_a_grid_by_hand_and_is_what_reset_gives() -> None:
    edited, better = VERBS["grid_double"](state()), BeatGrid(510, BEAT, confidence=0.9)
    later = gridedits.found(edited, better)
    assert (later.grid, later.found) == (edited.grid, better)
    reset = VERBS["grid_reset"](later)
    assert reset.grid == better
    assert gridedits.found(reset, FOUND).grid == FOUND
    assert VERBS["grid_reset"](replace(edited, found=None)).grid is None
    assert gridedits.found(edited, None).grid == edited.grid


# taps


def tapped(deck: Transport, frames: list[float], at: int = 0) -> TransportState:
    """Taps at some frames of the device, as a deck has them."""
    for frame in frames:
        found = deck.press(at + round(frame), VERBS["grid_tap"])
    return found


def playing(grid: BeatGrid | None = None) -> Transport:
    deck = Transport(state(grid))
    deck.press(0, VERBS["play"])
    return deck


def test_from_the_fourth_tap_on_the_beats_are_where_the_taps_were() -> None:
    deck = playing(FOUND)
    assert tapped(deck, [9000, 39_000, 69_000]).grid == FOUND
    made = tapped(deck, [99_000])
    assert made.grid == BeatGrid(9000, 30_000)
    assert tapped(deck, [129_030, 159_000, 189_000]).grid == BeatGrid(9000, 30_000)  # one that came late moves nothing


def test_taps_begin_anew_after_a_pause_and_after_a_jump() -> None:
    deck = playing()
    assert tapped(deck, [0, 30_000, 60_000, 90_000 + 6 * RATE]).grid is None
    deck.press(100_000 + 6 * RATE, VERBS["seek"], 0)
    again = tapped(deck, [10_000, 30_000, 50_000], 100_000 + 6 * RATE)
    assert again.grid is None
    assert tapped(deck, [70_000], 100_000 + 6 * RATE).grid == BeatGrid(10_000, 20_000)


def test_an_hour_of_taps_keeps_the_bars() -> None:
    deck = playing()
    found = tapped(deck, [9000 + 20_000 * beat for beat in range(203)])
    assert found.grid is not None
    assert len(found.taps) <= gridedits.MOST_TAPS
    assert found.grid.at(9000) == pytest.approx(-4 * round(-found.grid.at(9000) / 4))


def test_a_song_that_stands_cannot_be_tapped() -> None:
    with pytest.raises(PressRefused, match="while the song plays"):
        VERBS["grid_tap"](state())


def test_taps_are_refined_but_not_what_was_changed_since() -> None:
    tapped_, near = BeatGrid(9000, 30_000), BeatGrid(9010, 30_001)
    assert gridedits.refined(state(tapped_), tapped_, near).grid == near
    assert gridedits.refined(state(near.doubled()), tapped_, near).grid == near.doubled()


# on a deck, heard


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Rig]:
    made = Rig()
    made.a.load(track(tmp_path / "song.wav", noise(12)))
    made.hear(4)
    made.a._waiting.append(DeckPress("grid", gridedits.found, (FOUND,)))
    made.a.press("play")
    made.hear(40)
    yield made
    made.booth.close()


@pytest.mark.parametrize("edit", [name for name in VERBS if name.startswith("grid_") and name != "grid_tap"])
@pytest.mark.parametrize("quantize", [False, True], ids=["free", "quantized"])
def test_a_loop_goes_on_at_its_frames_when_the_grid_changes(booth: Rig, edit: str, quantize: bool) -> None:
    booth.a.press("quantize", quantize)
    booth.a.press("auto_loop", 1)
    booth.hear(60)
    before = booth.a.state.loop
    turn = booth.hear(40)[: int(BEAT)]
    booth.a.press(edit, *([7] if edit == "grid_move" else []))
    heard = booth.hear(80)
    at = -(40 * BLOCK) % int(BEAT)
    assert booth.a.state.loop == before
    assert np.array_equal(heard[at : at + int(BEAT)], turn)
    assert booth.said == []


def test_a_loop_of_a_beat_has_the_beats_that_were_set(booth: Rig) -> None:
    for verb, beat in (("grid_double", BEAT / 2), ("grid_three_quarters", BEAT / 1.5), ("grid_reset", BEAT)):
        booth.a.press(verb)
        booth.a.press("auto_loop", 1)
        booth.hear(4)
        loop = booth.a.state.looping
        assert loop is not None
        assert loop.length == pytest.approx(beat * UNIT)
        booth.hear(int(beat) // BLOCK + 2)  # the loop has begun to turn
        length = round(beat)
        heard = booth.hear(2 * length // BLOCK + 2)
        if beat == length:
            assert np.array_equal(heard[:length], heard[length : 2 * length])
        booth.a.press("leave_loop")
        booth.hear(2)


def test_with_quantize_a_cue_snaps_to_the_beat_that_was_moved(booth: Rig) -> None:
    booth.a.press("quantize", True)
    booth.a.press("grid_move", 100)
    booth.a.press("pause")
    booth.a.press("cue_press")
    booth.hear(4)
    cue = booth.a.state.cue / UNIT
    assert cue == 500 + 4410 + round((cue - 4910) / BEAT) * BEAT


def test_a_tapped_beat_is_where_it_was_heard(tmp_path: Path) -> None:
    rig = Rig(64)
    rig.booth.close()
    rig.booth.open(lambda: rig.engine.position, 64, rig.said.append, 640)
    rig.a, rig.b = rig.booth.decks.values()
    rig.a.load(track(tmp_path / "song.wav", noise(12)))
    rig.hear(10)
    rig.a.press("play")
    for _ in range(6):
        rig.hear(300)
        rig.a.press("grid_tap")
    rig.hear(4)
    grid, rendered = rig.a.state.grid, rig.a.state.position
    assert grid is not None
    assert grid.period == 300 * 64
    pressed = rendered - 4 * 64
    assert grid.frame(5) == pytest.approx(pressed - 640, abs=64 + 0.005 * RATE)
    rig.booth.close()
