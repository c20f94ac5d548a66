"""The compiled callback beside threads that hold the GIL, and the Python one beside them: by JACK's own clock.

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

from benchmarks.callback import KINDS, measure_quietly
from benchmarks.callback_case import BLOCK, agree
from benchmarks.hogs import HOGS
from benchmarks.probe import WIDTH, account
from stream.latency.geometry import SAMPLERATE

BESIDE = [hog for hog in HOGS if hog != "nothing"]


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
@pytest.mark.parametrize("hog", BESIDE)
def test_the_compiled_callback_drops_no_block_where_the_python_one_does(jackd: Jackd, hog: str) -> None:
    # beside a Python loop the Python callback has its lucky seconds: it has three chances to drop one, ours none
    for _ in range(3):
        ours, peer = (measure_quietly(kind, hog, 3.0) for kind in KINDS)
        assert ours.dropped == 0
        assert ours.served > 0.9 * ours.due  # of the rest jackd itself was late
        if peer.dropped:
            return
    pytest.fail(f"the Python callback dropped nothing beside {hog} either")


@pytest.mark.device
@pytest.mark.parametrize("hog", HOGS)
def test_a_call_takes_less_than_a_twentieth_of_a_block(jackd: Jackd, hog: str) -> None:
    assert measure_quietly("compiled", hog, 3.0).p99_share < 0.05
