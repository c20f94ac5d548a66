"""Songs as jobs: each done whole or not at all, some side by side, one that fails keeping none of the others."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from stream.command.progress import Bars
from stream.command.songs import Song
from stream.devices.decoder import Decoder, decoder
from stream.errors import Failure
from stream.offline.engine import Engine
from stream.offline.level import level
from stream.offline.writing import Output, Target, open_writer, write


@dataclass
class Job:
    """A song, its files, and what became of it.

    state: `waiting`, `written`, `skipped` or `failed`
    audio_s: how long the song is, where it was separated
    """

    song: Song
    targets: tuple[Target, ...]
    state: str = "waiting"
    error: str = ""
    audio_s: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def done_before(self) -> bool:
        """Whether all files are there and newer than the song."""
        with suppress(OSError):
            made = [target.path.stat() for target in self.targets]
            changed = self.song.path.stat().st_mtime
            return all(file.st_size and file.st_mtime >= changed for file in made)
        return False

    @property
    def written(self) -> str:
        """Its files, for a person."""
        if len(self.targets) == 1:
            return str(self.targets[0].path)
        folder = os.path.commonpath([target.path.parent for target in self.targets])
        return f"{folder}: {', '.join(target.parts[0].name for target in self.targets)}"


class Worker:
    """Does jobs, on whatever threads, until it is told to stop."""

    def __init__(self, engine: Engine, output: Output, bars: Bars, say: Callable[[str], None]) -> None:
        """Nothing is done yet. [main-thread]"""
        self._engine, self._output, self._bars, self._say = engine, output, bars, say
        self._stopping = threading.Event()

    def run(self, jobs: Sequence[Job], side_by_side: int, force: bool) -> None:
        """Do all jobs, so many at a time; Ctrl-C ends each after the segment that it is in. [main-thread]

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
        if not force and job.done_before:
            job.state = "skipped"
            self._say(f"{job.song.path} is done already (--force does it again): {job.written}")
            return
        try:
            self._write(job)
        except (Failure, OSError, RuntimeError, ValueError, MemoryError) as error:
            job.state, job.error = "failed", str(error) or type(error).__name__
            if several and not self._stopping.is_set():
                self._say(f"demucs-stream: {job.error}")
            return
        job.state = "written"
        for note in job.notes:
            self._say(f"{job.song.path}: {note}")
        self._say(f"wrote {job.written}")

    def _write(self, job: Job) -> None:
        engine, path = self._engine, job.song.path
        with decoder(path) as reader:
            fit = level(reader)
            frames = -(-fit.frames * engine.samplerate // reader.samplerate)
            job.audio_s = fit.frames / reader.samplerate
            with self._bars.bar(path.name, frames) as move:
                def progress(done: int) -> None:
                    move(done)
                    if self._stopping.is_set():
                        raise Failure(f"{path} was given up")

                job.notes = write(engine.pieces(reader, fit), job.targets, lambda target: open_writer(
                    target, self._output, engine.samplerate, frames, path), progress)
            if isinstance(reader, Decoder) and reader.damage:
                job.notes.append(f"damaged; separated without what could not be read ({reader.damage})")
