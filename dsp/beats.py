"""The beats of a song while it is decoded: a first grid after twenty seconds, better ones as more comes.

    frames ──▶ onset detector ──▶ pulse ──▶ tempo ──▶ beats one by one ──▶ curve ──┐
                                       └──────────▶ line ◀── onsets ───────────────┴──▶ grid ──▶ downbeat
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dsp.beatgrid import BeatGrid
from dsp.beattrack import track
from dsp.downbeat import Columns, low_at, with_downbeat
from dsp.gridfit import Heard, at_half, explained, fit_curve, fit_line, heard
from dsp.onsets import OnsetDetector, Onsets
from dsp.tempo import find_tempo, pulse

Frames = NDArray[np.float32]

FIRST_S = 20.0  # of a song, before there is an answer; a whole song may be shorter
_GROWTH = 1.5  # by which a song must have grown until it is worth another
_SHORTEST_S = 1.5  # of a whole song that can have a tempo
_CURVED = 0.62  # of what a curve explains: a line that explains less is not the song's
_CLEAR, _NO_PULSE = 0.35, 0.08  # how like itself a song with a plain beat is, and noise
_ON_BEATS = 0.2  # of onsets' strength lies on the beats of such a song, and more than by chance,
_BY_CHANCE, _FEW = 0.03, 20  # which is much where onsets are few
_FAST = 97.0  # bpm; below it the beat may be every other one
_KICKS_BETWEEN = 1.5  # times as much low onset halfway between beats as on them: then it is
_EVEN = 0.93  # of the pulse on beats: when it is so high halfway between them, either may be the beat
_FEWEST = 4  # onsets, and beats
LEAST_CONFIDENCE = 0.15  # below it there is no answer
_MOST_CONFIDENCE = 0.99  # all there is but a person's


class BeatTracker:
    """Finds the grid of a song that is fed to it.

    Its work is in compiled code and transforms that let go of the GIL, and between them no step takes long.
    """

    def __init__(self, samplerate: int, drums: bool = False) -> None:
        """Nothing is heard yet. ValueError: a samplerate below 1000 Hz.

        drums: the song comes with its drum stem, in which beats are found; chords are still heard in the song
        """
        self._song = OnsetDetector(samplerate)
        self._beaten = OnsetDetector(samplerate) if drums else self._song
        self._answer: BeatGrid | None = None
        self._answered = 0  # frames that the answer knows
        self._finished = False

    @property
    def onsets(self) -> Onsets:
        """Onsets so far, of the drums where there are any."""
        return self._beaten.onsets

    def feed(self, frames: Frames, drums: Frames | None = None) -> None:
        """Take the next frames of the song and, if it comes with them, of its drums: float32 (n, 2).

        ValueError: another shape, or drums that are missing, too many or not as long
        """
        if (drums is not None) != (self._beaten is not self._song):
            raise ValueError("drums must come with every frame or with none, as it was said at first")
        if drums is not None and len(drums) != len(frames):
            raise ValueError(f"drums must be as long as frames ({len(frames)}), not {len(drums)}")
        self._song.feed(frames)
        if drums is not None:
            self._beaten.feed(drums)

    def finish(self) -> None:
        """The song is over; the next answer is the last."""
        self._song.finish()
        self._beaten.finish()
        self._finished = True

    def answer(self) -> BeatGrid | None:
        """The grid, as far as the song is known, or None where no beat is heard.

        It is worked out anew only when much more of the song is there, and when it is over, so ask after every feed.
        """
        frames, rate = self._song.frames, self._song.samplerate
        if self._finished:
            due = self._answered != frames and frames >= _SHORTEST_S * rate
        else:
            due = frames >= max(FIRST_S * rate, self._answered * _GROWTH)
        if due:
            self._answer, self._answered = self._grid(), frames
        return self._answer

    def heard(self) -> Heard | None:
        """The song so far, as grids are fitted to it; None where nothing was heard."""
        detector = self._beaten
        if not len(detector.strength):
            return None
        made = pulse(detector.strength, detector.samplerate / detector.hop)
        return heard(made, detector.onsets, detector.hop, detector.samplerate)

    def _grid(self) -> BeatGrid | None:
        song = self.heard()
        if song is None or len(song.onsets.frames) < _FEWEST:
            return None
        tempo = find_tempo(song.pulse, song.samplerate / song.hop)
        grid = _fitted(song, tempo.periods)
        chance = _BY_CHANCE + _FEW / len(song.onsets.frames)
        on_beats = _share((explained(song, grid) - chance) / _ON_BEATS)
        clear = _share((tempo.clarity - _NO_PULSE) / (_CLEAR - _NO_PULSE))
        confidence = _MOST_CONFIDENCE * math.sqrt(clear * on_beats)
        if confidence < LEAST_CONFIDENCE:
            return None
        columns = Columns(self._beaten.strength, self._song.chroma, song.hop, song.samplerate)
        return _with_bars(song, replace(_fast_enough(grid, columns), confidence=confidence), columns)


def _fitted(song: Heard, periods: NDArray[np.float64]) -> BeatGrid:
    """The line, or the curve where that explains far more."""
    line = fit_line(song, float(np.median(periods)) * song.hop)
    beats = (track(song.pulse, periods) * song.hop).astype(np.float64)
    if len(beats) < _FEWEST:
        return line
    curve = fit_curve(song, beats)
    return line if explained(song, line) >= _CURVED * explained(song, curve) else curve


def _fast_enough(grid: BeatGrid, columns: Columns) -> BeatGrid:
    """Twice the tempo where beats are the snares of something fast, and its kicks lie between them."""
    if grid.bpm(columns.samplerate) > _FAST:
        return grid
    on, between = low_at(grid, columns, 0.0), low_at(grid, columns, 0.5)
    return grid.doubled() if between > _KICKS_BETWEEN * on else grid


def _with_bars(song: Heard, grid: BeatGrid, columns: Columns) -> BeatGrid:
    """The grid with bars; where half a beat later is as good a beat, whichever has the better bars."""
    made, fits = with_downbeat(grid, columns)
    if not grid.constant or at_half(song, grid) < _EVEN:
        return made
    later = replace(grid, first=grid.first + grid.period / 2)
    other, better = with_downbeat(later, columns)
    return other if better > fits else made


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
