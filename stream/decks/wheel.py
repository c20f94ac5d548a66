"""A jog wheel. With a hand on it the song follows it; without one, turning it pushes a song that plays on or back.

A controller tells by how much its wheel was turned, and how fast it turns. From there on its place is guessed until it
is told again; and every 8 ms the song's rate is bent, in a straight line, towards the wheel's, and a little beyond it
where the song is behind.

    wheel    · ─── told ─ ─ guessed ─ ─ told ───
    rate     ──╲____╱──────╲___╱────────         no step in it: nothing clicks, and no staircase is heard

This is a tracking loop of second order, damped critically: of what the song was behind a tenth is left after 5 bends.

[any-thread]
"""

from dataclasses import replace

from stream.decks.decksettings import MARGIN_S
from stream.decks.marks import Hold, Wheel
from stream.decks.slip import departed, returned
from stream.decks.songhead import UNIT, SongHead, ticks
from stream.decks.transportstate import TransportState

MOST_TURN_S = 10.0
MOST_RATE = 7.5  # at which a song follows a wheel; what that is ahead by then is caught up later
INERTIA_S = 0.25  # in which a song that is let go of comes to the record's speed, or from it to rest
PUSH = 10  # how many times as much a wheel is turned as a song that plays is pushed
_BEND_S = 0.008  # from one rate to the next
_CATCH = 4  # bends within which the song would be where the wheel is
_STALE_S = 0.1  # after which a wheel that nothing is heard of stands
_AT_REST, _SLOW = 4 * UNIT, UNIT // 50  # from the wheel, and of the song's rate: from there on it stands
_MOST_PUSH_S = 0.2  # of the song, that it is still to be pushed by
_FOREVER = 1 << 40  # frames


def touch_press(state: TransportState) -> TransportState:
    """Lay a hand on the wheel: the song stands and follows it from now on. With slip it goes on below."""
    if state.touched:
        return state
    state = replace(departed(state), wheel=None)
    frames = _frames(state)
    stopping = state.head if state.head.still else state.head.aimed(0, frames, winds=True)
    wheel = Wheel(True, stopping.after(frames) - stopping.now, until=frames)
    return replace(state, head=stopping, wheel=wheel)


def touch_release(state: TransportState) -> TransportState:
    """Let go of it: the song comes to the speed it has without a hand; with slip it is where it would be."""
    if not state.touched:
        return state
    free = replace(state, wheel=None)
    back = returned(free)
    return back if back is not free else replace(free, head=_let_go(free))


def turn(state: TransportState, seconds: float, rate: float = 0.0) -> TransportState:
    """The wheel was turned by so much of a record, which takes 1.8 s for a turn, and has this rate now.

    Without a hand on it a song that plays is pushed by a tenth of that, and one that stands is moved without a sound.
    rate: 1 is the record's; 0 also where nobody knows it: then the song follows 32 ms later
    ValueError: more than 10 s
    """
    if not -MOST_TURN_S <= seconds <= MOST_TURN_S:
        raise ValueError(f"a wheel must be turned by up to {MOST_TURN_S:g} s at once, not {seconds}")
    moved = ticks(seconds * state.samplerate)
    if state.touched and state.wheel is not None:
        turned = replace(state.wheel, ahead=state.wheel.ahead + moved, rate=ticks(_limited(rate, MOST_RATE)),
                         age=round(MARGIN_S * state.samplerate))
        return bent(replace(state, wheel=turned))
    if not state.moving:
        return state.with_head(state.head.at(min(max(state.head.now + moved, 0), state.end)))
    if not _runs(state):
        return state
    most = ticks(_MOST_PUSH_S * state.samplerate)
    ahead = (state.wheel.ahead if state.wheel is not None else 0) + moved // PUSH
    return bent(replace(state, wheel=Wheel(False, min(max(ahead, -most), most))))


def bent(state: TransportState) -> TransportState:
    """With the song's rate bent towards where its wheel is, until the next bend."""
    wheel, head = state.wheel, state.head
    if wheel is None:
        return state
    if not (wheel.touched or _runs(state)):
        return replace(state, wheel=None)
    frames = _frames(state)
    turns = wheel.rate if wheel.age <= _STALE_S * state.samplerate else 0
    gap = wheel.ahead + turns * wheel.age
    if wheel.touched:
        return _scratched(state, turns + gap // (_CATCH * frames), turns == 0 and abs(gap) < _AT_REST)
    if abs(gap) < UNIT:
        return replace(state, wheel=None, head=head.aimed(state.velocity, frames))
    most = abs(state.velocity) // 2
    pushed = state.velocity + min(max(gap // (_CATCH * frames), -most), most)
    return replace(state, wheel=replace(wheel, until=frames), head=head.aimed(pushed, frames))


def _scratched(state: TransportState, rate: int, stands: bool) -> TransportState:
    """With a hand on the wheel: towards a rate, or at rest where it stands and the song has come to it."""
    wheel, head = state.wheel, state.head
    assert wheel is not None
    if stands and abs(head.rate_after(0)) * UNIT < _SLOW:
        return replace(state, wheel=replace(wheel, until=_FOREVER), head=SongHead(head.now))
    rate = min(max(rate, ticks(-MOST_RATE)), ticks(MOST_RATE))
    rate += abs(rate) == UNIT  # a tick beside: at exactly 1 whole frames would be heard, and a step to them
    return replace(state, wheel=replace(wheel, until=_frames(state)), head=head.aimed(rate, _frames(state), winds=True))


def _let_go(state: TransportState) -> SongHead:
    """How a song goes on that nobody holds any more."""
    runs = state.playing or state.hold is not Hold.NONE
    rate, settings = state.velocity if runs else 0, state.settings
    if state.head.still and rate == 0:
        return state.head
    seconds = max(INERTIA_S, settings.spin_s if runs else settings.brake_s)
    missing = abs(rate - round(state.head.rate_after(0) * UNIT)) / UNIT
    return state.head.aimed(rate, max(round(seconds * missing * state.samplerate), _frames(state)), winds=True)


def _runs(state: TransportState) -> bool:
    """Whether the song plays at its speed: what a motor, or its own weight, still brings there is not pushed."""
    head = state.head
    return (state.playing or state.hold is not Hold.NONE) and not head.still and not (head.winds and head.ramp_left)


def _frames(state: TransportState) -> int:
    """Of a bend."""
    return round(_BEND_S * state.samplerate)


def _limited(value: float, most: float) -> float:
    return min(max(value, -most), most)
