"""A track that is being separated: what of it comes next, and whether a draft is needed before that."""

import time
from collections.abc import Callable

from stream.tracks.need import Need, need_of
from stream.tracks.scratchfile import said
from stream.tracks.songhops import SongHops
from stream.tracks.songsegments import SongSegments
from stream.tracks.track import Track

DRAFT_S = 1.0  # what one takes until one was timed
SPARE_S = 0.5  # by which stems have to come before the playhead does
AHEAD_S = 6.0  # of drafts, while whole segments have to wait for the end of the file
LOOK_UP_S = 0.25  # which a look into the store may take until drafts are made nevertheless

Maker = SongSegments | SongHops


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
        return self.maker.next(self.need(lead_s))

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

    def wants_draft(self, segment_s: float) -> bool:
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
        return need.runway_s < SPARE_S + (segment_s * maker.missing(need.gap) if need.playing else 0)

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
        except Exception as error:
            if not self.track.closing.is_set():
                why = said(error) if isinstance(error, OSError) else str(error) or type(error).__name__
                self.track.fail(f"{self.track.path.name} plays without its stems from now on: {why}", stems=True)
            self.done, self.maker = True, None
