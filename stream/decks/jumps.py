"""Going elsewhere in a song: to a frame, by seconds, by beats. [any-thread]"""

from dataclasses import replace

from stream.decks.loops import move_loop
from stream.decks.marks import PressRefused
from stream.decks.slip import stayed
from stream.decks.songhead import ticks
from stream.decks.transportstate import TransportState

LEAST_BEATS, MOST_BEATS = 1 / 32, 32.0


def seek(state: TransportState, frame: float) -> TransportState:
    """To a frame of the song, or its nearest end. ValueError: no number."""
    return _jumped(state, min(max(ticks(frame), 0), state.end))


def skip(state: TransportState, seconds: float) -> TransportState:
    """By so many seconds of the song, back if they are below 0. ValueError: no number."""
    return seek(state, state.position + seconds * state.samplerate)


def beat_jump(state: TransportState, beats: float) -> TransportState:
    """By so many beats, back if they are below 0; a loop comes along.

    ValueError: more than 32 beats. PressRefused: that leads behind the song's end
    """
    if not -MOST_BEATS <= beats <= MOST_BEATS:
        raise ValueError(f"a beat jump must be up to {MOST_BEATS:g} beats, not {beats}")
    loop = state.looping
    if loop is not None and loop.holds(state.head.now):
        return move_loop(state, beats)
    place = state.beats_later(state.head.heard, beats)
    if place >= state.end:
        raise PressRefused(f"the song has no {beats:g} beats left")
    return stayed(state.with_head(state.head.at(place if place >= 0 else state.in_phase(0))))


def jump_back(state: TransportState) -> TransportState:
    """Back by the size of jumps; a loop comes along."""
    return beat_jump(state, -state.settings.jump_beats)


def jump_on(state: TransportState) -> TransportState:
    """On by the size of jumps; a loop comes along. PressRefused: that leads behind the song's end."""
    return beat_jump(state, state.settings.jump_beats)


def jump_size(state: TransportState, beats: float) -> TransportState:
    """How many beats `jump_back` and `jump_on` go. ValueError: not 1/32 to 32 beats."""
    if not LEAST_BEATS <= beats <= MOST_BEATS:
        raise ValueError(f"the size of jumps must be 1/32 to {MOST_BEATS:g} beats, not {beats}")
    return replace(state, settings=replace(state.settings, jump_beats=beats))


def halve_jump(state: TransportState) -> TransportState:
    """Half the size of jumps, down to 1/32 of a beat."""
    return jump_size(state, max(LEAST_BEATS, state.settings.jump_beats / 2))


def double_jump(state: TransportState) -> TransportState:
    """Twice the size of jumps, up to 32 beats."""
    return jump_size(state, min(MOST_BEATS, state.settings.jump_beats * 2))


def _jumped(state: TransportState, place: int) -> TransportState:
    landing = place if place >= state.end else state.in_phase(place)
    moved = state.with_head(state.head.at(landing))
    left_loop = state.looping is not None and moved.looping is None
    return stayed(moved) if left_loop else moved
