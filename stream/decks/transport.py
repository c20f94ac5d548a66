"""A deck's transport: what was pressed at which frame of the device, and what of the song is heard at each.

The deck's thread plans ahead of what is heard. Whoever presses something presses it at a frame that has been planned
already; the thread goes back to it and plans again.

    plan(0, 512)  plan(512, 512)  plan(1024, 512)
    ├─────────────┼───────────────┼───────────────┤
                        press(700, cues.cue_press)       plan(700, 324) ... again, and otherwise

[any-thread]
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dsp.beatgrid import BeatGrid
from stream.decks import cues, gridedits, jumps, loops, motor, slip, sync, tempo, wheel
from stream.decks.decksettings import DeckSettings
from stream.decks.marks import HotCue
from stream.decks.planning import due, plan
from stream.decks.songhead import SongHead, ticks
from stream.decks.songpiece import SongPiece
from stream.decks.transportstate import TransportState
from stream.mixer.deckstrip import HOT_CUES

Verb = Callable[..., TransportState]
VERBS: Mapping[str, Verb] = {verb.__name__: verb for verb in (
    motor.play, motor.pause, motor.play_pause, motor.brake, motor.reverse, motor.censor_press, motor.censor_release,
    motor.brake_time, motor.spin_time, cues.cue_press, cues.cue_release, cues.hot_cue_press, cues.hot_cue_release,
    cues.hot_cue_set, cues.hot_cue_delete, loops.loop_in, loops.loop_out, loops.auto_loop, loops.halve_loop,
    loops.double_loop, loops.move_loop, loops.leave_loop, loops.reloop, jumps.seek, jumps.skip, jumps.beat_jump,
    jumps.jump_back, jumps.jump_on, jumps.jump_size, jumps.halve_jump, jumps.double_jump, slip.slip, tempo.tempo,
    tempo.tempo_range, tempo.bend, tempo.key_lock, tempo.quantize, sync.sync, gridedits.grid_double,
    gridedits.grid_halve, gridedits.grid_three_quarters, gridedits.grid_four_thirds, gridedits.grid_tap,
    gridedits.grid_move, gridedits.grid_here, gridedits.grid_downbeat, gridedits.grid_reset, motor.eject,
    wheel.touch_press, wheel.touch_release, wheel.turn)}
"""What can be pressed, by name (docs/notes/decks.md): each takes a state and its values, and gives the state after."""


class Transport:
    """A deck's, for one song.

    Presses come in the order of their frames. Between them every frame can be planned again, until it is forgotten.
    """

    def __init__(self, state: TransportState) -> None:
        """From a state on: `loaded` makes a song's first."""
        self._states = [state]  # by their frames; of two of one frame the later one counts
        self._pressed = [state]  # those that a press has made, or that it was steered to
        self._by_hand = state.frame  # of the last press
        # what was asked for last: from which state, at which frame, and the answer
        self._looked: tuple[TransportState, int, TransportState] | None = None

    def press(self, frame: int, verb: Verb, *values: Any) -> TransportState:
        """Do what a verb does at a frame of the device; what was planned from there on no longer holds.

        Raises PressRefused where the verb cannot be obeyed, and ValueError for wrong values or a frame before an
        earlier press; then nothing has changed.
        """
        if frame < self._by_hand:
            raise ValueError(f"frame must be {self._by_hand} or later, where the last press was, not {frame}")
        before = self.state(frame)
        state = verb(before, *values)
        if state.touched and state.wheel is before.wheel:  # whatever it is, a hand holds the song
            state = replace(state, head=before.head.at(state.head.now))
        self.steer(state)
        self._by_hand = frame
        return state

    def steer(self, state: TransportState) -> None:
        """Go on otherwise from the state's frame on. As a press, but one that comes before it may undo it."""
        for states in (self._states, self._pressed):
            del states[self._behind(states, state.frame) :]
            states.append(state)

    def plan(self, frame: int, n: int) -> list[SongPiece]:
        """What is heard from a frame of the device on; the pieces' lengths add up to n."""
        pieces: list[SongPiece] = []
        state, offset = self.state(frame), 0
        while offset < n:
            pressed = self._behind(self._pressed, state.frame)
            until = self._pressed[pressed].frame if pressed < len(self._pressed) else frame + n
            made, state = plan(state, min(frame + n, until) - state.frame)
            pieces += [replace(piece, out_offset=piece.out_offset + offset) for piece in made]
            offset = state.frame - frame
            if state.frame == until and pressed < len(self._pressed):
                state = self._pressed[self._behind(self._pressed, until) - 1]
        if state.frame > self._states[-1].frame:
            self._states.append(state)
        return pieces

    def state(self, frame: int) -> TransportState:
        """What it is at a frame of the device, with all that was pressed there. Raises ValueError: forgotten."""
        known = self._behind(self._states, frame)
        if known == 0:
            raise ValueError(f"frame must be {self._states[0].frame} or later, not {frame}; the rest is forgotten")
        state, looked = self._states[known - 1], self._looked
        if looked is None or looked[0] is not state or looked[1] != frame:
            self._looked = looked = state, frame, due(plan(state, frame - state.frame)[1])
        return looked[2]

    @property
    def touched(self) -> bool:
        """Whether a hand is on the wheel behind all that was planned and pressed."""
        return self._states[-1].touched

    @property
    def pressed_at(self) -> int:
        """The frame of the last press; none may come before it."""
        return self._by_hand

    def position(self, frame: int) -> float:
        """The frame of the song that is heard at a frame of the device, fractional. Raises ValueError: forgotten."""
        return self.state(frame).position

    def forget(self, before: int) -> None:
        """What was before a frame of the device is not asked for again."""
        for states in (self._states, self._pressed):
            del states[: max(0, self._behind(states, before) - 1)]

    @staticmethod
    def _behind(states: list[TransportState], frame: int) -> int:
        """How many of them are not behind a frame."""
        return bisect_right(states, frame, key=lambda state: state.frame)


def loaded(length: int | None, samplerate: float, settings: DeckSettings | None = None, grid: BeatGrid | None = None,
           cues: Sequence[float] = ()) -> TransportState:
    """A song as it is put on a deck: paused at its cue.

    length: frames; None: not yet known, `TransportState.with_length` tells it
    samplerate: of the device and the song, Hz      settings: of the deck, which outlast a song
    cues: frames of the song: the cue, and then hot cues
    ValueError: a cue that is no number, or more than nine
    """
    places = [ticks(frame) for frame in cues] or [0]
    hot = [HotCue(place) for place in places[1:]]
    if len(hot) > HOT_CUES:
        raise ValueError(f"there are {HOT_CUES} hot cues, not {len(hot)}")
    return TransportState(length, samplerate, grid, head=SongHead(places[0]), cue=places[0],
                          hot_cues=(*hot, *(None,) * (HOT_CUES - len(hot))), settings=settings or DeckSettings())
