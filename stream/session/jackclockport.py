"""MIDI clock by JACK, to the frame."""

import time

from stream.control.midiclock import Timed
from stream.devices.jackmidi import JackMidi


class JackClockPort:
    """Both ways, as stream.session.midiclock.ClockPort."""

    def __init__(self, midi: JackMidi) -> None:
        """Of ports that are open."""
        self._midi = midi
        self.step()

    def step(self) -> None:
        """See which frame it is now."""
        self._now_s, self._frame = time.monotonic(), self._midi.now

    def send(self, timed: Timed) -> None:
        """Have a message leave at its time."""
        frames = round((timed.time_s - self._now_s) * self._midi.samplerate)
        self._midi.send(self._frame + frames, timed.message)

    def heard(self) -> list[Timed]:
        """What has come since, and when."""
        return [Timed(self._now_s + _since(frame, self._frame) / self._midi.samplerate, message)
                for frame, message in self._midi.heard()]


def _since(frame: int, now: int) -> int:
    """Frames, of a count that has 32 bits and begins anew."""
    return (frame - now + 2**31) % 2**32 - 2**31
