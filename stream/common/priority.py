"""Before other programs' threads, where the system lets us, for what is live; behind them for what has time."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

YIELDING = 10  # behind programs that do not ask, and far behind the live thread
SOONER = 5  # behind these too, and before what is YIELDING
LATER = 15  # behind what is YIELDING
NICE = -10  # of -20 to 19: before what is 0, as all programs are that do not ask, and behind real-time threads


@contextmanager
def preferred() -> Iterator[bool]:
    """This thread and all that it starts meanwhile, ONNX Runtime's too; whether the system grants it.

    Root may, and users whom limits.conf lets (`nice`, as realtime groups of distributions have it).
    """
    if sys.platform == "win32" or not hasattr(os, "setpriority"):
        yield False
        return
    before = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, min(before, NICE))
    except PermissionError:
        yield False
        return
    try:
        yield True
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, before)


@contextmanager
def yielding(by: int = YIELDING) -> Iterator[None]:
    """This thread and all that it starts meanwhile give way to others; for good, where the system does not let it back.

    by: 0 to 19, how far
    NB: a user may be lowered, and not raised again: a thread's last work is what belongs inside.
    """
    if sys.platform == "win32" or not hasattr(os, "setpriority"):
        yield
        return
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, max(before, by))
    try:
        yield
    finally:
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, before)
