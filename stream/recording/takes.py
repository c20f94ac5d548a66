"""Takes of a run: the whole of it, what is recorded by hand, and the last seconds once more. Its own thread writes."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from stream.devices.kind import FLOAT, Kind
from stream.errors import Failure
from stream.live.engine import Engine
from stream.recording import log
from stream.recording.gestures import Gestures
from stream.recording.recorder import Recorder, Track

Say = Callable[[str], None]


@dataclass(frozen=True)
class Shelf:
    """Where takes are put.

    whole: a folder for the whole run, or None
    folder: takes by hand are folders in it, named by date and time; None is that nobody can make one
    keep_s: so many seconds can be kept after they were heard
    kind: of the files
    """

    whole: Path | None = None
    folder: Path | None = None
    keep_s: float = 0.0
    kind: Kind = FLOAT

    @property
    def used(self) -> bool:
        """Whether anything may be recorded at all."""
        return self.whole is not None or self.folder is not None


NOTHING = Shelf()


class Takes:
    """All takes of a run. What fails while a device is heard ends its take, and is said; audio goes on."""

    def __init__(self, engine: Engine, take: log.Take, shelf: Shelf, say: Say) -> None:
        """Open the whole run's files, if they are wanted. Raises Failure. [main-thread, before the callback runs]

        take: what all takes have in common
        """
        assert engine.tap is not None
        self._engine, self._ring, self._take, self._shelf, self._say = engine, engine.tap, take, shelf, say
        self._gestures = Gestures(engine.mixer, engine.notes)
        self._live = engine.feeder is None
        self._running: Recorder | None = None
        self._wanted = self._keep = False
        self._whole = None
        if shelf.whole is not None:
            self._whole = self._open(shelf.whole, 0, engine.expected)

    def toggle(self) -> None:
        """Begin a take, or end it. [any-thread]"""
        self._wanted = not self._wanted

    def keep(self) -> None:
        """Make a take of the last seconds. [any-thread]"""
        self._keep = True

    @property
    def by_hand(self) -> bool:
        """Whether takes can be made by hand. [any-thread]"""
        return self._shelf.folder is not None

    @property
    def recording(self) -> bool:
        """Whether a take is being made by hand. [any-thread]"""
        return self._wanted

    @property
    def files(self) -> dict[str, str]:
        """Name to path of the whole run's files. [any-thread]"""
        return {path.stem: str(path) for path in self._whole.paths} if self._whole else {}

    def step(self) -> bool:
        """Do what there is to do; False if that was nothing. Raises Failure. [recorder-thread]"""
        self._gestures.collect()
        if self._wanted != (self._running is not None):
            self._begin() if self._wanted else self._end()
        if self._keep:
            self._keep = False
            self._keep_last()
        self._gestures.forget(self._oldest())
        went = False
        for recorder in (self._whole, self._running):
            if recorder is not None:
                went |= self._write(recorder)
        return went

    def close(self, keep: bool) -> None:
        """Finish all takes, or remove the whole run's. Raises Failure. [main-thread, when nobody steps any more]"""
        self._gestures.collect()
        self._wanted = False
        if self._running is not None:
            self._end()
        whole, self._whole = self._whole, None
        if whole is not None:
            self._finish(whole, keep)

    def _open(self, folder: Path, start: int, frames: int | None = None) -> Recorder:
        kind, sources = self._shelf.kind, self._take.sources
        after = 2 + 2 * len(sources)
        names = {"input": after, "mix": 0} | {stem: 2 + 2 * i for i, stem in enumerate(sources)}
        names |= {log.inserted(stem): after + 2 + 2 * sources.index(stem) for stem in self._take.inserts}
        tracks = [Track(folder / f"{name}.{kind.format}", at, kind=kind) for name, at in names.items()]
        return Recorder(self._ring, tracks, self._take.samplerate, frames, start)

    def _write(self, recorder: Recorder) -> bool:
        try:
            return recorder.step(self._engine.end)
        except Failure as error:
            if not self._live and recorder is self._whole:
                raise
            self._give_up(recorder, error)
            return False

    def _give_up(self, recorder: Recorder, error: Failure) -> None:
        """End a take at what is written of it."""
        if recorder is self._whole:
            self._whole = None
        else:
            self._running, self._wanted = None, False
        self._say(f"recording has ended: {error}")
        with suppress(Failure):
            self._finish(recorder, keep=True)

    def _begin(self) -> None:
        assert self._shelf.folder is not None
        try:
            self._running = self._open(self._place(self._shelf.folder), self._ring.written)
        except Failure as error:
            self._wanted = False
            self._say(f"no recording: {error}")
            return
        self._say(f"recording to {self._running.paths[0].parent}")

    def _end(self) -> None:
        recorder, self._running = self._running, None
        assert recorder is not None
        try:
            while recorder.step(self._engine.end):
                pass
            self._finish(recorder, keep=True)
            self._say(f"recorded {self._seconds(recorder)} to {recorder.paths[0].parent}")
        except Failure as error:
            self._say(f"recording has failed: {error}")

    def _keep_last(self) -> None:
        assert self._shelf.folder is not None
        end = min(self._ring.written, self._engine.end)
        try:
            recorder = self._open(self._place(self._shelf.folder), max(0, end - self._kept))
            while recorder.step(end):
                pass
            self._finish(recorder, keep=True)
            self._say(f"kept the last {self._seconds(recorder)} in {recorder.paths[0].parent}")
        except Failure as error:
            self._say(f"nothing kept: {error}")

    def _finish(self, recorder: Recorder, keep: bool) -> None:
        recorder.close(keep)
        if not keep:
            return
        passage = self._gestures.passage(recorder.start, recorder.at)
        take = replace(self._take, frames=recorder.at - recorder.start, lost=self._gestures.lost + recorder.overruns,
                       files={path.stem: path.name for path in recorder.paths})
        log.write(recorder.paths[0].with_name(log.NAME), take, passage)

    def _seconds(self, recorder: Recorder) -> str:
        return f"{(recorder.at - recorder.start) / self._take.samplerate:.1f} s"

    @property
    def _kept(self) -> int:
        return int(self._shelf.keep_s * self._take.samplerate)

    def _oldest(self) -> int:
        """The first frame whose gestures somebody may still want."""
        starts = [recorder.start for recorder in (self._whole, self._running) if recorder is not None]
        first = min([self._ring.written - self._kept, *starts])
        return first if first > 0 else -self._engine.latency.delay  # what was done before the first frame belongs to it

    @staticmethod
    def _place(folder: Path) -> Path:
        """A folder for a take, that is not there yet."""
        name = time.strftime("%Y-%m-%d %H.%M.%S")
        numbered = (folder / f"{name}{f' {n}' if n else ''}" for n in range(1_000_000))
        return next(path for path in numbered if not path.exists())
