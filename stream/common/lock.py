"""An exclusive lock on an open file, which ends with the process that has it."""

import errno
import os
import sys

# a file another program has locked; every other answer is that of a disk that knows no locks, as some network disks
LOCKED = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


def lock(file: int) -> bool | None:
    """Lock a file descriptor: True; False where somebody has it; None on a disk without locks."""
    try:
        _lock(file)
    except OSError as error:
        return False if error.errno in LOCKED else None
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
