"""Signals that end a command: Ctrl-C, a polite kill, a terminal that is closed."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AGAIN_S = 0.5  # supervisors and `timeout` signal a process and then its group: whatever comes together is one wish


def _signals() -> list[signal.Signals]:
    """Those that are there; with nohup, a closed terminal ends nothing."""
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    found = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return [number for number in found
            if number in (signal.SIGINT, signal.SIGTERM) or signal.getsignal(number) != signal.SIG_IGN]


class Wishes:
    """Calls the next of some functions for each wish to end; when there is none left, a wish changes nothing."""

    def __init__(self, *calls: Callable[[], None]) -> None:
        """Nothing was wished yet. [main-thread]"""
        self._calls, self._last = list(calls), -AGAIN_S

    def __call__(self, _signal: int, _frame: object) -> None:
        """A signal has come. [main-thread]"""
        now = time.monotonic()
        together, self._last = now - self._last < AGAIN_S, now
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

    def over(_signal: int, _frame: object) -> None:
        os.write(2, b"stopped\n")
        os._exit(1)

    for number in _signals():
        signal.signal(number, over)
