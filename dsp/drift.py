"""Frames from one clock to another: a resampler whose ratio is steered by how full the ring between them is.

Two devices never agree on what a second is: 200 millionths apart, one gains 9 frames a second on the other. Whoever
reads follows whoever writes, by a ratio that a control loop of second order keeps at what leaves the fill where it
should be, after F. Adriaensen, "Controlling adaptive resampling" (Linux Audio Conference 2012). The writer comes in
blocks, so the fill is taken from the time of its last block on: seen in whole blocks it would beat with the reader's.

    frames ──▶ ring ────────────────┬─── written (at its time)    expected now = written + rate · (now - its time)
                     position ──────┘      fill = expected now - position ──▶ loop ──▶ ratio

Interpolation is by a windowed sinc, TAPS long, whose phases are a table that is interpolated linearly. Where frames are
missing it fades out, waits until the fill is what it should be, and fades in: that is counted, and never clicks.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

TAPS, PHASES = 64, 512
KAISER = 10.0  # what the window leaves beside the band: 100 dB below it
BAND = 0.92  # of the lower Nyquist frequency, that passes
# the state: float64 (STATE,)
(POSITION, RATIO, NOMINAL, RATE, TARGET, SMOOTH, SUM, AGE, PLAYING, GAPS, DOUBT) = range(11)
STATE = 11
CALM_HZ, EAGER_HZ = 0.03, 0.3  # of the loop, once it has settled, and at first
SMOOTHER = 10  # how much faster than the loop is what smooths the fill before it
MOST_BEND = 0.005  # by which the ratio may differ from the nominal one
LOST_S = 0.2  # further from where it should be it is given up, and sought anew
EARLY_S = 0.001  # by which processors' counters may differ; a time before the writer's last block by more is wrong
PATIENT_S = 0.5  # so long a time may be wrong, or the writer rest, until what is there is heard by the frames alone

State = npt.NDArray[np.float64]


def table(nominal: float) -> npt.NDArray[np.float32]:
    """The sinc's phases, float32 (PHASES + 1, TAPS).

    nominal: frames read for each that is given: the writer's samplerate by the reader's
    """
    cut = BAND * min(1.0, 1 / nominal)
    at = np.arange(TAPS)[None, :] - (TAPS // 2 - 1) - np.arange(PHASES + 1)[:, None] / PHASES
    inside = np.maximum(0, 1 - (at / (TAPS / 2)) ** 2)
    sinc = cut * np.sinc(cut * at) * np.i0(KAISER * np.sqrt(inside)) / np.i0(KAISER)
    return np.ascontiguousarray(sinc / sinc.sum(axis=1, keepdims=True), np.float32)


def state(writer_rate: float, reader_rate: float, blocks: tuple[int, int], slack: int) -> State:
    """A reader that has read nothing.

    writer_rate, reader_rate: Hz
    blocks: frames that the writer and the reader come with at once
    slack: frames of the writer's by which both may be late
    """
    nominal = writer_rate / reader_rate
    made = np.zeros(STATE)
    made[[RATIO, NOMINAL, RATE]] = nominal, nominal, writer_rate
    made[TARGET] = blocks[0] + math.ceil(blocks[1] * nominal) + TAPS // 2 + slack
    return made


def latency(made: State) -> float:
    """How late a frame comes out, in frames of the reader's."""
    return float(made[TARGET] / made[NOMINAL])


@njit(error_model="numpy")
def _steer(state: Any, fill: float, seconds: float) -> None:
    """Set the ratio by how far the fill is from where it should be."""
    state[AGE] += seconds
    turn = 2 * math.pi * max(CALM_HZ, EAGER_HZ / (1 + state[AGE]))
    state[SMOOTH] += (1 - math.exp(-SMOOTHER * turn * seconds)) * (fill - state[TARGET] - state[SMOOTH])
    state[SUM] += turn * turn / state[RATE] * state[SMOOTH] * seconds
    state[SUM] = min(MOST_BEND, max(-MOST_BEND, state[SUM]))
    bend = 2 * turn / state[RATE] * state[SMOOTH] + state[SUM]
    state[RATIO] = state[NOMINAL] * (1 + min(MOST_BEND, max(-MOST_BEND, bend)))


@njit(error_model="numpy")
def _begin(state: Any, start: float) -> None:
    state[POSITION] = start
    state[SMOOTH] = state[AGE] = 0
    state[PLAYING] = 1


@njit(error_model="numpy")
def _frame(data: Any, position: float, table: Any, out: Any, gain: float) -> None:
    """One frame at a place between frames, a pair of channels at a time."""
    for pair in range(0, len(out), 2):
        out[pair], out[pair + 1] = _pair(data, pair, position, table)
        out[pair] *= np.float32(gain)
        out[pair + 1] *= np.float32(gain)


@njit(error_model="numpy")
def _pair(data: Any, pair: int, position: float, table: Any) -> Any:
    whole = math.floor(position)
    phase = (position - whole) * PHASES
    row, first = int(phase), int(whole) - (TAPS // 2 - 1)
    part, left, right, mask = np.float32(phase - row), np.float32(0), np.float32(0), len(data) - 1
    for tap in range(TAPS):
        weight = table[row, tap] + part * (table[row + 1, tap] - table[row, tap])
        at = (first + tap) & mask
        left += weight * data[at, pair]
        right += weight * data[at, pair + 1]
    return left, right


@njit(error_model="numpy")
def _doubt(state: Any, since: float, n: int) -> Any:
    """Whether a time says nothing of where the writer is, and whether it has said nothing for PATIENT_S.

    It does not where somebody calls later than TARGET allows for. That happens, and no frame need be missing for it; a
    writer that rests and a clock that is wrong go on with it.
    """
    seconds = n * state[NOMINAL] / state[RATE]
    doubtful = not -EARLY_S <= since <= (state[TARGET] - TAPS // 2) / state[RATE] - seconds
    state[DOUBT] = state[DOUBT] + seconds if doubtful else 0.0
    return doubtful, state[DOUBT] > PATIENT_S


@njit(error_model="numpy")
def pull(data: Any, written: int, since: float, state: Any, table: Any, out: Any) -> None:
    """Give frames at the reader's pace.

    data: float32 (frames, channels), a ring, a power of two; channels are even      written: frames that it has had
    since: seconds since the last of them were written
    out: float32 (n, channels), written: all of a frame are of the same time
    """
    n, rate, believed = len(out), state[RATE], state[DOUBT] <= PATIENT_S
    doubtful, wrong = _doubt(state, since, n)
    expected = written + (0.0 if doubtful else since * rate)  # else he is as far as he is known to be
    start, first = expected - state[TARGET], max(float(TAPS // 2), state[POSITION])  # nothing is heard twice
    there, rise, gain = state[PLAYING] == 1, 0.0, 1.0
    if there:
        lost = abs(expected - state[POSITION] - state[TARGET]) > LOST_S * rate
        if not lost and (wrong or not doubtful):  # what is begun anew is not to begin with a ratio that is far off
            _steer(state, expected - state[POSITION], n * state[NOMINAL] / rate)
        ends = (written - TAPS // 2 - state[POSITION]) / state[RATIO]  # frames until there are none
        if lost or ends < n:
            state[PLAYING] = 0
            state[GAPS] += 1
            rise = -1.0 / max(1.0, min(float(n), ends))
        elif wrong and believed:
            state[GAPS] += 1
    elif (wrong or not doubtful) and start >= first and written - TAPS // 2 - start >= n * state[NOMINAL]:
        _begin(state, start)
        state[GAPS] += wrong
        there, rise, gain = True, 1.0 / n, 0.0
    for i in range(n):
        gain = min(1.0, max(0.0, gain + rise))
        if there and gain > 0:
            _frame(data, state[POSITION], table, out[i], gain)
            state[POSITION] += state[RATIO]
        else:
            for c in range(out.shape[1]):
                out[i, c] = np.float32(0)
