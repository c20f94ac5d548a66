"""Where a song's beats are: one tempo for all of it, or straight pieces where whoever played it moved.

    frame        first                  markers, where the tempo moves:
      ├────┬───────┼────┬────┬────┬──▶     (beat, frame) ──── straight line ──── (beat, frame) ──── ...
    beat  -1       0    1    2    3        the outermost lines go on before and behind
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np

Marker = tuple[float, float]
BY_HAND = 1.0  # the confidence of whatever a person has set or changed; no analysis is that sure
SLOWEST_BPM, FASTEST_BPM = 20.0, 500.0  # of anything that is played
_MOST_MARKERS = 100_000


@dataclass(frozen=True)
class BeatGrid:
    """A map between a song's frames and its beats; beat 0 is a downbeat. All edits give another grid.

    first: frame of beat 0, fractional; it may lie before the song
    period: frames per beat; on average where the tempo moves
    markers: (beat, frame), both ascending, through which the map goes in straight lines; none: the tempo is constant
    confidence: 0 to 1; BY_HAND where a person has set or changed it, which no later analysis may undo
    ValueError: a period, bar or markers that no song has
    """

    first: float
    period: float
    beats_per_bar: int = 4
    markers: tuple[Marker, ...] = ()
    confidence: float = BY_HAND

    def __post_init__(self) -> None:
        numbers = (self.first, self.period, self.confidence, *(number for marker in self.markers for number in marker))
        if not all(map(math.isfinite, numbers)):
            raise ValueError("a grid's numbers must be finite")
        if self.period <= 0:
            raise ValueError(f"period must be above 0, not {self.period}")
        if self.beats_per_bar < 1:
            raise ValueError(f"beats_per_bar must be 1 or more, not {self.beats_per_bar}")
        if self.markers and not (len(self.markers) >= 2 and _ascending(self.markers)):
            raise ValueError("markers must be two or more, and ascend in beats and in frames")

    @classmethod
    def through(cls, markers: Sequence[Marker], beats_per_bar: int = 4, confidence: float = BY_HAND) -> Self:
        """The grid of these markers; its period is the average from the first to the last. ValueError as above."""
        if len(markers) < 2:
            raise ValueError(f"markers must be two or more, not {len(markers)}")
        period = (markers[-1][1] - markers[0][1]) / ((markers[-1][0] - markers[0][0]) or math.nan)
        made = cls(0.0, period, beats_per_bar, tuple(markers), confidence)
        return replace(made, first=made.frame(0.0))

    @classmethod
    def from_taps(cls, frames: Sequence[float], beats_per_bar: int = 4) -> Self:
        """The constant grid of taps, the first of them on a downbeat; one left out or doubled does no harm.

        frames: ascending
        ValueError: fewer than two taps, or all at one place
        """
        taps = np.asarray(frames, np.float64)
        steps = np.diff(taps)
        if not (len(steps) and (steps > 0).all()):
            raise ValueError(f"taps must be two or more, one after the other, not {list(frames)}")
        beats = np.concatenate([[0.0], np.cumsum(np.rint(steps / np.median(steps)))])
        slopes = [(taps[j] - taps[i]) / (beats[j] - beats[i])
                  for i in range(len(taps)) for j in range(i + 1, len(taps)) if beats[j] > beats[i]]
        period = float(np.median(slopes))  # Theil and Sen: a tap that came late moves nothing
        return cls(float(np.median(taps - period * beats)), period, beats_per_bar)

    @property
    def by_hand(self) -> bool:
        """Whether a person has set or changed it."""
        return self.confidence == BY_HAND

    @property
    def constant(self) -> bool:
        """Whether one tempo holds for the whole song."""
        return not self.markers

    def at(self, frame: float) -> float:
        """Beats since `first`, fractional."""
        if not self.markers:
            return (frame - self.first) / self.period
        (beat, begin), (end_beat, end) = self._piece(frame, 1)
        return beat + (frame - begin) * (end_beat - beat) / (end - begin)

    def frame(self, beat: float) -> float:
        """The frame of a beat, fractional."""
        if not self.markers:
            return self.first + beat * self.period
        (begin, frame), (end, end_frame) = self._piece(beat, 0)
        return frame + (beat - begin) * (end_frame - frame) / (end - begin)

    def period_at(self, frame: float) -> float:
        """Frames per beat around a frame: what loops and sync go by."""
        if not self.markers:
            return self.period
        (beat, begin), (end_beat, end) = self._piece(frame, 1)
        return (end - begin) / (end_beat - beat)

    def bpm(self, samplerate: float, frame: float | None = None) -> float:
        """Beats per minute, around a frame or on average."""
        return 60 * samplerate / (self.period if frame is None else self.period_at(frame))

    def after(self, frame: float, beats: float) -> float:
        """The frame so many beats later, or earlier: beat jumps, ends of loops."""
        return self.frame(self.at(frame) + beats)

    def nearest(self, frame: float) -> float:
        """The frame of the beat nearest to a frame."""
        return self.quantize(frame)

    def quantize(self, frame: float, beats: float = 1.0) -> float:
        """The nearest frame on the grid of every `beats` beats, counted from `first`: 0.25 are sixteenths in 4/4."""
        return self.frame(round(self.at(frame) / beats) * beats)

    def beat_of_bar(self, frame: float) -> int:
        """0 from a downbeat on, up to beats_per_bar - 1."""
        return math.floor(self.at(frame)) % self.beats_per_bar

    def doubled(self) -> Self:
        """Twice the tempo."""
        return self._times(2.0)

    def halved(self) -> Self:
        """Half the tempo."""
        return self._times(0.5)

    def three_quarters(self) -> Self:
        """Three quarters of the tempo: the beats were dotted quarters of something slower."""
        return self._times(0.75)

    def four_thirds(self) -> Self:
        """Four thirds of the tempo."""
        return self._times(4 / 3)

    def moved(self, frames: float) -> Self:
        """All beats later by so many frames."""
        markers = tuple((beat, frame + frames) for beat, frame in self.markers)
        return replace(self, first=self.first + frames, markers=markers, confidence=BY_HAND)

    def with_downbeat_at(self, frame: float) -> Self:
        """The beat nearest to a frame is a downbeat; no beat moves."""
        beat = round(self.at(frame))
        markers = tuple((at - beat, there) for at, there in self.markers)
        return replace(self, first=self.frame(beat), markers=markers, confidence=BY_HAND)

    def resampled(self, from_rate: float, to_rate: float) -> Self:
        """The same beats in frames of another samplerate."""
        by = to_rate / from_rate
        markers = tuple((beat, frame * by) for beat, frame in self.markers)
        return replace(self, first=self.first * by, period=self.period * by, markers=markers)

    def to_json(self, samplerate: float) -> dict[str, object]:
        """What `from_json` reads. samplerate: of the frames"""
        return {"samplerate": samplerate, "first": self.first, "period": self.period,
                "beats_per_bar": self.beats_per_bar, "markers": [list(marker) for marker in self.markers],
                "confidence": self.confidence}

    @classmethod
    def from_json(cls, found: object, samplerate: float) -> Self:
        """The grid in frames of this samplerate. ValueError: anything but what `to_json` gives."""
        if not isinstance(found, dict):
            raise ValueError(f"a grid must be an object, not {type(found).__name__}")
        markers = found.get("markers")
        if not isinstance(markers, list) or len(markers) > _MOST_MARKERS:
            raise ValueError("markers must be a list")
        pairs = tuple((_number(one, "a marker"), _number(other, "a marker")) for one, other in map(_pair, markers))
        first, period, confidence, rate = (_number(found.get(name), name)
                                           for name in ("first", "period", "confidence", "samplerate"))
        bar = found.get("beats_per_bar")
        if not isinstance(bar, int) or isinstance(bar, bool):
            raise ValueError(f"beats_per_bar must be an integer, not {bar!r}")
        if rate <= 0:
            raise ValueError(f"samplerate must be above 0, not {rate}")
        made = cls(first, period, bar, pairs, confidence)
        return made if rate == samplerate else made.resampled(rate, samplerate)

    def _times(self, tempo: float) -> Self:
        markers = tuple((beat * tempo, frame) for beat, frame in self.markers)
        return replace(self, period=self.period / tempo, markers=markers, confidence=BY_HAND)

    def _piece(self, value: float, axis: int) -> tuple[Marker, Marker]:
        """The two markers around a beat (axis 0) or frame (axis 1), or the outermost two on its side."""
        at = bisect_right(self.markers, value, key=lambda marker: marker[axis])
        at = min(max(at, 1), len(self.markers) - 1)
        return self.markers[at - 1], self.markers[at]


def _ascending(markers: Sequence[Marker]) -> bool:
    return all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(markers))


def _pair(found: object) -> tuple[object, object]:
    if not isinstance(found, list) or len(found) != 2:
        raise ValueError("a marker must be a list of a beat and a frame")
    return found[0], found[1]


def _number(found: object, name: str) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise ValueError(f"{name} must be a number, not {found!r}")
    try:
        number = float(found)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite")
    return number
