"""A stem's way through its effects: off the stem ring, through their process, onto a ring that the callback hears.

    stem ring    ── x, block by block ──▶ process ── y, `latency` frames later ──┐
    insert ring  ◀── frame n of y at the place of frame n of x ──────────────────┘

Where y is not there in time the callback has faded to x already, and fades back when it is. When the process is broken
y never comes again.
"""

import math
import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from stream.callback.ring import Ring
from stream.inserts.child import BLOCK
from stream.inserts.process import Broken, Process
from stream.separators.protocol import Frames

SPARE_S = 0.02  # of its time: two threads and a process have to wake up, beside a separator that takes all cores
WAIT_S = 0.1
MOST_LOAD = 0.5  # of a block's time: more leaves too little to what else runs, and nothing to catch up with
JOIN = 256  # frames over which what is sent goes on after a gap


def lag(process: Process, samplerate: int, block: int) -> int:
    """Frames that effects add to the latency, with what bringing them there and back may take.

    block: frames, the most that are played at once
    [main-thread]
    """
    spare_s = SPARE_S + process.block_s * max(1, block / BLOCK)
    return process.latency + BLOCK + block * math.ceil(spare_s * samplerate / block)


def too_slow(process: Process, samplerate: int) -> bool:
    """Whether it would be late too often, or never catch up. [main-thread]"""
    return process.block_s > MOST_LOAD * BLOCK / samplerate


class Insert:
    """Brings a stem to its effects and back.

    ring: of y, float32 (n, 2)      trouble: why it is broken; None while it is not
    polled: nobody wakes its thread, for only the callback knows when there is more
    """

    def __init__(self, stem: str, process: Process) -> None:
        """Effects that are loaded. [main-thread]"""
        self.stem, self.process = stem, process
        self.trouble: str | None = None
        self.polled = False
        self._at = 0  # of the block that goes in next
        # places whose frames will come out next, and how many: the first ones lie before the first of x
        self._owed = deque([(-process.latency, process.latency)])
        self._last: Frames = np.zeros(2, np.float32)
        self._gap = False  # between what was sent last and what goes in next
        self._new = threading.Event()

    def connect(self, column: int, stems: Ring, inputs: Ring, delay: Callable[[], int], offline: bool,
                longest: int) -> None:
        """Make the ring and all arrays.

        column: of the stem in a frame of the stem ring
        inputs: the input ring; what has gone into it says what was played
        delay: frames between the way in and the way out, as they are now      longest: as they may become
        offline: nobody waits (virtual clock): no block is ever given up
        [main-thread]
        """
        self._column, self._stems, self._inputs, self._delay = column, stems, inputs, delay
        self._offline = offline
        self.ring = Ring(longest + BLOCK, 2, BLOCK)  # nothing comes before its frame has gone in
        self._rows: Frames = np.zeros((BLOCK, stems.data.shape[1]), np.float32)

    def wake(self) -> None:
        """There are new stems. [separator-thread]"""
        self._new.set()

    def step(self) -> bool:
        """Bring a block there and back; False if there was nothing to do, for now. [insert-thread]"""
        if self.trouble is not None:
            return False
        self._skip()
        if self._stems.written < self._at + BLOCK:
            return not self._offline and self._woken()
        self._stems.read(self._at, self._rows)
        block = self._rows[:, self._column : self._column + 2].copy()
        if self._gap:
            self._join(block)
        self._last = block[-1].copy()
        self._owed.append((self._at, BLOCK))
        self._at += BLOCK
        self._bring(block)
        return True

    def _woken(self) -> bool:
        there = not self.polled and self._new.wait(WAIT_S)
        self._new.clear()
        return there

    def _skip(self) -> None:
        """Leave out whole blocks that were played already."""
        past = self._inputs.written - self._delay() - self._at
        if not self._offline and past >= BLOCK:
            self._at += past // BLOCK * BLOCK
            self._gap = True

    def _join(self, block: Frames) -> None:
        """Go on from what was sent last without a step: effects remember, and a reverb would tell of it for seconds."""
        part = np.linspace(0, 1, JOIN, dtype=np.float32)[:, None]
        block[:JOIN] = (1 - part) * self._last + part * block[:JOIN]
        self._gap = False

    def _bring(self, block: Frames) -> None:
        try:
            made = self.process.process(block)
        except Broken as broken:
            self.trouble = str(broken)
            return
        while len(made):
            at, count = self._owed.popleft()
            now = made[:count]
            if at >= 0:
                self.ring.write(now, at)
            if len(now) < count:
                self._owed.appendleft((at + len(now), count - len(now)))
            made = made[len(now) :]
