"""Stems from the store and into it: on threads of their own, for a track that plays must not wait for either.

[any-thread]
"""

import hashlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stream.common.errors import Failure
from stream.common.priority import yielding
from stream.separators.opening import Opening
from stream.separators.protocol import Frames
from stream.tracks.entry import Identity, Index, StemEntry
from stream.tracks.need import need_of
from stream.tracks.scratchfile import ScratchFile, said
from stream.tracks.songloudness import keep_loudness, kept_loudness
from stream.tracks.store import StemStore, song_sum, stamp
from stream.tracks.track import Track

WAIT_S = 0.01


def weights_sum(chosen: Opening) -> str:
    """A sum of what a model's stems depend on: its files' content and weights, or a plugin's name. Raises OSError."""
    digest = hashlib.sha256(repr((chosen.weights, chosen.segment_s, "" if chosen.files else chosen.model)).encode())
    for path in chosen.files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


@dataclass(frozen=True)
class KeptModel:
    """Whose stems are kept. weights: a sum of what it is made of"""

    name: str
    weights: str


def load(track: Track, store: StemStore, model: Callable[[], KeptModel | None]) -> None:
    """Look a track up in the store, and bring its stems in order of need; its `origin` says how that went.

    A store that has no room for stems has notes nevertheless.
    model: waits until it is known; None where there is none
    [loader-thread]
    """
    if store.limit <= 0:  # nothing to wait for
        track.opened.wait()
        track.origin = track.origin or "model"
    try:
        found = _look_up(track, store, model)
        if found is not None and not _bring(track, found):
            track.forget_stems()
            found = None
    except (Failure, OSError) as error:
        store.tell(error)
        found = None
    except Exception as error:  # whatever an entry does to a library, the song is separated
        track.tell(f"cannot be looked up in the store: {type(error).__name__}: {error}")
        found = None
    if not track.origin or found is None:
        track.origin = track.origin if track.origin in ("file", "none") else "model"
    elif track.entry is not None:
        store.used(track.entry)
    _keep_loudness(track)


def _keep_loudness(track: Track) -> None:
    """Note how loud the song is, once that was measured, unless it was noted before."""
    while not track.ended and not track.closing.wait(WAIT_S):
        pass
    found = track.loudness
    if track.notes is not None and track.whole and found is not None and found != kept_loudness(track.notes):
        keep_loudness(track.notes, found)


def _look_up(track: Track, store: StemStore, model: Callable[[], KeptModel | None]) -> Index | None:
    song = track.sum = _sum(track)
    if song is not None:
        track.notes = store.notes(song)
        track.loudness = track.loudness or kept_loudness(track.notes)
    if store.limit <= 0:
        return None
    named = model()
    if song is None or named is None:
        return None
    track.entry = store.entry(Identity(song, named.name, named.weights, track.samplerate))
    if track.origin in ("file", "none"):
        return None
    index = track.entry.index()
    return index if index is not None and tuple(index.stems) == track.stored else None


def _sum(track: Track) -> str | None:
    """Of the file that is decoded; None where that is another one by now, or cannot be read, as its decoder says."""
    before = stamp(track.path)
    try:
        song = song_sum(track.path, track.closing.is_set)
    except OSError:
        song = None
    after = stamp(track.path)
    track.opened.wait()
    return song if before == after == track.stamp else None


def _bring(track: Track, index: Index) -> bool:
    """Whether all was what was kept, and of this song."""
    assert track.entry is not None
    try:
        with track.entry.open(index) as kept:
            track.origin = "store"
            left = set(range(-(-index.frames // index.chunk)))
            while left and not track.closing.is_set():
                order = need_of(track, track.samplerate).order(index.chunk, index.chunk, max(left) + 1)
                chunk = next(one for one in order if one in left)
                stems = kept.read(chunk)
                try:
                    track.put(chunk * index.chunk, stems)
                except OSError as error:
                    track.fail(f"{track.path.name} plays without its stems from now on: {said(error)}", stems=True)
                    break
                left.remove(chunk)
    except Failure:  # it is damaged, and made again
        return False
    while not track.ended and not track.closing.wait(WAIT_S):
        pass
    return track.closing.is_set() or track.decoded == index.frames


@dataclass(frozen=True)
class _Job:
    """A track that is to be kept, which may be closed by now."""

    entry: StemEntry
    index: Index
    stems: ScratchFile


class Saver:
    """Writes wholly separated tracks into the store, one after the other."""

    def __init__(self, store: StemStore, busy: Callable[[], bool]) -> None:
        """Begin to wait for the first. busy: whether the machine is needed for something else"""
        self._store, self._busy = store, busy
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stem-saver", daemon=True)
        self._thread.start()

    def add(self, track: Track, model: KeptModel) -> None:
        """Keep a track's stems, all of which are there. [separator-thread]"""
        entry, stems = track.entry, track.stems_file
        if entry is None or stems is None or not track.whole or self._store.limit <= 0:
            return
        index = Index(entry.identity.song, model.name, model.weights, track.samplerate, str(track.path.absolute()),
                      track.title, track.artist, track.decoded, {name: [] for name in track.stored})
        self._jobs.put(_Job(entry, index, stems))

    def wait(self) -> None:
        """Wait until all are kept. [any-thread]"""
        self._jobs.join()

    def close(self) -> None:
        """Give up what is being written."""
        self._closing.set()
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        with yielding():
            while (job := self._jobs.get()) is not None:
                if not self._closing.is_set():
                    self._save(job)
                self._jobs.task_done()

    def _save(self, job: _Job) -> None:
        def read(first: int, count: int) -> Frames:
            while self._busy() and not self._closing.wait(WAIT_S):
                pass
            out: Frames = np.empty((count, 2 * len(job.index.stems)), np.float32)
            job.stems.read(first, out)
            return out

        try:
            self._store.make_room()
            if job.entry.save(job.index, read, self._closing.is_set):
                self._store.make_room()
        except (Failure, OSError) as error:
            self._store.tell(error)
