"""Stems for the callback, on their way onto the stem ring.

At another samplerate than the model's they are resampled; the dry signal never is. What they then lack of it (the
model's residual, and anything above its band) goes to one of them, `other` where there is one, so that they sum to
what was heard.
"""

from collections.abc import Callable

import numpy as np

from dsp.clean import clean
from dsp.resample import Resampler
from stream.callback.ring import Ring
from stream.latency.geometry import QUANTUM, Latency
from stream.separators.protocol import Frames, Separator

GAPS = 256  # that are remembered: more than the stem ring has room for


class StemOutput:
    """Hop by hop, the stems' place in the stem ring: from frame 0 of the input on, each hop is written or given up.

    gaps: frames that were given up, from and to      listeners: called when there are new rows, by the separator thread
    delay: frames between a frame's way in and its way out, as they are now
    """

    def __init__(self, separator: Separator, inputs: Ring, latency: Latency, growth: int = 0) -> None:
        """Make the ring and all arrays.

        inputs: the dry signal      growth: frames by which the delay may grow
        [main-thread]
        """
        rate, stems, sources = latency.samplerate, len(separator.sources), separator.sources
        hop = int(separator.hop * (rate / separator.samplerate)) + QUANTUM
        self.ring = Ring(latency.delay + growth + 2 * hop, 2 * stems, 2 * hop)
        self.delay: Callable[[], int] = lambda: latency.delay
        self.listeners: list[Callable[[], None]] = []
        self.gaps: tuple[tuple[int, int], ...] = ()  # one writer: the separator thread
        self._inputs = inputs
        self._early = separator.latency  # the first frames delivered lie before the input's first
        self._resampler = None if rate == separator.samplerate else Resampler(separator.samplerate, rate, 2 * stems)
        self._residual = sources.index("other") if "other" in sources else stems - 1
        self._nothing: Frames = np.zeros((stems, 2, separator.hop), np.float32)
        self._position = 0  # frames of the ring that are written or given up
        self._given_up = False
        self._waiting: Frames | None = None  # rows whose place in the ring is not free yet

    @property
    def waits(self) -> bool:
        """Whether the last hop is not on the ring yet: no other may come before `go_on`. [any-thread]"""
        return self._waiting is not None

    def write(self, stems: Frames) -> bool:
        """Put a hop's stems on the ring: float32 (stems, 2, hop). Whether they come too late. [separator-thread]"""
        rows = self._rows(stems)
        late = self._position < self.played()
        if len(rows):
            self._complete(rows)
            self._publish(rows)
        return late

    def go_on(self) -> bool:
        """Put rows that wait on the ring, once there is room for them; False while there is not. [separator-thread]"""
        return self._waiting is not None and self._publish(self._waiting)

    def give_up(self) -> None:
        """Leave a hop's place in the ring unwritten. [separator-thread]"""
        start = self._position
        self._position += len(self._rows(self._nothing))
        self._given_up = True
        self._remember(start)

    def played(self) -> int:
        """The position that the callback's next block starts at. [any-thread]"""
        return self._inputs.written - self.delay()

    def _remember(self, start: int) -> None:
        """What was given up from a frame on, together with what was just before it."""
        gaps = self.gaps
        if gaps and gaps[-1][1] == start:
            gaps, start = gaps[:-1], gaps[-1][0]
        self.gaps = (*gaps, (start, self._position))[-GAPS:]

    def _rows(self, stems: Frames) -> Frames:
        """float32 (stems, 2, hop) as float32 (n, 2 · stems) at the device's samplerate."""
        rows = np.ascontiguousarray(stems.reshape(-1, stems.shape[-1]).T)
        cut = min(self._early, len(rows))
        self._early -= cut
        rows = rows[cut:]
        return rows if self._resampler is None else self._resampler.feed(rows)

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
        if self._given_up and self.played() < self._position:
            self._waiting = rows
            return False
        self._given_up, self._waiting = False, None
        self.ring.write(rows, self._position)
        self._position += len(rows)
        for listener in self.listeners:
            listener()
        return True
