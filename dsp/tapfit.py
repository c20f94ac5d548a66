"""A grid from a few taps, put on the onsets of the whole song.

Hands are 20 ms off, so four taps have a tempo that is right to some percent, and a line at that tempo misses all beats
half a minute later. All periods that the taps leave open are tried on the song's onsets, turning around the middle of
the taps; the best few are fitted, and the line wins that explains most and is about as near to the taps as theirs.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dsp.beatgrid import BY_HAND, BeatGrid
from dsp.gridfit import Heard, explained, fit_near, fit_within, nearness

Floats = NDArray[np.float64]

_OFF_S = 0.025  # of a hand, standard deviation
_DOUBT = 3.0  # times by as much the tempo may be off
_LEAST, _MOST = 0.004, 0.08  # of the tempo
_NEAR_S, _STEP = 0.025, 0.0125  # of an onset that is a line's; of a beat, by which two lines differ at the song's end
_TRIED, _AT_ONCE = 16, 64  # lines that are fitted, and that are tried in one array
_SHIFTS_S = (-0.03, -0.02, -0.01, 0.0, 0.01, 0.02, 0.03)
_FURTHER_S = 0.03  # from the taps than their own line
_LONG_S = 600.0  # to both sides of the taps: enough of a song


def fit_taps(song: Heard, taps: Sequence[float]) -> BeatGrid:
    """The constant grid of taps, the first of them on a downbeat; moved to the song's onsets where it explains more.

    taps: frames, ascending, two or more
    """
    tapped = BeatGrid.from_taps(taps)
    own, lines = _off(tapped, taps), _lines(song, tapped, taps)
    near = [line for line in lines if _off(line, taps) < own + _FURTHER_S * song.samplerate]
    best = max([tapped, *near], key=lambda line: explained(song, line))
    return replace(best.with_downbeat_at(tapped.first), confidence=BY_HAND)


def _lines(song: Heard, tapped: BeatGrid, taps: Sequence[float]) -> list[BeatGrid]:
    """Those that may be meant, each fitted."""
    turning = float(np.mean(np.rint([tapped.at(tap) for tap in taps])))  # the beat in the middle of the taps
    middle = tapped.frame(turning)
    here = np.abs(song.onsets.frames - middle) < _LONG_S * song.samplerate
    onsets, strengths = song.onsets.frames[here] - middle, song.onsets.strengths[here].astype(np.float64)
    if not len(onsets):
        return []
    n = len(taps)
    slope_s = _OFF_S * math.sqrt(12 / max(1, n * (n * n - 1)))  # of a line through so many taps
    doubt = min(_MOST, max(_LEAST, _DOUBT * slope_s * song.samplerate / tapped.period))
    step = _STEP / max(float(np.abs(onsets).max()), tapped.period)
    rates = np.arange((1 - doubt) / tapped.period, (1 + doubt) / tapped.period, step)
    together = _together(onsets, strengths, rates, turning, _NEAR_S * song.samplerate)
    around = np.pad(together, 1, constant_values=-1)
    peaks = np.flatnonzero((together >= around[:-2]) & (together >= around[2:]))
    best = peaks[np.argsort(together[peaks])[::-1][:_TRIED]]
    lines = [BeatGrid(middle - turning / rate, 1 / rate) for rate in rates[best].tolist()]
    return [*(fit_near(song, line) for line in lines),
            *(fit_within(song, line.moved(by * song.samplerate)) for line in lines for by in _SHIFTS_S)]


def _together(onsets: Floats, strengths: Floats, rates: Floats, turning: float, radius: float) -> Floats:
    """How many onsets, by strength, lie near the beats of each line; the lines cross at frame 0, at a beat."""
    found = np.empty(len(rates))
    for at in range(0, len(rates), _AT_ONCE):
        some = rates[at : at + _AT_ONCE, None]
        beats = onsets * some + turning
        found[at : at + _AT_ONCE] = nearness((beats - np.rint(beats)) / some, radius) @ strengths
    return found


def _off(line: BeatGrid, taps: Sequence[float]) -> float:
    """Of taps from the nearest beats of a line: root of the mean square, frames."""
    return math.sqrt(math.fsum((tap - line.nearest(tap)) ** 2 for tap in taps) / len(taps))
