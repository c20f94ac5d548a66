"""A signal to this process, for a command that runs in it: a start that others need not wait for."""

import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stream.common.interrupt import SignalHandler

LOOKS_S = 0.02


@contextmanager
def signalled(number: signal.Signals | int, there: Callable[[], bool]) -> Iterator[None]:
    """Send it once something is there, and the command handles signals; fails where it ended before.

    NB: the command is called in the main thread, and what nobody handles is not sent: it would end the tests.
    """
    over, sent = threading.Event(), threading.Event()

    def send() -> None:
        while not over.wait(LOOKS_S):
            if there() and isinstance(signal.getsignal(number), SignalHandler):
                sent.set()
                signal.pthread_kill(main, number)
                return

    SignalHandler.last_s = -math.inf  # a test before was signalled perhaps just now
    main, thread = threading.get_ident(), threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if not sent.is_set():
        pytest.fail("it ended before its signal")


def holds(path: Path, size: int) -> Callable[[], bool]:
    """Whether a file is there, and has more bytes than that."""
    return lambda: path.exists() and path.stat().st_size > size
