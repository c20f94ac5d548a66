"""What a player goes through before its fader, and the master's buses behind all of them, with gains that are ramped.

    player ─▶ trim ─┬─▶ isolator ─▶ a mixer's strip (dsp.mix): filter, cue, fader ─▶ mix ─▶ limiter ─┬─▶ level ─▶ mix
                    └─▶ meter                                  └─▶ cue ─▶ limiter ─▶ cue mix ◀───────┼─▶ booth ─▶ booth
                                                                                                     └─▶ cue

The state is float32 (CHANNEL_PARTS, players + 1, CHANNEL_WIDTH), by dsp.console's GOAL, CURRENT and STEP: a row of each
player, and the last one is the master's. Levels only take away, so what a limiter has left stays below full scale.
"""

from typing import Any

import numpy as np
from numba import njit

from dsp.console import GOAL, STEP
from dsp.isolator import ISOLATOR_WIDTH, isolate

CHANNEL_PARTS = 3
TRIM = ISOLATOR_WIDTH  # of a player's row, behind what its isolator has
LEVEL, BOOTH, CUE_MIX, SPLIT = range(4)  # of the master's
CHANNEL_WIDTH = ISOLATOR_WIDTH + 1
_HALF = np.float32(0.5)


@njit(error_model="numpy", inline="always")
def _gain(goal: Any, step: Any, p: Any, left: Any, i: Any) -> Any:
    """What is ramped, at a frame of a piece; counted from the ramp's end, so it arrives exactly."""
    return goal[p] - np.float32(max(0, left - 1 - i)) * step[p]


@njit(error_model="numpy")
def trimmed(state: Any, player: Any, left: Any, heard: Any, to: Any) -> Any:
    """A player at its trim; gives how loud it is, left and right.

    left: frames of the ramp      heard: float32 (2, n)      to: the same, written
    """
    goal, step = state[GOAL, player], state[STEP, player]
    loudest = np.float32(0), np.float32(0)
    for i in range(heard.shape[1]):
        gain = _gain(goal, step, TRIM, left, i)
        to[0, i], to[1, i] = gain * heard[0, i], gain * heard[1, i]
        loudest = max(loudest[0], abs(to[0, i])), max(loudest[1], abs(to[1, i]))
    return loudest


@njit(error_model="numpy")
def isolated(state: Any, player: Any, left: Any, crossing: Any, memory: Any, signal: Any) -> None:
    """A player's bands, in their place. `crossing`, `memory`: of dsp.isolator      signal: float32 (2, n)"""
    isolate(state[GOAL, player], state[STEP, player], left, crossing, memory, signal)


@njit(error_model="numpy")
def add_cued(state: Any, player: Any, left: Any, whole: Any, stems: Any, cue: Any) -> None:
    """Stems of a player that are cued by themselves, where it is not cued whole.

    whole: float32 (n,), how much it is      stems: float32 (2, n), its own cue bus      cue: float32 (2, n), added to
    """
    goal, step = state[GOAL, player], state[STEP, player]
    for i in range(cue.shape[1]):
        gain = _gain(goal, step, TRIM, left, i) * (np.float32(1) - whole[i])
        cue[0, i] += gain * stems[0, i]
        cue[1, i] += gain * stems[1, i]


@njit(error_model="numpy")
def leave(state: Any, left: Any, mix: Any, cue: Any, booth: Any) -> None:
    """The master's buses behind the limiters: what is cued beside the mix, the booth's level, and the mix's.

    mix, cue: float32 (2, n), in their place      booth: float32 (2, n), written
    """
    goal, step = state[GOAL, -1], state[STEP, -1]
    for i in range(mix.shape[1]):
        part, split = _gain(goal, step, CUE_MIX, left, i), _gain(goal, step, SPLIT, left, i)
        sides = (cue[0, i] + cue[1, i]) * _HALF, (mix[0, i] + mix[1, i]) * _HALF
        for side in range(2):
            x, beside = mix[side, i], cue[side, i]
            both = x if part == 1 else beside + part * (x - beside)
            cue[side, i] = sides[side] if split == 1 else both + split * (sides[side] - both)
            booth[side, i] = x * _gain(goal, step, BOOTH, left, i)
            mix[side, i] = x * _gain(goal, step, LEVEL, left, i)
