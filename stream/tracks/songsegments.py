"""One track's segments, separated in any order, and summed as `separate` sums them: the same samples, bit for bit.

    segment 0  |------ middle -----|  seam  |
    segment 1                      |  seam  |------ middle -----|  seam  |

The middle of a segment is final when it is made, a seam when both its neighbours are.
[separator-thread]
"""

import math

from dsp.quantize import quantize
from stream.offline.level import SongLevel
from stream.offline.segments import fit_in, restore
from stream.separators.protocol import Frames
from stream.tracks.drafts import Drafts
from stream.tracks.mixwindow import mix_window
from stream.tracks.need import Need
from stream.tracks.networks import Networks, count
from stream.tracks.rates import ToDevice, side_by_side
from stream.tracks.track import Track

MOST_SEAMS = 24  # of 3 MB each, that wait for a neighbour; who jumps about leaves more, and the oldest are made again


class SongSegments:
    """Makes one track's stems. One thread makes segments, and another may make drafts meanwhile."""

    def __init__(self, track: Track, networks: Networks) -> None:
        """Nothing is made yet."""
        self._track, self._networks = track, networks
        self._done: set[int] = set()
        # by the segment on their right: which of the two was made, and what it says
        self._seams: dict[int, tuple[int, Frames]] = {}
        self._to_device = ToDevice(networks.samplerate, track.samplerate)
        self._seam = networks.how.segment - networks.how.stride
        self._joined: set[int] = set()  # seams that are final
        self.drafts = Drafts(track, networks)

    def next(self, need: Need) -> int | None:
        """The segment that is needed next; None if there is none, or if the song's level is not known yet.

        [separator-thread]
        """
        track, how = self._track, self._networks.how
        if track.level is None or not track.decoded:
            return None
        for order in need.order(how.segment, how.stride, count(track.mixed, how.stride)):
            if order not in self._done:
                return order
        return None

    def missing(self, frame: int) -> list[int]:
        """The segments that are still to be made until a frame's stems are final. [any-thread]"""
        how = self._networks.how
        first = max(0, (frame - how.segment) // how.stride + 1)
        return [order for order in range(first, frame // how.stride + 1) if order not in self._done]

    def final_until(self, orders: list[int]) -> float:
        """The frame up to which stems are final when these segments are made, if those before it are. [any-thread]"""
        track, stride = self._track, self._networks.how.stride
        end = (max(orders, default=-1) + 1) * stride
        return math.inf if track.ended and end >= track.mixed else end

    def make(self, order: int) -> None:
        """Separate a segment. Raises OSError. [separator-thread]"""
        track, how, level = self._track, self._networks.how, self._track.level
        assert level is not None
        offset, total = order * how.stride, track.mixed
        length, lead = fit_in(how.segment, offset, total)
        window = mix_window(track, level, offset - lead, how.segment)
        stems = self._networks.separate(window)[..., lead : lead + length]
        stems *= self._networks.shares.of(order)[:length]
        self._done.add(order)
        self._give(offset, *self._final(order, stems, offset + how.stride >= total), level)

    def _final(self, order: int, stems: Frames, last: bool) -> tuple[int, Frames]:
        """What of a segment is final now: how many of its first frames are not, and the others."""
        begin, end, stride = 0, stems.shape[-1], self._networks.how.stride
        if order > 0 and not self._join(order, order, stems[..., : self._seam]):
            begin = min(self._seam, end)
        if not last and not self._join(order + 1, order, stems[..., stride:]):
            end = stride
        while len(self._seams) > MOST_SEAMS:  # their segments are made again
            oldest = next(iter(self._seams))
            del self._seams[oldest]
            self._done -= {oldest, oldest - 1}
        return begin, stems[..., begin:end]

    def _join(self, seam: int, order: int, said: Frames) -> bool:
        """Add what the segment on a seam's other side says of it; keep what `order` says where there is none yet."""
        by, other = self._seams.get(seam, (order, None))
        if other is not None and by != order:
            said += other
            del self._seams[seam]
            self._joined.add(seam)
            return True
        if other is None and seam not in self._joined:  # or it was made before, and says the same
            self._seams[seam] = order, said.copy()
        return False

    def _give(self, offset: int, begin: int, stems: Frames, level: SongLevel) -> None:
        track = self._track
        if stems.shape[-1]:
            restore(stems, level)
            first, frames = self._to_device.add(offset + begin, side_by_side(stems), track.mixed)
            if len(frames):
                track.put(first, quantize(frames[: track.decoded - first]))
