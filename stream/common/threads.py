"""A thread that steps somebody until it is told to stop, and keeps the exception that ended it."""

import threading
import time
from collections.abc import Callable

IDLE_S = 0.001


class Stepper:
    """Calls `step` again and again; sleeps a little whenever there was nothing to do."""

    def __init__(self, name: str, step: Callable[[], bool], idle_s: float = IDLE_S,
                 failed: Callable[[BaseException], None] = lambda _error: None) -> None:
        """Nothing runs yet.

        idle_s: seconds to sleep      failed: is told what has ended it, on its thread
        """
        self._step, self._idle_s, self._failed = step, idle_s, failed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.error: BaseException | None = None

    def start(self) -> None:
        """Run."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step that runs and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                if not self._step():
                    time.sleep(self._idle_s)
        except BaseException as error:  # kept for the host, which raises what audio cannot do without
            self.error = error
            self._failed(error)
