"""What every button does, in every state that it may be pressed in."""

from typing import Any

import pytest

from dsp.beatgrid import BeatGrid
from stream.decks.decksettings import DeckSettings
from stream.decks.marks import Hold, PressRefused
from stream.decks.songpiece import Rendering, SongPiece
from stream.decks.transport import VERBS, Transport, loaded
from stream.decks.transportstate import TransportState

RATE = 48_000.0
BEAT = 24_000  # 120 BPM
SONG = 400 * BEAT
GRID = BeatGrid(0.0, BEAT)


class Hands:
    """Presses buttons at the frame that time has come to."""

    def __init__(self, grid: BeatGrid | None = GRID, length: int | None = SONG, **settings: Any) -> None:
        self.deck = Transport(loaded(length, RATE, DeckSettings(**settings), grid, (10 * BEAT, 40 * BEAT)))
        self.frame = 0

    def __getattr__(self, verb: str) -> Any:
        return lambda *values: self.deck.press(self.frame, VERBS[verb], *values)

    def wait(self, frames: float) -> list[SongPiece]:
        pieces = self.deck.plan(self.frame, round(frames))
        self.frame += round(frames)
        return pieces

    @property
    def state(self) -> TransportState:
        return self.deck.state(self.frame)

    @property
    def at(self) -> float:
        return self.deck.position(self.frame)

    @property
    def beat(self) -> float:
        return self.at / BEAT


def playing(beat: float = 16, **settings: Any) -> Hands:
    hands = Hands(**settings)
    hands.seek(beat * BEAT)
    hands.play()
    return hands


# play, pause


def test_a_loaded_song_is_paused_at_its_cue_and_plays_from_there_to_the_frame() -> None:
    hands = Hands()
    assert [piece.how for piece in hands.wait(100)] == [Rendering.SILENT]
    hands.play()
    [piece] = hands.wait(512)
    assert (piece.song_start, piece.rate_start, piece.rate_end, piece.how) == (10 * BEAT, 1, 1, Rendering.COPIED)
    assert (piece.jumped, piece.came_from) == (True, None)
    assert hands.at == 10 * BEAT + 512


def test_pause_stands_at_once_and_play_goes_on_at_the_same_frame() -> None:
    hands = playing()
    hands.wait(777)
    hands.pause()
    [piece] = hands.wait(5000)
    assert (piece.how, piece.jumped, piece.came_from) == (Rendering.SILENT, True, 16 * BEAT + 777)
    hands.play()
    assert hands.wait(10)[0].song_start == 16 * BEAT + 777


def test_play_pause_is_both_and_twice_the_same_is_once() -> None:
    hands = Hands()
    assert hands.play_pause().playing
    assert hands.play() == hands.state
    assert not hands.play_pause().playing
    assert hands.pause() == hands.state


def test_at_its_end_a_song_stands_and_play_begins_it_again() -> None:
    hands = playing(399.5)
    hands.wait(BEAT)
    assert (hands.state.ended, hands.state.playing, hands.beat) == (True, False, 400)
    hands.play()
    assert hands.wait(1)[0].song_start == 0


def test_a_song_of_no_frames_ends_as_it_begins() -> None:
    hands = Hands(length=0)
    hands.seek(5)
    hands.play()
    assert [piece.how for piece in hands.wait(512)] == [Rendering.SILENT]
    assert hands.state.ended


# cue


def test_cue_while_playing_goes_back_to_the_cue_and_pauses() -> None:
    hands = playing()
    hands.wait(3000)
    hands.cue_press()
    assert hands.wait(100)[0].how is Rendering.SILENT
    assert (hands.beat, hands.state.playing) == (10, False)
    hands.cue_release()
    assert (hands.beat, hands.state.hold) == (10, Hold.NONE)


def test_cue_while_paused_elsewhere_is_set_there() -> None:
    hands = Hands()
    hands.seek(12_345.25)
    hands.cue_press()
    hands.cue_release()
    hands.seek(99_999)
    hands.play()
    hands.wait(50)
    hands.cue_press()
    assert hands.at == 12_345.25


def test_cue_at_the_cue_plays_while_held() -> None:
    hands = Hands()
    hands.cue_press()
    assert hands.cue_press() == hands.state
    [piece] = hands.wait(1000)
    assert (piece.song_start, piece.how, hands.state.playing) == (10 * BEAT, Rendering.COPIED, False)
    hands.cue_release()
    assert (hands.beat, hands.state.moving) == (10, False)


def test_play_while_cue_is_held_goes_on_playing() -> None:
    hands = Hands()
    hands.cue_press()
    hands.wait(1000)
    hands.play()
    hands.cue_release()
    [piece] = hands.wait(1000)
    assert (piece.song_start, piece.jumped, hands.state.playing) == (10 * BEAT + 1000, False, True)


def test_pause_while_cue_is_held_goes_back() -> None:
    hands = Hands()
    hands.cue_press()
    hands.wait(1000)
    hands.pause()
    assert (hands.beat, hands.state.hold, hands.state.moving) == (10, Hold.NONE, False)


def test_cue_at_the_songs_end_goes_back_and_does_not_move_the_cue() -> None:
    hands = playing(399.9)
    hands.wait(BEAT)
    hands.cue_press()
    assert (hands.beat, hands.state.ended) == (10, False)


def test_with_quantize_a_cue_is_set_at_the_nearest_beat_and_the_song_stands_there() -> None:
    hands = Hands(quantize=True)
    hands.seek(20.4 * BEAT)
    hands.cue_press()
    assert (hands.beat, hands.state.cue >> 32) == (20, 20 * BEAT)


def test_a_cue_that_is_held_over_the_songs_end_comes_back() -> None:
    hands = Hands()
    hands.seek(SONG - 100)
    hands.cue_press()
    hands.cue_press()
    hands.wait(5000)
    hands.cue_release()
    assert (hands.at, hands.state.ended) == (SONG - 100, False)


# hot cues


def test_a_hot_cue_that_is_not_set_is_set_and_then_jumps() -> None:
    hands = playing(20)
    hands.wait(100)
    hands.hot_cue_press(3)
    assert hands.at == 20 * BEAT + 100
    hands.hot_cue_release(3)
    hands.wait(5000)
    hands.hot_cue_press(3)
    assert hands.at == 20 * BEAT + 100
    hands.hot_cue_release(3)
    [piece] = hands.wait(500)
    assert (piece.jumped, piece.came_from, hands.state.playing) == (True, 20 * BEAT + 5100, True)


def test_a_hot_cue_while_paused_jumps_and_plays_on_after_it_is_let_go() -> None:
    hands = Hands()
    hands.hot_cue_press(0)
    hands.wait(10)
    hands.hot_cue_release(0)
    assert (hands.at, hands.state.playing) == (40 * BEAT + 10, True)


def test_a_hot_cue_while_cue_is_held_plays_on() -> None:
    hands = Hands()
    hands.cue_press()
    hands.wait(100)
    hands.hot_cue_press(0)
    hands.cue_release()
    assert (hands.beat, hands.state.playing) == (40, True)


def test_with_quantize_a_hot_cue_keeps_the_phase_of_what_plays_and_not_of_what_stands() -> None:
    hands = playing(16.25, quantize=True)
    hands.hot_cue_press(0)
    assert hands.beat == 40.25
    hands.quantize(False)
    hands.seek(16.75 * BEAT)
    hands.quantize(True)
    hands.hot_cue_press(0)
    assert hands.beat == 39.75
    hands.pause()
    hands.hot_cue_press(0)
    assert hands.beat == 40


def test_with_slip_a_hot_cue_plays_while_held() -> None:
    hands = playing(slip=True)
    hands.wait(100)
    hands.hot_cue_press(0)
    hands.wait(1000)
    assert hands.at == 40 * BEAT + 1000
    hands.hot_cue_release(1)
    assert hands.at == 40 * BEAT + 1000
    hands.hot_cue_release(0)
    [piece] = hands.wait(1)
    assert (piece.song_start, piece.jumped, piece.came_from) == (16 * BEAT + 1100, True, 40 * BEAT + 1000)


def test_a_hot_cue_set_in_a_loop_is_the_loop() -> None:
    hands = playing()
    hands.auto_loop(4)
    hands.hot_cue_set(1)
    hands.leave_loop()
    hands.seek(100 * BEAT)
    hands.hot_cue_press(1)
    hands.wait(5 * BEAT)
    assert (hands.beat, hands.state.looping is not None) == (17, True)


def test_a_deleted_hot_cue_is_set_anew() -> None:
    hands = playing(50)
    hands.hot_cue_delete(0)
    hands.hot_cue_press(0)
    assert hands.beat == 50
    assert hands.state.hot_cues[0] is not None


@pytest.mark.parametrize("verb", ["press", "release", "set", "delete"])
@pytest.mark.parametrize("number", [-1, 8])
def test_there_are_eight_hot_cues(verb: str, number: int) -> None:
    with pytest.raises(ValueError, match=f"a hot cue must be 0 to 7, not {number}"):
        getattr(Hands(), f"hot_cue_{verb}")(number)


# jumps


@pytest.mark.parametrize("beats", [-16, -1, -0.25, 0.25, 1, 4, 32])
@pytest.mark.parametrize("quantize", [False, True])
def test_a_beat_jump_keeps_its_phase_exactly(beats: float, quantize: bool) -> None:
    hands = playing(33.3, quantize=quantize)
    hands.wait(123)
    before = hands.at
    hands.beat_jump(beats)
    assert hands.at == before + beats * BEAT
    assert hands.wait(1)[0].jumped


def test_a_beat_jump_over_the_end_is_refused_and_one_over_the_beginning_goes_there() -> None:
    hands = playing(398)
    with pytest.raises(PressRefused, match="the song has no 4 beats left"):
        hands.beat_jump(4)
    hands.seek(1.5 * BEAT)
    hands.beat_jump(-4)
    assert hands.at == 0


def test_with_quantize_a_jump_over_the_beginning_keeps_its_phase() -> None:
    hands = playing(1.75, quantize=True)
    hands.beat_jump(-4)
    assert hands.beat == 0.75


def test_without_a_grid_a_beat_is_half_a_second_and_quantize_does_nothing() -> None:
    hands = Hands(grid=None, quantize=True)
    hands.seek(1000.5)
    hands.play()
    hands.beat_jump(2)
    assert hands.at in (1000 + 48_000, 1001 + 48_000)
    hands.auto_loop(1)
    assert hands.state.loop is not None
    assert hands.state.loop.length == 24_000 << 32


def test_beats_of_a_grid_that_moves_are_where_it_has_them() -> None:
    moving = BeatGrid.through([(0, 0.0), (100, 100.0 * BEAT), (400, 100.0 * BEAT + 300 * 20_000)])
    hands = playing(99, grid=moving)
    hands.beat_jump(2)
    assert hands.at == 100 * BEAT + 20_000


@pytest.mark.parametrize(("frame", "lands"), [(-5, 0), (100.5, 100.5), (SONG + 7, SONG)])
def test_a_seek_stays_in_the_song(frame: float, lands: float) -> None:
    hands = Hands()
    hands.seek(frame)
    assert hands.at == lands


def test_seeks_while_playing_keep_the_phase_with_quantize() -> None:
    hands = playing(16.25, quantize=True)
    hands.seek(30.1 * BEAT)
    assert hands.beat == 30.25
    hands.skip(-1.1)
    assert hands.beat == 28.25
    hands.seek(SONG - 1)
    assert hands.beat == 399.25
    hands.seek(0)
    assert hands.beat == 0.25


def test_skips_are_seconds_of_the_song() -> None:
    hands = playing(20, tempo=1.0)
    hands.skip(-2.5)
    assert hands.at == 20 * BEAT - 2.5 * RATE


@pytest.mark.parametrize("beats", [33, -32.5, float("nan")])
def test_a_beat_jump_of_too_many_beats_is_wrong_use(beats: float) -> None:
    with pytest.raises(ValueError, match="a beat jump must be up to 32 beats"):
        Hands().beat_jump(beats)


@pytest.mark.parametrize("verb", ["seek", "skip"])
def test_a_seek_to_no_number_is_wrong_use(verb: str) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        getattr(Hands(), verb)(float("nan"))


# loops


def test_a_loop_by_hand_repeats_from_in_to_out() -> None:
    hands = playing()
    hands.loop_in()
    hands.wait(5000)
    hands.loop_out()
    pieces = hands.wait(12_000)
    assert [(piece.out_offset, piece.song_start, piece.jumped) for piece in pieces] == [
        (0, 16 * BEAT, True), (5000, 16 * BEAT, True), (10_000, 16 * BEAT, True)]


@pytest.mark.parametrize(("pressed_in", "pressed_out"), [(15.8, 20.2), (16.3, 19.9)])
def test_with_quantize_a_loop_lies_on_beats_and_the_phase_stays(pressed_in: float, pressed_out: float) -> None:
    hands = playing(pressed_in, quantize=True)
    hands.loop_in()
    hands.wait((pressed_out - pressed_in) * BEAT)
    loop = hands.loop_out().loop
    assert (loop.start, loop.length) == ((16 * BEAT) << 32, (4 * BEAT) << 32)
    hands.wait(40 * BEAT)
    assert hands.beat == pytest.approx(pressed_out if pressed_out < 20 else pressed_out - 4, abs=0.001)


def test_a_loop_needs_a_beginning_before_its_end() -> None:
    hands = playing()
    with pytest.raises(PressRefused, match="the loop has no beginning yet"):
        hands.loop_out()
    for verb, values in (("halve_loop", ()), ("double_loop", ()), ("reloop", ()), ("move_loop", (1,))):
        with pytest.raises(PressRefused, match="there is no loop"):
            getattr(hands, verb)(*values)
    hands.loop_in()
    hands.seek(5 * BEAT)
    with pytest.raises(PressRefused, match="a loop must end behind its beginning"):
        hands.loop_out()


def test_with_quantize_a_loop_of_less_than_a_beat_is_one_beat() -> None:
    hands = playing(16.1, quantize=True)
    hands.loop_in()
    hands.wait(1000)
    assert hands.loop_out().loop.length == BEAT << 32


@pytest.mark.parametrize("beats", [1 / 32, 1 / 16, 1 / 2, 1, 4, 32])
def test_an_auto_loop_has_so_many_beats(beats: float) -> None:
    hands = playing()
    hands.auto_loop(beats)
    pieces = hands.wait(3 * beats * BEAT)
    assert [(piece.song_start, piece.n) for piece in pieces] == [(16 * BEAT, beats * BEAT)] * 3
    assert [piece.jumped for piece in pieces[1:]] == [True, True]


@pytest.mark.parametrize("beats", [0, 1 / 64, 64, float("nan")])
def test_an_auto_loop_of_other_lengths_is_wrong_use(beats: float) -> None:
    with pytest.raises(ValueError, match="a loop must have 1/32 to 32 beats"):
        playing().auto_loop(beats)


def test_an_auto_loop_in_a_loop_changes_its_length_and_keeps_the_phase() -> None:
    hands = playing()
    hands.auto_loop(4)
    hands.wait(3.25 * BEAT)
    hands.auto_loop(2)
    assert hands.beat == 17.25
    hands.wait(2 * BEAT)
    assert hands.beat == 17.25


def test_a_loop_is_halved_and_doubled_from_its_beginning() -> None:
    hands = playing()
    hands.auto_loop(4)
    hands.wait(3.5 * BEAT)
    hands.halve_loop()
    assert hands.beat == 17.5
    hands.double_loop()
    hands.double_loop()
    hands.wait(6 * BEAT)
    assert hands.beat == 23.5
    for _ in range(8):
        hands.halve_loop()
    with pytest.raises(PressRefused, match="a loop cannot be shorter than 1/32 of a beat"):
        hands.halve_loop()


def test_a_loop_stays_in_the_song() -> None:
    hands = playing(396)
    hands.auto_loop(4)
    for verb, values in (("double_loop", ()), ("move_loop", (1,)), ("beat_jump", (1,))):
        with pytest.raises(PressRefused, match="the song has no room for the loop there"):
            getattr(hands, verb)(*values)
    hands.wait(40 * BEAT)
    assert (hands.beat, hands.state.ended) == (396, False)
    hands.leave_loop()
    hands.seek(398 * BEAT)
    with pytest.raises(PressRefused, match="no room"):
        hands.auto_loop(4)


@pytest.mark.parametrize("verb", ["move_loop", "beat_jump"])
def test_what_plays_in_a_loop_comes_along_when_it_is_moved(verb: str) -> None:
    hands = playing()
    hands.auto_loop(4)
    hands.wait(1.5 * BEAT)
    getattr(hands, verb)(-8)
    assert hands.beat == 9.5
    hands.wait(4 * BEAT)
    assert hands.beat == 9.5
    hands.leave_loop()
    hands.move_loop(16)
    assert hands.beat == 9.5


def test_leaving_plays_on_and_reloop_goes_back_to_the_beginning() -> None:
    hands = playing()
    hands.auto_loop(2)
    hands.wait(3 * BEAT)
    hands.leave_loop()
    hands.wait(2 * BEAT)
    assert hands.beat == 19
    assert hands.leave_loop() == hands.state
    hands.reloop()
    assert hands.beat == 16
    hands.wait(2.5 * BEAT)
    assert hands.beat == 16.5
    hands.reloop()
    hands.wait(4 * BEAT)
    assert hands.beat == 20.5


def test_a_jump_out_of_a_loop_leaves_it_and_one_inside_does_not() -> None:
    hands = playing()
    hands.auto_loop(4)
    hands.seek(18 * BEAT)
    assert hands.state.looping is not None
    hands.seek(30 * BEAT)
    assert hands.state.looping is None
    assert hands.state.loop is not None


@pytest.mark.parametrize("backwards", [False, True])
def test_a_loop_holds_backwards_too(backwards: bool) -> None:
    hands = playing()
    hands.auto_loop(4)
    hands.wait(1 * BEAT)
    if backwards:
        hands.reverse()
    hands.wait(6 * BEAT)
    assert hands.beat == 19
    spots = {piece.song(i) / BEAT for piece in hands.wait(8 * BEAT) for i in range(0, piece.n, 100)}
    assert 16 <= min(spots) <= max(spots) < 20


# slip


def test_with_slip_a_loop_is_left_for_where_the_song_would_be() -> None:
    hands = playing(slip=True)
    hands.auto_loop(1)
    hands.wait(10.5 * BEAT)
    assert hands.beat == 16.5
    hands.leave_loop()
    assert hands.beat == 26.5
    assert hands.state.shadow is None


def test_with_slip_a_pause_and_a_brake_come_back_to_where_the_song_would_be() -> None:
    for stop in ("pause", "brake"):
        hands = playing(slip=True)
        getattr(hands, stop)()
        hands.wait(7 * BEAT)
        assert not hands.state.moving
        hands.play()
        assert (hands.beat, hands.wait(1)[0].how) == (23, Rendering.COPIED)


def test_with_slip_several_things_at_once_come_back_when_the_last_is_over() -> None:
    hands = playing(slip=True)
    hands.auto_loop(1)
    hands.wait(BEAT)
    hands.reverse()
    hands.wait(0.25 * BEAT)
    hands.hot_cue_press(0)
    hands.wait(0.25 * BEAT)
    assert hands.state.looping is None  # the hot cue lies outside
    hands.hot_cue_release(0)
    assert hands.beat == 39.75
    hands.reverse()
    assert hands.beat == 17.5


def test_without_slip_reverse_goes_on_from_where_it_came_to() -> None:
    hands = playing(20)
    hands.reverse()
    [piece] = hands.wait(2 * BEAT)
    assert (piece.rate_start, piece.how, hands.beat) == (-1, Rendering.COPIED, 18)
    hands.reverse()
    hands.wait(BEAT)
    assert hands.beat == 19


def test_slip_switched_on_in_a_loop_counts_from_there_and_off_forgets() -> None:
    hands = playing()
    hands.auto_loop(1)
    hands.wait(4.5 * BEAT)
    hands.slip(True)
    hands.wait(4 * BEAT)
    assert hands.beat == 16.5
    hands.slip(False)
    hands.leave_loop()
    assert hands.beat == 16.5
    hands.reloop()
    hands.slip(True)
    hands.wait(4.5 * BEAT)
    hands.leave_loop()
    assert hands.beat == 20.5


def test_a_seek_out_of_a_slipping_loop_stays_where_it_leads() -> None:
    hands = playing(slip=True)
    hands.auto_loop(1)
    hands.wait(3 * BEAT)
    hands.seek(50 * BEAT)
    hands.wait(BEAT)
    assert (hands.beat, hands.state.shadow) == (51, None)


def test_the_shadow_goes_at_the_tempo_that_is_set_meanwhile() -> None:
    hands = playing(slip=True, tempo_range=50.0)
    hands.auto_loop(1 / 4)
    hands.tempo(1.0)
    hands.wait(960)  # the way to the new tempo
    hands.wait(2 * BEAT)
    hands.leave_loop()
    assert hands.at == pytest.approx(16 * BEAT + 1.25 * 960 + 3 * BEAT, abs=1)


def test_a_shadow_that_has_come_to_the_end_ends_the_song() -> None:
    hands = playing(398, slip=True)
    hands.auto_loop(1)
    hands.wait(20 * BEAT)
    assert hands.state.playing
    hands.leave_loop()
    hands.wait(1)
    assert (hands.state.ended, hands.state.playing) == (True, False)


def test_with_slip_a_loop_that_was_set_while_paused_slips_from_play_on() -> None:
    hands = Hands(slip=True)
    hands.auto_loop(1)
    hands.wait(5 * BEAT)
    hands.play()
    hands.wait(3.5 * BEAT)
    assert hands.beat == 10.5
    hands.leave_loop()
    assert hands.beat == 13.5


def test_cue_ends_slipping() -> None:
    hands = playing(slip=True)
    hands.auto_loop(1)
    hands.wait(BEAT)
    hands.cue_press()
    hands.cue_release()
    hands.play()
    assert hands.beat == 10


# reverse, censor


@pytest.mark.parametrize("slip", [False, True])
def test_censor_is_backwards_while_held_and_comes_back_with_slip_or_without(slip: bool) -> None:
    hands = playing(20, slip=slip)
    hands.censor_press()
    hands.wait(2 * BEAT)
    assert (hands.beat, hands.state.reversed) == (18, True)
    hands.censor_release()
    [piece] = hands.wait(10)
    assert (piece.song_start, piece.rate_start, piece.jumped) == (22 * BEAT, 1, True)


def test_censor_in_a_loop_comes_back_into_the_loop() -> None:
    hands = playing()
    hands.auto_loop(4)
    hands.wait(3 * BEAT)
    hands.censor_press()
    hands.wait(2 * BEAT)
    hands.censor_release()
    assert hands.beat == 17


def test_backwards_a_song_stands_at_its_beginning() -> None:
    hands = playing(1)
    hands.reverse()
    pieces = hands.wait(2 * BEAT)
    assert [(piece.n, piece.how) for piece in pieces] == [
        (BEAT + 1, Rendering.COPIED), (BEAT - 1, Rendering.SILENT)]
    assert (hands.at, hands.state.playing, hands.state.ended) == (0, False, False)
    hands.reverse()
    hands.play()
    hands.wait(BEAT)
    assert hands.beat == 1


def test_censor_over_the_beginning_comes_back() -> None:
    hands = playing(1)
    hands.censor_press()
    hands.wait(3 * BEAT)
    assert (hands.at, hands.state.playing) == (0, True)
    hands.censor_release()
    assert hands.beat == 4


@pytest.mark.parametrize("press", ["pause", "cue_press"])
def test_what_stops_while_censor_is_held_ends_it(press: str) -> None:
    hands = playing(20)
    hands.censor_press()
    hands.wait(BEAT)
    getattr(hands, press)()
    hands.wait(BEAT)
    hands.censor_release()
    hands.play()
    [piece] = hands.wait(1)
    assert (piece.song_start / BEAT, piece.rate_start) == (19 if press == "pause" else 10, 1)


def test_censor_does_nothing_to_what_stands_or_goes_backwards() -> None:
    hands = Hands()
    assert hands.censor_press() == hands.state
    hands.play()
    hands.reverse()
    assert hands.censor_press() == hands.state
    assert hands.censor_release() == hands.state


def test_reverse_while_paused_is_heard_when_it_plays() -> None:
    hands = Hands()
    hands.reverse()
    hands.wait(100)
    assert hands.beat == 10
    hands.play()
    hands.wait(BEAT)
    assert hands.beat == 9


# brake, spin


def test_a_brake_slows_down_over_its_time_and_leads_half_as_far() -> None:
    hands = playing()
    hands.brake(2.0)
    slow, silent = hands.wait(3 * RATE)
    assert (slow.n, slow.rate_start, slow.rate_end, slow.how) == (2 * RATE, 1, 0, Rendering.RESAMPLED)
    assert (silent.how, silent.jumped) == (Rendering.SILENT, True)
    assert hands.at == 16 * BEAT + RATE


def test_pause_and_play_take_the_times_that_are_set() -> None:
    hands = playing()
    hands.brake_time(0.5)
    hands.spin_time(1.0)
    hands.pause()
    assert [piece.n for piece in hands.wait(RATE)] == [RATE / 2, RATE / 2]
    hands.play()
    spin, full = hands.wait(2 * RATE)
    assert (spin.n, spin.rate_start, spin.how) == (RATE, 0, Rendering.RESAMPLED)
    assert (full.rate_start, full.how, full.jumped) == (1, Rendering.COPIED, False)


def test_play_during_a_brake_speeds_up_from_the_rate_it_has() -> None:
    hands = playing(spin_s=1.0)
    hands.wait(2 * RATE)
    hands.brake(1.0)
    hands.wait(RATE / 4)
    hands.play()
    spin, full = hands.wait(RATE)
    assert (spin.n, spin.rate_start) == (RATE / 4, pytest.approx(0.75))
    assert (spin.jumped, full.jumped, full.how) == (False, False, Rendering.COPIED)


def test_cue_during_a_brake_goes_back_to_the_cue() -> None:
    hands = playing()
    hands.brake(1.0)
    hands.wait(100)
    hands.cue_press()
    assert (hands.beat, hands.state.moving) == (10, False)


@pytest.mark.parametrize("verb", ["brake", "brake_time", "spin_time"])
@pytest.mark.parametrize("seconds", [-0.1, 61, float("nan")])
def test_times_that_no_motor_takes_are_wrong_use(verb: str, seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be 0 to 60"):
        getattr(playing(), verb)(seconds)


# tempo


@pytest.mark.parametrize("percent", [6.0, 10.0, 16.0, 50.0])
@pytest.mark.parametrize("slider", [-1.0, -0.5, 1.0])
def test_the_slider_gives_its_range(percent: float, slider: float) -> None:
    hands = playing()
    hands.tempo_range(percent)
    hands.tempo(slider)
    hands.wait(2000)
    [piece] = hands.wait(100)
    assert piece.rate_start == piece.rate_end == pytest.approx(1 + slider * percent / 100)
    assert piece.how is Rendering.RESAMPLED


def test_in_the_middle_a_song_is_the_record_bit_for_bit_also_after_coming_back() -> None:
    hands = playing()
    for there in (("tempo", 0.371), ("bend", -0.04)):
        getattr(hands, there[0])(there[1])
        hands.wait(5555)
        getattr(hands, there[0])(0)
        pieces = hands.wait(5000)
        assert [piece.how for piece in pieces] == [Rendering.RESAMPLED, Rendering.COPIED]
        assert not any(piece.jumped for piece in pieces)  # it arrives at a whole frame: there is no seam
        assert pieces[-1].song_start.is_integer()


def test_bend_adds_to_the_tempo_while_it_is_held() -> None:
    hands = playing(tempo=0.5, tempo_range=16.0)
    hands.bend(0.04)
    hands.wait(2000)
    assert hands.wait(1)[0].rate_start == pytest.approx(1.08 * 1.04)
    hands.bend(0)
    hands.wait(2000)
    assert hands.wait(1)[0].rate_start == pytest.approx(1.08)


def test_key_lock_changes_how_it_is_heard_and_not_where() -> None:
    locked, free = playing(tempo=0.6, key_lock=True), playing(tempo=0.6)
    [one], [other] = locked.wait(5000), free.wait(5000)
    assert (one.how, other.how) == (Rendering.STRETCHED, Rendering.RESAMPLED)
    assert one.song(5000) == other.song(5000)
    locked.key_lock(False)
    [piece] = locked.wait(10)
    assert (piece.how, piece.jumped) == (Rendering.RESAMPLED, False)


@pytest.mark.parametrize(("tempo", "bend"), [(-1, -0.5), (-1, -0.02), (1, 0.5), (0.9, 0.4)])
def test_key_lock_is_heard_like_a_record_from_where_a_bend_leads_beyond_what_it_reaches(
        tempo: float, bend: float) -> None:
    hands = playing(tempo=tempo, tempo_range=50, key_lock=True)
    hands.wait(5000)
    hands.bend(bend)
    for _ in range(60):  # however it is cut
        assert {piece.how for piece in hands.wait(17)} == {Rendering.RESAMPLED}
    hands.bend(0)
    assert [piece.how for piece in hands.wait(5000)] == [Rendering.RESAMPLED, Rendering.STRETCHED]


def test_with_key_lock_motors_and_backwards_are_heard_like_a_record() -> None:
    hands = playing(tempo=0.6, key_lock=True, spin_s=0.1)
    assert [piece.how for piece in hands.wait(RATE)] == [Rendering.RESAMPLED, Rendering.STRETCHED]
    hands.reverse()
    assert hands.wait(10)[0].how is Rendering.RESAMPLED
    hands.reverse()
    hands.brake(1.0)
    assert hands.wait(10)[0].how is Rendering.RESAMPLED


def test_a_tempo_while_it_stands_or_stops_is_there_when_it_plays() -> None:
    hands = playing()
    hands.brake(1.0)
    hands.wait(10)
    hands.tempo(1.0)
    hands.wait(RATE)
    assert not hands.state.moving
    hands.play()
    assert hands.wait(1)[0].rate_start == pytest.approx(1.1)


@pytest.mark.parametrize(("verb", "value", "said"), [
    ("tempo", 1.01, "the tempo slider must be -1 to 1"), ("tempo", float("nan"), "the tempo slider must be -1 to 1"),
    ("tempo_range", 8, "the tempo range must be 6, 10, 16, 50 percent"), ("bend", 0.6, "bend must be -0.5 to 0.5"),
])  # fmt: skip
def test_tempos_that_no_slider_has_are_wrong_use(verb: str, value: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        getattr(playing(), verb)(value)


# what a list and a screen need


def test_what_ends_is_known_and_what_loops_or_stands_does_not_end() -> None:
    hands = playing(300)
    assert hands.state.ends_at == 100 * BEAT
    assert hands.state.seconds_left == 50
    hands.auto_loop(4)
    assert hands.state.ends_at is None
    hands.leave_loop()
    hands.pause()
    assert hands.state.ends_at is None


def test_where_presses_lead_is_known_before() -> None:
    hands = playing()
    hands.auto_loop(4)
    assert hands.state.prepared == [10 * BEAT, 40 * BEAT, 16 * BEAT]


def test_a_grid_and_a_length_may_come_later() -> None:
    hands = Hands(grid=None, length=None)
    hands.play()
    assert (hands.state.ends_at, hands.state.seconds_left) == (None, float("inf"))
    hands.pause()
    hands.deck.press(0, TransportState.with_length, SONG)
    hands.deck.press(0, TransportState.with_grid, BeatGrid(5.0, 20_000))
    hands.seek(50_000)
    hands.beat_jump(2)
    assert hands.at == 90_000
    with pytest.raises(ValueError, match="length must be 0 or more"):
        hands.deck.press(0, TransportState.with_length, -1)


def test_a_song_is_loaded_with_its_cues_at_most_nine() -> None:
    with pytest.raises(ValueError, match="there are 8 hot cues, not 9"):
        loaded(SONG, RATE, cues=range(10))
