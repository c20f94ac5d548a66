"""What is looked after while an input is separated live, and what there is to report of it."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from stream.latency.planning import expected_loss_db
from stream.separators.opening import sizes, window_s
from stream.separators.protocol import Separator
from stream.session.currentlatency import CurrentLatency
from stream.session.inserts import insert_reports
from stream.session.livepath import LivePath
from stream.session.notices import Notices
from stream.session.recovery import Recovery
from stream.session.report import Absence, HopTime, RunReport
from stream.session.request import RunRequest, Say

RESTS = 2  # looks after which a graph that did not change meanwhile is read


class Upkeep:
    """Keeps a live path going, and says what has changed."""

    def __init__(self, path: LivePath, request: RunRequest, say: Say) -> None:
        """Nothing has changed yet."""
        self._path, self._opening = path, request.opening
        again = partial(request.opening.open, path.chosen.asked_s)
        self._recovery = Recovery(path.engine, path.chosen.separator, again, say)
        self._notices = Notices(path.engine, path.chosen.separator, say)
        self._current = None if path.streams is None else CurrentLatency(path.engine, path.streams, say)

    @property
    def separator(self) -> Separator:
        """The one that is in use."""
        return self._recovery.separator

    @property
    def trouble(self) -> str | None:
        """What a run that has come to its end has done without."""
        return self._recovery.trouble

    def recover(self) -> None:
        """See whether the separator has failed, and whether a new one is there."""
        self._recovery.look()

    def look(self, back: bool) -> None:
        """See what has changed, and say so. back: a device that was away is back"""
        if self._current is not None:
            self._current.look(back)
        self._notices.look()

    def last_look(self) -> None:
        """See, before devices are let go of, what they have said just now: it is in the report, too."""
        if self._current is not None:
            for _ in range(RESTS):
                self._current.look(back=False)

    def report(self, preferred: bool, files: Mapping[str, str], absences: list[Absence]) -> RunReport:
        """What was done and measured until now.

        preferred: whether the system lets us go first      files: that are written, name to path
        absences: of devices and programs
        """
        engine, opening, rate = self._path.engine, self._opening, self._path.samplerate
        worker, latency = engine.worker, engine.latency
        times = np.array(worker.hop_times_s) if worker.hop_times_s else np.zeros(1)
        return RunReport(
            model=opening.model, provider=opening.provider, samplerate=rate,
            separator=getattr(self.separator, "name", opening.model), sources=list(self.separator.sources),
            latency_s=latency.total_s, latency_parts_s=latency.parts_s, latency_frames=latency.total,
            window_s=window_s(self.separator), preferred=preferred,
            expected_loss_db=expected_loss_db(sizes(self.separator)), heard_s=engine.heard / rate,
            hops=worker.hops, eased_hops=worker.eased, **engine.counts(),
            hop_time_s=HopTime(float(np.median(times)), float(np.percentile(times, 99)), float(times.max())),
            files=dict(files), absences=absences,
            inserts=insert_reports(engine.inserts))
