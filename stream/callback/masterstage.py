"""The master, piece by piece: players through their channels into its mixer, and its buses out of it.

All buses of all players are as much later as the limiter looks ahead, so that they stay beside each other. What is
before the buses in a player's rows (dsp.console) is not.

[audio-thread]
"""

from typing import Any

import numpy as np
from numba import njit

from dsp.channelstrip import CHANNEL_PARTS, CHANNEL_WIDTH, add_cued, isolated, leave, trimmed
from dsp.console import BUS, BUSES, CUE, DRY, HEARD, PIECE, STEM, WET, strip
from dsp.isolator import ISOLATOR_MEMORY
from dsp.limiter import HEAD, delay, limit
from dsp.ramp import aim, move, ramp
from stream.callback.mixstage import begin, meter_row, mix_rows, peaks, state, work
from stream.callback.outputstage import buses
from stream.native.memory import floats, integers


@njit(error_model="numpy", inline="always")
def _channels(m: Any) -> Any:
    return floats(m.channels, (CHANNEL_PARTS, m.player.stems + 1, CHANNEL_WIDTH))


@njit(error_model="numpy")
def begin_master(m: Any, position: Any, n: Any) -> None:
    """Once for the block at a position: changes are taken over."""
    p = m.player
    before = p.targets_taken
    begin(p, position, n)
    if p.targets_taken != before:
        targets = p.target_ring
        wanted = floats(m.wanted_channels, (targets.mask + 1, p.stems + 1, CHANNEL_WIDTH))
        aim(_channels(m), wanted[p.targets_taken & targets.mask], p.ramp_frames)


@njit(error_model="numpy")
def clear(m: Any, n: Any) -> None:
    """A piece that no player has come to yet."""
    rows = work(m.player)
    for side in range(2):
        for i in range(n):
            rows[DRY + side, i] = np.float32(0)
    for i in range(n):
        rows[WET, i] = np.float32(1)


@njit(error_model="numpy")
def join(m: Any, number: Any, player: Any, n: Any) -> None:
    """What is heard of a player is a stem of the master's: trimmed, metered, through its bands."""
    p, heard = m.player, work(player)[BUS : BUS + 2, :n]
    rows, first, loud = work(p), strip(number, p.stems), peaks(p)
    stem = rows[first + STEM : first + STEM + 2, :n]
    for side, loudest in enumerate(trimmed(_channels(m), number, p.ramp_left, heard, stem)):
        loud[2 * (1 + number) + side] = max(loud[2 * (1 + number) + side], loudest)
    memory = floats(m.isolators, (p.stems, 2, ISOLATOR_MEMORY))[number]
    isolated(_channels(m), number, p.ramp_left, floats(m.crossovers, (2,)), memory, stem)
    for side in range(2):
        for i in range(n):
            x = stem[side, i]
            rows[first + HEARD + side, i] = x
            rows[DRY + side, i] += x


@njit(error_model="numpy")
def mix_master(m: Any, n: Any) -> None:
    """All players onto the buses, but without moving on."""
    p = m.player
    left = p.ramp_left
    ramp(state(p), work(p), left, n)
    mix_rows(p, n)
    p.ramp_left = left


@njit(error_model="numpy")
def _cue(p: Any) -> Any:
    """The first row of a player's cue bus."""
    return BUS + 2 * (p.stems + BUSES - 1)


@njit(error_model="numpy")
def add_cue(m: Any, number: Any, player: Any, n: Any) -> None:
    """What of a player is cued by itself, onto the cue bus."""
    p = m.player
    rows, own, at = work(p), work(player), _cue(player)
    add_cued(_channels(m), number, p.ramp_left, rows[strip(number, p.stems) + CUE], own[at : at + 2, :n],
             rows[_cue(p) : _cue(p) + 2, :n])


@njit(error_model="numpy")
def _lines(h: Any, p: Any) -> Any:
    """What is on its way through a player's rows."""
    m, first = h.master, (p.rows - h.buses) // (4 * PIECE)
    return floats(m.lines, (h.bus_rows, m.lookahead))[first : first + strip(0, p.stems)]


@njit(error_model="numpy")
def wait(h: Any, p: Any, n: Any) -> None:
    """Have a player's buses come as late as what is limited."""
    behind = strip(0, p.stems)
    delay(_lines(h, p)[BUS:behind], work(p)[BUS:behind, :n], h.master.delayed_at)


@njit(error_model="numpy")
def finish(h: Any, n: Any) -> None:
    """The master's buses as they leave, with their peaks; and be where everything is after the piece."""
    m = h.master
    p = m.player
    rows, lines, cue = work(p), _lines(h, p), _cue(p)
    size = HEAD + 3 * (m.lookahead + 1)
    limit(integers(m.mix_limiter, (size,)), lines[BUS : BUS + 2], rows[BUS : BUS + 2, :n])
    limit(integers(m.cue_limiter, (size,)), lines[cue : cue + 2], rows[cue : cue + 2, :n])
    m.delayed_at = delay(lines[BUS + 2 : cue], rows[BUS + 2 : cue, :n], m.delayed_at)
    leave(_channels(m), p.ramp_left, rows[BUS : BUS + 2, :n], rows[cue : cue + 2, :n],
          buses(h)[m.booth : m.booth + 2, :n])
    p.ramp_left = move(_channels(m), p.ramp_left, n)
    for side in range(2):
        meter_row(p, side, n)
        meter_row(p, cue - BUS + side, n)
