"""C libraries that print what nobody asked for (ALSA and JACK when they are not there; libmpg123)."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ALONE = threading.RLock()  # or the last of two to come out would leave it pointing elsewhere


@contextmanager
def quiet() -> Iterator[None]:
    """Point file descriptor 2 elsewhere for a moment; Python's own exceptions say what went wrong. [any-thread]"""
    with _ALONE:
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)
