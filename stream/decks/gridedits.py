"""The grid put right by hand: its tempo, its place, its downbeat. What finds beats never changes it from then on.

No loop, cue or hot cue moves with it: they stay at their frames.
[any-thread]
"""

from dataclasses import replace

from dsp.beatgrid import FASTEST_BPM, SLOWEST_BPM, BeatGrid
from stream.decks.marks import PressRefused
from stream.decks.transportstate import TransportState

MOST_MS = 2000.0  # that a grid is moved at once
TAPS, MOST_TAPS = 4, 32  # from which on they are a grid, and of which one is made
BAR = 4  # taps are taken to be in 4/4


def grid_double(state: TransportState) -> TransportState:
    """Twice the tempo. PressRefused: no beats are known, or that is too fast."""
    return _edited(state, _grid(state).doubled())


def grid_halve(state: TransportState) -> TransportState:
    """Half the tempo. PressRefused: no beats are known, or that is too slow."""
    return _edited(state, _grid(state).halved())


def grid_four_thirds(state: TransportState) -> TransportState:
    """Four thirds of the tempo. PressRefused: no beats are known, or that is too fast."""
    return _edited(state, _grid(state).four_thirds())


def grid_three_quarters(state: TransportState) -> TransportState:
    """Three quarters of the tempo. PressRefused: no beats are known, or that is too slow."""
    return _edited(state, _grid(state).three_quarters())


def grid_move(state: TransportState, milliseconds: float) -> TransportState:
    """All beats later in the song, or earlier below 0. ValueError: more than 2 s. PressRefused: no beats are known."""
    if not -MOST_MS <= milliseconds <= MOST_MS:
        raise ValueError(f"a grid must be moved by up to {MOST_MS:g} ms, not {milliseconds}")
    return _edited(state, _grid(state).moved(milliseconds / 1000 * state.samplerate))


def grid_here(state: TransportState) -> TransportState:
    """The beat nearest to what is heard is moved to it, and all others as far. PressRefused: no beats are known."""
    grid, here = _grid(state), state.audible
    return _edited(state, grid.moved(here - grid.nearest(here)))


def grid_downbeat(state: TransportState) -> TransportState:
    """The beat nearest to what is heard begins a bar; no beat moves. PressRefused: no beats are known."""
    return _edited(state, _grid(state).with_downbeat_at(state.audible))


def grid_tap(state: TransportState) -> TransportState:
    """A beat is tapped. From the fourth tap on the grid goes through them, and the first one is a downbeat.

    Taps begin anew after two beats of the slowest tempo, and when the song has jumped. PressRefused: it stands
    """
    if not state.moving:
        raise PressRefused("beats are tapped while the song plays")
    here, before = state.audible, state.taps[-1] if state.taps else None
    longest = 2 * 60 * state.samplerate / SLOWEST_BPM
    goes_on = before is not None and 0 < here - before < longest
    taps = (*(state.taps if goes_on else ()), here)
    taps = taps[BAR:] if len(taps) > MOST_TAPS else taps
    if len(taps) < TAPS:
        return replace(state, taps=taps)
    return replace(_edited(state, BeatGrid.from_taps(taps, BAR)), taps=taps)


def grid_reset(state: TransportState) -> TransportState:
    """What was found of the song's beats, in the place of what was made by hand; nothing, where none were found."""
    return replace(state, grid=state.found, taps=())


def found(state: TransportState, grid: BeatGrid | None) -> TransportState:
    """What is found of the song's beats; a grid that was made by hand stays."""
    by_hand = state.grid is not None and state.grid.by_hand
    return replace(state, found=grid, grid=state.grid if by_hand else grid)


def refined(state: TransportState, tapped: BeatGrid, near: BeatGrid) -> TransportState:
    """Taps are moved to the onsets near them, unless the grid has been changed since."""
    return replace(state, grid=near) if state.grid == tapped else state


def _edited(state: TransportState, grid: BeatGrid) -> TransportState:
    bpm = grid.bpm(state.samplerate)
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise PressRefused(f"a grid must have {SLOWEST_BPM:g} to {FASTEST_BPM:g} beats a minute, not {bpm:.1f}")
    return replace(state, grid=grid, taps=())


def _grid(state: TransportState) -> BeatGrid:
    if state.grid is None:
        raise PressRefused("no beats of this song are known; tap them")
    return state.grid
