"""Loops: set by hand or in beats, halved, doubled, moved, left and entered again. [any-thread]"""

from dataclasses import replace

from stream.decks.marks import Loop, PressRefused
from stream.decks.slip import departed, returned
from stream.decks.songhead import UNIT
from stream.decks.transportstate import TransportState

SHORTEST_BEATS, LONGEST_BEATS = 1 / 32, 32.0
_SHORTEST = 64 * UNIT  # whatever the tempo


def loop_in(state: TransportState) -> TransportState:
    """A loop begins here, or with quantize at the nearest beat. It has no end yet; another one is given up."""
    return returned(replace(state, loop=Loop(state.snapped(state.head.heard))))


def loop_out(state: TransportState) -> TransportState:
    """The loop ends here, or with quantize at the nearest beat behind its beginning, and repeats from now on.

    PressRefused: it has no beginning, or that is not before here
    """
    if state.loop is None:
        raise PressRefused("the loop has no beginning yet")
    start, end = state.loop.start, state.snapped(state.head.heard)
    if end <= start and end != state.head.heard:
        end = state.beats_later(start, 1)
    if end - start < _SHORTEST:
        raise PressRefused("a loop must end behind its beginning")
    return _entered(state, Loop(start, end - start))


def auto_loop(state: TransportState, beats: float) -> TransportState:
    """A loop of so many beats from here, or with quantize from the nearest beat; one that is active changes its length.

    ValueError: not 1/32 to 32 beats. PressRefused: the song ends before
    """
    if not SHORTEST_BEATS <= beats <= LONGEST_BEATS:
        raise ValueError(f"a loop must have 1/32 to {LONGEST_BEATS:g} beats, not {beats}")
    loop = state.looping
    start = loop.start if loop is not None else state.snapped(state.head.heard, min(1.0, beats))
    return _entered(state, Loop(start, state.beats_later(start, beats) - start))


def halve_loop(state: TransportState) -> TransportState:
    """Half as long, from the same beginning. PressRefused: no loop, or it has 1/32 of a beat already."""
    loop = _closed(state)
    shortest = max(_SHORTEST, state.beats_later(loop.start, SHORTEST_BEATS) - loop.start)
    if loop.length // 2 < shortest - 1:  # a tick: two halves of an odd length
        raise PressRefused("a loop cannot be shorter than 1/32 of a beat")
    return replace(state, loop=replace(loop, length=loop.length // 2))


def double_loop(state: TransportState) -> TransportState:
    """Twice as long, from the same beginning. PressRefused: no loop, or the song ends before."""
    loop = _closed(state)
    return replace(state, loop=_fitting(state, replace(loop, length=loop.length * 2)))


def move_loop(state: TransportState, beats: float) -> TransportState:
    """By so many beats, back if they are below 0; what plays in it comes along. PressRefused: no loop, or no room."""
    loop = _closed(state)
    by = state.beats_later(loop.start, beats) - loop.start
    head = state.head.moved(by) if loop.active and loop.holds(state.head.now) else state.head
    return replace(state, loop=_fitting(state, replace(loop, start=loop.start + by)), head=head)


def leave_loop(state: TransportState) -> TransportState:
    """Play on behind the loop's end; with slip, where the song would be."""
    loop = state.looping
    return state if loop is None else returned(replace(state, loop=replace(loop, active=False)))


def reloop(state: TransportState) -> TransportState:
    """Leave the loop, or go back to its beginning and repeat it again. PressRefused: there has been no loop."""
    if state.looping is not None:
        return leave_loop(state)
    loop = _closed(state)
    state = departed(state)
    return replace(state, loop=replace(loop, active=True), head=state.head.at(state.in_phase(loop.start)))


def _entered(state: TransportState, loop: Loop) -> TransportState:
    return replace(departed(state), loop=replace(_fitting(state, loop), active=True))


def _closed(state: TransportState) -> Loop:
    if state.loop is None or state.loop.length == 0:
        raise PressRefused("there is no loop")
    return state.loop


def _fitting(state: TransportState, loop: Loop) -> Loop:
    if loop.start < 0 or loop.end > state.end:
        raise PressRefused("the song has no room for the loop there")
    return loop
