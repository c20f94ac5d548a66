"""What of a track is needed, and how soon: first what is under the playhead, then what comes, then the rest.

[any-thread]
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from stream.tracks.spans import FOREVER
from stream.tracks.track import Track

STANDING_S = 10.0  # what a track that stands still counts as having: whoever plays and has less comes before it
POINTS_S = 20.0  # as much lies ready under the playhead before places to jump to are thought of


@dataclass(frozen=True)
class Need:
    """A track's, in frames at some rate.

    rate: Hz
    position: where the deck is, frames      gap: the first frame on its way that has no stems; None if there is none
    runway_s: how long it can play on until it is there
    playing: whether it moves      backwards: whether it moves to lower frames
    points: where it may jump to, frames
    """

    rate: int
    position: int
    gap: int | None
    runway_s: float
    playing: bool
    backwards: bool
    points: tuple[int, ...] = ()

    @property
    def urgency(self) -> float:
        """The lowest of several tracks' comes first."""
        return self.runway_s if self.playing else self.runway_s + STANDING_S

    def order(self, size: int, stride: int, count: int) -> Iterator[int]:
        """Parts of a song, of `size` frames each, which begin every `stride` frames: the most needed first; some twice.

        count: of all parts
        """
        if not count:
            return
        first = self._covering(self.position, size, stride, count)
        ahead = range(first[-1], -1, -1) if self.backwards else range(first[0], count)
        behind = range(first[-1] + 1, count) if self.backwards else range(first[0] - 1, -1, -1)
        soon = max(1, int(POINTS_S * self.rate / stride))  # parts
        jumps = (order for point in self.points for order in self._covering(point, size, stride, count))
        yield from chain(ahead[:soon], jumps, ahead[soon:], behind)

    @staticmethod
    def _covering(frame: int, size: int, stride: int, count: int) -> range:
        """The parts that hold a frame."""
        last = min(max(frame, 0) // stride, count - 1)
        return range(min(last, max(0, (frame - size) // stride + 1)), last + 1)


def need_of(track: Track, rate: int, lead_s: float = 0.0) -> Need:
    """What a track needs.

    rate: Hz, at which frames are counted      lead_s: seconds from now on, for what will have been passed by then
    """
    head, made = track.playhead, track.finished
    scale, backwards = rate / track.samplerate, head.rate < 0
    end = track.decoded if track.ended else FOREVER
    now = min(max(head.frame, 0), end)
    then = min(max(now + round(lead_s * head.rate * track.samplerate), 0), end)
    there = made.stems.union(made.drafts)
    gap = there.gap_before(then) if backwards else there.gap_after(then)
    whole = gap <= 0 if backwards else gap >= end
    runway_s = abs(gap - now) / track.samplerate / (abs(head.rate) or 1.0)
    return Need(rate, int(then * scale), None if whole else int(gap * scale), float("inf") if whole else runway_s,
                head.rate != 0, backwards, tuple(int(point * scale) for point in head.points))
