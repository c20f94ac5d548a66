"""The tempo slider, bend and key lock. [any-thread]"""

from dataclasses import replace
from typing import Any

from stream.decks.marks import PressRefused
from stream.decks.songhead import SongHead
from stream.decks.transportstate import TransportState
from stream.mixer.deckstrip import TEMPO_RANGES

MOST_BEND = 0.5
SMOOTH_S = 0.02  # from one rate to another


def tempo(state: TransportState, slider: float) -> TransportState:
    """Move the slider, -1 to 1 of its range; at 0 the song is the record, bit for bit.

    ValueError: beyond its ends. PressRefused: it follows somebody
    """
    if not -1 <= slider <= 1:
        raise ValueError(f"the tempo slider must be -1 to 1, not {slider}")
    if state.follows and slider != state.settings.tempo:
        raise PressRefused(f"it follows {state.follows}: its tempo is the leader's until sync is off")
    return _set(state, tempo=slider)


def tempo_range(state: TransportState, percent: float) -> TransportState:
    """How far the slider leads at its ends; what follows somebody keeps its tempo.

    ValueError: none of 6, 10, 16 and 50 percent. PressRefused: the tempo that it follows is beyond it
    """
    if percent not in TEMPO_RANGES:
        ranges = ", ".join(f"{each:g}" for each in TEMPO_RANGES)
        raise ValueError(f"the tempo range must be {ranges} percent, not {percent}")
    set_to = state.settings.tempo * state.settings.tempo_range
    if not state.follows:
        return _set(state, tempo_range=percent)
    if abs(set_to) > percent:
        raise PressRefused(f"it follows {state.follows} at {set_to:+.1f} %, beyond a tempo range of {percent:g} %")
    return _set(state, tempo_range=percent, tempo=set_to / percent)


def bend(state: TransportState, amount: float) -> TransportState:
    """Faster or slower by a fraction for as long as it is held; 0 lets go. ValueError: beyond a half."""
    if not -MOST_BEND <= amount <= MOST_BEND:
        raise ValueError(f"bend must be -{MOST_BEND} to {MOST_BEND}, not {amount}")
    return _set(state, bend=amount)


def key_lock(state: TransportState, on: bool) -> TransportState:
    """Whether the pitch stays when the tempo changes; where the song is does not depend on it."""
    return _set(state, key_lock=on)


def quantize(state: TransportState, on: bool) -> TransportState:
    """Whether cues and loops snap to beats, and jumps keep their phase."""
    return _set(state, quantize=on)


def _set(state: TransportState, **values: Any) -> TransportState:
    state = replace(state, settings=replace(state.settings, **values))
    smooth = round(SMOOTH_S * state.samplerate)
    shadow = state.shadow and retimed(state.shadow, state.speed, smooth)
    return replace(state, head=retimed(state.head, state.velocity, smooth), shadow=shadow)


def retimed(head: SongHead, rate: int, smooth: int) -> SongHead:
    """Towards a rate; not if it stands or is about to, nor if it has it already."""
    if head.rate in (0, rate):
        return head
    winds = head.winds and head.ramp_left > 0
    return head.aimed(rate, max(smooth, head.ramp_left) if winds else smooth, winds)
