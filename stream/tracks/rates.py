"""Stems from the model's rate to the device's, span by span, in whatever order they are made.

A resampler needs some frames on either side of what it gives. Where a neighbour is not there yet, the last frames of a
span wait for it:

    span       |----------------------------|
    given          |--------------------|
    waiting    |MARGIN·2|          |MARGIN·2|     at each end that is not the song's own
[any-thread]
"""

import math

import numpy as np

from dsp.resample import Resampler
from stream.separators.protocol import Frames

MARGIN = 1024  # frames at the model's rate; the filter of soxr's HQ reaches less far for rates from a half to twice


class ToDevice:
    """Resamples spans of a song's stems."""

    def __init__(self, from_rate: int, to_rate: int) -> None:
        """Nothing waits yet. Equal rates pass through untouched."""
        self._rates = from_rate, to_rate
        step = math.gcd(from_rate, to_rate)
        self._grid = from_rate // step, to_rate // step  # as many frames of both are the same time
        self._margin = MARGIN * max(1, math.ceil(from_rate / to_rate))
        self._heads: dict[int, Frames] = {}  # by first frame: of spans whose left neighbour is missing
        self._tails: dict[int, Frames] = {}  # by end

    def at(self, frame: int) -> int:
        """Which frame of the device's is the first that does not lie before one of the model's."""
        model, device = self._grid
        return -(-frame * device // model)

    def add(self, first: int, stems: Frames, total: int | None) -> tuple[int, Frames]:
        """Take a span, give what of the song is whole now: its first frame at the device's rate, and the frames.

        stems: float32 (n, channels) at the model's rate      total: frames of the song, if they are known
        Returns float32 (m, channels)
        """
        if self._rates[0] == self._rates[1]:
            return first, stems
        wide, end = 2 * self._margin, first + len(stems)
        left, right = self._tails.pop(first, None), self._heads.pop(end, None)
        if left is None and first > 0:
            self._heads[first] = stems[:wide].copy()
        if right is None and end != total:
            self._tails[end] = stems[-wide:].copy()
        parts = [part for part in (left, stems, right) if part is not None]
        begin = first - (0 if left is None else len(left))
        finish = end + (0 if right is None else len(right))
        from_ = begin if begin == 0 else begin + self._margin
        until = finish if finish == total else finish - self._margin
        whole = np.concatenate(parts) if len(parts) > 1 else stems
        return self.at(from_), self._resampled(begin, whole, from_, max(until, from_), finish == total)

    def alone(self, first: int, stems: Frames, span: tuple[int, int]) -> tuple[int, Frames]:
        """A part of a span that has no neighbours, as `add` gives it.

        span: first and end of the part, at the model's rate, MARGIN from the ends unless these are the song's
        """
        if self._rates[0] == self._rates[1]:
            return span[0], stems[span[0] - first : span[1] - first]
        return self.at(span[0]), self._resampled(first, stems, *span, last=False)

    def _resampled(self, begin: int, stems: Frames, first: int, end: int, last: bool) -> Frames:
        """The frames from `first` to before `end` of what begins at `begin`, which is put on the grid of both rates."""
        model, device = self._grid
        early = begin % model
        padded = np.concatenate([np.zeros((early, stems.shape[1]), np.float32), stems]) if early else stems
        resampler = Resampler(*self._rates, stems.shape[1])
        made = np.concatenate([resampler.feed(padded), resampler.finish()])
        zero = (begin - early) // model * device
        stop = len(made) if last and end == begin + len(stems) else self.at(end) - zero
        return np.ascontiguousarray(made[self.at(first) - zero : stop])

    def reset(self) -> None:
        """Forget what waits."""
        self._heads.clear()
        self._tails.clear()


def side_by_side(stems: Frames) -> Frames:
    """Stems as a track stores them: of float32 (stems, 2, n) new float32 (n, 2 * stems)."""
    return np.ascontiguousarray(stems.reshape(-1, stems.shape[-1]).T)
