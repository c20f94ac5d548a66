"""A run from beginning to end: all it needs is opened in order, and closed in reverse."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import numpy as np

from stream.common.errors import Failure
from stream.common.interpreter import undisturbed
from stream.common.priority import preferred
from stream.latency.geometry import Latency
from stream.latency.planning import expected_loss_db
from stream.live.clock import run_device, run_virtual, run_wall
from stream.recording.recordings import Recordings
from stream.recording.takes import Takes
from stream.separators.opening import sizes, window_s
from stream.separators.protocol import Separator
from stream.session.currentlatency import CurrentLatency
from stream.session.livepath import LivePath
from stream.session.notices import Notices
from stream.session.recovery import Recovery
from stream.session.report import HopTime, InsertReport, RunReport
from stream.session.request import RunRequest, Say
from stream.session.returns import Returns

RESTS = 2  # looks after which a graph that did not change meanwhile is read


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
        self.mixer, self.engine, chosen = self._path.mixer, self._path.engine, self._path.chosen
        again = partial(request.opening.open, chosen.asked_s)
        self._recovery = Recovery(self.engine, chosen.separator, again, say)
        self._notices = Notices(self.engine, chosen.separator, say)
        if self._path.streams is not None:
            self._current = CurrentLatency(self.engine, self._path.streams, say)
            self._returns = Returns(self._path.streams, self.engine, say)
            self._open.callback(self._returns.close)
        self._recordings = Recordings(self.engine, request.sink if isinstance(request.sink, Path) else None)
        if request.recording.used:
            self._recordings.allow(self._path.take_info(), request.recording, say)
        self.files = self._recordings.files

    @property
    def separator(self) -> Separator:
        """The one that is in use."""
        return self._recovery.separator

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
                self._recovery.look()
                self._look()
            elif self._returns is not None:
                for _ in range(RESTS):  # what changed just now is in the report, too
                    self._current.look(back=False)
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
        if self._returns is not None:
            self._current.look(self._returns.look())
        self._notices.look()

    @property
    def trouble(self) -> str | None:
        """What a run that has come to its end has done without."""
        return self._recovery.trouble or self._unrecorded

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
        worker, opening, latency = self.engine.worker, self._request.opening, self.latency
        times = np.array(worker.hop_times_s) if worker.hop_times_s else np.zeros(1)
        return RunReport(
            model=opening.model, provider=opening.provider, samplerate=self._path.samplerate,
            separator=getattr(self.separator, "name", opening.model), sources=list(self.separator.sources),
            latency_s=latency.total_s, latency_parts_s=latency.parts_s, latency_frames=latency.total,
            window_s=window_s(self.separator), preferred=self._preferred,
            expected_loss_db=expected_loss_db(sizes(self.separator)), heard_s=self.engine.heard / self._path.samplerate,
            hops=worker.hops, eased_hops=worker.eased, **self.engine.counts(),
            hop_time_s=HopTime(float(np.median(times)), float(np.percentile(times, 99)), float(times.max())),
            files=self.files, absences=self._returns.report() if self._returns else [],
            inserts=[InsertReport(insert.stem, insert.process.name, insert.process.latency, insert.process.block_s,
                                  insert.trouble) for insert in self.engine.inserts])
