"""Which beat of a bar is the first, and whether bars have four beats or three: a guess from drums and chords.

Bass drums and new chords speak for a downbeat, snares for the beats between (for two and four, or two and three), and
cymbals that are struck once in a while for a downbeat again.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from dsp.beatgrid import BeatGrid
from dsp.onsets import CHROMA_STEP, HIGH, LOW, MID

Floats = NDArray[np.float64]

_NEAR_S = 0.035  # of a beat, within which its drums are
_CHORD_LATE_S = 0.09  # half a chroma's window, which would see the chord before
_CHORD, _KICK, _SNARE, _CRASH = 1.0, 0.6, 0.4, 0.4  # weights
_KICKS = {4: np.array([1, -0.6, 0.4, -0.8]), 3: np.array([1, -0.5, -0.5])}  # where in a bar they are expected
_SNARES = {4: np.array([-1, 0.5, 0, 0.5]), 3: np.array([-1, 0.5, 0.5])}
_FEWEST = 8  # beats, to tell bars by
_THREE = 0.25  # by which beats must be more alike three beats later than four


@dataclass(frozen=True)
class Columns:
    """What an onset detector has heard.

    strength: float32 (columns, 4)      chroma: float32 (columns / CHROMA_STEP, 12)      hop: frames per column
    """

    strength: NDArray[np.float32]
    chroma: NDArray[np.float32]
    hop: int
    samplerate: int


def with_downbeat(grid: BeatGrid, heard: Columns) -> tuple[BeatGrid, float]:
    """The grid with bars, beat 0 being the first downbeat in the song, and how well these fit: about 0 to 3."""
    frames = _beats(grid, len(heard.strength) * heard.hop)
    if len(frames) < _FEWEST:
        return grid, 0.0
    drums, chords = _drums(heard, frames), _chords(heard, frames)
    bar = 3 if _in_three(np.column_stack([drums, chords])) else 4
    scores = [_score(drums, chords, first, bar) for first in range(bar)]
    first = int(np.argmax(scores))
    made = grid.with_downbeat_at(float(frames[first]))
    return replace(made, beats_per_bar=bar, confidence=grid.confidence), scores[first]


def low_at(grid: BeatGrid, heard: Columns, offset: float) -> float:
    """How strong low onsets are at a place between beats, 0 to 1, on average."""
    beats = _beats(grid, len(heard.strength) * heard.hop, offset)
    return float(_loudest(heard, beats)[:, LOW].mean()) if len(beats) else 0.0


def _beats(grid: BeatGrid, frames: int, offset: float = 0.0) -> Floats:
    """Frames of all beats of a song that is so long, or of places that lie so much behind them."""
    numbers = np.arange(np.ceil(grid.at(0.0)), np.ceil(grid.at(frames))) + offset
    return np.array([grid.frame(float(number)) for number in numbers])


def _loudest(heard: Columns, beats: Floats) -> Floats:
    """The strongest onset at each beat, (beats, 4)."""
    reach = round(_NEAR_S * heard.samplerate / heard.hop)
    loudest = scipy.ndimage.maximum_filter1d(heard.strength, 2 * reach + 1, axis=0, mode="nearest")
    columns = np.minimum(np.rint(beats / heard.hop).astype(np.int64), len(loudest) - 1)
    found: Floats = loudest[columns].astype(np.float64)
    return found


def _drums(heard: Columns, beats: Floats) -> Floats:
    """How strong low, middle and high onsets are at each beat, (beats, 3)."""
    return _standard(_loudest(heard, beats)[:, [LOW, MID, HIGH]])


def _chords(heard: Columns, beats: Floats) -> Floats:
    """How much the chord of each beat and the next differs from that of the two beats before, (beats,)."""
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(np.sqrt(heard.chroma), axis=0, dtype=np.float64)])
    steps = (beats + _CHORD_LATE_S * heard.samplerate) / (heard.hop * CHROMA_STEP)
    edges = np.clip(np.rint(steps).astype(np.int64), 0, len(sums) - 1)
    chords = sums[edges[2:]] - sums[edges[:-2]]
    chords /= np.linalg.norm(chords, axis=1, keepdims=True) + 1e-9
    changes = np.zeros(len(beats))
    changes[2:-2] = 1 - (chords[2:] * chords[:-2]).sum(axis=1)
    return _standard(changes)


def _standard(values: Floats) -> Floats:
    """Of mean 0 and deviation 1; what sticks out far does not decide alone."""
    centred: Floats = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)
    return np.clip(centred, -2.5, 2.5)


def _in_three(beats: Floats) -> bool:
    """Whether beats (beats, features) are more like those three and six later than those four and eight later."""
    three, four = (sum(float((beats[:-by] * beats[by:]).mean()) for by in (bar, 2 * bar) if by < len(beats))
                   for bar in (3, 4))
    return three - four > 2 * _THREE


def _score(drums: Floats, chords: Floats, first: int, bar: int) -> float:
    """How well a bar that begins at a beat fits what is struck and played."""
    low, middle, high, chord = (np.array([values[(first + at) % bar :: bar].mean() for at in range(bar)])
                                for values in (*drums.T, chords))
    snare = middle - low  # a kick is heard in the middle as well
    return float(_CHORD * chord[0] + _CRASH * high[0] + _KICK * low @ _KICKS[bar] + _SNARE * snare @ _SNARES[bar])

