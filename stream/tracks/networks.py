"""The network that makes tracks' stems, opened once for all of them: for whole segments, and for short windows.

A draft's window:   | context |             given             | lookahead |
[separator-thread]
"""

import math

from dsp.stft import FFT_HOP
from stream.offline.engine import open_bag
from stream.offline.overlap import Shares
from stream.offline.segments import Lay, lay
from stream.offline.separation import Windows
from stream.separators.bag import Bag
from stream.separators.opening import Opening
from stream.separators.protocol import Frames
from stream.tracks.material import residual

OVERLAP = 0.25  # as `separate` has it
DRAFT_COLUMNS = 128  # 3 s
CONTEXT = 32 * FFT_HOP  # frames of a draft's window before what it gives, where the song has any
LOOKAHEAD = 4 * FFT_HOP  # and behind it: the last 23 ms of a window are poor


class Interrupted(Exception):
    """A window was not separated to its end, for something else is needed sooner, or nobody needs it any more."""


class Networks:
    """A network for whole segments, and for drafts where its file allows a shorter window.

    sources, samplerate: the model's
    stored: which of the sources it is run for: all but the residual
    how, shares: where segments lie, and what each says in the sum
    """

    def __init__(self, bag: Bag) -> None:
        """Make all memory. [separator-thread]"""
        self.sources, self.samplerate = bag.sources, bag.samplerate
        left_out = residual(self.sources)
        self.stored = tuple(name for at, name in enumerate(self.sources) if at != left_out)
        some = bag.only(self.stored)
        self.how: Lay = lay(bag.segment, OVERLAP, 0, bag.samplerate)
        self.shares = Shares(self.how)
        self._segments = _Separation(some, self.how.segment)
        short = some.shorter(DRAFT_COLUMNS) if some.columns > DRAFT_COLUMNS else None
        self.draft_frames = 0 if short is None else DRAFT_COLUMNS * FFT_HOP
        self._drafts = None if short is None else _Separation(short, self.draft_frames)

    @property
    def draft_s(self) -> float:
        """How much of a song a draft gives at the least, seconds; 0 where there are none."""
        return max(0, self.draft_frames - CONTEXT - LOOKAHEAD) / self.samplerate

    def separate(self, window: Frames) -> Frames:
        """A segment's stems: float32 (stored, 2, segment), new.

        window: float32 (2, segment), at the song's level
        Raises Interrupted where `interrupt` was called meanwhile.
        """
        return self._segments.separate(window)

    def draft(self, window: Frames) -> Frames:
        """A short window's stems, likewise, while a segment is being separated or not.

        window: float32 (2, draft_frames)
        Raises Interrupted where `interrupt_draft` was called meanwhile.
        [draft-thread]
        """
        assert self._drafts is not None
        return self._drafts.separate(window)

    def interrupt(self) -> None:
        """End the segment that is being separated. [any-thread]"""
        self._segments.interrupt()

    def interrupt_draft(self) -> None:
        """End the draft that is being separated. [any-thread]"""
        if self._drafts is not None:
            self._drafts.interrupt()

    def stop(self) -> None:
        """End what is being separated, with an exception. [any-thread]"""
        for separation in (self._segments, self._drafts):
            if separation is not None:
                separation.bag.stop()

    def close(self) -> None:
        """Let go of the threads."""
        for separation in (self._segments, self._drafts):
            if separation is not None:
                separation.windows.close()


class _Separation:
    """Windows of one length, each of which can be ended before it is separated."""

    def __init__(self, bag: Bag, frames: int) -> None:
        self.bag, self.windows = bag, Windows(bag, frames, alone=True)
        self._interrupted = False

    def separate(self, window: Frames) -> Frames:
        """As Windows has it. Raises Interrupted."""
        self._interrupted = False
        try:
            return self.windows.separate(window)
        except Exception as error:
            if self._interrupted:
                raise Interrupted from error
            raise

    def interrupt(self) -> None:
        """End the window that is being separated. [any-thread]"""
        self._interrupted = True
        self.bag.interrupt()


def open_networks(chosen: Opening) -> Networks | None:
    """The model's network; None for a plugin, which takes hops. Raises ValueError. [separator-thread]"""
    bag = open_bag(chosen)
    return None if bag is None else Networks(bag)


def count(frames: int, stride: int) -> int:
    """Segments of a song of so many frames."""
    return math.ceil(frames / stride)
