"""A run from beginning to end: devices, separator, engine, recorder, opened in order and closed in reverse."""

import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from dsp.stft import FFT_HOP
from stream.audiofiles.song import open_live
from stream.callback import header as hd
from stream.common.errors import Failure
from stream.common.priority import preferred
from stream.inserts.process import Process
from stream.latency.geometry import SAMPLERATE, DeviceTiming
from stream.latency.planning import expected_loss_db
from stream.live.clock import run_device, run_virtual, run_wall
from stream.live.engine import FADE, Engine, Setup
from stream.live.insert import Insert, lag, too_slow
from stream.live.reopening import Reopening
from stream.mixer.mixer import Mixer
from stream.mixer.route import apart
from stream.recording.log import TakeInfo
from stream.recording.recordings import Recordings
from stream.recording.takes import Takes
from stream.separators.opening import sizes, window_s
from stream.separators.protocol import Easing
from stream.session.negotiate import negotiate
from stream.session.report import HopTime, InsertReport, RunReport
from stream.session.request import RunRequest, Say
from stream.session.returns import Returns
from stream.session.streams import DeviceRequest, Streams

SWITCH_S = 0.001  # the separator thread asks for the GIL ten times a hop; beside a busy thread each costs this much


class Host:
    """One run. `run` does it all; `engine` and `mixer` are there for whoever watches and controls."""

    def __init__(self, request: RunRequest, say: Say) -> None:
        """Open everything.

        say: takes lines for the user
        Raises ValueError for a request that cannot be, Failure for what does not work.
        """
        self._request, self._say = request, say
        self._open = ExitStack()
        self._header = np.zeros(hd.HEADER, np.int64)
        self._level = 0
        self._recordings: Recordings | None = None
        self._unrecorded: str | None = None  # what ended the recording of the run too soon
        self._returns: Returns | None = None
        self._told: list[Insert] = []  # of what is broken
        self._told_reset: list[Insert] = []
        self._told_cleaned, self._told_still_s = False, 0.0
        self._failed: Exception | None = None  # what the separator has failed with last
        self._again: Reopening | None = None
        try:
            self._build()
        except BaseException:
            self.close(keep=False)
            raise

    def _build(self) -> None:
        request = self._request
        self._preferred = request.clock != "virtual" and self._open.enter_context(preferred())
        self._reader = self._open.enter_context(open_live(request.source)) if isinstance(request.source, Path) else None
        self._streams = self._open_streams()
        ends = self._streams or self._reader
        assert ends is not None
        self._rate = ends.samplerate
        self._block = self._streams.block if self._streams else request.block
        self.inserts = self._load()
        device = self._streams.device if self._streams else (0, 0, 0)
        lags = [lag(insert.process, self._rate, self._block) for insert in self.inserts]
        timing = DeviceTiming(self._rate, self._block, device, max(lags, default=0))
        chosen = negotiate(request.opening, request.latency_s, timing, self._say, request.clock != "virtual")
        self.separator, self.latency, self._asked_s = chosen.separator, chosen.latency, chosen.asked_s
        self.mixer = Mixer(tuple(self.separator.sources), self._rate)
        self.mixer.check({insert.stem: {} for insert in self.inserts})
        if request.prepare is not None:
            request.prepare(self.mixer)
        self.engine = Engine(self._header, self.separator, self.mixer, self.latency, self._setup())
        if self._streams is not None:
            self._returns = Returns(self._streams, self.engine, self._say)
            self._open.callback(self._returns.close)
        self._recordings = Recordings(self.engine, request.sink if isinstance(request.sink, Path) else None)
        if request.shelf.used:
            self._recordings.allow(self._take(chosen.asked_s), request.shelf, self._say)
        self.files = self._recordings.files

    def _setup(self) -> Setup:
        request, streams = self._request, self._streams
        made = Setup(block=self._block, late=request.late, offline=request.clock == "virtual", reader=self._reader,
                     tapped=request.shelf.used or isinstance(request.sink, Path), keep_s=request.shelf.keep_s,
                     inserts=self.inserts)
        if streams is None:
            return made
        streams.wire(self.separator.sources)
        streams.state(self.latency)
        return replace(made, in_channels=streams.in_channels, out_channels=streams.out_channels,
                       routes=streams.routes, other_input=streams.other_input, other_outputs=streams.other_outputs)

    def _open_streams(self) -> Streams | None:
        request = self._request
        source = None if isinstance(request.source, Path) else request.source
        sink = None if isinstance(request.sink, Path) else request.sink
        own, others = apart(request.routes)
        if request.routes and sink is None:
            raise ValueError(f"{request.routes[0]} is for a run with an output device")
        if source is None and sink is None:
            return None
        wanted = self._reader.samplerate if self._reader is not None else None
        devices = DeviceRequest(source, sink, request.block, request.samplerate, wanted, own, others, request.clocks)
        streams = Streams(devices, self._header)
        self._open.callback(streams.close)
        return streams

    def _load(self) -> Sequence[Insert]:
        """Effects in their processes, all loading at once. Raises ValueError, Failure."""
        request = self._request
        begun = {stem: self._open.enter_context(Process(chain, self._rate)) for stem, chain in request.inserts.items()}
        inserts = [Insert(stem, process.loaded()) for stem, process in begun.items()]
        for insert in inserts:
            if request.clock != "virtual" and too_slow(insert.process, self._rate):
                raise Failure(f"insert {insert.process.name}: it takes {insert.process.block_s * 1000:.1f} ms for a "
                              "block, which is too long to be live")
        return inserts

    def _take(self, asked_s: float | None) -> TakeInfo:
        """What all takes of this run have in common."""
        opening, names = self._request.opening, ("input", "mix", *self.separator.sources)
        columns = opening.window_columns
        window_s = None if columns is None else columns * FFT_HOP / SAMPLERATE
        return TakeInfo(opening.model, opening.provider, opening.threads, asked_s, window_s, self._rate, 0,
                    self._request.late, FADE, int(self._header[hd.RAMP]), dict.fromkeys(names, ""),
                    inserts={insert.stem: insert.process.name for insert in self.inserts})

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
        steps = [self.engine.feed, self.engine.worker.step, *(insert.step for insert in self.inserts)]
        if self.engine.tap is not None:
            steps.append(recordings.step)
        gc.collect()
        gc.freeze()  # what was imported and compiled is never collected: a full pass holds the GIL for 0.1 s
        switch_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)

        def watching() -> bool:
            going = watch()
            if going:
                self._tell()
            return going

        try:
            self._pace(steps, watching)
            while recordings.step():
                pass
            self._tell(playing=False)
            if self._reader is not None and self._reader.damage:
                self._say(f"{self._reader.path} is damaged: {self._reader.damage}")
        except BaseException:
            self._keep(recordings)
            raise
        finally:
            sys.setswitchinterval(switch_s)
            gc.unfreeze()
        self.close(keep=True)

    @property
    def trouble(self) -> str | None:
        """What a run that has come to its end has done without."""
        failed = self.engine.worker.failed
        if failed is not None:
            return f"the separator has failed ({_text(failed)}); the rest was heard dry"
        return self._unrecorded

    def _keep(self, recordings: Recordings) -> None:
        """After whatever has ended the run too soon: what was heard until then is kept, and it is said where."""
        with suppress(Failure):  # the first failure is the one that is told
            while recordings.step():
                pass
        heard = self.engine.heard > 0
        self.close(keep=heard)
        if heard and self.files:
            self._say(f"what was heard until then is kept: {', '.join(self.files.values())}")

    def _tell(self, playing: bool = True) -> None:
        """Say when the separator makes do with less, when it has all of it again, and when an insert is broken."""
        self._tell_cleaned()
        if playing:
            self._mend()
        if self._streams is not None and self._returns is not None and self._returns.look():
            self._streams.state(self.latency)
        self._tell_latency()
        if self.engine.stood_still_s > self._told_still_s:
            still_s, self._told_still_s = self.engine.stood_still_s - self._told_still_s, self.engine.stood_still_s
            self._say(f"the run stood still for {still_s:.1f} s, and goes on from there")
        for insert in self.inserts:
            if insert.process.resets and insert not in self._told_reset:
                self._told_reset.append(insert)
                self._say(f"insert on {insert.stem}: {insert.process.name} gave what cannot be sound and was reset; "
                          "this is not said again")
            if insert.trouble is not None and insert not in self._told:
                self._told.append(insert)
                self._say(f"insert on {insert.stem}: {insert.process.name} {insert.trouble}: going on without it")
                self.mixer.set(insert.stem, "insert", 0)
        governor = self.engine.worker.governor
        if governor is None or governor.level == self._level or not isinstance(self.separator, Easing):
            return
        before, now = (self.separator.levels[level].text for level in (self._level, governor.level))
        why = "hops come too late" if governor.level > self._level else "there is time again"
        self._level = governor.level
        self._say(f"{why}: going on with {now} instead of {before}; the latency stays")

    def _tell_latency(self) -> None:
        """Say how late the music is now, when the device hands over more at once or states another latency."""
        devices = None if self._streams is None else self._streams.look()
        if devices is None or self.engine.growing:
            return
        grown, before = self.engine.grown, self.latency
        latency = replace(before, budget=before.budget + grown, device_in=devices[0], device_out=devices[1],
                          drift=devices[2])
        if latency == before:
            return
        self.latency = self.engine.latency = latency
        if self._streams is not None:
            self._streams.state(latency)
        why = (f"the device hands over {self._header[hd.BURST]} frames at once now" if grown else
               "what lies beyond the ports has changed")
        self._say(f"{why}: the latency is {latency.total_s:.2f} s from here on")

    def _mend(self) -> None:
        """Say that the separator has failed, and put a new one in its place, once in a run."""
        failed, again = self.engine.worker.failed, self._again
        if failed is not None and failed is not self._failed:
            self._failed = failed
            self._say(f"the separator has failed ({_text(failed)}); the music goes on dry"
                      + ("" if again else " until it is opened once more"))
            if again is None:
                self._again = Reopening(partial(self._request.opening.open, self._asked_s))
        elif again is not None and again.trouble is not None:
            self._say(f"the separator cannot be opened again: {_text(again.trouble)}")
            again.trouble = None
        elif again is not None and again.made is not None:
            self.separator, again.made = again.made, None
            self.engine.worker.replace(self.separator)

    def _tell_cleaned(self) -> None:
        """Say once that samples of the input are left out."""
        if not self._told_cleaned and self.engine.counts()["cleaned"]:
            self._told_cleaned = True
            self._say("the input holds samples that are no numbers, or over 60 dB above full scale; they are silence")

    def _pace(self, steps: list[Callable[[], bool]], watch: Callable[[], bool]) -> None:
        if self._returns is not None:
            run_device(self.engine, self._returns, steps, watch)
        elif self._request.clock == "wall":
            run_wall(self.engine, self._block, steps, watch)
        else:
            run_virtual(self.engine, self._block, steps, watch)

    def close(self, keep: bool) -> None:
        """Let go of everything; recordings are kept whole or removed."""
        self._open.close()
        if hasattr(self, "engine"):
            self.engine.worker.close()
        recordings, self._recordings = self._recordings, None
        if recordings is not None:
            recordings.close(keep)
            self._unrecorded = recordings.trouble

    def report(self) -> RunReport:
        """What was done and measured until now."""
        worker, opening, latency = self.engine.worker, self._request.opening, self.latency
        times = np.array(worker.hop_times_s) if worker.hop_times_s else np.zeros(1)
        return RunReport(
            model=opening.model, provider=opening.provider, samplerate=self._rate,
            separator=getattr(self.separator, "name", opening.model), sources=list(self.separator.sources),
            latency_s=latency.total_s, latency_parts_s=latency.parts_s, latency_frames=latency.total,
            window_s=window_s(self.separator), preferred=self._preferred,
            expected_loss_db=expected_loss_db(sizes(self.separator)), heard_s=self.engine.heard / self._rate,
            hops=worker.hops, eased_hops=worker.eased, **self.engine.counts(),
            hop_time_s=HopTime(float(np.median(times)), float(np.percentile(times, 99)), float(times.max())),
            files=self.files, absences=self._returns.report() if self._returns else [],
            inserts=[InsertReport(insert.stem, insert.process.name, insert.process.latency, insert.process.block_s,
                                  insert.trouble) for insert in self.inserts])


def _text(error: BaseException) -> str:
    """What an exception says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__
