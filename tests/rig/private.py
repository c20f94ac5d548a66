"""A plugin of pytest's: each of pytest-xdist's workers has a /dev/shm of its own (Linux, root).

JACK2 keeps sockets of clients there under their names alone, so two clients `rig`, on two servers, would take each
other's answers; and only eight servers have room in one.
"""

import ctypes
import os
import sys

import pytest

NEW_MOUNTS, RECURSIVE, OURS_ALONE = 0x20000, 0x4000, 0x40000  # CLONE_NEWNS of <sched.h>, MS_REC and MS_PRIVATE


def possible() -> bool:
    """Whether a process here may have one."""
    return sys.platform == "linux" and os.geteuid() == 0


def pytest_configure(config: pytest.Config) -> None:
    """In the thread that starts all others, which have what it has."""
    if not hasattr(config, "workerinput"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_MOUNTS) or libc.mount(b"none", b"/", None, RECURSIVE | OURS_ALONE, None) or libc.mount(
            b"tmpfs", b"/dev/shm", b"tmpfs", 0, None):
        raise OSError(ctypes.get_errno(), "a /dev/shm of its own")
