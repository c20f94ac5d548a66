"""The separator thread: a hop of frames off the input ring, through the separator, its stems onto the stem ring.

At another samplerate than the model's the input is resampled on its way in and the stems on their way out; the dry
signal never is. What the stems then lack of the dry signal (the model's residual, and anything above its band) goes
to one of them, `other` where there is one, so that they sum to what was heard.
"""

import time
from array import array
from collections.abc import Callable

import numpy as np

from dsp.clean import clean
from dsp.resample import Resampler
from stream.callback.ring import Ring
from stream.common.errors import Failure
from stream.latency.geometry import QUANTUM, Latency
from stream.live.caller import Caller
from stream.live.governor import Governor
from stream.separators.protocol import Easing, Frames, Separator, Skipping

GAPS = 256  # that are remembered: more than the stem ring has room for


class Intake:
    """Hops at the model's samplerate, off a ring at the device's."""

    def __init__(self, ring: Ring, separator: Separator, samplerate: int) -> None:
        """Make all arrays. [main-thread]"""
        self._ring, self._at = ring, 0
        self.overruns = 0
        self._resampler = None if samplerate == separator.samplerate else Resampler(samplerate, separator.samplerate, 2)
        self._quantum: Frames = np.zeros((separator.hop if self._resampler is None else QUANTUM, 2), np.float32)
        self._parts: list[Frames] = []
        self._kept = 0
        self.hop: Frames = np.zeros((2, separator.hop), np.float32)

    def pull(self) -> bool:
        """Put the next hop into `hop`: float32 (2, hop); False if it is not all there yet. [separator-thread]"""
        hop = self.hop.shape[1]
        while self._kept < hop:
            if self._ring.written - self._at < len(self._quantum):
                return False
            if not self._ring.read(self._at, self._quantum):
                self._quantum[:] = 0
                self.overruns += 1
            self._at += len(self._quantum)
            part = self._quantum if self._resampler is None else self._resampler.feed(self._quantum)
            self._parts.append(part)
            self._kept += len(part)
        rows = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)
        self.hop[:] = rows[:hop].T
        self._parts = [rows[hop:].copy()] if len(rows) > hop else []
        self._kept = max(0, len(rows) - hop)
        return True


class Outlet:
    """Stems at the model's samplerate, as rows of the stem ring, from frame 0 of the input on."""

    def __init__(self, separator: Separator, samplerate: int) -> None:
        """Make the resampler, if there has to be one. [main-thread]"""
        self._early = separator.latency  # the first frames delivered lie before the input's first
        width = 2 * len(separator.sources)
        self._resampler = (
            None if samplerate == separator.samplerate else Resampler(separator.samplerate, samplerate, width))

    def rows(self, stems: Frames) -> Frames:
        """float32 (stems, 2, hop) as float32 (n, 2 · stems) at the device's samplerate. [separator-thread]"""
        rows = np.ascontiguousarray(stems.reshape(-1, stems.shape[-1]).T)
        cut = min(self._early, len(rows))
        self._early -= cut
        rows = rows[cut:]
        return rows if self._resampler is None else self._resampler.feed(rows)


class Worker:
    """Runs a separator between two rings, on a thread of its own or step by step.

    failed: what the separator has failed with; until another takes its place all hops are given up, and are heard dry
    """

    def __init__(self, separator: Separator, inputs: Ring, latency: Latency, offline: bool, growth: int = 0) -> None:
        """Make the stem ring and all arrays.

        offline: nobody waits (virtual clock): no hop is ever given up, unless the run is to end
        growth: frames by which the delay may grow
        [main-thread]
        """
        self.wanted: Callable[[], bool] = lambda: True  # whether an offline run is to go on
        self._separator, self._inputs, self._latency, self._offline = separator, inputs, latency, offline
        self._intake = Intake(inputs, separator, latency.samplerate)
        self._outlet = Outlet(separator, latency.samplerate)
        stems = len(separator.sources)
        self._ratio = latency.samplerate / separator.samplerate
        hop = int(separator.hop * self._ratio) + QUANTUM
        self.ring = Ring(latency.delay + growth + 2 * hop, 2 * stems, 2 * hop)
        self.delay: Callable[[], int] = lambda: latency.delay  # frames, as they are now
        self._stems: Frames = np.zeros((stems, 2, separator.hop), np.float32)
        self._spare = np.zeros_like(self._stems)
        sources = separator.sources
        self._residual = sources.index("other") if "other" in sources else stems - 1
        self._position = 0  # frames of the stem ring that are written or given up
        self._given_up = False
        self.failed: Exception | None = None  # one writer: this thread
        self._next: Separator | None = None
        self._new = 0  # hops in which a new separator still gives stems of what it has not heard
        self.gaps: tuple[tuple[int, int], ...] = ()  # frames that were given up, from and to; one writer: this thread
        self._held: Frames | None = None  # rows whose place in the ring is not free yet
        self._room_s = min(latency.hop, latency.budget) / latency.samplerate
        self._caller = self._new_caller()
        self.governor = None
        if isinstance(separator, Easing) and len(separator.levels) > 1 and not offline:
            self.governor = Governor([level.cost for level in separator.levels], self._room_s)
        self.listeners: list[Callable[[], None]] = []  # told of new rows, on this thread
        self.hops = 0
        self.hop_times_s = array("d")

    @property
    def overruns(self) -> int:
        """Pieces of input that were overwritten before they were read. [any-thread]"""
        return self._intake.overruns

    @property
    def eased(self) -> int:
        """Hops that were made with less than was asked for. [any-thread]"""
        return sum(self.governor.hops[1:]) if self.governor else 0

    def step(self) -> bool:
        """Take a hop if there is one; False if there was nothing to do. [separator-thread]"""
        if self._held is not None:
            return self._publish(self._held)
        if not self._intake.pull():
            return False
        self.hops += 1
        self._take_over()
        if self.failed is not None:
            self._give_up()
            return True
        if self._too_late():
            self._skip()
            return True
        start = time.perf_counter()
        if not self._process() or self._new:
            self._new = max(0, self._new - 1)
            self._give_up()
            return True
        rows = self._outlet.rows(self._stems)
        late = self._position < self._played()
        if len(rows):
            self._complete(rows)
            self._publish(rows)
        self.hop_times_s.append(time.perf_counter() - start)
        self._govern(self.hop_times_s[-1], late)
        return True

    def _new_caller(self) -> Caller:
        return Caller(self._room_s, (lambda: self.wanted()) if self._offline else None)

    def _process(self) -> bool:
        """The hop through the separator; whether stems came of it."""
        # NB: arrays of its own: a separator that does not answer in time may write to them whenever it likes
        separator, mix, stems = self._separator, self._intake.hop.copy(), self._spare

        def work() -> None:
            separator.process(mix, stems)
            if not np.isfinite(stems).any():
                raise Failure("it gives no numbers")

        if not self._call(work):
            return False
        self._stems, self._spare = stems, self._stems
        return True

    def _call(self, work: Callable[[], object]) -> bool:
        """Have the separator do something; whether it did. What it fails with is kept, where music goes on."""
        try:
            self._caller.call(work)
        except Exception as error:  # whatever a plugin raises
            if self._offline and self.wanted():
                raise
            self.failed = error
            return False
        return True

    def close(self) -> None:
        """Let go of the thread that the separator is called on, once nobody steps. [main-thread]"""
        self._caller.close()

    def replace(self, separator: Separator) -> None:
        """Go on with another of the same sizes and stems, which knows nothing of the past. [main-thread]"""
        self._next = separator

    def _take_over(self) -> None:
        """Change to the separator that is wanted, if one is."""
        if self._next is not None:
            self._separator, self._next, self.failed = self._next, None, None
            self._caller.close()
            self._caller, self._spare = self._new_caller(), np.zeros_like(self._stems)
            self._new = -(-self._separator.latency // self._separator.hop)
            if self.governor is not None:
                self._ease(self.governor.level)

    def _govern(self, time_s: float | None, late: bool) -> None:
        if self.governor is not None and self.governor.note(time_s, late):
            self._ease(self.governor.level)

    def _ease(self, level: int) -> None:
        separator = self._separator
        if isinstance(separator, Easing):
            self._call(lambda: separator.ease(level))

    def _played(self) -> int:
        """The position that the callback's next block starts at."""
        return self._inputs.written - self.delay()

    def _too_late(self) -> bool:
        """Whether this hop's stems would come when all of them should have been heard."""
        if self._offline or not self.hop_times_s or not isinstance(self._separator, Skipping):
            return False
        needed = np.median(self.hop_times_s[-9:]) * self._latency.samplerate
        end = (self.hops * self._separator.hop - self._separator.latency) * self._ratio
        return bool(end - self._played() < needed)

    def _skip(self) -> None:
        """Take the hop into the separator's past, and give up its stems."""
        separator, mix = self._separator, self._intake.hop.copy()
        assert isinstance(separator, Skipping)
        self._call(lambda: separator.skip(mix))
        self._give_up()
        self._govern(None, late=True)

    def _give_up(self) -> None:
        """Leave the hop's place in the stem ring unwritten."""
        self._stems[:] = 0
        start = self._position
        self._position += len(self._outlet.rows(self._stems))
        self._given_up = True
        self._remember(start)

    def _remember(self, start: int) -> None:
        """What was given up from a frame on, together with what was just before it."""
        gaps = self.gaps
        if gaps and gaps[-1][1] == start:
            gaps, start = gaps[:-1], gaps[-1][0]
        self.gaps = (*gaps, (start, self._position))[-GAPS:]

    def _complete(self, rows: Frames) -> None:
        """Give what the stems lack of the dry signal to one of them, and keep what cannot be sound off the ring."""
        clean(rows)
        dry = np.zeros((len(rows), 2), np.float32)
        if not self._inputs.read(self._position, dry):
            return  # later than the ring is long: nobody will hear these
        at = slice(2 * self._residual, 2 * self._residual + 2)
        rest = rows.reshape(len(rows), -1, 2).sum(axis=1) - rows[:, at]
        rows[:, at] = dry - rest

    def _publish(self, rows: Frames) -> bool:
        """Write rows, or hold them while they would say of what was given up before them that it is there."""
        # what was given up is never written: the callback has to be past it before the ring counts it
        if self._given_up and self._played() < self._position:
            self._held = rows
            return False
        self._given_up, self._held = False, None
        self.ring.write(rows, self._position)
        self._position += len(rows)
        for told in self.listeners:
            told()
        return True
