"""Denormals are zero where the network runs, and nowhere else."""

import threading

import numpy as np
import pytest

from stream.separators.networks.denormals import X86, flushed, unchanged

pytestmark = pytest.mark.skipif(not X86, reason="MXCSR is x86's")

TINY = np.full(4, 1e-40, np.float32)


def times_one() -> bool:
    """Whether a denormal survives arithmetic on this thread."""
    return bool((TINY * np.float32(1)).any())


def test_denormals_are_zero_inside_and_back_afterwards() -> None:
    assert times_one()
    with flushed():
        assert not times_one()
    assert times_one()


def test_an_exception_gives_them_back() -> None:
    with pytest.raises(RuntimeError), flushed():
        raise RuntimeError
    assert times_one()


def test_other_threads_are_not_touched() -> None:
    seen, now = [], threading.Event()

    def look() -> None:
        now.wait()
        seen.append(times_one())

    thread = threading.Thread(target=look)  # started before: a thread inherits its maker's state
    thread.start()
    with flushed():
        now.set()
        thread.join()
    assert seen == [True]


def test_what_is_done_inside_unchanged_is_undone() -> None:
    with unchanged():
        entered = flushed()
        entered.__enter__()
        assert not times_one()
    assert times_one()
