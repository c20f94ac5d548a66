"""A sound file as a source: it keeps the feed ring filled, ahead of the callback.

A pipe may be slower than the clock, or stand still. The clock goes on, in silence that is counted as underruns, and
what comes then follows a little later: nothing of it is lost, and from then on there is that much more to go on with.
"""

import math

import numpy as np

from dsp.clean import clean
from dsp.resample import Resampler
from stream.callback.ring import Ring
from stream.live.reader import FrameReader, SlowReader

AHEAD_S = 1.0
LEAD_S = 0.1  # that is ahead of the clock when it starts, and again when a pipe stood still
CHUNK, SMALL = 8192, 1024  # frames that are read at once: of a file, and of what comes when it likes
ENDLESS = 1 << 62


class Feeder:
    """Reads a file into the feed ring, a second ahead of whoever takes from it, at the samplerate of his clock."""

    def __init__(self, reader: FrameReader, taken: Ring, block: int, samplerate: int) -> None:
        """Make the ring.

        taken: the input ring: what it has, has been taken off the feed ring
        block: frames, the most that are taken at once
        samplerate: Hz, of who takes them
        [main-thread]
        """
        self._reader, self._taken = reader, taken
        self._resampler = Resampler(reader.samplerate, samplerate, 2)
        self._chunk = SMALL if isinstance(reader, SlowReader) else CHUNK
        most = math.ceil(CHUNK * samplerate / reader.samplerate) + self._resampler.lag()
        self._ahead = max(int(AHEAD_S * samplerate), block) + most
        self.ring = Ring(2 * self._ahead, 2, most)
        self._lead = np.zeros((min(most, max(int(LEAD_S * samplerate), 2 * block)), 2), np.float32)
        self._cleaned = 0
        self.end = ENDLESS  # known for sure when it has been read
        self.expected = math.ceil(reader.frames * samplerate / reader.samplerate) or None

    @property
    def cleaned(self) -> int:
        """Samples that could not be sound, and are silence. [any-thread]"""
        return self._cleaned + self._reader.cleaned

    def step(self) -> bool:
        """Read a chunk if there is room; False if there was nothing to do.

        Raises Failure for a file that cannot be read on.
        [feeder-thread]
        """
        if self.end != ENDLESS or self.ring.written - self._taken.written >= self._ahead:
            return False
        if isinstance(self._reader, SlowReader):
            if not self._reader.available(self._chunk):
                return False
            self._after_a_gap()
        block = self._reader.read(self._chunk)
        self._cleaned += clean(block)
        self.ring.write(self._resampler.feed(block))
        if len(block) < self._chunk:
            self.ring.write(self._resampler.finish())
            self.end = self.ring.written
        return True

    @property
    def begun(self) -> bool:
        """Whether there is enough for the clock to start. [any-thread]"""
        return self.end != ENDLESS or self.ring.written >= len(self._lead)

    def lacks(self, frames: int) -> bool:
        """Whether so many cannot be taken yet: they are still to come. [any-thread]"""
        return self.end == ENDLESS and self.ring.written - self._taken.written < frames

    def _after_a_gap(self) -> None:
        """Go on from where whoever takes frames is now, if he is past what has come."""
        at = self._taken.written
        if self.ring.written < at:
            self.ring.write(self._lead, at)
