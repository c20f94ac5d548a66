"""How well attacks survive a change of speed: when they come, what is heard before them, and how fast they rise."""

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float32]

SAMPLERATE = 44_100
SMOOTH = 44  # frames of the envelope: 1 ms
BEFORE, AFTER, REACH = 353, 1102, 1323  # frames: 8 ms and 25 ms of an attack are sought within 30 ms
STEP = 8  # frames from one point of an envelope's slope to the next
QUIET, CLEAR, ATTACK = 1102, 132, 441  # pre-echo lies 25 to 3 ms before an attack, which lasts 10 ms
FLOOR = 1e-5  # of an attack's power: what is fainter before it is no echo
JITTER, ECHO, RISE = range(3)


def judge(source: Float, out: Float, onsets: NDArray[np.int64], rate: float) -> NDArray[np.float64]:
    """Of each onset that lies well inside: float64 (m, 3).

    source, out: float32 (frames, 2); frame t of out belongs to frame t * rate of the source
    JITTER: how late it is, ms, against the ideal map      ECHO: dB by which what comes before it is louder, by the
    attack's own power, than in the source      RISE: ms by which it takes longer from a tenth to nine tenths
    """
    before, after = source.mean(axis=1, dtype=np.float64), out.mean(axis=1, dtype=np.float64)
    rows = np.full((len(onsets), 3), np.nan)
    _judge(before, envelope(before), after, envelope(after), onsets, rate, rows)
    judged: NDArray[np.float64] = rows[~np.isnan(rows[:, JITTER])]
    return judged


def envelope(mono: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean magnitude of a millisecond, high frequencies lifted: float64 (frames,)."""
    lifted = np.abs(mono) + 3 * np.abs(np.diff(mono, prepend=0.0))
    sums = np.concatenate([[0.0], np.cumsum(lifted)])
    made = np.zeros(len(mono))
    made[SMOOTH // 2 : len(mono) - SMOOTH // 2 + 1] = (sums[SMOOTH:] - sums[:-SMOOTH]) / SMOOTH
    return made


def reference(drums: Float) -> NDArray[np.int64]:
    """Onsets found by another's detector (librosa's), each where a tenth of its rise is done: int64 (m,)."""
    import librosa

    mono = drums.mean(axis=1)
    strength = librosa.onset.onset_strength(y=mono, sr=SAMPLERATE, hop_length=128)
    rough = 128 * librosa.onset.onset_detect(onset_envelope=strength, sr=SAMPLERATE, hop_length=128, units="frames")
    level = envelope(mono.astype(np.float64))
    found = sorted({at for at in (_refined(level, int(frame)) for frame in rough) if at >= 0})
    keep = np.concatenate([[True], np.diff(found) > 2 * ATTACK]) if found else np.zeros(0, np.bool_)
    kept: NDArray[np.int64] = np.array(found, np.int64)[keep]
    return kept


def _refined(level: NDArray[np.float64], frame: int) -> int:
    """Where an attack near a frame begins, -1 where there is none that is loud enough."""
    first, last = max(0, frame - 1300), min(len(level) - ATTACK, frame + 900)
    if last - first < 1000:
        return -1
    at = first + 88 + int(np.argmax(level[first + 88 : last] - level[first : last - 88]))
    peak = level[at : at + 400].max()
    if peak < 0.01 * level.max():
        return -1
    below = np.flatnonzero(level[max(0, at - 600) : at] <= 0.2 * peak)
    return max(0, at - 600) + int(below[-1]) if len(below) else at - 600


@njit(cache=True, error_model="numpy")
def _judge(source: Any, level: Any, out: Any, level_out: Any, onsets: Any, rate: float, rows: Any) -> None:
    for k in range(len(onsets)):
        o, t = onsets[k], round(onsets[k] / rate)
        if o < QUIET or o + AFTER + SMOOTH > len(source) or t < QUIET + REACH or t + AFTER + REACH + SMOOTH > len(out):
            continue
        best, late = -1.0, 0
        for lag in range(-REACH, REACH + 1, 11):
            alike = _alike(level, o, level_out, t + lag)
            if alike > best:
                best, late = alike, lag
        rough = late
        for lag in range(max(-REACH, rough - 10), min(REACH, rough + 10) + 1):
            alike = _alike(level, o, level_out, t + lag)
            if alike > best:
                best, late = alike, lag
        rows[k, 0] = 1e3 * late / SAMPLERATE
        rows[k, 1] = _echo(out, t + late) - _echo(source, o)
        rows[k, 2] = 1e3 * (_rise(level_out, t + late) - _rise(level, o)) / SAMPLERATE


@njit(cache=True, error_model="numpy")
def _alike(level: Any, o: int, other: Any, t: int) -> float:
    """Correlation of two envelopes' rises, of which the first one's norm does not matter."""
    both = norm = 0.0
    for i in range(-BEFORE, AFTER - STEP, STEP):
        rise = max(0.0, other[t + i + STEP] - other[t + i])
        both += rise * max(0.0, level[o + i + STEP] - level[o + i])
        norm += rise * rise
    return both / math.sqrt(norm + 1e-12)


@njit(cache=True, error_model="numpy")
def _echo(mono: Any, at: int) -> float:
    quiet = loud = 0.0
    for i in range(at - QUIET, at - CLEAR):
        quiet += mono[i] * mono[i]
    for i in range(at, at + ATTACK):
        loud += mono[i] * mono[i]
    return 10 * math.log10(max(FLOOR, quiet / (QUIET - CLEAR) / (loud / ATTACK + 1e-12)))


@njit(cache=True, error_model="numpy")
def _rise(level: Any, at: int) -> int:
    """Frames from the last tenth before the peak to the first nine tenths."""
    top = at - 220
    for i in range(at - 220, at + 900):
        if level[i] > level[top]:
            top = i
    low = top
    while low > at - 1102 and level[low] > 0.1 * level[top]:
        low -= 1
    high = low
    while level[high] < 0.9 * level[top]:
        high += 1
    return high - low
