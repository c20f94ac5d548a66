"""A song read as a record is: at any rate, backwards too, with a rate that may move within a block.

Interpolation is by a windowed sinc (J. O. Smith, "Digital Audio Resampling", 2002): a table of one half of it, read
with linear interpolation. Above a rate of 1 the sinc is made as much wider, so that nothing folds back.

    song    ──┼──────┼──────┼──────┼──────┼──▶  frames
    position           ▲ · · · · · · · · ▲      next = position + rate

At a rate of exactly 1 or -1 the position glides to a whole frame, and from there the song is given bit for bit.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

ZEROS, PHASES = 24, 512  # of one half of the sinc: its zero crossings, and entries of the table between two of them
KAISER = 9.0  # what the window leaves beside the band: 90 dB below it
BAND = 0.95  # of the lower Nyquist frequency, that passes
MOST_RATE = 8.0
GLIDE = 1 / 1024  # frames a frame by which a position moves on to a whole one: a bend of a thousandth
POSITION = 0  # in the state: float64 (1,)

Float = npt.NDArray[np.float32]
State = npt.NDArray[np.float64]


class Varispeed:
    """The table and the room for weights that reading needs; all that lasts is in the state, which is the caller's."""

    def __init__(self) -> None:
        """Make both."""
        self._table = _half_sinc()
        self._weights = np.empty(2 * math.ceil(ZEROS * MOST_RATE) + 2, np.float32)

    def render(self, song: tuple[Float, int], state: State, rates: tuple[float, float], out: Float) -> None:
        """Give the next frames, and move the state on.

        song: float32 (frames, channels), a part of the song that covers `need`, and the number of its first frame;
            beyond it there is silence
        state: float64 (1,), the position; written
        rates: song frames per frame given, for the first frame, and what it has become behind the last
        out: float32 (n, channels), written
        ValueError: a rate beyond MOST_RATE, or another channel count
        """
        _check(rates)
        frames, first = song
        if frames.shape[1] != out.shape[1]:
            raise ValueError(f"out must have {frames.shape[1]} channels, not {out.shape[1]}")
        _render((frames, first), state, (float(rates[0]), float(rates[1])), (self._table, self._weights), out)


def start(position: float) -> State:
    """A state at a frame of the song, which may be fractional."""
    return np.array([position], np.float64)


def need(state: State, n: int, rates: tuple[float, float]) -> tuple[int, int]:
    """The part of the song that the next n frames are made of, [first, last). ValueError: a rate beyond MOST_RATE."""
    _check(rates)
    lowest, highest = min(0.0, *rates) - GLIDE, max(0.0, *rates) + GLIDE
    reach = ZEROS * max(1.0, abs(rates[0]), abs(rates[1])) + 2
    return math.floor(state[POSITION] + n * lowest - reach), math.ceil(state[POSITION] + n * highest + reach) + 1


def _check(rates: tuple[float, float]) -> None:
    for rate in rates:
        if not abs(rate) <= MOST_RATE:
            raise ValueError(f"rate must be within {-MOST_RATE:g} to {MOST_RATE:g}, not {rate}")


def _half_sinc() -> Float:
    """From its middle to its end, and a zero: float32 (ZEROS * PHASES + 2,)."""
    at = np.arange(ZEROS * PHASES + 2) / PHASES
    window = np.i0(KAISER * np.sqrt(np.maximum(0, 1 - (at / ZEROS) ** 2))) / np.i0(KAISER)
    table = np.sinc(BAND * at) * window
    table[-1] = 0
    return table.astype(np.float32)


@njit(cache=True, nogil=True, error_model="numpy")
def _render(song_first: Any, state: Any, rates: Any, table_weights: Any, out: Any) -> None:
    song, first = song_first
    for i in range(len(out)):
        position = state[POSITION]
        rate = rates[0] + (rates[1] - rates[0]) * (i + 0.5) / len(out)
        whole = round(position)
        if position == whole and abs(rate) == 1:
            _copy(song, int(whole) - first, out[i])
        else:
            _interpolate(song, position - first, max(1.0, abs(rate)), table_weights, out[i])
        if abs(rate) == 1:
            beside = position - whole
            position = whole if abs(beside) <= GLIDE else position - math.copysign(GLIDE, beside)
        state[POSITION] = position + rate


@njit(nogil=True, error_model="numpy")
def _copy(song: Any, at: int, out: Any) -> None:
    inside = 0 <= at < len(song)
    for c in range(len(out)):
        out[c] = song[at, c] if inside else np.float32(0)


@njit(nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _interpolate(song: Any, at: float, wider: float, table_weights: Any, out: Any) -> None:
    """One frame of all channels at a place between frames."""
    table, weights = table_weights
    low = math.ceil(at - ZEROS * wider)
    taps = math.floor(at + ZEROS * wider) - low + 1
    step, total = PHASES / wider, np.float32(0)
    for tap in range(taps):
        x = abs(low + tap - at) * step
        row = int(x)
        weights[tap] = table[row] + np.float32(x - row) * (table[row + 1] - table[row])
        total += weights[tap]
    begin, end, channels, done = max(0, -low), min(taps, len(song) - low), len(out), 0
    while channels - done >= 4:  # four at a time are one vector
        a, b, c, d = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for tap in range(begin, end):
            weight, row = weights[tap], low + tap
            a += weight * song[row, done]
            b += weight * song[row, done + 1]
            c += weight * song[row, done + 2]
            d += weight * song[row, done + 3]
        out[done], out[done + 1], out[done + 2], out[done + 3] = a / total, b / total, c / total, d / total
        done += 4
    while done < channels:
        a = np.float32(0)
        for tap in range(begin, end):
            a += weights[tap] * song[low + tap, done]
        out[done] = a / total
        done += 1
