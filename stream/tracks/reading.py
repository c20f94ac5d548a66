"""What a deck is given of stems that are still being made: without a step, wherever they begin and whenever they come.

In the song, stems begin and end with a ramp at the border of what is there, and drafts go over into final stems.
In time, what has come since the last read begins a little beyond the frames that were read, never right behind them.
[deck-thread]
"""

import time
from collections import deque
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stream.tracks.scratchfile import ScratchFile
from stream.tracks.spans import Spans

Frames = NDArray[np.float32]
RAMP = 256  # frames: 5.8 ms
GUARD = 4096  # frames on either side of what was read last, which stay as they were read
RECENT_S = 0.5  # after which nobody plays on from what was read
READS = 4  # that are remembered


class Made(Protocol):
    """Which stems are there."""

    @property
    def stems(self) -> Spans:
        """As good as they get."""

    @property
    def drafts(self) -> Spans:
        """Made in a hurry."""


class Reading:
    """One reader's view of what is there."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._taken: Made | None = None  # what was there when it was last looked at, all of which is shown
        self._stems, self._drafts, self._any = Spans(), Spans(), Spans()
        self._reads: deque[tuple[float, int, int]] = deque(maxlen=READS)

    def shows(self, made: Made) -> bool:
        """Whether all that is there was shown when it was last read. [deck-thread]"""
        return made is self._taken

    def stems(self, made: Made, files: tuple[ScratchFile | None, ScratchFile | None], place: tuple[int, int],
              out: Frames, present: Frames) -> None:
        """Write stems, and how much of them is there. Raises OSError.

        files: of stems and drafts      out: float32 (n, 2 * stored)      present: float32 (n,)
        place: the first frame, and how many before it were read earlier and count as read now
        [deck-thread]
        """
        first, kept = place
        end = first + len(present)
        if made is not self._taken:
            self._take(made, first - kept)
        self._reads.append((time.monotonic(), first - kept, end))
        stems, drafts = files
        if stems is None or not self._any.within(first, end):
            out[:] = 0
            present[:] = 0
            return
        stems.read(first, out)
        if self._stems.holds(first - RAMP, end + RAMP):
            present[:] = 1
            return
        self._any.weigh(first, present, RAMP)
        if drafts is not None:
            self._mend(drafts, first, out)

    def _mend(self, file: ScratchFile, first: int, out: Frames) -> None:
        """Put drafts where there are no final stems, and crossfade at their borders."""
        weights = np.empty(len(out), np.float32)
        for start, end in self._drafts.within(first, first + len(out)):
            if self._stems.holds(start - RAMP, end + RAMP):
                continue
            part = out[start - first : end - first]
            draft = np.empty_like(part)
            file.read(start, draft)
            self._stems.weigh(start, weights[: end - start], RAMP)
            part -= draft
            part *= weights[: end - start, None]
            part += draft

    def _take(self, made: Made, first: int) -> None:
        """Show what has come, but for the frames around what was just read, where somebody plays on from there."""
        now = time.monotonic()
        stems, drafts, complete = made.stems, made.drafts, True
        recent = [(low, high) for at, low, high in self._reads if now - at < RECENT_S]
        onwards = any(low - GUARD <= first <= high + GUARD for low, high in recent)
        if onwards and made.stems.union(made.drafts):
            for low, high in recent:
                stems, drafts = (spans.minus(low - GUARD, high + GUARD) for spans in (stems, drafts))
            stems, drafts = stems.union(self._stems), drafts.union(self._drafts)
            complete = stems == made.stems and drafts == made.drafts
        self._stems, self._drafts, self._any = stems, drafts, stems.union(drafts)
        self._taken = made if complete else None
