"""The compiled callback beside threads that hold the GIL, by JACK's own clock.

What a callback in Python drops beside them is `python -m benchmarks.callback`'s to show.

What counts as dropped is the callback's own fault (`benchmarks.probe.Served`): a block that JACK left out because a
call lasted half a block or more. What a busy machine loses before a call is neither its credit nor its blame.
"""

import os
from collections.abc import Iterator

import numpy as np
import pytest

from tests.rig.jackd import Jackd

if os.name != "posix" or not hasattr(os, "sched_setscheduler"):
    pytest.skip("the probe reads Linux's clock", allow_module_level=True)

from benchmarks.callback import measure_quietly
from benchmarks.callback_case import BLOCK, agree
from benchmarks.hogs import HOGS
from benchmarks.probe import WIDTH, account
from stream.latency.geometry import SAMPLERATE


@pytest.fixture(scope="module")
def jackd() -> Iterator[Jackd]:
    with Jackd(SAMPLERATE, BLOCK) as server:
        yield server


def calls(*blocks: int, lasting: float = 0.001) -> np.ndarray:
    rows = np.zeros((len(blocks), WIDTH), np.int64)
    rows[:, 0] = BLOCK * np.array(blocks)
    rows[:, 3] = int(lasting * 1e9 * BLOCK / SAMPLERATE)
    return rows


def test_both_callbacks_give_the_same() -> None:
    agree()


@pytest.mark.parametrize(("lasting", "dropped"), [(0.1, 0), (1.5, 3)], ids=["short calls", "long calls"])
def test_blocks_left_out_count_against_the_callback_only_after_long_calls(lasting: float, dropped: int) -> None:
    served = account(calls(0, 1, 3, 4, 6, lasting=lasting), 8 * BLOCK, BLOCK, SAMPLERATE)
    assert (served.due, served.served, served.dropped) == (8, 5, dropped)


@pytest.mark.device
@pytest.mark.parametrize("hog", HOGS)
def test_it_drops_no_block_and_takes_less_than_a_twentieth_of_each(jackd: Jackd, hog: str) -> None:
    ours = measure_quietly("compiled", hog, 3.0)
    assert ours.dropped == 0
    assert ours.served > 0.9 * ours.due  # of the rest jackd itself was late
    assert ours.p99_share < 0.05
