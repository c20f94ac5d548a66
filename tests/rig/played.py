"""A controller that a test plays, through JACK, and ours at the other end of the cable."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import pytest

from stream.control.midi.binding import Binding, Source
from stream.control.midi.controller import Controller, ControllerRequest
from stream.control.midi.message import KINDS
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer
from tests.rig import midi
from tests.rig.jackd import Jackd

STEMS = tuple(f"stem{number}" for number in range(1, 9))  # as many as any ready map has numbers for
PATIENCE_S = 15.0
ON = 100  # a velocity that nobody sends back


def messages(source: Source, value: int) -> list[list[int]]:
    """What a controller sends for a value of a control."""
    status = KINDS[source.kind] + (source.channel or 1) - 1
    if source.kind == "bend":
        return [[status, value & 127, value >> 7]]
    if source.kind == "program":
        return [[status, source.number]]
    if source.fine:
        return [[status, source.number, value >> 7], [status, source.number + 32, value & 127]]
    return [[status, source.number, value]]


def lost(jackd: Jackd) -> int:
    """How often a client has been late; what it had to say is lost then."""
    return jackd.log.count("XRun")


def busy(jackd: Jackd, before: int) -> None:
    """Skip if a client was late since."""
    if lost(jackd) > before:
        pytest.skip("this machine is too busy for a real-time test: JACK has lost messages")


class Played:
    """A desk, and a controller for it that the test holds in its hands as `pads`."""

    def __init__(self, jackd: Jackd, name: str = "pads", map_: str | None = None) -> None:
        self._jackd, self._late = jackd, lost(jackd)
        self.pads, self.said, self.done = midi.Controller(name), list[str](), list[str]()
        self.desk = Desk(Mixer(STEMS))
        for act in ("record", "keep"):
            self.desk.offer(act, lambda act=act: self.done.append(act))  # type: ignore[misc]
        self._map = map_

    def __enter__(self) -> Self:
        self.pads.__enter__()
        try:
            self.controller = Controller(ControllerRequest(self.pads.name, map=self._map), self.desk, self.said.append)
        except BaseException:
            self.pads.__exit__()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.controller.__exit__(kind, error, trace)
        time.sleep(0.05)  # what it was told last is on its way
        self.pads.__exit__()

    def until(self, there: Callable[[], bool]) -> None:
        """Let ours work until something is so; skips where the machine was too busy for JACK to bring every message."""
        end = time.monotonic() + PATIENCE_S
        while not there():
            if time.monotonic() > end:
                busy(self._jackd, self._late)
                raise AssertionError(f"never; said: {self.said}")
            self.controller.step()
            self.pads.listen()
            time.sleep(0.001)

    def settle(self, seconds: float = 0.06) -> None:
        """Let it work for a while."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def move(self, binding: Binding, value: int) -> None:
        """Move a binding's control."""
        for message in messages(binding.source, value):
            self.pads.send(*message)

    def shows(self, binding: Binding, value: int) -> bool:
        """Whether a value is what the controller was last told for a binding."""
        assert binding.light is not None
        return all(self.pads.shown.get((message[0], message[1])) == message[2]
                   for message in messages(binding.light.source, value))
