"""The thread that finds a track's beats and onsets: while it is decoded, and in its drums once these are there.

Then it finds the key as well, in what the drums leave.

[beats-thread]
"""

import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from dsp.beatgrid import BeatGrid
from dsp.beats import BeatTracker
from dsp.gridfit import Heard
from dsp.onsets import Onsets
from dsp.tapfit import fit_taps
from stream.common.priority import LATER, yielding
from stream.tracks.songkey import keep_key, kept_key
from stream.tracks.songnotes import GRID, Note, kept_grid
from stream.tracks.track import Frames, Track

FRAMES = 8192  # that are listened to at a time: some milliseconds
WAIT_S = 0.05  # for more of the song
DRUMS = "drums"
REFINE_S = 0.1
SURER = 0.6  # a grid found in drums, by the one found in the song: drums that are hardly there have none
SAME_TEMPO, SAME_BEAT = 0.03, 0.2  # of the song's; of a beat
APART_S, FAR = 0.5, 1 << 50  # the song's onsets count so far from any of its drums; frames
TRACKER = 1  # of whatever finds other grids than before: those that were kept are found anew


class _Kept(NamedTuple):
    """A grid that was kept, None for none, and whether it was found in drums."""

    grid: BeatGrid | None
    drums: bool


class BeatFinder:
    """Listens to a track from its beginning on.

    grid: as good as it is by now, or None      onsets: those that were found so far      done: the song was heard
    by_drums: whether its drums were, too
    ended: whether all was found that will be, its key as well; taps are still refined
    refined: the last grid that was tapped, and what became of it; empty before
    """

    def __init__(self, track: Track) -> None:
        """Begin, on a thread of its own, which ends with the track."""
        self.grid: BeatGrid | None = None
        self.onsets = Onsets(np.zeros(0, np.int64), np.zeros(0, np.float32))
        self.done = self.by_drums = self.ended = False
        self.refined: tuple[BeatGrid, ...] = ()
        self._track = track
        self._kept: _Kept | None = None  # once that was looked up
        self._found: BeatGrid | None = None  # the tracker's last answer
        self._heard: Heard | None = None
        self._tapped: tuple[BeatGrid, tuple[float, ...]] | None = None
        self._asked = threading.Event()
        threading.Thread(target=self._run, name="beats", daemon=True).start()

    def refine(self, tapped: BeatGrid, taps: tuple[float, ...]) -> None:
        """Have a grid that was tapped put on the song's onsets, when the song was heard. taps: frames [deck-thread]"""
        self._tapped = tapped, taps
        self._asked.set()

    def _run(self) -> None:
        track = self._track
        track.opened.wait()
        try:
            with yielding(LATER), suppress(OSError):  # the scratch disk has gone, which whoever plays it tells
                self._find()
        except Exception as error:  # the song plays on without beats
            if not track.closing.is_set():
                track.say(f"the beats of {track.path.name} cannot be found: {type(error).__name__}: {error}")
        finally:
            self.ended = True

    def _find(self) -> None:
        track = self._track
        if not self._listen():
            return
        self.done = True
        while not track.closing.is_set() and not (track.separated == 1 or track.origin == "none"):
            self._refine()
        if DRUMS in track.stored and track.separated == 1:
            self._listen_to_drums()
        if track.key is None:
            track.key = keep_key(track)
        self.ended = True
        while not track.closing.is_set():
            self._refine()

    def _listen(self) -> bool:
        """Hear the song as it is decoded; False if the track was closed meanwhile."""
        track = self._track
        tracker, at = BeatTracker(track.samplerate), 0
        self.grid = self._look_up().grid
        while not track.closing.is_set():
            there = min(FRAMES, track.decoded - at)
            if there < FRAMES and not track.ended:
                time.sleep(WAIT_S)
            elif there > 0:
                tracker.feed(self._song(at, there))
                at += there
                self._answer(tracker)
                time.sleep(0)
            else:
                tracker.finish()
                self._answer(tracker, last=True)
                self._heard = tracker.heard()
                self._keep(drums=False)
                return True
        return False

    def _listen_to_drums(self) -> None:
        """Hear the whole song once more, with its drums."""
        track = self._track
        tracker = BeatTracker(track.samplerate, drums=True)
        for first in range(0, track.decoded, FRAMES):
            count = min(FRAMES, track.decoded - first)
            drums = self._drums(first, count)
            if drums is None or track.closing.is_set():
                return
            tracker.feed(self._song(first, count), drums)
            time.sleep(0)
        tracker.finish()
        self.onsets = beside(tracker.onsets, self.onsets, track.samplerate)
        self._heard, found = tracker.heard(), tracker.answer()
        grid = better_grid(self.grid, found)
        if grid is not self.grid and not self._look_up().drums:
            self.grid = grid
            self._keep(drums=True)
        self.by_drums = True

    def _song(self, first: int, count: int) -> Frames:
        frames = np.zeros((count, 2), np.float32)
        self._track.read_dry(first, frames)
        return frames

    def _drums(self, first: int, count: int) -> Frames | None:
        """None: the track was closed."""
        file, stored = self._track.stems_file, self._track.stored
        if file is None:
            return None
        stems = np.zeros((count, 2 * len(stored)), np.float32)
        file.read(first, stems)
        at = 2 * stored.index(DRUMS)
        return np.ascontiguousarray(stems[:, at : at + 2])

    def _answer(self, tracker: BeatTracker, last: bool = False) -> None:
        """Take over what the tracker knows; onsets with each new grid, for they are all copied."""
        found = tracker.answer()
        if found is not self._found or last:
            self._found, self.onsets = found, tracker.onsets
        self.grid = self._look_up().grid or found

    def _refine(self) -> None:
        """Wait a little for somebody who taps."""
        if self._asked.wait(REFINE_S):
            self._asked.clear()
            tapped, song = self._tapped, self._heard
            if tapped is not None and song is not None:
                grid, taps = tapped
                self.refined = grid, fit_taps(song, taps)

    def _look_up(self) -> _Kept:
        """The grid that was found in this song on an earlier evening."""
        notes = self._track.notes
        if self._kept is None and notes is not None:
            self._kept = _kept(notes.read(GRID), self._track.samplerate)
            self._track.key = self._track.key or kept_key(notes)
        return self._kept or _NONE

    def _keep(self, drums: bool) -> None:
        """Have the grid kept, unless as good a one is there."""
        notes, grid = self._track.notes, self.grid
        if notes is not None and grid is not None:
            with suppress(OSError):  # it is found again next time
                notes.change(GRID, partial(_noted, grid, drums, self._track.samplerate))


_NONE = _Kept(None, False)


def _kept(note: Note | None, samplerate: float) -> _Kept:
    if note is None or note.get("tracker") != TRACKER:
        return _NONE
    with suppress(ValueError):
        return _Kept(kept_grid(note, samplerate), note.get("drums") is True)
    return _NONE


def _noted(grid: BeatGrid, drums: bool, samplerate: float, note: Note | None) -> Note:
    kept = _kept(note, samplerate)
    if note is not None and kept.grid is not None and kept.drums >= drums:
        return note
    return {**grid.to_json(samplerate), "tracker": TRACKER, "drums": drums}


def better_grid(song: BeatGrid | None, drums: BeatGrid | None) -> BeatGrid | None:
    """The better of two grids: that of the drums, at the song's tempo if theirs is half or twice of it, with its bars.

    Drums alone may well be counted in half the tempo or from another beat; where the beats are, they say best.
    """
    if drums is None or (song is not None and drums.confidence < SURER * song.confidence):
        return song
    if song is None:
        return drums
    for times, scaled in ((1.0, drums), (2.0, drums.doubled()), (0.5, _halved(drums, song))):
        if abs(drums.period / song.period / times - 1) < SAME_TEMPO:
            at = scaled.at(song.first)
            if abs(at - round(at)) < SAME_BEAT:
                scaled = replace(scaled.with_downbeat_at(song.first), beats_per_bar=song.beats_per_bar)
            return replace(scaled, confidence=drums.confidence)
    return drums


def _halved(drums: BeatGrid, song: BeatGrid) -> BeatGrid:
    """Every other beat of drums: those on which the song has its own."""
    half = drums.halved()
    at = half.at(song.first)
    return half if abs(at - round(at)) <= 0.25 else drums.moved(drums.period).halved()


def beside(drums: Onsets, song: Onsets, samplerate: float) -> Onsets:
    """Onsets of drums, and of the song where no drums are near."""
    edges = np.concatenate([[-FAR], drums.frames, [FAR]])
    at = np.searchsorted(edges, song.frames)
    alone = np.minimum(song.frames - edges[at - 1], edges[at] - song.frames) > APART_S * samplerate
    frames = np.concatenate([drums.frames, song.frames[alone]])
    order = np.argsort(frames, kind="stable")
    return Onsets(frames[order], np.concatenate([drums.strengths, song.strengths[alone]])[order])
