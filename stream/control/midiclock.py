"""MIDI clock: 24 ticks to a beat, start, continue, stop and the song's position in sixteenths (MIDI 1.0, "System Real
Time Messages" and "Song Position Pointer").

Whose beat it is, and by which port it goes, others know. All times are seconds of one clock that never goes back.
[midi-thread]
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from dsp.clockloop import ClockLoop

TICK, START, CONTINUE, STOP, POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
TICKS = 24  # to a beat
SIXTEENTHS, PER_SIXTEENTH = 16_384, TICKS // 4  # that a position can tell of, and ticks to one
AWAY_S = 0.5  # without a tick, after which nobody sends a clock any more
KNOWN = TICKS  # ticks from which on there is a tempo
CALM_HZ, EAGER_HZ = 0.2, 2.0  # of the loop
HELD = 1.5  # ticks by which a beat may differ from where it was to be: beyond that it has jumped
FAR, LOST = 0.25, 6  # of a tick, by which one is far from where it was expected; how many, until the tempo is another
JITTERS = 2  # times as far as ticks are off on average, which is no other tempo yet
GUESSED_S = 10.0  # without a tick, in which they go on at their tempo: a cable is out


class Timed(NamedTuple):
    """A message, and when it is to be sent or was heard."""

    time_s: float
    message: tuple[int, ...]


class Motion(NamedTuple):
    """A beat at a time. beat: None: it goes on from where it was      pace: beats a second"""

    beat: float | None
    pace: float


class ClockSender:
    """What a clock sends for the beat of whoever leads, ahead of time.

    running: whether it was started
    """

    def __init__(self) -> None:
        """Nothing was sent."""
        self.running = False
        self._next = 0  # tick
        self._beat = Motion(None, 0.0)
        self._end_s = -math.inf  # of what was sent, seconds

    def ahead(self, begin_s: float, end_s: float, motion: Motion | None) -> list[Timed]:
        """All that is to be sent in a stretch of time. motion: of the beat at its begin; None: nobody leads"""
        if motion is None or motion.pace <= 0:
            stopped = [Timed(begin_s, (STOP,))] if self.running else []
            self.running, self._beat = False, Motion(None, 0.0)
            return stopped
        beat = self._here(motion, begin_s)
        self._beat, self._end_s = Motion(beat, motion.pace), begin_s
        return [*self._jump(beat, begin_s), *self._ticks(begin_s, end_s)]

    def _jump(self, beat: float, at_s: float) -> list[Timed]:
        """Go on elsewhere; who counts ticks is told where, unless they are still the same ones of a beat."""
        before = self._next
        if abs(beat * TICKS - before) > HELD:
            self._next = math.ceil(beat * TICKS - 1e-6)
        if not self.running or (self._next - before) % TICKS == 0:
            return []
        self.running = False  # it is continued at the next sixteenth
        return [Timed(at_s, (STOP,))]

    def _here(self, motion: Motion, begin_s: float) -> float:
        """The beat at a time: as it is told, or as it goes on by itself."""
        before = self._beat
        if motion.beat is not None:
            return motion.beat
        return 0.0 if before.beat is None else before.beat + (begin_s - self._end_s) * before.pace

    def _ticks(self, begin_s: float, end_s: float) -> list[Timed]:
        made: list[Timed] = []
        beat, pace = self._beat.beat or 0.0, self._beat.pace
        while (at := begin_s + (self._next / TICKS - beat) / pace) < end_s:
            at = max(at, begin_s)
            if not self.running and self._next >= 0 and self._next % PER_SIXTEENTH == 0:
                made += self._start(max(begin_s, at - 0.25 / TICKS / pace))
            made.append(Timed(at, (TICK,)))
            self._next += 1
        return made

    def _start(self, at_s: float) -> list[Timed]:
        """Before the tick that it goes on with."""
        self.running = True
        place = self._next // PER_SIXTEENTH % SIXTEENTHS
        if place == 0:
            return [Timed(at_s, (START,))]
        return [Timed(at_s, (POSITION, place & 0x7F, place >> 7)), Timed(at_s, (CONTINUE,))]


class ClockReceiver:
    """The beat of a clock that is heard, smoothed.

    running: whether it was started and not stopped      changes: counts starts, stops, positions and new tempos
    """

    def __init__(self) -> None:
        """Nothing was heard."""
        self.running, self.changes = False, 0
        self._loop = ClockLoop(CALM_HZ, EAGER_HZ)
        self._count, self._tick = 0, 0  # ticks since it is known; and of the song, the next one
        self._first_s, self._heard_s = 0.0, -math.inf
        self._far: list[float] = []  # the last ticks, while they are far from where they were expected, all to one side
        self._early = False  # to which
        self._told = False  # where the song is, since the last tick
        self._known: tuple[float, float, Motion] | None = None  # when a tick was and the last was heard, and the beat

    @property
    def jitter_s(self) -> float:
        """How far ticks come from where they ought to, root mean square of the last second, seconds."""
        return self._loop.jitter_s

    def receive(self, time_s: float, message: Sequence[int]) -> None:
        """What a message means, if anything; it was heard at a time."""
        match list(message):
            case [0xF8]:
                self._ticked(time_s)
            case [0xFA]:
                self.running, self._told, self._tick, self.changes = True, True, 0, self.changes + 1
            case [0xFB]:
                self.running, self._told, self.changes = True, True, self.changes + 1
            case [0xFC]:
                self.running, self.changes = False, self.changes + 1
            case [0xF2, low, high] if low < 0x80 and high < 0x80:
                self._tick, self.changes = (low | high << 7) * PER_SIXTEENTH, self.changes + 1

    def motion(self, time_s: float) -> Motion | None:
        """The beat at a time, of which there is only the tempo while it is stopped; None: no clock is heard.

        [any-thread]
        """
        known = self._known
        if known is None or time_s - known[1] > AWAY_S:
            return None
        at_s, _, (beat, pace) = known
        return Motion(None if beat is None else beat + (time_s - at_s) * pace, pace)

    def _ticked(self, time_s: float) -> None:
        if time_s - self._heard_s > AWAY_S:
            self._guess(time_s)
            self._count = 0
        self._heard_s, self._told = time_s, False
        if self._count == 0:
            self._first_s = time_s
        elif self._count < KNOWN:  # their average, until there are enough for a loop
            self._loop.begin(time_s, (time_s - self._first_s) / self._count)
        else:
            self._follow(time_s)
        self._count += 1
        self.changes += self._count == KNOWN
        self._publish()
        self._tick += self.running

    def _guess(self, time_s: float) -> None:
        """Ticks were missed that somebody has gone on to count."""
        loop, known = self._loop, self._count >= KNOWN
        if self._told:
            return
        if not known or time_s - self._heard_s > GUESSED_S:
            self.running = False
        elif self.running:
            self._tick += max(0, round((time_s - loop.time_s) / loop.period_s) - 1)

    def _follow(self, time_s: float) -> None:
        """Begin anew where ticks go on to come at another tempo."""
        loop = self._loop
        late = loop.tick(time_s)
        far = abs(late) > max(FAR * loop.period_s, JITTERS * loop.jitter_s)
        before = self._far if (late < 0) == self._early else []
        self._far, self._early = [*before, time_s] if far else [], late < 0
        if len(self._far) > LOST:
            loop.begin(time_s, (time_s - self._far[0]) / LOST)
            self._far, self.changes = [], self.changes + 1

    def _publish(self) -> None:
        loop = self._loop
        if self._count < KNOWN:
            self._known = None
        else:
            beat = self._tick / TICKS if self.running else None
            self._known = loop.time_s, self._heard_s, Motion(beat, 1 / (TICKS * loop.period_s))
