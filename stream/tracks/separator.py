"""One separator for all tracks: what is needed soonest is made first, and whatever is live comes before.

    separator-thread whole segments, as `separate` makes them; parts, where a separator takes hops
    draft-thread     short windows, where a segment would come too late; also while one is being made
    loader-thread    of each track: what is in the store
    saver-thread     what is wholly separated, into the store
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from stream.common.closing import Closing
from stream.common.priority import SOONER, yielding
from stream.separators.opening import Opening
from stream.tracks.decoding import begin
from stream.tracks.keeping import KeptModel, Saver, load, weights_sum
from stream.tracks.making import TrackJob, UnderWay
from stream.tracks.networks import Networks, open_networks
from stream.tracks.songhops import SongHops
from stream.tracks.songsegments import SongSegments
from stream.tracks.store import StemStore
from stream.tracks.track import MODEL_RATE, Track

IDLE_S = 0.01
SEGMENT_S = 3.0  # what one takes until one was timed


class TrackSeparator(Closing):
    """Loads tracks, and separates them in order of need."""

    def __init__(self, chosen: Opening, samplerate: int, store: StemStore | None = None,
                 busy: Callable[[], bool] = lambda: False, say: Callable[[str], None] = lambda _line: None,
                 sources: tuple[str, ...] = ()) -> None:
        """Begin to open the model, on a thread.

        chosen: the model, its provider settled      samplerate: Hz, the device's
        store: where stems and notes are kept; None keeps none
        busy: whether something live needs the machine now      say: takes a line for the user
        sources: the model's stems, where they are known beforehand: the first song need not wait for the model then
        [main-thread]
        """
        self._chosen, self.samplerate, self._store, self._busy, self._say = chosen, samplerate, store, busy, say
        self._songs: list[TrackJob] = []  # changed as a whole
        self._opened, self._named, self._closing = threading.Event(), threading.Event(), threading.Event()
        self._networks: Networks | None = None
        self._opening = threading.Lock()  # of makers, between both threads
        self._sources = sources
        self._rate = MODEL_RATE
        self._model: KeptModel | None = None
        self._segment_s, self._drafted = SEGMENT_S, 0
        self._under_way: UnderWay | None = None
        self._drafting: TrackJob | None = None
        self.failure = ""
        self._saver = None if store is None else Saver(store, busy)
        self._threads = [threading.Thread(target=run, name=name, daemon=True)
                         for name, run in (("segments", self._segments), ("drafts", self._drafts))]
        for thread in self._threads:
            thread.start()

    @property
    def sources(self) -> tuple[str, ...]:
        """The model's stems; waits until it is open, if need be. None where it could not be opened. [any-thread]"""
        if not self._sources:
            self._opened.wait()
        return self._sources

    def load(self, path: Path) -> Track:
        """A song, a stem file or a folder of stems, as a track; its `failure` says soon what is wrong with it.

        Waits for the model to be open where its stems are not known yet. [any-thread]
        """
        track = Track(path, self.samplerate, self.sources, self._rate, self._say)
        track.origin = "model" if self._store is None else ""  # NB: before its decoder may find that it is another
        begin(track)
        if self._store is not None:
            threading.Thread(target=load, args=(track, self._store, self._kept_model), name="loader",
                             daemon=True).start()
        self._songs = [*self._alive(), TrackJob(track)]
        return track

    def _alive(self) -> list[TrackJob]:
        return [song for song in self._songs if not song.track.closing.is_set()]

    def _kept_model(self) -> KeptModel | None:
        self._named.wait()
        return self._model

    @property
    def waiting(self) -> bool:
        """Whether something is still to be separated that can be. [any-thread]"""
        return any(song.waiting for song in self._alive()) and not self.failure

    def wait(self) -> None:
        """Wait until everything is separated that can be, and kept. [any-thread]"""
        while self.waiting:
            time.sleep(IDLE_S)
        if self._saver is not None:
            self._saver.wait()

    def close(self) -> None:
        """End all threads and what they are making, and close all tracks. [main-thread]"""
        self._closing.set()
        for song in self._songs:
            song.track.close()
        if self._networks is not None:
            self._networks.stop()
        for thread in self._threads:
            thread.join()
        if self._saver is not None:
            self._saver.close()
        if self._networks is not None:
            self._networks.close()

    def _segments(self) -> None:
        """Open the model, and make segments until the end."""
        try:
            with yielding(SOONER):  # and all threads that ONNX Runtime starts, which drafts use too
                self._open()
        except Exception as error:  # decks play on without stems
            self.failure = f"songs play without stems, for {self._chosen.model} cannot be opened: {error}"
            self._say(self.failure)
        finally:
            self._opened.set()
            self._named.set()
        with yielding():
            while not self._closing.is_set():
                if self.failure or not self._segment():
                    time.sleep(IDLE_S)

    def _open(self) -> None:
        self._networks = open_networks(self._chosen)
        opened = self._networks or self._chosen.open(None)[0]
        sources = tuple(opened.sources)
        if self._sources not in ((), sources) or (self._sources and opened.samplerate != self._rate):
            raise ValueError(f"it gives {', '.join(sources)} at {opened.samplerate} Hz, not what was said of it")
        self._sources, self._rate = sources, opened.samplerate
        self._opened.set()
        if self._store is not None and self._store.limit > 0:
            self._model = KeptModel(self._chosen.model, weights_sum(self._chosen))

    def _segment(self) -> bool:
        """Make what is needed most; whether there was anything to be made."""
        self._end_unneeded()
        if self._busy() or self._drafting is not None or next(self._drafts_wanted(), None) is not None:
            return False
        self._open_makers()
        for song in sorted(self._alive(), key=lambda song: song.need(self._segment_s).urgency):
            part = song.next(self._segment_s)
            if part is not None:
                self._make(song, part)
                return True
            if song.complete():
                if self._saver is not None and self._model is not None:
                    self._saver.add(song.track, self._model)
                song.done = True
        return False

    def _make(self, song: TrackJob, part: int) -> None:
        """Make a part, and remember how long that takes where no draft is made beside it."""
        begun_s, drafted = time.monotonic(), self._drafted
        self._under_way = UnderWay(song, part, begun_s)
        song.make(part)
        self._under_way = None
        if drafted == self._drafted:
            self._segment_s = time.monotonic() - begun_s

    def _open_makers(self) -> None:
        """Have all songs' makers opened: by whichever thread comes first, for a segment may take seconds."""
        with self._opening:
            for song in self._alive():
                if song.maker is None and not song.done:
                    song.open(self._maker)

    def _maker(self, track: Track) -> SongSegments | SongHops:
        if self._networks is not None:
            return SongSegments(track, self._networks)
        separator, _ = self._chosen.open(None)
        return SongHops(track, separator)

    def _drafts(self) -> None:
        """Make drafts until the end."""
        self._opened.wait()
        with yielding(SOONER):  # a segment of another song may be under way
            while not self._closing.is_set():
                if self._networks is not None and not self._busy():
                    self._open_makers()
                self._end_unneeded()
                song = None if self._busy() or self.failure else next(self._drafts_wanted(), None)
                if song is None:
                    time.sleep(IDLE_S)
                    continue
                self._drafting = song
                self._drafted += 1
                self._make_way(song)
                try:
                    song.draft()
                finally:
                    self._drafting = None

    def _end_unneeded(self) -> None:
        """End what the other thread is making of a song that was taken off its deck."""
        networks, under_way, drafting = self._networks, self._under_way, self._drafting
        if networks is not None and under_way is not None and under_way.song.track.closing.is_set():
            networks.interrupt()
        if networks is not None and drafting is not None and drafting.track.closing.is_set():
            networks.interrupt_draft()

    def _make_way(self, song: TrackJob) -> None:
        """End the segment that is being made, if this song is to have its draft at once."""
        under_way, networks = self._under_way, self._networks
        if networks is not None and under_way is not None and song.overtakes(under_way, self._segment_s):
            networks.interrupt()

    def _drafts_wanted(self) -> Iterator[TrackJob]:
        """The songs that need one now, the most urgent first."""
        wanted = [song for song in self._alive() if song.wants_draft(self._segment_s, self._under_way)]
        yield from sorted(wanted, key=lambda song: song.need(0).urgency)
