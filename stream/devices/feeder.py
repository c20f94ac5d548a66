"""A sound file as a source: it keeps the feed ring filled, ahead of the callback."""

import math

from dsp.clean import clean
from dsp.resample import Resampler
from stream.devices.song import Reader
from stream.live.ring import Ring

AHEAD_S = 1.0
CHUNK = 8192  # frames
ENDLESS = 1 << 62


class Feeder:
    """Reads a file into the feed ring, a second ahead of whoever takes from it, at the samplerate of his clock."""

    def __init__(self, reader: Reader, taken: Ring, block: int, samplerate: int) -> None:
        """Make the ring. [main-thread]

        taken: the input ring: what it has, has been taken off the feed ring
        block: frames, the most that are taken at once
        samplerate: Hz, of who takes them
        """
        self._reader, self._taken = reader, taken
        self._resampler = Resampler(reader.samplerate, samplerate, 2)
        most = math.ceil(CHUNK * samplerate / reader.samplerate) + self._resampler.lag()
        self._ahead = max(int(AHEAD_S * samplerate), block) + most
        self.ring = Ring(2 * self._ahead, 2, most)
        self._cleaned = 0
        self.end = ENDLESS  # known for sure when it has been read
        self.expected = math.ceil(reader.frames * samplerate / reader.samplerate) or None

    @property
    def cleaned(self) -> int:
        """Samples that could not be sound, and are silence. [any-thread]"""
        return self._cleaned + self._reader.cleaned

    def step(self) -> bool:
        """Read a chunk if there is room; False if there was nothing to do. [feeder-thread]

        Raises Failure for a file that cannot be read on.
        """
        if self.end != ENDLESS or self.ring.written - self._taken.written >= self._ahead:
            return False
        block = self._reader.read(CHUNK)
        self._cleaned += clean(block)
        self.ring.write(self._resampler.feed(block))
        if len(block) < CHUNK:
            self.ring.write(self._resampler.finish())
            self.end = self.ring.written
        return True
