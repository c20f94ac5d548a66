"""MIDI clock beside decks: others are told the beat that leads, as it is heard, and decks can follow a clock of others.

    leader ─▶ position ─▶ heard at ─▶ ticks ─▶ port      port ─▶ ticks ─▶ loop ─▶ beat at a position ─▶ decks with sync
"""

import time
from typing import Protocol

from stream.control.midiclock import ClockReceiver, ClockSender, Motion, Timed
from stream.decks.booth import Booth
from stream.decks.engine import DeckEngine
from stream.decks.outsidebeat import BeatLine, OutsideBeat
from stream.session.deviceclock import DeviceClock

CLOCK = "clock"  # of the one that is heard, as it leads
AHEAD_S, STEP_S = 0.02, 0.01  # what is sent before it is due, beside what the device takes; of a stretch
IDLE_S, REST_S = 0.002, 0.1


class ClockPort(Protocol):
    """Where a clock is sent, or heard. Times are `time.monotonic`'s."""

    def send(self, timed: Timed) -> None:
        """Have a message leave at its time."""

    def heard(self) -> list[Timed]:
        """What has come since, and when."""

    def step(self) -> None:
        """Every few milliseconds."""


class MidiClock:
    """Of one run."""

    def __init__(self, engine: DeckEngine, booth: Booth, out: ClockPort | None, incoming: ClockPort | None) -> None:
        """A clock that is heard leads from when it runs. Before anything is stepped."""
        latency = engine.latency
        self._engine, self._booth, self._out, self._in = engine, booth, out, incoming
        self._device = DeviceClock(latency.samplerate)
        self._late = latency.total  # frames from the callback to who listens
        self._sender, self._end_s = ClockSender(), 0.0
        self._pace = 0.0  # beats a second, of whoever leads
        self._receiver, self._beat = ClockReceiver(), None if incoming is None else booth.leader.outside(CLOCK)
        self._seen = 0  # `changes` of the receiver
        self._there = False  # whether a clock is heard

    def step(self) -> bool:
        """Hear and send; always False."""
        now_s = time.monotonic()
        self._device.look(self._engine.position, now_s)
        for port in {id(port): port for port in (self._in, self._out) if port is not None}.values():
            port.step()
        if self._in is not None and self._beat is not None:
            self._hear(self._in, self._beat)
        if self._out is not None:
            self._send(self._out, now_s)
        return False

    def _hear(self, incoming: ClockPort, beat: OutsideBeat) -> None:
        """Have decks told of the clock that is heard; whenever it comes, it leads."""
        for timed in incoming.heard():
            self._receiver.receive(*timed)
        position = self._engine.position
        at_s = self._device.time_of(position + self._late)
        motion = None if at_s is None else self._receiver.motion(at_s)
        line = None if motion is None else BeatLine(position, motion.beat, motion.pace * self._device.frame_s)
        beat.measure(line, anew=self._seen != self._receiver.changes)
        self._seen = self._receiver.changes
        if line is not None and not self._there:
            self._booth.leader.ask(CLOCK)
        self._there = line is not None

    def _send(self, out: ClockPort, now_s: float) -> None:
        """What is heard a little later than now is told now."""
        until = now_s + self._late * self._device.frame_s + AHEAD_S
        if not until - 10 * STEP_S < self._end_s <= until:
            self._end_s = until  # it has just begun, or this thread was late
        while self._end_s + STEP_S <= until:
            for timed in self._sender.ahead(self._end_s, self._end_s + STEP_S, self._motion(self._end_s)):
                out.send(timed)
            self._end_s += STEP_S

    def _motion(self, at_s: float) -> Motion | None:
        """The beat that is heard at a time."""
        position = self._device.position_at(at_s)
        if position is None:
            return None
        here = round(position) - self._late
        leader = self._booth.leader
        lead = leader.beat_at(here)
        if leader.name in ("", CLOCK):  # what is heard of others is theirs to send
            return None
        if lead is None:  # it jumps just now, and goes on
            return Motion(None, self._pace)
        pace = lead.pace * (1 + lead.bend)
        beat = None if lead.beat is None else lead.beat + (position - self._late - here) * pace
        self._pace = pace / self._device.frame_s
        return Motion(beat, self._pace)

    def stop(self) -> None:
        """Tell others that nobody leads any more."""
        if self._out is not None:
            for timed in self._sender.ahead(time.monotonic(), time.monotonic(), None):
                self._out.send(timed)
            self._out.step()
            time.sleep(REST_S)  # a few periods, in which it leaves
