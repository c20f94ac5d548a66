"""Where the program starts. Whatever ends it ends it in one line, also while everything else is still being loaded."""

import os
import sys
import threading
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
    """End at once where a separator has never answered: the interpreter, or C++, would wait for it or trip over it."""
    from stream.common.threads import Lost

    lost = [thread for thread in threading.enumerate() if isinstance(thread, Lost)]
    for thread in lost:
        thread.join(MOMENT_S)
    if any(thread.is_alive() for thread in lost):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # closed, full or not there
                stream.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
