"""C libraries that print what nobody asked for (ALSA, JACK and PortAudio when something is not there; libmpg123)."""

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_ALONE = threading.RLock()  # or the last of two to come out would leave it pointing elsewhere
_HUSHED = threading.Event()


@contextmanager
def quiet() -> Iterator[None]:
    """Point file descriptor 2 elsewhere for a moment; Python's own exceptions say what went wrong."""
    if _HUSHED.is_set():  # what others say in that moment would be lost for nothing
        yield
        return
    with _ALONE:
        saved = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            os.close(nowhere)


def hush() -> None:
    """Have C print nothing on stderr from now on, where that is a variable of its (glibc); Python does.

    PortAudio's own threads print when a device vanishes, whenever that is.
    """
    if _HUSHED.is_set():
        return
    with suppress(AttributeError, OSError, ValueError, TypeError):
        c = ctypes.CDLL(None)
        c.fopen.restype = ctypes.c_void_p
        nowhere = c.fopen(os.devnull.encode(), b"w")
        if nowhere:
            ctypes.c_void_p.in_dll(c, "stderr").value = nowhere
            _HUSHED.set()
