"""Signals that end a command: Ctrl-C, a polite kill, a terminal that is closed, and whatever else would kill it."""

import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar

AGAIN_S = 0.5  # supervisors and `timeout` signal a process and then its group: whatever comes together is one wish
_ALWAYS = ("SIGINT", "SIGTERM")
_UNLESS_IGNORED = ("SIGHUP", "SIGBREAK")  # with nohup, a closed terminal ends nothing
# by themselves they end a process at once. NB: not SIGQUIT, with which a user wants just that, nor a fault's
_UNLESS_TAKEN = ("SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU",
                 *(("SIGIO", "SIGPWR", "SIGSTKFLT") if sys.platform == "linux" else ()))  # elsewhere SIGIO ends nothing
_PLAIN = {"SIGHUP": "ended: the terminal was closed (SIGHUP)",
          "SIGXCPU": "ended: the limit of processor time is used up (SIGXCPU)"}


def _signals() -> list[int]:
    """Those that are there, and are nobody else's."""
    found = {name: getattr(signal, name) for name in (*_ALWAYS, *_UNLESS_IGNORED, *_UNLESS_TAKEN)
             if hasattr(signal, name)}
    if sys.platform == "linux":
        found |= {_name(number): number for number in range(signal.SIGRTMIN, signal.SIGRTMAX + 1)}
    return [number for name, number in found.items() if name in _ALWAYS or _free(name, signal.getsignal(number))]


def _free(name: str, handler: object) -> bool:
    if name in _UNLESS_IGNORED:
        return handler != signal.SIG_IGN
    return handler == signal.SIG_DFL or isinstance(handler, Wishes)


def _name(number: int) -> str:
    """NB: of the real-time signals, Python names the first and the last."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - getattr(signal, 'SIGRTMIN', 0)}"


class Wishes:
    """Calls the next of some functions for each wish to end; when there is none left, a wish changes nothing.

    last_s: when a signal came last, whoever heard it: what comes just after the one that has ended a command is no new
    wish for whoever hears signals then
    by: the signal that was a wish last; none since `heard` began: None
    """

    last_s: ClassVar[float] = -math.inf
    by: ClassVar[int | None] = None

    def __init__(self, *calls: Callable[[], None]) -> None:
        """Nothing was wished yet."""
        self._calls = list(calls)

    @property
    def left(self) -> bool:
        """Whether a wish can still change something."""
        return bool(self._calls)

    def __call__(self, number: int, _frame: object) -> None:
        """A signal has come."""
        now = time.monotonic()
        together, Wishes.last_s = now - Wishes.last_s < AGAIN_S, now
        repeated = number == Wishes.by and _name(number) == "SIGXCPU"  # it comes every second from its limit on
        if not (together or repeated) and self._calls:
            Wishes.by = number
            self._calls.pop(0)()


def why() -> str:
    """What has ended a command, in a line; empty where it was its own end or its user's hands."""
    if Wishes.by is None or (name := _name(Wishes.by)) in ("SIGINT", "SIGBREAK"):
        return ""
    return _PLAIN.get(name, f"ended by {name}")


def end() -> None:
    """Raise KeyboardInterrupt."""
    raise KeyboardInterrupt


@contextmanager
def heard(wishes: Wishes) -> Iterator[None]:
    """Have signals taken for wishes, and at the end be what they were."""
    Wishes.by = None
    before = {number: signal.signal(number, wishes) for number in _signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def take(wishes: Wishes) -> None:
    """Have signals taken for these from now on, until the end of `heard`."""
    for number in _signals():
        signal.signal(number, wishes)


def last() -> None:
    """Let the process end by itself: nothing is left that could be ended."""
    for number in _signals():
        signal.signal(number, signal.SIG_IGN)


def first() -> None:
    """Until commands are loaded: one line, and the end."""

    def over() -> None:
        with suppress(OSError):  # nobody reads it
            os.write(2, b"stopped\n")
        os._exit(1)

    take(Wishes(over))


@contextmanager
def blocked() -> Iterator[None]:
    """What is started meanwhile hears no signals before it is `unblocked`; here they wait."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def unblocked(deaf: bool) -> None:
    """Of a process that was started so: signals are for the run, whose end is this one's, or end it.

    deaf: they end nothing. NB: they are not ignored, or what it starts itself would ignore them, too
    """
    for number in _signals():
        signal.signal(number, (lambda *_: None) if deaf else signal.SIG_DFL)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _signals())
