"""Takes of a run: the whole of it, what is recorded by hand, and the last seconds once more. Its own thread writes."""

from stream.common.errors import Failure
from stream.recording.manual import ManualTake, give_up
from stream.recording.options import RecordingOptions
from stream.recording.retrospective import RetrospectiveTake
from stream.recording.takewriter import Recorded, Say, TakeContext, TakeNotes, TakeWriter


class Takes:
    """All takes of a run. What fails while a device is heard ends its take, and is said; audio goes on."""

    def __init__(self, engine: Recorded, notes: TakeNotes, options: RecordingOptions, say: Say) -> None:
        """Open the whole run's files, if they are wanted, before the callback runs. Raises Failure.

        notes: what is written beside their sound
        [main-thread]
        """
        self._context = TakeContext(engine, notes, options, say)
        self._live = engine.expected is None
        self._manual, self._retrospective = ManualTake(self._context), RetrospectiveTake(self._context)
        self._run_take = None
        self.files: dict[str, str] = {}  # name to path of the whole run's files
        self.trouble: str | None = None  # what ended the whole run's recording before the run
        if options.run_folder is not None:
            self._run_take = TakeWriter(self._context, options.run_folder, 0, engine.expected)
            self.files = {path.stem: str(path) for path in self._run_take.paths}

    def toggle(self) -> None:
        """Begin a take, or end it. [any-thread]"""
        self._manual.wanted = not self._manual.wanted

    def keep(self) -> None:
        """Make a take of the last seconds. [any-thread]"""
        self._retrospective.wanted = True

    @property
    def manual(self) -> bool:
        """Whether takes can be made by hand. [any-thread]"""
        return self._context.options.takes_folder is not None

    @property
    def recording(self) -> bool:
        """Whether a take is being made by hand. [any-thread]"""
        return self._manual.wanted

    @property
    def recording_run(self) -> bool:
        """Whether the whole run is being recorded. [any-thread]"""
        return self._run_take is not None

    def step(self) -> bool:
        """Do what there is to do; False if that was nothing. Raises Failure. [recorder-thread]"""
        notes = self._context.notes
        notes.collect()
        self._manual.look()
        self._retrospective.look()
        notes.forget(self._oldest())
        went = self._write()
        return self._manual.step() or went

    def close(self, keep: bool) -> None:
        """Finish all takes, or remove the whole run's, once no thread steps. Raises Failure. [main-thread]"""
        self._context.notes.collect()
        self._manual.wanted = False
        self._manual.end()
        take, self._run_take = self._run_take, None
        if take is not None:
            take.close(keep)

    def _write(self) -> bool:
        """Of the whole run, what has come."""
        take = self._run_take
        if take is None:
            return False
        try:
            return take.step()
        except Failure as error:
            if not self._live:
                raise
            self._run_take, self.trouble = None, f"the recording ended before the run did: {error}"
            give_up(self._context, take, error)
            return False

    def _oldest(self) -> int:
        """The first frame whose gestures somebody may still want."""
        context = self._context
        starts = [writer.start for writer in (self._run_take, self._manual.writer) if writer is not None]
        first = min([context.written - context.keep_frames, *starts])
        return first if first > 0 else -context.engine.latency.delay  # what was done before the first frame is its own
