"""Play, pause, brake, reverse and censor. [any-thread]"""

from dataclasses import replace

from stream.decks.marks import Hold, PressRefused
from stream.decks.slip import departed, departs, followed, returned
from stream.decks.songhead import UNIT, SongHead
from stream.decks.transportstate import TransportState

BRAKE_S = 1.0  # where none is set
LONGEST_S = 60.0


def play(state: TransportState) -> TransportState:
    """Play on from here; at the song's end, from its beginning. While the cue is held: go on when it is let go."""
    if state.hold is Hold.CUE:
        return replace(state, hold=Hold.NONE, playing=True, shadow=None)
    if state.playing:
        return state
    if state.ended and not state.reversed:
        state = replace(state, head=SongHead(0), shadow=None)
    state = replace(state, playing=True)
    if state.shadow is not None and not departs(state):
        return returned(state)
    return departed(_started(state)) if departs(state) else _started(state)


def pause(state: TransportState) -> TransportState:
    """Stand, at once or as slowly as `brake_time` says."""
    return _stopped(state, state.settings.brake_s)


def play_pause(state: TransportState) -> TransportState:
    """The button that is both."""
    return pause(state) if state.playing else play(state)


def brake(state: TransportState, seconds: float | None = None) -> TransportState:
    """Stop as a record does whose motor is switched off; without a time as slowly as is set, or within a second."""
    return _stopped(state, state.settings.brake_s or BRAKE_S if seconds is None else _time(seconds))


def reverse(state: TransportState) -> TransportState:
    """Switch between forwards and backwards."""
    if state.hold is Hold.CENSOR:
        return state
    if not state.reversed:
        return replace(departed(state), reversed=True, head=state.head.turned())
    return returned(replace(state, reversed=False, head=state.head.turned()))


def censor_press(state: TransportState) -> TransportState:
    """Backwards for as long as it is held, while the song goes on below."""
    if state.reversed or state.hold is not Hold.NONE or not state.playing:
        return state
    state = followed(state)
    return replace(state, reversed=True, hold=Hold.CENSOR, head=state.head.turned())


def censor_release(state: TransportState) -> TransportState:
    """Forwards again, where the song would be."""
    if state.hold is not Hold.CENSOR:
        return state
    return returned(replace(state, reversed=False, hold=Hold.NONE, head=state.head.turned()))


def brake_time(state: TransportState, seconds: float) -> TransportState:
    """How long `pause` takes; 0 is at once. ValueError: not 0 to 60."""
    return replace(state, settings=replace(state.settings, brake_s=_time(seconds)))


def spin_time(state: TransportState, seconds: float) -> TransportState:
    """How long `play` takes until the song is at its speed; 0 is at once. ValueError: not 0 to 60."""
    return replace(state, settings=replace(state.settings, spin_s=_time(seconds)))


def eject(state: TransportState) -> TransportState:
    """Take the song off; the deck lets go of all that it has of it. PressRefused: something of it is heard."""
    if state.moving:
        raise PressRefused("the song plays; pause it, then it can be ejected")
    return TransportState(0, state.samplerate, frame=state.frame, settings=state.settings, late=state.late)


def _time(seconds: float) -> float:
    if not 0 <= seconds <= LONGEST_S:
        raise ValueError(f"seconds must be 0 to {LONGEST_S:g}, not {seconds}")
    return seconds


def _started(state: TransportState) -> TransportState:
    """At speed, after as much of the spin as is left from the speed it has."""
    velocity = state.velocity
    missing = min(1.0, abs(velocity - state.head.rate_after(0) * UNIT) / abs(velocity))
    frames = round(state.settings.spin_s * missing * state.samplerate)
    return replace(state, head=state.head.aimed(velocity, frames, winds=True))


def _stopped(state: TransportState, seconds: float) -> TransportState:
    if state.hold is Hold.CUE:
        return replace(state, hold=Hold.NONE, head=SongHead(state.cue))
    if not state.playing:
        return state
    state = departed(state)
    frames = round(seconds * state.samplerate) if state.moving else 0
    backwards = state.reversed and state.hold is not Hold.CENSOR
    shadow = state.shadow if state.settings.slip else None
    return replace(state, playing=False, hold=Hold.NONE, reversed=backwards, shadow=shadow,
                   head=state.head.aimed(0, frames, winds=True))
