"""The cue button and eight hot cues, as two CDJs have them. [any-thread]"""

from dataclasses import replace

from stream.decks.marks import Hold, HotCue, Loop
from stream.decks.slip import departed, returned
from stream.decks.songhead import UNIT, SongHead
from stream.decks.transportstate import TransportState
from stream.mixer.deckstrip import HOT_CUES


def cue_press(state: TransportState) -> TransportState:
    """Playing, or at the song's end: back to the cue, paused. Paused at the cue: play while held. Elsewhere: set it."""
    if state.hold is Hold.CUE:
        return state
    if state.moving or state.playing or state.ended:
        return _back(state)
    if abs(state.head.now - state.cue) < UNIT:
        return replace(state, hold=Hold.CUE, head=SongHead(state.cue, state.velocity))
    place = state.snapped(state.head.now)
    return replace(state.with_head(SongHead(place)), cue=place)


def cue_release(state: TransportState) -> TransportState:
    """If it was held: back to the cue, paused."""
    return _back(state) if state.hold is Hold.CUE else state


def hot_cue_press(state: TransportState, number: int) -> TransportState:
    """Play from a hot cue, with slip for as long as it is held; one that is not set is set.

    With quantize a song that plays keeps its phase; a paused one begins at the cue itself.
    ValueError: not 0 to 7
    """
    cue = state.hot_cues[_valid(number)]
    if cue is None:
        return hot_cue_set(state, number)
    if state.playing and state.settings.slip:
        state = replace(departed(state), hold=Hold.HOT_CUE, held=number, reversed=_switched(state))
    if state.playing:
        head = state.head.at(state.in_phase(cue.place))
        head = head.turned() if head.forward == state.reversed else head
    else:
        state = replace(state, playing=True, hold=Hold.NONE, shadow=None)
        head = SongHead(cue.place)
    if head.rate == 0:  # it stood, at an end of the song perhaps
        head = SongHead(head.now, state.velocity)
    if cue.length:
        return replace(state, head=head, loop=Loop(cue.place, cue.length, active=True))
    return state.with_head(head)


def hot_cue_release(state: TransportState, number: int) -> TransportState:
    """If it was held with slip: on where the song would be. ValueError: not 0 to 7."""
    cue = state.hot_cues[_valid(number)]
    if state.hold is not Hold.HOT_CUE or state.held != number:
        return state
    loop = state.looping
    if loop is not None and cue is not None and cue.length and loop.start == cue.place:
        state = replace(state, loop=replace(loop, active=False))
    return returned(replace(state, hold=Hold.NONE))


def hot_cue_set(state: TransportState, number: int) -> TransportState:
    """Set a hot cue here, or with quantize at the nearest beat; while a loop is active, it is that loop.

    ValueError: not 0 to 7
    """
    loop = state.looping
    cue = HotCue(loop.start, loop.length) if loop is not None else HotCue(state.snapped(state.head.heard))
    return _with(state, _valid(number), cue)


def hot_cue_delete(state: TransportState, number: int) -> TransportState:
    """Forget a hot cue. ValueError: not 0 to 7."""
    return _with(state, _valid(number), None)


def _back(state: TransportState) -> TransportState:
    state = replace(state, playing=False, reversed=_switched(state), hold=Hold.NONE, shadow=None)
    return state.with_head(SongHead(state.cue))


def _switched(state: TransportState) -> bool:
    """Whether it is backwards without a finger on censor."""
    return state.reversed and state.hold is not Hold.CENSOR


def _with(state: TransportState, number: int, cue: HotCue | None) -> TransportState:
    cues = state.hot_cues
    return replace(state, hot_cues=(*cues[:number], cue, *cues[number + 1 :]))


def _valid(number: int) -> int:
    if not 0 <= number < HOT_CUES:
        raise ValueError(f"a hot cue must be 0 to {HOT_CUES - 1}, not {number}")
    return number
