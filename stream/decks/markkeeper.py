"""The thread that writes what a person has set in songs: a disk that is slow, full or gone stops no deck.

[marks-thread]
"""

import threading
from collections.abc import Callable
from typing import NamedTuple

from stream.decks.songmarks import SongMarks
from stream.tracks.songnotes import MARKS, SongNotes


class _Changed(NamedTuple):
    """before: what they were when they were last given      now: what they are"""

    before: SongMarks
    now: SongMarks
    samplerate: float


class MarkKeeper:
    """Writes marks into their songs' notes. What is given while it writes is written together."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Its thread begins with the first marks. say: takes a line for the user, once [main-thread]"""
        self._say, self._told = say, False
        self._jobs: dict[SongNotes, _Changed] = {}
        self._lock, self._given, self._closing = threading.Lock(), threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def keep(self, notes: SongNotes, before: SongMarks, now: SongMarks, samplerate: float) -> None:
        """Have marks written. before: what they were when they were last given, or read [deck-thread]"""
        with self._lock:
            waiting = self._jobs.get(notes)
            self._jobs[notes] = _Changed(before if waiting is None else waiting.before, now, samplerate)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="marks", daemon=True)
            self._thread.start()
        self._given.set()

    def close(self) -> None:
        """Write what there is, and end. [main-thread]"""
        self._closing.set()
        self._given.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        over = False
        while not over:
            self._given.wait()
            self._given.clear()
            over = self._closing.is_set()
            while (job := self._next()) is not None:
                self._write(*job)

    def _next(self) -> tuple[SongNotes, _Changed] | None:
        with self._lock:
            return self._jobs.popitem() if self._jobs else None

    def _write(self, notes: SongNotes, job: _Changed) -> None:
        try:
            notes.change(MARKS, lambda kept: job.now.noted(job.before, kept, job.samplerate))
        except OSError as error:
            if not self._told:
                self._told = True
                self._say(f"cues and grids are not kept for the next time: {error.strerror or error}")
