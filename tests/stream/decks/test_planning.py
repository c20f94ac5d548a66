"""What is planned is the song, whole and in order, however it is cut and however often it is planned."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from dsp.beatgrid import BeatGrid
from stream.decks.decksettings import DeckSettings
from stream.decks.marks import PressRefused
from stream.decks.planning import plan
from stream.decks.songhead import UNIT
from stream.decks.songpiece import Rendering, SongPiece
from stream.decks.transport import VERBS, Transport, loaded
from stream.decks.transportstate import TransportState

RATE = 44_100.0
GRID = BeatGrid(1234.56, 60 * RATE / 174.33)
SONG = 400_000
VALUES: dict[str, Callable[[random.Random], tuple[float, ...]]] = {
    "brake": lambda r: (r.choice([0.0, 0.05, 0.3]),), "brake_time": lambda r: (r.choice([0.0, 0.1]),),
    "spin_time": lambda r: (r.choice([0.0, 0.1]),), "auto_loop": lambda r: (2.0 ** r.randrange(-5, 6),),
    "move_loop": lambda r: (r.choice([-4, -1, 0.25, 2]),), "seek": lambda r: (r.uniform(-9, SONG + 9),),
    "skip": lambda r: (r.uniform(-2, 2),), "beat_jump": lambda r: (r.choice([-32, -1, 0.25, 4, 16]),),
    "tempo": lambda r: (r.choice([-1, 0, 0, 0.5, 1]),), "tempo_range": lambda r: (r.choice([6.0, 50.0]),),
    "bend": lambda r: (r.choice([0, 0, -0.04, 0.3]),), "jump_size": lambda r: (2.0 ** r.randrange(-5, 6),),
    "grid_move": lambda r: (r.uniform(-30, 30),),
    "turn": lambda r: (r.choice([0, 0.002, -0.05, 0.3]), r.choice([0, 1, -1, 0.03, -4, 12])),
    **{name: lambda r: (r.random() < 0.5,) for name in ("slip", "key_lock", "quantize", "sync")},
    **{f"hot_cue_{what}": lambda r: (r.randrange(3),) for what in ("press", "release", "set", "delete")},
}  # fmt: skip


def values(verb: str, choose: random.Random) -> tuple[float, ...]:
    return VALUES[verb](choose) if verb in VALUES else ()


def deck(**settings: float) -> Transport:
    return Transport(loaded(SONG, RATE, DeckSettings(**settings), GRID))


def pressed(seed: int, presses: int = 60) -> tuple[list[tuple[int, SongPiece]], Transport, int]:
    """Random presses on a deck that is planned as a deck's thread plans: ahead, and again from each press on."""
    choose, transport, frame = random.Random(seed), deck(), 0
    heard: list[tuple[int, SongPiece]] = []
    for _ in range(presses):
        verb = choose.choice(["play", "play", *(name for name in VERBS if name != "eject")])
        ahead = choose.randrange(1, 9000)
        transport.plan(frame, ahead)  # what a press makes void
        with suppress(PressRefused):
            transport.press(frame, VERBS[verb], *values(verb, choose))
        n = choose.choice([1, 17, 512, 4096, 30_000])
        heard += [(frame + piece.out_offset, piece) for piece in transport.plan(frame, n)]
        frame += n
    return heard, transport, frame


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_pressed_the_song_goes_on_but_for_jumps_that_say_so(seed: int) -> None:
    heard, _, frames = pressed(seed)
    at, left = 0, None
    for frame, piece in heard:
        assert frame == at
        assert piece.n >= 1
        at += piece.n
        silent = piece.how is Rendering.SILENT
        if not piece.jumped:
            assert (left is None) == silent
            assert silent or piece.song_start == pytest.approx(left, abs=1e-6)
        else:
            assert piece.came_from == (None if left is None else pytest.approx(left, abs=1e-6))
        left = None if silent else piece.song(piece.n)
        assert silent or -1 <= piece.song_start <= SONG + 1
        fastest = max(abs(piece.rate_start), abs(piece.rate_end))
        assert silent or -fastest <= piece.song(piece.n) <= SONG + 1 + fastest
        assert (piece.how is Rendering.COPIED) == (abs(piece.rate_start) == abs(piece.rate_end) == 1)
        if piece.how is Rendering.COPIED:
            assert piece.song_start.is_integer()
    assert at == frames


@pytest.mark.parametrize("seed", range(10))
def test_from_any_frame_the_same_is_planned_again_through_every_press(seed: int) -> None:
    heard, transport, frames = pressed(seed)
    choose = random.Random(seed)
    for _ in range(8):
        first = choose.randrange(frames)
        again = transport.plan(first, min(9000, frames - first))
        assert sum(piece.n for piece in again) == min(9000, frames - first)
        assert again == transport.plan(first, min(9000, frames - first))
        spots = {first + piece.out_offset + i: piece.song(i) for piece in again for i in range(piece.n)}
        for frame, piece in heard:
            for i in range(0, piece.n, 97):
                if frame + i in spots:
                    assert spots[frame + i] == pytest.approx(piece.song(i), abs=1e-5)
                    assert transport.position(frame + i) == pytest.approx(piece.song(i), abs=1e-5)


@pytest.mark.parametrize("block", [1, 17, 512, 4096])
@pytest.mark.parametrize("settings", [{}, {"tempo": 0.3}, {"tempo": -1, "key_lock": 1, "tempo_range": 50}], ids=str)
def test_blocks_of_any_size_are_the_same_song(block: int, settings: dict[str, float]) -> None:
    whole_plan, cut = deck(**settings), deck(**settings)
    total = 6000
    for transport in (whole_plan, cut):
        transport.press(0, VERBS["spin_time"], 0.05)
        transport.press(0, VERBS["play"])
        transport.press(3000, VERBS["auto_loop"], 1 / 32)
    once = [piece.song(i) for piece in whole_plan.plan(0, total) for i in range(piece.n)]
    parts = [piece.song(i) for at in range(0, total, block) for piece in cut.plan(at, min(block, total - at))
             for i in range(piece.n)]
    assert parts == pytest.approx(once, abs=1e-6)


@pytest.mark.parametrize("tempo", [0.0, 0.37])
@pytest.mark.parametrize("beats", [1 / 32, 1 / 4, 1.0])
def test_a_loop_stays_on_the_grid_for_hours(beats: float, tempo: float) -> None:
    transport = deck(quantize=True, tempo=tempo)
    transport.press(0, VERBS["seek"], GRID.frame(8))
    transport.press(0, VERBS["play"])
    state = transport.press(0, VERBS["auto_loop"], beats)
    assert state.loop is not None
    assert state.loop.length == pytest.approx(beats * GRID.period * UNIT, abs=1)
    speed = state.settings.speed
    hours = round(3 * 3600 * RATE)
    # the loop as it would be had it turned for hours: exact numbers, so no turn needs to be made
    far = state.head.after(hours)
    turned = state.loop.start + (far - state.loop.start) % state.loop.length
    later = replace(state, frame=hours, head=state.head.at(turned))
    for piece in plan(later, 20_000)[0]:
        frame = hours + piece.out_offset
        ideal = (frame * speed / GRID.period) % beats
        off = (GRID.at(piece.song_start) - 8 - ideal + beats / 2) % beats - beats / 2
        assert abs(off) * GRID.period < (0.6 if tempo == 0 else 0.1)  # at a rate of 1 whole frames are heard


def test_a_thousand_turns_one_by_one_are_where_they_are_to_be() -> None:
    transport = deck()
    transport.press(0, VERBS["play"])
    loop = transport.press(0, VERBS["auto_loop"], 1 / 32).loop
    assert loop is not None
    frames = 500_000
    pieces = transport.plan(0, frames)
    assert len(pieces) == frames * UNIT // loop.length + 1
    for k, piece in enumerate(pieces):
        assert piece.out_offset == -(-k * loop.length // UNIT)
        assert piece.jumped
        assert piece.song_start == pytest.approx((piece.out_offset * UNIT - k * loop.length) / UNIT, abs=0.5)


def test_a_loop_of_whole_frames_repeats_the_same_frames() -> None:
    transport = Transport(loaded(SONG, 48_000, grid=BeatGrid(0, 24_000)))
    transport.press(0, VERBS["play"])
    transport.press(0, VERBS["auto_loop"], 1)
    pieces = transport.plan(0, 24_000 * 50)
    assert [(piece.out_offset, piece.song_start, piece.n) for piece in pieces] == [
        (24_000 * k, 0, 24_000) for k in range(50)]


@pytest.mark.parametrize("speed", [0.0, 0.4, -1.0])
def test_the_songs_end_is_met_to_the_frame_and_known_before(speed: float) -> None:
    transport = deck(tempo=speed)
    state = transport.press(100, VERBS["play"])
    ends = state.ends_at
    assert ends is not None
    *_, last, silence = transport.plan(0, ends + 10)
    assert silence.out_offset == ends
    assert silence.how is Rendering.SILENT
    assert last.song(last.n) == pytest.approx(SONG, abs=1.1)
    over = transport.state(ends)
    assert (over.ended, over.playing, over.position, over.seconds_left) == (True, False, SONG, 0)
    assert state.seconds_left == pytest.approx((ends - 100) / RATE, abs=0.001)


def test_what_is_forgotten_and_what_was_pressed_later_is_refused() -> None:
    transport = deck()
    transport.press(1000, VERBS["play"])
    with pytest.raises(ValueError, match="frame must be 1000 or later, where the last press was, not 999"):
        transport.press(999, VERBS["pause"])
    transport.plan(0, 5000)
    transport.plan(5000, 5000)
    transport.forget(7000)
    assert transport.plan(7000, 1)[0].song_start == 6000
    with pytest.raises(ValueError, match="frame must be 5000 or later, not 4000; the rest is forgotten"):
        transport.plan(4000, 10)


def test_a_refused_press_changes_nothing() -> None:
    transport = deck()
    transport.press(0, VERBS["play"])
    before = transport.plan(0, 9000)
    with pytest.raises(ValueError, match="there is no loop"):
        transport.press(512, VERBS["reloop"])
    assert transport.plan(0, 9000) == before


def test_every_verb_is_a_verb_of_states() -> None:
    states: list[TransportState] = [loaded(SONG, RATE, grid=GRID)]
    for name, verb in VERBS.items():
        with suppress(PressRefused):
            made = verb(states[0], *values(name, random.Random(0)))
            assert isinstance(made, TransportState)
        assert states[0] == loaded(SONG, RATE, grid=GRID)
