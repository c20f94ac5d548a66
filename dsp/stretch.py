"""Key lock: a song at another tempo and in its own key, all stems by the same splices, attacks in time.

The song is copied as it is and now and then spliced (dsp/splices.py), so frames that are heard are frames of the song,
and stems that sum to it go on doing so. At a rate of exactly 1 or -1 what is heard is the song bit for bit.

All that lasts is a small state: copied and put back, the same frames come again, whatever the blocks are. The song is
read by random access: `need` says which part of it the next frames may look at.
"""

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.splices import (
    COARSE,
    COUNT,
    CUT,
    FADED,
    IDEAL,
    JUMP,
    LONG,
    NEVER,
    PLANNED,
    POSITION,
    RATE,
    STATE,
    UNTIL,
    Anchors,
    Excerpt,
    Sizes,
    ideal,
    plan,
    sizes,
)

Float = NDArray[np.float32]
State = NDArray[np.float64]

SLOWEST, FASTEST = 0.5, 2.0
KEPT = 4  # fades: a splice that is so near is not planned anew when the rate changes
BEND = 0.004  # by which the rate may change before a plan is made anew: it is half a millisecond of a long gap
DRIFT_S = 0.05  # by how much the frame that is read may be off the ideal one, at the most, and besides
GAP_DRIFT_S = 0.45  # by the rate's distance from 1
LOUD = 0.8  # the quantile of strengths from which on an anchor matters as much as any
WEAK = 0.1  # how much the weakest matters


class Stretcher:
    """Sizes for a samplerate and the room that plans need; all that lasts is in the state, which is the caller's."""

    def __init__(self, samplerate: int) -> None:
        """ValueError: a samplerate below 8000 Hz."""
        if samplerate < 8000:
            raise ValueError(f"samplerate must be 8000 or more, not {samplerate}")
        self._samplerate = samplerate
        self._sizes = sizes(samplerate)
        self._work = np.empty((_ahead(self._sizes) + _behind(self._sizes)) // COARSE + 8, np.float32)

    def need(self, state: State, n: int, rate: float) -> tuple[int, int]:
        """The part of the song that the next n frames are made of and planned by, [first, last).

        ValueError: a rate that is too slow or too fast
        """
        _check(rate)
        turned = state if (rate > 0) == (state[RATE] > 0) else _turned(state)
        now, drift = ideal(turned), self._samplerate * (DRIFT_S + GAP_DRIFT_S * abs(abs(rate) - 1))
        low = min(turned[POSITION] + min(0, turned[JUMP]), now - drift) - _behind(self._sizes)
        high = max(turned[POSITION] + n + max(0, turned[JUMP]), now + n * abs(rate) + drift) + _ahead(self._sizes)
        first, last = (low, high) if rate > 0 else (-high, -low)
        return math.floor(first), math.ceil(last) + 1

    def render(self, song: tuple[Float, int], state: State, rate: float, anchors: Anchors, out: Float) -> None:
        """Give the next frames, and move the state on.

        song: float32 (frames, channels), a part of the song that covers `need`, and the number of its first frame;
            beyond it there is silence. The first two channels are the whole song: by them splices are chosen
        state: float64 (STATE,), written
        rate: song frames per frame given; below 0 the song is heard backwards
        out: float32 (n, channels), written
        ValueError: a rate that is too slow or too fast, or another channel count
        """
        _check(rate)
        frames, first = song
        if frames.shape[1] != out.shape[1]:
            raise ValueError(f"out must have {frames.shape[1]} channels, not {out.shape[1]}")
        excerpt = Excerpt(frames, first, 1 if rate > 0 else -1)
        _render(excerpt, state, float(rate), (anchors, self._sizes, self._work), out)


def start(frame: float, rate: float) -> State:
    """A state at a frame of the song, which may be fractional. ValueError: a rate that is too slow or too fast."""
    _check(rate)
    state, sign = np.zeros(STATE), math.copysign(1, rate)
    state[[POSITION, IDEAL]] = sign * round(frame), sign * frame
    state[[RATE, PLANNED, CUT, UNTIL]] = rate, rate, NEVER, -NEVER
    return state


def position(state: State) -> float:
    """The frame of the song that the next frame given stands for."""
    return float(math.copysign(1, state[RATE]) * ideal(state))


def anchors(frames: NDArray[np.int64], strengths: NDArray[Any]) -> Anchors:
    """Onsets (of the drums, where these are known), by what they matter; none: attacks come when they come.

    frames: int64 (n,), ascending      strengths: (n,), of any scale
    """
    loud = np.quantile(strengths, LOUD) if len(strengths) else 1.0
    weights = np.clip(np.asarray(strengths, np.float64) / max(loud, 1e-12), WEAK, 1.0)
    return Anchors(np.ascontiguousarray(frames, np.int64), weights)


def _check(rate: float) -> None:
    if not SLOWEST <= abs(rate) <= FASTEST:
        raise ValueError(f"rate must be within {SLOWEST:g} and {FASTEST:g}, or their negatives, not {rate}")


def _ahead(sizes: Sizes) -> int:
    return math.ceil(LONG * sizes.chunk) + sizes.before + sizes.after + sizes.fade + 2 * COARSE


def _behind(sizes: Sizes) -> int:
    return 4 * sizes.reach + 2 * COARSE


def _turned(state: State) -> State:
    copy = state.copy()
    _turn(copy, -state[RATE], 0)
    return copy


@njit(cache=True, nogil=True, error_model="numpy")
def _turn(state: Any, rate: float, kept: int) -> None:
    """Go on at another rate, from where it is. kept: frames; a splice that is nearer stays."""
    now, turned = ideal(state), (rate > 0) != (state[RATE] > 0)
    if turned:
        now = -now
        state[POSITION], state[JUMP], state[CUT] = -state[POSITION], -state[JUMP], NEVER
    state[IDEAL], state[COUNT], state[RATE] = now, 0, rate
    at_rest = state[CUT] >= NEVER and state[UNTIL] >= NEVER
    anew = turned or at_rest or abs(rate - state[PLANNED]) > BEND
    if anew and state[FADED] == 0 and state[CUT] - state[POSITION] >= kept:
        state[CUT], state[UNTIL] = NEVER, -NEVER


@njit(cache=True, nogil=True, error_model="numpy")
def _render(song: Any, state: Any, rate: float, anchors_sizes_work: Any, out: Any) -> None:
    anchors, sizes, work = anchors_sizes_work
    if rate != state[RATE]:
        _turn(state, rate, KEPT * sizes.fade)
    done = 0
    while done < len(out):
        if state[FADED] == 0 and state[CUT] >= NEVER and state[POSITION] >= state[UNTIL]:
            plan(state, song, anchors, sizes, work)
        at = int(song.sign * state[POSITION]) - song.first
        if state[FADED] == 0 and state[POSITION] < state[CUT]:
            count = int(min(float(len(out) - done), min(state[CUT], state[UNTIL]) - state[POSITION]))
            _copy(song, at, out, done, count)
        else:
            count = min(len(out) - done, sizes.fade - int(state[FADED]))
            _fade(song, at, (song.sign * int(state[JUMP]), int(state[FADED]), sizes.fade), out[done : done + count])
            state[FADED] += count
        state[POSITION] += count
        state[COUNT] += count
        done += count
        if state[FADED] >= sizes.fade:
            state[POSITION] += state[JUMP]
            state[FADED], state[JUMP], state[CUT], state[UNTIL] = 0, 0, NEVER, -NEVER


@njit(nogil=True, error_model="numpy")
def _copy(song: Any, at: int, out: Any, done: int, count: int) -> None:
    frames, channels = song.frames, out.shape[1]
    for i in range(count):
        a = at + song.sign * i
        if 0 <= a < len(frames):
            for c in range(channels):
                out[done + i, c] = frames[a, c]
        else:
            for c in range(channels):
                out[done + i, c] = np.float32(0)


@njit(nogil=True, error_model="numpy")
def _fade(song: Any, at: int, jump_faded_fade: Any, out: Any) -> None:
    """A part of a crossfade from the song as it goes on to the song behind the jump."""
    jump, faded, fade = jump_faded_fade
    frames, nothing = song.frames, np.float32(0)
    for i in range(len(out)):
        x = (faded + i + 0.5) / fade
        weight = np.float32(x * x * (3 - 2 * x))
        a = at + song.sign * i
        b = a + jump
        for c in range(out.shape[1]):
            old = frames[a, c] if 0 <= a < len(frames) else nothing
            new = frames[b, c] if 0 <= b < len(frames) else nothing
            out[i, c] = old + weight * (new - old)  # where both are alike it is that, exactly
