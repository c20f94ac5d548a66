"""Before other programs' threads, where the system lets us: a browser must not take a hop's cores."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
