"""Threads that hold the GIL, each in its own way: what a callback has to live beside."""

import gc
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

NUMBERS = 300_000  # sorted in 30 to 80 ms, in one C call
OBJECTS = 800_000  # collected in 50 to 200 ms, in one C call


def nothing() -> Callable[[], object]:
    """Nobody else."""
    return lambda: None


def python() -> Callable[[], object]:
    """A loop of bytecode: lets go whenever somebody has asked for a switch interval (5 ms)."""

    def loop() -> int:
        x = 1
        for _ in range(1_000_000):
            x = (x * 31 + 7) % 1_000_003
        return x

    return loop


def sorting() -> Callable[[], object]:
    """One long C call after the other."""
    rng = random.Random(0)
    numbers = [rng.random() for _ in range(NUMBERS)]
    return lambda: sorted(numbers)


def collecting() -> Callable[[], object]:
    """The garbage collector over many objects."""
    kept = [[n] for n in range(OBJECTS)]
    return lambda: (gc.collect(), len(kept))


HOGS: dict[str, Callable[[], Callable[[], object]]] = {
    "nothing": nothing, "a Python loop": python, "sorted()": sorting, "gc.collect()": collecting}


@contextmanager
def beside(name: str) -> Iterator[None]:
    """Run a hog on a thread for as long as this is entered. Raises KeyError for a name that is none."""
    work, stop = HOGS[name](), threading.Event()

    def run() -> None:
        while name != "nothing" and not stop.is_set():
            work()

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
