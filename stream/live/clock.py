"""Who paces a run between files: a wall clock, or nothing (virtual: as fast as it can). A device paces itself.

[main-thread]
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Protocol

from stream.common.errors import Failure
from stream.common.threads import Stepper
from stream.live.engine import Engine
from stream.live.feeder import Feeder

Step = Callable[[], bool]
WATCH_S = 0.05
STILL_S = 1.0  # later than that, a wall clock was stopped
# what files come from and go to has seconds to spare, and whoever looks a thousand times a second takes a sixth of a
# hop's time away from it (docs/notes/speed.md)
IDLE_S = (0.01, 0.001, 0.01)


def run_virtual(engine: Engine, block: int, steps: list[Step], watch: Callable[[], bool]) -> None:
    """Block by block on this thread; every hop is ready before anybody asks for it.

    steps: the feeder's, the separator's, those of inserts, the recorder's, in this order
    watch: called now and then; False ends the run
    """
    engine.worker.wanted = watch
    looked = time.monotonic()
    while not engine.ended:
        _exhaust(steps[0])
        if engine.feeder is not None and engine.feeder.lacks(block):  # a pipe is waited for
            time.sleep(IDLE_S[0])
            if not watch():
                return
            continue
        engine.serve(block)
        for step in steps[1:]:
            _exhaust(step)
        if time.monotonic() - looked > WATCH_S:
            looked = time.monotonic()
            if not watch():
                return


def _exhaust(step: Step) -> None:
    while step():
        pass


def run_wall(engine: Engine, block: int, steps: list[Step], watch: Callable[[], bool]) -> None:
    """Block by block at the samplerate's pace; everybody else on a thread of their own."""
    with running(steps) as failed:
        if not _prefill(engine, failed, watch):
            return
        start = time.perf_counter()
        served, looked = 0, start
        while not engine.ended and not failed():
            wait = start + served / engine.latency.samplerate - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            elif wait < -STILL_S:  # what was missed is not poured out at once
                engine.stood_still_s -= wait
                start -= wait
            engine.serve(block)
            served += block
            if time.perf_counter() - looked > WATCH_S:
                looked = time.perf_counter()
                if not watch():
                    return


class Played(Protocol):
    """What a device calls."""

    @property
    def feeder(self) -> Feeder | None:
        """What reads a file ahead that stands for the input device."""

    @property
    def ended(self) -> bool:
        """Whether all has been played."""


class Calling(Protocol):
    """Devices that call the engine, as `stream.session.returns.Returns` has them."""

    def start(self) -> None:
        """Let them call."""

    def close(self) -> None:
        """Have them call no more."""


def run_device(engine: Played, device: Calling, steps: list[Step], watch: Callable[[], bool],
               idle_s: Sequence[float] = IDLE_S) -> None:
    """The device's thread calls; this one waits until the input has ended or `watch` says so.

    steps, idle_s: as for `running`
    """
    with running(steps, idle_s) as failed:
        if not _prefill(engine, failed, watch):
            return
        try:
            device.start()
        except Failure:  # Ctrl-C interrupts what libraries ask of their servers: then the run was to end
            if watch():
                raise
            return
        while not engine.ended and not failed() and watch():
            time.sleep(WATCH_S)
        device.close()  # it may ask for two periods more, and misses none of their hops


def _prefill(engine: Played, failed: Callable[[], bool], watch: Callable[[], bool]) -> bool:
    """A file is read ahead before the first block asks for it; False if the run is to end before."""
    while engine.feeder is not None and not engine.feeder.begun and not failed():
        time.sleep(IDLE_S[0])
        if not watch():
            return False
    return True


@contextmanager
def running(steps: list[Step], idle_s: Sequence[float] = IDLE_S) -> Iterator[Callable[[], bool]]:
    """Each step on a thread of its own; gives whether one has failed, and raises its exception at the end.

    steps: as for `run_virtual`      idle_s: that each sleeps when it has nothing to do; the last is for all others
    """
    idle = chain(idle_s, repeat(idle_s[-1]))
    threads = [Stepper(step.__qualname__, step, each) for step, each in zip(steps, idle, strict=False)]
    for thread in threads:
        thread.start()
    try:
        yield lambda: any(thread.error is not None for thread in threads)
    finally:
        for thread in reversed(threads):  # a device still plays: nobody is left waiting for who has ended before
            thread.stop()
    for thread in threads:
        if thread.error is not None:
            raise thread.error
