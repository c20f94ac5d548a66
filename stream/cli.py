"""Where the program starts. Whatever ends it ends it in one line, also while everything else is still being loaded."""

import os
import sys
import threading
import time
from contextlib import suppress

from stream.common import interrupt

MOMENT_S = 0.2  # in which a thread with nothing in hand ends


def main() -> int:
    """Load the commands, run one, and be deaf to signals at the end; the exit code of `stream.command.main.main`."""
    interrupt.first()
    from stream.command.main import main as command

    code = command()
    interrupt.last()
    _leave(code)
    return code


def _leave(code: int) -> None:
    """End at once where a thread still works after a moment.

    A separator may never answer, a pipe never end; and a thread that comes back from a library's C++ while the
    interpreter ends takes the process down with it.
    """
    over = time.monotonic() + MOMENT_S
    threads = [thread for thread in threading.enumerate() if thread.daemon]
    for thread in threads:
        thread.join(max(0.0, over - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # closed, full or not there
                stream.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
