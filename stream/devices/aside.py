"""Calls of libraries that may wait for ever, for a server that hangs or a device that is gone."""

import threading
from collections.abc import Callable


def aside(call: Callable[[], object], patience_s: float) -> bool:
    """Call on a thread of its own; whether that has ended in time. What it raises is passed over."""
    ended = threading.Event()

    def run() -> None:
        try:
            call()
        except Exception:
            pass
        finally:
            ended.set()

    threading.Thread(target=run, name="aside", daemon=True).start()
    return ended.wait(patience_s)
