"""Signals that end a command: Ctrl-C, a polite kill, a terminal that is closed, and whatever else would kill it."""

import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import ClassVar

from stream.common.lostinterrupt import Interrupt, delicate, untold

AGAIN_S = 0.5  # supervisors and `timeout` signal a process and then its group: whatever comes together is one request
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
    return handler == signal.SIG_DFL or isinstance(handler, SignalHandler)


def _name(number: int) -> str:
    """NB: of the real-time signals, Python names the first and the last."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - getattr(signal, 'SIGRTMIN', 0)}"


class SignalHandler:
    """Calls the next of some functions for each request to end; when there is none left, a request changes nothing.

    last_s: when a signal came last, whoever handled it: what comes just after the one that has ended a command is no
        new request for whoever handles signals then
    cause: the signal that was a request last; None if there was none since `handling` began
    """

    last_s: ClassVar[float] = -math.inf
    cause: ClassVar[int | None] = None

    def __init__(self, *calls: Callable[[], None]) -> None:
        """No signal has come yet."""
        self._calls = list(calls)

    @property
    def left(self) -> bool:
        """Whether a request can still change something."""
        return bool(self._calls)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """A signal has come."""
        if Interrupt.repeated():
            if Interrupt.wanted():
                self._request(frame)
            return
        now = time.monotonic()
        together, SignalHandler.last_s = now - SignalHandler.last_s < AGAIN_S, now
        # it comes every second from its limit on
        repeated = number == SignalHandler.cause and _name(number) == "SIGXCPU"
        if not (together or repeated) and self._calls:
            SignalHandler.cause = number
            self._request(frame)

    def _request(self, frame: FrameType | None) -> None:
        """The next call. An interrupt that was lost is made again by whoever handles signals now."""
        if delicate(frame):
            Interrupt()  # it is lost at once, and its signal is sent again
        else:
            (self._calls.pop(0) if self._calls else end)()


def why() -> str:
    """What has ended a command, in a line; empty where it ended by itself or its user ended it."""
    if SignalHandler.cause is None or (name := _name(SignalHandler.cause)) in ("SIGINT", "SIGBREAK"):
        return ""
    return _PLAIN.get(name, f"ended by {name}")


def end() -> None:
    """Raise KeyboardInterrupt, again and again until the command ends of it."""
    raise Interrupt


@contextmanager
def handling(handler: SignalHandler) -> Iterator[None]:
    """Have signals handled, and at the end be what they were."""
    SignalHandler.cause = None
    before = {number: signal.signal(number, handler) for number in _signals()}
    try:
        with untold():
            yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def install(handler: SignalHandler) -> None:
    """Have signals handled by this from now on, until the end of `handling`."""
    for number in _signals():
        signal.signal(number, handler)


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

    install(SignalHandler(over))


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
