"""Songs as jobs: each done whole or not at all, some side by side, one that fails keeping none of the others."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace

from stream.audiofiles.song import open_song
from stream.command.songs import Song
from stream.common.errors import Failure
from stream.offline import made
from stream.offline.engine import OfflineEngine
from stream.offline.level import level
from stream.offline.writing import Output, StemFile, open_writer, write
from stream.terminal.answers import shown
from stream.terminal.progress import Bars


@dataclass
class Job:
    """A song, its files, and what became of it.

    state: `waiting`, `written`, `skipped` or `failed`
    audio_s: how long the song is, where it was separated
    """

    song: Song
    targets: tuple[StemFile, ...]
    state: str = "waiting"
    error: str = ""
    audio_s: float = 0.0
    notes: list[str] = field(default_factory=list)

    def done_before(self, options: str) -> str:
        """What to say of a song whose files are there; empty if it is to be done.

        options: how it would be done now (stream.offline.made)
        """
        with suppress(OSError):
            stats = [target.path.stat() for target in self.targets]
            found = [made.read_provenance(target.path) for target in self.targets]
            found_provenance = [one for one in found if one is not None]
            wanted = [made.how(target, options) for target in self.targets]
            if not all(stat.st_size for stat in stats) or any(
                    one and one.how != how for one, how in zip(found, wanted, strict=True)):
                return ""
            changed = self.song.path.stat().st_mtime
            if any(stat.st_mtime < changed for stat in stats) or not all(
                    made.same_song(one, self.song.path) for one in set(found_provenance)):
                return ""
            return "is separated already" if len(found_provenance) == len(found) else (
                "is taken as separated: not every stem file says how it was made, but all are newer than the song")
        return ""

    @property
    def written(self) -> str:
        """Its files, for a person."""
        if len(self.targets) == 1:
            return shown(self.targets[0].path)
        folder = os.path.commonpath([target.path.parent for target in self.targets])
        return f"{shown(folder)}: {', '.join(target.parts[0].name for target in self.targets)}"


@dataclass(frozen=True)
class How:
    """How files are written, and what they say of how they were made (stream.offline.made)."""

    output: Output
    options: str


def _said(error: BaseException, job: Job) -> str:
    """An error in one line, whatever the song's and its files' names are."""
    text = str(error) or type(error).__name__
    for path in (job.song.path, *(target.path for target in job.targets)):
        text = text.replace(str(path), shown(path))
    return text


class SongWorker:
    """Does jobs, on whatever threads, until it is told to stop."""

    def __init__(self, engine: OfflineEngine, how: How, bars: Bars, say: Callable[[str], None]) -> None:
        """Nothing is done yet."""
        self._engine, self._how, self._bars, self._say = engine, how, bars, say
        self._stopping = threading.Event()

    def run(self, jobs: Sequence[Job], side_by_side: int, force: bool) -> None:
        """Do all jobs, so many at a time; Ctrl-C ends each after the segment that it is in.

        force: also those that are done already
        """
        with ThreadPoolExecutor(side_by_side) as pool:
            running = [pool.submit(self._do, job, force, len(jobs) > 1) for job in jobs]
            try:
                for future in running:
                    future.result()
            except BaseException:
                self._stopping.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _do(self, job: Job, force: bool, several: bool) -> None:
        done = "" if force else job.done_before(self._how.options)
        if done:
            job.state = "skipped"
            self._say(f"{shown(job.song.path)} {done} (--force separates it again): {job.written}")
            return
        try:
            self._write(job)
        except (Failure, OSError, RuntimeError, ValueError, MemoryError) as error:
            job.state, job.error = "failed", _said(error, job)
            if several and not self._stopping.is_set():
                self._say(f"demucs-stream: {job.error}")
            return
        job.state = "written"
        for note in job.notes:
            self._say(f"{shown(job.song.path)}: {shown(note)}")
        self._say(f"wrote {job.written}")

    def _write(self, job: Job) -> None:
        engine, path = self._engine, job.song.path
        sums = made.of_song(path)
        with open_song(path) as reader:
            fit = level(reader)
            frames = -(-fit.frames * engine.samplerate // reader.samplerate)
            job.audio_s = fit.frames / reader.samplerate
            with self._bars.bar(path.name, frames) as move:
                def progress(done: int) -> None:
                    move(done)
                    if self._stopping.is_set():
                        raise Failure(f"the separation of {path} was stopped")

                job.notes = write(engine.pieces(reader, fit), job.targets, lambda target: open_writer(
                    replace(target, made=str(made.Provenance(made.how(target, self._how.options), *sums))),
                    self._how.output, engine.samplerate, frames, path), progress)
            if reader.damage:
                job.notes.append(f"the file is damaged: {reader.damage}")
            if reader.cleaned:
                job.notes.append(f"{reader.cleaned} of its samples are no numbers, or far too loud, and are silence")
