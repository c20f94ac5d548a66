"""Calls of a separator on a thread of their own, so that one that never comes back holds up nobody."""

import threading
import weakref
from collections.abc import Callable
from queue import Empty, SimpleQueue

from stream.common.errors import Failure

LOOK_S = 0.05
HOPS, SPARE_S = 8.0, 2.0  # what a call may take: so many times what a hop may, and what any machine stands still for
Work = Callable[[], object]
Answer = Exception | None


class Caller:
    """Makes one call after the other. One that does not come back is given up, and its thread with it."""

    def __init__(self, hop_s: float, wanted: Callable[[], bool] | None = None) -> None:
        """Start the thread.

        hop_s: seconds that a hop may take      wanted: as of `call`
        [main-thread, separator-thread]
        """
        self._patience_s, self.wanted = HOPS * hop_s + SPARE_S, wanted
        self._asked: SimpleQueue[Work | None] = SimpleQueue()
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        threading.Thread(target=_answer, args=(self._asked, self._answers), name="separator call", daemon=True).start()
        self._end = weakref.finalize(self, self._asked.put, None)

    def call(self, work: Work) -> None:
        """Have something done. Raises what it raises, and Failure where it does not come back.

        NB: what has not come back may go on: nothing that it writes to may be used again.
        Where there is a `wanted`, a call may take as long as it likes until that says no; it is asked now and then.
        [separator-thread]
        """
        self._asked.put(work)
        waited_s, limited = 0.0, self.wanted is None
        while True:
            try:
                error = self._answers.get(timeout=LOOK_S)
            except Empty:
                # looks are counted, and not the time: a process that was stopped has not waited
                waited_s += LOOK_S if limited else 0.0
                limited = limited or (self.wanted is not None and not self.wanted())
                if waited_s > self._patience_s:
                    raise Failure(f"it has not answered for {waited_s:.1f} s") from None
                continue
            if error is not None:
                raise error
            return

    def close(self) -> None:
        """Let the thread end, once it has nothing in hand. [main-thread, separator-thread]"""
        self._end()


def _answer(asked: "SimpleQueue[Work | None]", answers: "SimpleQueue[Answer]") -> None:
    while (work := asked.get()) is not None:
        try:
            work()
        except Exception as error:  # whatever a plugin raises
            answers.put(error)
        else:
            answers.put(None)
        del work  # a separator that was given up is let go
