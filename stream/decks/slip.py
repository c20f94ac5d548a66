"""Slip: below whatever is done to a song it goes on, and is there again when that is over. [any-thread]"""

from dataclasses import replace

from stream.decks.marks import Hold
from stream.decks.transportstate import TransportState


def slip(state: TransportState, on: bool) -> TransportState:
    """Switch slip on or off. Off: what is heard goes on, and where the song would be is forgotten."""
    state = replace(state, settings=replace(state.settings, slip=on))
    if not on:
        return state if state.hold is Hold.CENSOR else replace(state, shadow=None)
    return departed(state) if departs(state) else state


def departed(state: TransportState) -> TransportState:
    """With slip, from here on the song goes on by itself below what is about to be done."""
    return followed(state) if state.settings.slip and state.playing else state


def followed(state: TransportState) -> TransportState:
    """As `departed`, with slip or without."""
    if state.shadow is not None or not state.moving or state.touched:
        return state
    return replace(state, shadow=state.head.aimed(state.speed, 0) if state.reversed else state.head)


def departs(state: TransportState) -> bool:
    """Whether what is heard is not the song as it would go on."""
    if not state.settings.slip:
        return state.hold is not Hold.NONE or state.touched
    return (not state.playing or state.hold is not Hold.NONE or state.reversed or state.looping is not None
            or state.touched)


def returned(state: TransportState) -> TransportState:
    """Back to where the song would be, if nothing keeps it away from there any more."""
    if state.shadow is None or departs(state):
        return state
    return replace(state, head=state.shadow, shadow=None)


def stayed(state: TransportState) -> TransportState:
    """Here instead: where the song would be is forgotten, if nothing else keeps it away from there."""
    return state if departs(state) else replace(state, shadow=None)
