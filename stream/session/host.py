"""A run from beginning to end: all it needs is opened in order, and closed in reverse."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from stream.common.errors import Failure
from stream.common.interpreter import undisturbed
from stream.common.priority import preferred
from stream.latency.geometry import Latency
from stream.live.clock import run_device, run_virtual, run_wall
from stream.recording.gesturenotes import GestureNotes
from stream.recording.recordings import Recordings
from stream.recording.takes import Takes
from stream.separators.protocol import Separator
from stream.session.livepath import LivePath
from stream.session.report import RunReport
from stream.session.request import RunRequest, Say
from stream.session.returns import Returns
from stream.session.upkeep import Upkeep


class Host:
    """One run. `run` does it all; `engine` and `mixer` are there for whoever watches and controls."""

    def __init__(self, request: RunRequest, say: Say) -> None:
        """Open everything.

        say: takes lines for the user
        Raises ValueError for a request that cannot be, Failure for what does not work.
        """
        self._request, self._say = request, say
        self._open = ExitStack()
        self._recordings: Recordings | None = None
        self._unrecorded: str | None = None  # what ended the recording of the run too soon
        self._returns: Returns | None = None
        try:
            self._build()
        except BaseException:
            self.close(keep=False)
            raise

    def _build(self) -> None:
        request, say = self._request, self._say
        self._preferred = request.clock != "virtual" and self._open.enter_context(preferred())
        self._path = LivePath(request, say, self._open)
        self.mixer, self.engine = self._path.mixer, self._path.engine
        self._upkeep = Upkeep(self._path, request, say)
        if self._path.streams is not None:
            self._returns = Returns(self._path.streams, self.engine, say)
            self._open.callback(self._returns.close)
        self._recordings = Recordings(self.engine, request.sink if isinstance(request.sink, Path) else None)
        if request.recording.used:
            self._recordings.allow(GestureNotes(self.engine, self._path.take_info()), request.recording, say)
        self.files = self._recordings.files

    @property
    def separator(self) -> Separator:
        """The one that is in use."""
        return self._upkeep.separator

    @property
    def latency(self) -> Latency:
        """As it is now."""
        return self.engine.latency

    @property
    def takes(self) -> Takes | None:
        """None where nobody may make one, and when the run has ended."""
        return None if self._recordings is None else self._recordings.takes

    @property
    def recording(self) -> bool:
        """Whether a take is being made: the whole run, or one by hand."""
        return self._recordings is not None and self._recordings.recording

    def run(self, watch: Callable[[], bool]) -> None:
        """Until the input ends or `watch` says so; then everything is written.

        Raises Failure, and whatever a thread has failed with; what was heard until then is kept.
        """
        recordings = self._recordings
        assert recordings is not None
        steps = [self.engine.feed, self.engine.worker.step, *(insert.step for insert in self.engine.inserts)]
        if self.engine.tap is not None:
            steps.append(recordings.step)

        def watching() -> bool:
            going = watch()
            if going:
                self._upkeep.recover()
                self._look()
            else:
                self._upkeep.last_look()
            return going

        with undisturbed():
            try:
                self._pace(steps, watching)
                while recordings.step():
                    pass
                self._look()
                reader = self._path.reader
                if reader is not None and reader.damage:
                    self._say(f"{reader.path} is damaged: {reader.damage}")
            except BaseException:
                self._keep(recordings)
                raise
        self.close(keep=True)

    def _look(self) -> None:
        """See what has changed, and say so."""
        self._upkeep.look(self._returns is not None and self._returns.look())

    @property
    def trouble(self) -> str | None:
        """What a run that has come to its end has done without."""
        return self._upkeep.trouble or self._unrecorded

    def _keep(self, recordings: Recordings) -> None:
        """After whatever has ended the run too soon: what was heard until then is kept, and it is said where."""
        with suppress(Failure):  # the first failure is the one that is told
            while recordings.step():
                pass
        heard = self.engine.heard > 0
        self.close(keep=heard)
        if heard and self.files:
            self._say(f"what was heard until then is kept: {', '.join(self.files.values())}")

    def _pace(self, steps: list[Callable[[], bool]], watch: Callable[[], bool]) -> None:
        if self._returns is not None:
            run_device(self.engine, self._returns, steps, watch)
        elif self._request.clock == "wall":
            run_wall(self.engine, self._path.block, steps, watch)
        else:
            run_virtual(self.engine, self._path.block, steps, watch)

    def close(self, keep: bool) -> None:
        """Let go of everything; recordings are kept whole or removed."""
        self._open.close()
        recordings, self._recordings = self._recordings, None
        if recordings is not None:
            recordings.close(keep)
            self._unrecorded = recordings.trouble

    def report(self) -> RunReport:
        """What was done and measured until now."""
        absences = self._returns.report() if self._returns else []
        return self._upkeep.report(self._preferred, self.files, absences)
