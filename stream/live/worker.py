"""The separator thread: a hop of frames off the input ring, through the separator, its stems onto the stem ring."""

import time
from array import array
from collections.abc import Callable

import numpy as np

from stream.callback.ring import Ring
from stream.latency.geometry import Latency
from stream.live.governor import Governor
from stream.live.guarded import GuardedSeparator
from stream.live.hopreader import HopReader
from stream.live.stemoutput import StemOutput
from stream.separators.protocol import Easing, Separator


class Worker:
    """Runs a separator between two rings, on a thread of its own or step by step.

    output: the stem ring and what is known of it
    """

    def __init__(self, separator: Separator, inputs: Ring, latency: Latency, offline: bool, growth: int = 0) -> None:
        """Make the stem ring and all arrays.

        offline: nobody waits (virtual clock): no hop is ever given up, unless the run is to end
        growth: frames by which the delay may grow
        [main-thread]
        """
        self.wanted: Callable[[], bool] = lambda: True  # whether an offline run is to go on
        self.output = StemOutput(separator, inputs, latency, growth)
        self._input = HopReader(inputs, separator, latency.samplerate)
        room_s = min(latency.hop, latency.budget) / latency.samplerate
        self._separator = GuardedSeparator(separator, room_s, (lambda: self.wanted()) if offline else None)
        self._offline, self._rate, self._ratio = offline, latency.samplerate, latency.samplerate / separator.samplerate
        self._hop, self._lag = separator.hop, separator.latency
        self.governor = None
        if isinstance(separator, Easing) and len(separator.levels) > 1 and not offline:
            self.governor = Governor([level.cost for level in separator.levels], room_s)
        self.hops = 0
        self.hop_times_s = array("d")
        self._making = False  # one writer: the separator thread

    @property
    def ring(self) -> Ring:
        """Of stems. [any-thread]"""
        return self.output.ring

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Frames of the ring that were given up, from and to. [any-thread]"""
        return self.output.gaps

    @property
    def failed(self) -> Exception | None:
        """What the separator has failed with; until another takes its place all hops are heard dry. [any-thread]"""
        return self._separator.failed

    @property
    def overruns(self) -> int:
        """Pieces of input that were overwritten before they were read. [any-thread]"""
        return self._input.overruns

    @property
    def eased(self) -> int:
        """Hops that were made with less than was asked for. [any-thread]"""
        return sum(self.governor.hops[1:]) if self.governor else 0

    @property
    def busy(self) -> bool:
        """Whether it needs the machine now: it makes a hop, one lies ready, or it makes do with less. [any-thread]"""
        eased = self.governor is not None and self.governor.level > 0
        return self.failed is None and (self._making or eased or self._input.waits)

    def step(self) -> bool:
        """Take a hop if there is one; False if there was nothing to do. [separator-thread]"""
        if self.output.waits:
            return self.output.go_on()
        if not self._input.pull():
            return False
        self.hops += 1
        if self._separator.take_over() and self.governor is not None:
            self._separator.ease(self.governor.level)
        if self.failed is not None:
            self.output.give_up()
        elif self._too_late():
            self._separator.skip(self._input.hop)
            self.output.give_up()
            self._govern(None, late=True)
        else:
            self._process()
        return True

    def _process(self) -> None:
        """The hop through the separator, and what comes of it onto the ring."""
        self._making, start = True, time.perf_counter()
        stems = self._separator.process(self._input.hop)
        self._making = False
        if stems is None:
            self.output.give_up()
            return
        late = self.output.write(stems)
        self.hop_times_s.append(time.perf_counter() - start)
        self._govern(self.hop_times_s[-1], late)

    def _govern(self, time_s: float | None, late: bool) -> None:
        if self.governor is not None and self.governor.note(time_s, late):
            self._separator.ease(self.governor.level)

    def _too_late(self) -> bool:
        """Whether this hop's stems would come when all of them should have been heard."""
        if self._offline or not self.hop_times_s or not self._separator.skips:
            return False
        needed = np.median(self.hop_times_s[-9:]) * self._rate
        end = (self.hops * self._hop - self._lag) * self._ratio
        return bool(end - self.output.played() < needed)

    def replace(self, separator: Separator) -> None:
        """Go on with another of the same sizes and stems, which knows nothing of the past. [main-thread]"""
        self._separator.replace(separator)

    def close(self) -> None:
        """Let go of the thread that the separator is called on, once nobody steps. [main-thread]"""
        self._separator.close()
