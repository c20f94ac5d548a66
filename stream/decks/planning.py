"""From a transport's state to pieces of the song, cut exactly where loops turn and where songs end. [any-thread]"""

from dataclasses import replace

from dsp.stretch import FASTEST, SLOWEST
from stream.decks.songhead import UNIT, SongHead
from stream.decks.songpiece import Rendering, SongPiece
from stream.decks.transportstate import TransportState
from stream.decks.wheel import bent


def plan(state: TransportState, n: int) -> tuple[list[SongPiece], TransportState]:
    """The next n frames, and the state behind them. The pieces' lengths add up to n."""
    pieces: list[SongPiece] = []
    first = state.frame
    while state.frame < first + n:
        state = due(state)
        piece, state = _piece(state, state.frame - first, first + n - state.frame)
        pieces.append(piece)
    return pieces, state


def due(state: TransportState) -> TransportState:
    """The state itself, turned where a loop turns, and standing where the song ends or, backwards, begins.

    Where the song follows a wheel, its rate is bent when that is due.
    """
    if state.wheel is not None and state.wheel.until <= 0:
        state = bent(state)
    head, here, loop = state.head, state.head.now, state.looping
    if head.still:
        return state
    if loop is not None and (here >= loop.end if head.forward else here < loop.start):
        return replace(state, head=head.at(loop.start + (here - loop.start) % loop.length))
    if here >= state.end if head.forward else here < 0:
        # whoever holds, loops or reverses with slip comes back to a song that goes on
        stands = SongHead(state.end if head.forward else 0)
        if state.wheel is not None and state.touched:  # it slips there, and turns the song back at once
            return replace(state, head=stands, wheel=replace(state.wheel, ahead=0, rate=0))
        return replace(state, head=stands, playing=state.playing and state.shadow is not None)
    return state


def _piece(state: TransportState, offset: int, most: int) -> tuple[SongPiece, TransportState]:
    """What is heard without a cut, up to `most` frames of it, and the state behind it."""
    head = state.head
    n = _frames(state, most)
    start, how = head.heard, _how(state)
    left = start + head.after(n) - head.now if how is not Rendering.SILENT else None
    jumped = state.left != (start if how is not Rendering.SILENT else None)
    came_from = state.left / UNIT if jumped and state.left is not None else None
    piece = SongPiece(offset, n, start / UNIT, head.rate_after(0), head.rate_after(n), how, jumped, came_from)
    shadow = state.shadow and state.shadow.advanced(n)
    gone = head.after(n) - head.now - (0 if state.touched else state.velocity * n)
    wheel = state.wheel and state.wheel.advanced(n, gone)
    return piece, replace(state, frame=state.frame + n, head=head.advanced(n), shadow=shadow, left=left, wheel=wheel)


def _frames(state: TransportState, most: int) -> int:
    """How many frames, up to `most`, until something changes."""
    head, loop = state.head, state.looping
    if state.wheel is not None:
        most = min(most, state.wheel.until)
    if head.still:
        return most
    n = min(most, head.ramp_left or most, head.turns_in or most)
    if loop is not None:
        n = head.until(loop.end if head.forward else loop.start, n)
    return head.until(state.end if head.forward else 0, n)


def _how(state: TransportState) -> Rendering:
    head = state.head
    if head.still:
        return Rendering.SILENT
    if state.touched:
        return Rendering.RESAMPLED
    if head.exact:
        return Rendering.COPIED
    rates = (head.rate, head.before) if head.ramp_left else (head.rate,)
    stretches = all(SLOWEST * UNIT <= rate <= FASTEST * UNIT for rate in rates)  # all the way, wherever it is cut
    if state.settings.key_lock and stretches and not head.winds:
        return Rendering.STRETCHED
    return Rendering.RESAMPLED
