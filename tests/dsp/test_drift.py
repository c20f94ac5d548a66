"""Two clocks that are apart: no gap, no click, no growing latency, whoever is faster; and what is missing is faded."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numba import njit

from dsp import drift
from tests.rig.byhand import Frames

RATE, HZ, LEVEL = 44_100, 997.0, 0.5
RING = 1 << 15


@njit
def clocks(seconds, rates, blocks, jitter_s, stall, state, table, data):  # type: ignore[no-untyped-def]
    """A writer of a sine and a reader, each in its own time; what the reader saw of it every so often.

    rates: what they really are, Hz      stall: from when to when the writer does nothing
    Rows: time, how late a frame is, s, ratio by the nominal one, gaps; and the steepest step of all after 5 s.
    """
    rows, steepest, before = [(0.0, 0.0, 0.0, 0.0)], 0.0, 0.0
    written = wrote = read = 0
    stamp, next_write, next_read = 0.0, 0.0, 0.003
    out = np.zeros((blocks[1], 2), np.float32)
    np.random.seed(1)  # numba's own
    while next_read < seconds:
        if next_write <= next_read:
            if not stall[0] < next_write < stall[1]:
                for i in range(blocks[0]):
                    turn = 2 * math.pi * HZ * ((written + i) / rates[0])
                    data[(written + i) % RING, 0], data[(written + i) % RING, 1] = math.sin(turn), math.cos(turn)
                written += blocks[0]
                stamp = next_write
            wrote += 1
            next_write = wrote * blocks[0] / rates[0] + np.random.random() * jitter_s
            continue
        drift.pull(data, written, next_read - stamp, state, table, out)
        for i in range(blocks[1]):
            if next_read > 5:
                steepest = max(steepest, abs(out[i, 0] - before))
            before = out[i, 0]
        if read % 32 == 0:
            due = read * blocks[1] / rates[1] + 0.003
            rows.append((next_read, due - state[drift.POSITION] / rates[0], state[drift.RATIO] / state[drift.NOMINAL],
                         state[drift.GAPS]))
        read += 1
        next_read = read * blocks[1] / rates[1] + 0.003 + np.random.random() * jitter_s
    return rows[1:], steepest


def run(seconds: float, ppm: float, nominal: tuple[int, int] = (RATE, RATE), blocks: tuple[int, int] = (512, 512),
        jitter_s: float = 0.002, stall: tuple[float, float] = (-1, -1)) -> tuple[Frames, float]:
    """Rows, and the steepest step by that of the sine."""
    made, sinc = drift.state(*nominal, blocks, 256), drift.table(nominal[0] / nominal[1])
    rates = nominal[0] * (1 + ppm * 1e-6), float(nominal[1])
    rows, steepest = clocks(seconds, rates, blocks, jitter_s, stall, made, sinc, np.zeros((RING, 2), np.float32))
    return np.array(rows), steepest / (2 * math.pi * HZ / nominal[1])


@pytest.mark.parametrize("minutes", [10, pytest.param(60, marks=pytest.mark.long)])
def test_clocks_200_millionths_apart_have_no_gap_no_click_and_no_growing_latency(minutes: int) -> None:
    rows, steepest = run(60 * minutes, 200)
    assert rows[-1, 3] == 0
    assert steepest < 1.001
    settled = rows[rows[:, 0] > 30]
    assert settled[:, 2].mean() == pytest.approx(1 + 200e-6, abs=1e-6)
    assert np.ptp(settled[:, 1]) < 0.004  # the reader's own jitter is 2 ms of it
    late = [rows[(rows[:, 0] > at) & (rows[:, 0] < at + 60), 1].mean() for at in (60, 30 * minutes, 60 * minutes - 60)]
    assert np.ptp(late) < 1e-4


@pytest.mark.parametrize(("ppm", "nominal", "blocks"), [
    (-200, (44_100, 44_100), (512, 1024)), (20, (48_000, 44_100), (441, 512)), (300, (44_100, 48_000), (64, 64)),
    (0, (96_000, 44_100), (1024, 64))], ids=str)
def test_rates_and_blocks_may_be_any(ppm: float, nominal: tuple[int, int], blocks: tuple[int, int]) -> None:
    rows, steepest = run(90, ppm, nominal, blocks)
    assert rows[-1, 3] == 0
    assert steepest < 1.001
    assert rows[rows[:, 0] > 60, 2].mean() == pytest.approx(1 + ppm * 1e-6, abs=2e-5)


@pytest.mark.parametrize("stall", [(20.0, 20.1), (20.0, 21.5)], ids=["a little", "long"])
def test_what_is_missing_is_faded_counted_and_found_again(stall: tuple[float, float]) -> None:
    rows, steepest = run(40, 100, stall=stall)
    assert 1 <= rows[-1, 3] <= 2
    assert steepest < 1.1  # a fade over the frames that are left is no step
    after = rows[(rows[:, 0] > 35), 1]
    assert np.ptp(after) < 0.004


@pytest.mark.parametrize(("nominal", "least_db"), [((44_100, 44_100), 90), ((48_000, 44_100), 90)], ids=str)
@pytest.mark.parametrize("hz", [50.0, 1000.0, 10_000.0, 18_000.0])
def test_between_frames_a_tone_is_a_tone(nominal: tuple[int, int], least_db: float, hz: float) -> None:
    frames = 16_384
    turn = 2 * np.pi * hz / nominal[0] * np.arange(RING)
    data = np.stack([np.sin(turn), np.cos(turn)], axis=1).astype(np.float32)
    made, sinc = drift.state(*nominal, (512, 512), 0), drift.table(nominal[0] / nominal[1])
    made[[drift.PLAYING, drift.POSITION]] = 1, 100.3
    made[drift.RATE] = 1e12  # the loop stands still
    out, places = np.zeros((frames, 2), np.float32), 100.3 + np.arange(frames) * nominal[0] / nominal[1]
    drift.pull(data, RING, 0.0, made, sinc, out)
    wanted = np.sin(2 * np.pi * hz / nominal[0] * places)
    scale = out[:, 0] @ wanted / (wanted @ wanted)
    error = out[:, 0] - scale * wanted
    assert 20 * np.log10(np.sqrt(np.mean(wanted**2) / np.mean(error**2))) > least_db
    assert scale == pytest.approx(1, abs=1e-3)


def test_pairs_that_go_together_come_out_as_each_alone_bit_for_bit() -> None:
    data = np.random.default_rng(0).uniform(-1, 1, (1 << 12, 6)).astype(np.float32)
    sinc, heard = drift.table(1.0), []
    for channels in (slice(0, 6), slice(0, 2), slice(2, 4), slice(4, 6)):
        made, out = drift.state(RATE, RATE, (512, 512), 256), np.zeros((512, data[:, channels].shape[1]), np.float32)
        for written in (2048, 2560, 3072):
            drift.pull(np.ascontiguousarray(data[:, channels]), written, 0.0013, made, sinc, out)
        heard.append(out)
    assert heard[0].any()
    assert (heard[0] == np.concatenate(heard[1:], axis=1)).all()


@pytest.mark.parametrize("late_s", [0.02, 0.05, 0.15])
def test_one_who_calls_late_and_finds_all_frames_there_has_no_gap_and_no_other_pace(late_s: float) -> None:
    made, sinc, out = drift.state(RATE, RATE, (512, 512), 256), drift.table(1.0), np.zeros((512, 2), np.float32)
    data = np.full((RING, 2), LEVEL, np.float32)
    for block in range(200):
        before = made[drift.RATIO]
        drift.pull(data, 512 * (block + 1), late_s if block == 150 else 0.0, made, sinc, out)
    assert made[drift.GAPS] == 0
    assert made[drift.RATIO] == pytest.approx(before, abs=1e-5)
    assert out.min() == pytest.approx(LEVEL, rel=1e-3)


def test_a_clock_that_stays_wrong_is_counted_once() -> None:
    made, sinc, out = drift.state(RATE, RATE, (512, 512), 256), drift.table(1.0), np.zeros((512, 2), np.float32)
    data = np.full((RING, 2), LEVEL, np.float32)
    for block in range(300):
        drift.pull(data, 512 * (block + 1), math.nan if block > 100 else 0.0, made, sinc, out)
    assert made[drift.GAPS] == 1


WRONG = {"no number": lambda _: math.nan, "endless": lambda _: math.inf, "before all time": lambda _: -math.inf,
         "ahead": lambda _: 1e12, "behind": lambda _: -1000.0, "backwards": lambda block: -0.0116 * block,
         **{f"off by {off_s} s": lambda _, off_s=off_s: off_s for off_s in (0.02, 0.1, 0.3, 0.49, -0.02, -0.1, -0.49)}}


@pytest.mark.parametrize("since", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("first", [0, 100], ids=["from the start", "later"])
def test_a_time_that_says_nothing_is_a_counted_gap_and_never_silence_for_ever(
        since: Callable[[int], float], first: int) -> None:
    made, sinc, out = drift.state(RATE, RATE, (512, 512), 256), drift.table(1.0), np.zeros((512, 2), np.float32)
    data, heard = np.full((RING, 2), LEVEL, np.float32), []
    for block in range(300):
        drift.pull(data, 512 * (block + 1), since(block) if block >= first else 0.0, made, sinc, out)
        heard.append(float(out.max()))
    assert np.isfinite(made).all()
    assert made[drift.GAPS] >= 1
    assert min(heard[-100:]) == pytest.approx(LEVEL, rel=1e-3)
