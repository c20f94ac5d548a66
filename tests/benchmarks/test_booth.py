"""What the benchmark of decks measures, on recordings of which the answer is known."""

import numpy as np
import pytest

from benchmarks.booth import busy
from benchmarks.booth.firstsound import compared
from benchmarks.booth.hands import SCALE, Delay, changed


def counted(first: float, count: int, rate: float = 1.0) -> np.ndarray:
    return ((first + rate * np.arange(count)) / SCALE + 0.25).astype(np.float32)


BEFORE = counted(1000, 600)


@pytest.mark.parametrize(("after", "delay"), [
    (counted(1600, 900), None),
    (np.concatenate([counted(1600, 300), counted(90_000, 600)]), Delay(300, 301)),
    (np.concatenate([counted(1600, 300), np.zeros(600, np.float32)]), Delay(300, 301)),
    (np.concatenate([counted(1600, 300), np.linspace(0.25, 0, 50).astype(np.float32), np.zeros(600, np.float32)]),
     Delay(300, 350)),
    (np.concatenate([counted(1600, 300), counted(1900, 600, 1.5)]), Delay(301, 301)),
    (np.concatenate([counted(1600, 300), counted(1899, 600, -1)]), Delay(300, 300)),
], ids=["nothing", "a jump", "silence", "a fade", "faster", "backwards"])
def test_a_change_is_found_at_its_first_sample(after: np.ndarray, delay: Delay | None) -> None:
    assert changed(BEFORE, after) == delay


def test_what_begins_after_silence_is_a_change() -> None:
    after = np.concatenate([np.zeros(200, np.float32), counted(5000, 700)])
    assert changed(np.zeros(600, np.float32), after) == Delay(200, 201)


@pytest.mark.parametrize("stems_after", [0, 1, 5000])
def test_stems_are_heard_from_the_first_sample_on_that_is_not_the_files(stems_after: int) -> None:
    song = np.random.default_rng(0).standard_normal((20_000, 2)).astype(np.float32)
    captured = np.concatenate([np.zeros((777, 2), np.float32), song[:9000]])
    assert compared(captured, song) is None
    captured[777 + stems_after :] *= np.float32(0.5)
    found = compared(captured, song)
    assert found is not None
    first, stems = found
    assert first == 777
    assert stems == 777 + stems_after


def test_the_callback_that_is_timed_does_what_it_is_timed_for() -> None:
    busy.agree()
    assert all(len(times.seconds) == 3 for times in busy.times(3).values())
