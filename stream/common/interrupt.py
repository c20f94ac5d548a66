"""Signals that end a command: Ctrl-C, a polite kill, a terminal that is closed."""

import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar

AGAIN_S = 0.5  # supervisors and `timeout` signal a process and then its group: whatever comes together is one wish


def _signals() -> list[signal.Signals]:
    """Those that are there; with nohup, a closed terminal ends nothing."""
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    found = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return [number for number in found
            if number in (signal.SIGINT, signal.SIGTERM) or signal.getsignal(number) != signal.SIG_IGN]


class Wishes:
    """Calls the next of some functions for each wish to end; when there is none left, a wish changes nothing.

    last_s: when a signal came last, whoever heard it: what comes just after the one that has ended a command is no new
    wish for whoever hears signals then
    """

    last_s: ClassVar[float] = -math.inf

    def __init__(self, *calls: Callable[[], None]) -> None:
        """Nothing was wished yet. [main-thread]"""
        self._calls = list(calls)

    @property
    def left(self) -> bool:
        """Whether a wish can still change something. [any-thread]"""
        return bool(self._calls)

    def __call__(self, _signal: int, _frame: object) -> None:
        """A signal has come. [main-thread]"""
        now = time.monotonic()
        together, Wishes.last_s = now - Wishes.last_s < AGAIN_S, now
        if not together and self._calls:
            self._calls.pop(0)()


def end() -> None:
    """Raise KeyboardInterrupt. [main-thread]"""
    raise KeyboardInterrupt


@contextmanager
def heard(wishes: Wishes) -> Iterator[None]:
    """Have signals taken for wishes, and at the end be what they were. [main-thread]"""
    before = {number: signal.signal(number, wishes) for number in _signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def take(wishes: Wishes) -> None:
    """Have signals taken for these from now on, until the end of `heard`. [main-thread]"""
    for number in _signals():
        signal.signal(number, wishes)


def last() -> None:
    """Let the process end by itself: nothing is left that could be ended. [main-thread]"""
    for number in _signals():
        signal.signal(number, signal.SIG_IGN)


def first() -> None:
    """Until commands are loaded: one line, and the end. [main-thread]"""

    def over() -> None:
        with suppress(OSError):  # nobody reads it
            os.write(2, b"stopped\n")
        os._exit(1)

    take(Wishes(over))


@contextmanager
def blocked() -> Iterator[None]:
    """What is started meanwhile hears no signals before it is `unblocked`; here they wait. [any-thread]"""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def unblocked(deaf: bool) -> None:
    """Of a process that was started so: signals are for the run, whose end is this one's, or end it. [main-thread]

    deaf: they end nothing. NB: they are not ignored, or what it starts itself would ignore them, too
    """
    for number in _signals():
        signal.signal(number, (lambda *_: None) if deaf else signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _signals())
