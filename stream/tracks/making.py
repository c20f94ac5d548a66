"""A track that is being separated: what of it comes next, and whether a draft is needed before that."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from stream.tracks.need import Need, need_of
from stream.tracks.networks import Interrupted
from stream.tracks.scratchfile import said
from stream.tracks.songhops import SongHops
from stream.tracks.songsegments import SongSegments
from stream.tracks.track import Track

DRAFT_S = 1.0  # what one takes until one was timed
SPARE_S = 0.5  # by which stems have to come before the playhead does
AHEAD_S = 6.0  # of drafts, while whole segments have to wait for the end of the file
LOOK_UP_S = 0.25  # which a look into the store may take until drafts are made nevertheless
FAR_ON = 0.75  # of a segment's time: it is made to its end
MARGIN = 1.25  # by which a segment may take longer than the one before
NEAR = 3  # segments' time: with less left to play what has no stems at all comes before what has drafts

Maker = SongSegments | SongHops


class UnderWay(NamedTuple):
    """A part that is being made. begun_s: by time.monotonic"""

    song: "TrackJob"
    part: int
    begun_s: float


class TrackJob:
    """One track and what makes its stems; a failure is the track's, and ends its separation."""

    def __init__(self, track: Track) -> None:
        """Nothing is made yet. [any-thread]"""
        self.track, self.done = track, False
        self.maker: Maker | None = None
        self._begun_s = time.monotonic()

    def open(self, make: Callable[[Track], Maker]) -> None:
        """Have its maker opened, once the track is. [separator-thread]"""
        if self.track.opened.is_set() and self.track.decoded and self.track.origin in ("", "model"):
            self._try(lambda: setattr(self, "maker", make(self.track)))

    @property
    def waiting(self) -> bool:
        """Whether stems are still to come. [any-thread]"""
        track = self.track
        if track.ended and not track.decoded:
            return False
        return not (track.ended and (track.finished.stems.holds(0, track.decoded) or track.failure) and (
            self.done or track.origin in ("file", "store", "none")))

    def need(self, lead_s: float) -> Need:
        """What it needs, lead_s seconds from now. [any-thread]"""
        return need_of(self.track, self.track.model_rate, lead_s)

    def next(self, lead_s: float) -> int | None:
        """The part that is needed next. [separator-thread]"""
        if self.maker is None or self.done or self.track.origin != "model":
            return None
        need = self.need(lead_s)
        if need.playing and need.gap is not None and need.runway_s < NEAR * lead_s:
            need = replace(need, position=need.gap)
        return self.maker.next(need)

    def make(self, part: int) -> None:
        """Make a part. [separator-thread]"""
        maker = self.maker
        assert maker is not None
        self._try(lambda: maker.make(part))

    def complete(self) -> bool:
        """Whether all of it is there, or never will be, for the first time. [separator-thread]"""
        track = self.track
        if self.done or track.origin != "model" or not track.ended:
            return False
        return not track.decoded or track.finished.stems.holds(0, track.decoded)

    def wants_draft(self, segment_s: float, under_way: UnderWay | None = None) -> bool:
        """Whether whole segments would come too late, which take `segment_s` seconds each. [any-thread]"""
        maker, track = self.maker, self.track
        if not isinstance(maker, SongSegments) or self.done or track.origin not in ("", "model"):
            return False
        if not track.origin and time.monotonic() - self._begun_s < LOOK_UP_S:
            return False
        need = self.need(maker.drafts.cost_s or DRAFT_S)
        if need.gap is None or not maker.drafts.ready(need.gap):
            return False
        if track.level is None or not track.origin:
            return need.runway_s < AHEAD_S
        if not need.playing:
            return need.runway_s < SPARE_S
        return self._too_late(need, maker, segment_s, under_way)

    def _too_late(self, need: Need, maker: SongSegments, segment_s: float, under_way: UnderWay | None) -> bool:
        """Whether segments alone cannot keep ahead of the deck: those of the gap, and then one after the other.

        Each segment gives more to play than it takes to make, where a machine can do that at all, but the first may be
        of a place that drafts have all but filled.
        """
        assert need.gap is not None
        missing = maker.missing(need.gap)
        if not missing:  # it is being put there
            return False
        wait_s, take_s = MARGIN * segment_s * len(missing), segment_s * len(missing)
        if under_way is not None:
            elapsed_s = time.monotonic() - under_way.begun_s
            if under_way.song is self and under_way.part in missing:  # what follows was asked before
                return need.runway_s < SPARE_S + max(0.0, wait_s - elapsed_s)
            wait_s += max(0.0, MARGIN * segment_s - elapsed_s)
        if need.runway_s < SPARE_S + wait_s:
            return True
        gained_s = (maker.final_until(missing) - need.gap) / need.rate / (abs(self.track.playhead.rate) or 1.0)
        return not need.backwards and need.runway_s + gained_s - take_s < SPARE_S + MARGIN * segment_s

    def overtakes(self, under_way: UnderWay, segment_s: float) -> bool:
        """Whether its draft is to have the processors that a segment has, which is made again later.

        That is where it has nothing to play now, the segment is not for that, and its own song has enough.
        [any-thread]
        """
        maker, need, other = self.maker, self.need(0), under_way.song.need(0)
        if not isinstance(maker, SongSegments) or need.gap is None or need.runway_s > SPARE_S:
            return False
        if under_way.song is self and under_way.part in maker.missing(need.gap):
            return False
        if under_way.song is not self and other.playing and other.runway_s < SPARE_S + 2 * MARGIN * segment_s:
            return False
        return time.monotonic() - under_way.begun_s < FAR_ON * segment_s

    def draft(self) -> None:
        """Make one. [draft-thread]"""
        maker = self.maker
        if isinstance(maker, SongSegments):
            need = self.need(maker.drafts.cost_s or DRAFT_S)
            if need.gap is not None:
                first = need.gap
                self._try(lambda: maker.drafts.make(first, need.backwards))

    def _try(self, work: Callable[[], object]) -> None:
        """What goes wrong with one song must not end the others."""
        try:
            work()
        except Interrupted:  # it is still to be made
            pass
        except Exception as error:
            if not self.track.closing.is_set():
                why = said(error) if isinstance(error, OSError) else str(error) or type(error).__name__
                self.track.fail(f"{self.track.path.name} plays without its stems from now on: {why}", stems=True)
            self.done, self.maker = True, None
