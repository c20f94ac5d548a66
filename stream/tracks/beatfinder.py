"""The thread that finds a track's beats and onsets while it is decoded. [beats-thread]"""

import threading
import time
from contextlib import suppress

import numpy as np

from dsp.beatgrid import BeatGrid
from dsp.beats import BeatTracker
from dsp.onsets import Onsets
from stream.common.priority import yielding
from stream.tracks.track import Track

FRAMES = 8192  # that are listened to at a time: some milliseconds
WAIT_S = 0.05  # for more of the song
NOTE = "grid"  # what a grid is kept under, beside the stems


class BeatFinder:
    """Listens to a track from its beginning on.

    grid: as good as it is by now, or None      onsets: those that were found so far      done: it will find no more
    """

    def __init__(self, track: Track) -> None:
        """Begin, on a thread of its own, which ends with the track."""
        self.grid: BeatGrid | None = None
        self.onsets = Onsets(np.zeros(0, np.int64), np.zeros(0, np.float32))
        self.done = False
        self._track = track
        self._found: BeatGrid | None = None  # the tracker's last answer
        self._read: tuple[BeatGrid | None] | None = None  # what was kept, once that was looked up
        threading.Thread(target=self._run, name="beats", daemon=True).start()

    def _run(self) -> None:
        track = self._track
        track.opened.wait()
        self.grid = self._kept()
        tracker, at = BeatTracker(track.samplerate), 0
        with yielding():
            while not track.closing.is_set():
                there = min(FRAMES, track.decoded - at)
                if there < FRAMES and not track.ended:
                    time.sleep(WAIT_S)
                elif there > 0:
                    frames = np.zeros((there, 2), np.float32)
                    track.read_dry(at, frames)
                    tracker.feed(frames)
                    at += there
                    self._answer(tracker)
                    time.sleep(0)
                else:
                    break
            else:
                return
            tracker.finish()
            self._answer(tracker, last=True)
        self._keep()
        self.done = True

    def _answer(self, tracker: BeatTracker, last: bool = False) -> None:
        """Take over what the tracker knows; onsets with each new grid, for they are all copied."""
        found = tracker.answer()
        if found is not self._found or last:
            self._found, self.onsets = found, tracker.onsets
        self.grid = self._kept() or found

    def _kept(self) -> BeatGrid | None:
        """The grid that was kept with the song's stems, by an earlier evening or by hand."""
        if self._read is None and self._track.entry is not None:
            found = self._track.entry.notes(NOTE)
            try:
                self._read = (BeatGrid.from_json(found, self._track.samplerate) if found else None,)
            except ValueError:
                self._read = (None,)
        return self._read[0] if self._read else None

    def _keep(self) -> None:
        """Leave the grid beside the stems, unless a person's is there."""
        entry, grid = self._track.entry, self.grid
        if entry is not None and grid is not None and self._kept() is None:
            with suppress(OSError):  # it is found again next time
                entry.note(NOTE, grid.to_json(self._track.samplerate))
