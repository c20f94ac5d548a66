"""One track's stems by a separator that takes hops: run from a little before what is needed, for it hears the past.

Its hops lie where `separate` lays them. Parts that follow each other go on where the last one ended.
[separator-thread]
"""

import numpy as np

from dsp.quantize import quantize
from stream.separators.protocol import Frames, Separator
from stream.tracks.material import residual
from stream.tracks.need import Need
from stream.tracks.rates import ToDevice, side_by_side
from stream.tracks.track import Track

PART_S = 4.0  # of a song that is made at a time
PAST_S = 4.0  # that a separator hears before what it gives


class SongHops:
    """Makes one track's stems. One thread."""

    def __init__(self, track: Track, separator: Separator) -> None:
        """Nothing is made yet; the separator is this track's alone, for it keeps the past of its song."""
        self._track, self._separator = track, separator
        hop, sources = separator.hop, separator.sources
        self._part = max(1, round(PART_S * separator.samplerate / hop)) * hop
        self._past = -(-round(PAST_S * separator.samplerate) // hop)  # hops
        self._kept = [at for at in range(len(sources)) if at != residual(sources)]
        self._stems: Frames = np.zeros((len(sources), 2, hop), np.float32)
        self._at = -1  # the hop that it waits for
        self._done: set[int] = set()
        self._to_device = ToDevice(separator.samplerate, track.samplerate)

    def next(self, need: Need) -> int | None:
        """The part that is needed next of those that are decoded; None if there is none. [separator-thread]"""
        track, part = self._track, self._part
        for order in need.order(part, part, -(-track.mixed // part)):
            reached = (order + 1) * part + self._separator.latency + self._separator.hop
            if order not in self._done and (track.ended or track.mixed >= reached):
                return order
        return None

    def make(self, order: int) -> None:
        """Separate a part. Raises OSError. [separator-thread]"""
        track, hop, late = self._track, self._separator.hop, self._separator.latency
        total = track.mixed if track.ended else None
        first = order * self._part
        end = first + self._part if total is None else min(first + self._part, total)
        given = np.concatenate([self._hop(number) for number in range((first + late) // hop, -(-(end + late) // hop))],
                               axis=-1)
        skip = first + late - (first + late) // hop * hop
        stems = np.ascontiguousarray(given[..., skip : skip + end - first])
        self._done.add(order)
        at, frames = self._to_device.add(first, side_by_side(stems), total)
        if track.ended:
            frames = frames[: max(0, track.decoded - at)]
        if len(frames):
            track.put(at, quantize(frames))

    def _hop(self, number: int) -> Frames:
        """What is given for a hop: float32 (stored, 2, hop), new; all that it has to hear before is heard."""
        if number == self._at - 1:  # the last one, of which the part before has taken the beginning
            return self._stems[self._kept]
        if number < self._at or number > self._at + self._past or self._at < 0:
            self._separator.reset()
            self._at = max(0, number - self._past)
        hop = self._separator.hop
        while self._at <= number:
            mix = np.zeros((hop, 2), np.float32)
            left = min(hop, self._track.mixed - self._at * hop)
            if left > 0:
                self._track.read_mix(self._at * hop, mix[:left])
            self._separator.process(np.ascontiguousarray(mix.T), self._stems)
            self._at += 1
        return self._stems[self._kept]
