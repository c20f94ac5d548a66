"""A second program at a JACK server: it sends MIDI clock, hears it, and hears what we play, all by its frames."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from tests.rig.jackd import Jackd, jack

TICK, START, CONTINUE, STOP, POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2


class ClockPeer:
    """It is connected to whoever has the names that are asked for.

    heard: frame and message, as they came      sent: frames of ticks      beats: of those that are beats of its song
    """

    def __init__(self, jackd: Jackd, bpm: float | None = None, jitter: float = 0.0) -> None:
        """bpm: of what is sent; None is nothing      jitter: frames, the most by which a tick is late"""
        self._client = jack.Client(f"peer{os.getpid()}", no_start_server=True, servername=jackd.name)
        self._midi_in = self._client.midi_inports.register("in")
        self._midi_out = self._client.midi_outports.register("out")
        self._audio = self._client.inports.register("audio")
        self.rate = self._client.samplerate
        self.heard: list[tuple[int, bytes]] = []
        self.sent: list[float] = []
        self.beats: list[float] = []
        self._tick = -1  # of its song, the next one; below 0: it is not running
        self._orders: list[tuple[int, ...]] = []  # that are sent before the next tick
        self._blocks: list[tuple[int, Any]] = []
        self._period = None if bpm is None else 60 / bpm / 24 * self.rate
        self._jitter, self._rng = jitter, np.random.default_rng(5)
        self._next = self._due = 0.0
        self._sends = False  # somebody listens

    def __enter__(self) -> Self:
        self._client.set_process_callback(self._process)
        self._client.activate()
        return self

    def __exit__(self, *exc: object) -> None:
        self._client.deactivate()
        self._client.close()

    def _process(self, frames: int) -> None:
        first = self._client.last_frame_time
        self.heard += [(first + at, bytes(data)) for at, data in self._midi_in.incoming_midi_events()]
        self._blocks.append((first, self._audio.get_array().copy()))
        self._midi_out.clear_buffer()
        if self._period is None or not self._sends:
            return
        if not self.sent:
            self._next = self._due = float(first)
            self.start()
        while self._due < first + frames:
            at = min(frames - 1, max(0, round(self._due - first)))
            for message in (*self._orders, (TICK,)):
                self._midi_out.write_midi_event(at, message)
            self._orders.clear()
            self.sent.append(self._next)
            if self._tick >= 0:
                if self._tick % 24 == 0:
                    self.beats.append(self._next)
                self._tick += 1
            self._next += self._period
            self._due = max(self._due, self._next + self._rng.uniform(0, self._jitter))

    def connect(self, audio: str | None = None, clock_in: str | None = None, clock_out: str | None = None) -> None:
        """Hear an output of others, and connect to and from ports for clocks, each by what its name begins with."""
        if audio is not None:
            self._listen(audio)
        if clock_out is not None:
            self._client.connect(self._port(clock_out, is_midi=True, is_output=True), self._midi_in)
        if clock_in is not None:
            self._client.connect(self._midi_out, self._port(clock_in, is_midi=True, is_input=True))
            self.begin()

    def start(self) -> None:
        """From the next tick on its song plays from its beginning."""
        self._orders.append((START,))
        self._tick = 0

    def stop(self) -> None:
        """Its song stands; ticks go on."""
        self._orders.append((STOP,))
        self._tick = -1

    def go_on(self, sixteenth: int) -> None:
        """From the next tick on its song plays from there."""
        self._orders += [(POSITION, sixteenth & 127, sixteenth >> 7), (CONTINUE,)]
        self._tick = 6 * sixteenth

    def begin(self) -> None:
        """Send from now on: somebody listens."""
        self._sends = True

    @property
    def name(self) -> str:
        """Of the client."""
        return str(self._client.name)

    def _listen(self, audio: str) -> None:
        """Its client may have ports, and not be called yet."""
        end = time.monotonic() + 60
        while not self._audio.connections:
            try:
                self._client.connect(self._port(audio, is_audio=True, is_output=True), self._audio)
            except jack.JackError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def _port(self, name: str, **kind: bool) -> Any:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            found = self._client.get_ports(name, **kind)
            if found:
                return found[0]
            time.sleep(0.05)
        raise TimeoutError(f"no port {name}")

    @property
    def frame(self) -> int:
        """The server's, now."""
        return int(self._client.frame_time)

    def audio(self) -> tuple[int, np.ndarray]:
        """The first frame that was heard, and all since; what was missed is silence."""
        blocks = list(self._blocks)
        first, (last, end) = blocks[0][0], blocks[-1]
        made = np.zeros(last - first + len(end), np.float32)
        for at, block in blocks:
            made[at - first : at - first + len(block)] = block
        return first, made

    def until(self, there: Callable[[], object], patience_s: float = 120) -> None:
        """Wait; raises TimeoutError."""
        end = time.monotonic() + patience_s
        while not there():
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.02)
