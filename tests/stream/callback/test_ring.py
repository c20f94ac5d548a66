"""Positions mean the same to everybody, nothing torn is ever given, and frames are there before they are counted."""

import itertools
import re
import threading
from collections.abc import Callable
from types import FunctionType

import llvmlite.binding as llvm
import numpy as np
import pytest
from numba import njit

from stream.callback import bridge, callback, ring
from stream.callback.header import HEADER
from stream.callback.ring import Ring
from stream.native.atomics import store_release
from stream.native.cpuclock import now


def count(start: int, frames: int, channels: int = 2) -> np.ndarray:
    """Frames that tell their own position, and their channel."""
    return (np.arange(start, start + frames)[:, None] + np.arange(channels) / 4).astype(np.float32)


def filled(frames: int, capacity: int = 100, most: int = 28, step: int = 28) -> Ring:
    made = Ring(capacity, 2, most)
    for at in range(0, frames, step):
        made.write(count(at, min(step, frames - at)))
    return made


@pytest.mark.parametrize("step", [1, 17, 28])
@pytest.mark.parametrize("frames", [1, 99, 100, 127, 128, 129, 1000])
def test_the_last_frames_are_read_by_their_position(frames: int, step: int) -> None:
    made = filled(frames, step=step)
    first = max(0, frames - 100)
    out = np.zeros((frames - first, 2), np.float32)
    assert made.written == frames
    assert made.read(first, out)
    assert (out == count(first, frames - first)).all()


def test_too_early_is_refused_with_both_numbers() -> None:
    with pytest.raises(ValueError, match=r"up to 51 .* 50 are written"):
        filled(50).read(41, np.zeros((10, 2), np.float32))


def test_too_late_is_told() -> None:
    made = filled(1000)
    out = np.zeros((10, 2), np.float32)
    assert not made.read(0, out)
    assert not made.read(1000 - 128, out)  # there, but the writer may be overwriting it just now
    assert made.read(900, out)


@pytest.mark.parametrize("frames", [0, 50, 100, 101, 127, 128, 129, 1000])
def test_the_oldest_is_the_first_that_can_be_read(frames: int) -> None:
    made, out = filled(frames), np.zeros((1, 2), np.float32)
    assert made.oldest == max(0, frames - 100)
    assert frames == 0 or made.read(made.oldest, out)
    assert not (made.oldest and made.read(made.oldest - 1, out))


def test_a_writer_may_leave_a_gap() -> None:
    made = filled(10)
    made.write(count(40, 5), at=40)
    out = np.zeros((5, 2), np.float32)
    assert made.written == 45
    assert made.read(40, out)
    assert (out == count(40, 5)).all()


def test_reset_starts_from_silence() -> None:
    made = filled(1000)
    made.reset()
    assert made.written == 0
    assert not made.data.any()


@pytest.mark.parametrize("sizes", [(0, 2, 1), (1, 0, 1), (1, 2, 0)])
def test_a_ring_of_nothing_is_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=str(sizes)[1:-1]):
        Ring(*sizes)


def test_a_reader_beside_a_writer_never_sees_torn_frames() -> None:
    made, whole, lapped = Ring(1024, 4, 64), 0, 0
    blocks = [np.repeat(count(at, 64, 1), 4, axis=1) for at in range(0, 1 << 20, 64)]

    def write() -> None:
        for block in blocks:
            made.write(block)

    writer = threading.Thread(target=write)
    out = np.zeros((256, 4), np.float32)
    writer.start()
    while made.written < 1 << 20:
        at = max(0, made.written - 900)  # near the edge of what is kept
        if at + len(out) > made.written:
            continue
        if made.read(at, out):
            whole += 1
            assert (out == np.repeat(count(at, 256, 1), 4, axis=1)).all()
        else:
            lapped += 1
    writer.join()
    assert whole > 0


class Spy:
    """An array that tells when its elements are set."""

    shape = (8, 2)

    def __init__(self, events: list[str]) -> None:
        self.events = events

    def __setitem__(self, at: object, value: object) -> None:
        self.events.append("sample")


def with_globals(function: Callable[..., None], **spies: object) -> Callable[..., None]:
    """The same code, with some of the names it calls looked up elsewhere."""
    return FunctionType(function.__code__, {**function.__globals__, **spies})


def test_the_counter_is_published_after_its_samples_and_before_the_next() -> None:
    events: list[str] = []
    put = with_globals(ring._put.py_func, store_release=lambda *_: events.append("counter"),
                       fence_release=lambda: events.append("fence"))
    put(Spy(events), np.zeros(8, np.int64), 5, np.ones((4, 2), np.float32))
    assert events == ["fence"] + ["sample"] * 8 + ["counter"]


def test_the_callback_publishes_what_it_took_and_gave_after_it_did() -> None:
    events: list[str] = []
    header = np.zeros((), HEADER).view(np.recarray)
    header.live = header.player.tap_ring.data = header.player.dry_ring.mask = 1
    header.player.tap_ring.mask = 2
    names = {1: "dry", 2: "tap"}
    serve = with_globals(
        callback._serve.py_func, counter=lambda ring: np.full(1, 1000 + int(ring.mask)),
        store_release=lambda counter, *_: events.append(f"counter {names[counter[0] - 1000]}"),
        fence_release=lambda: events.append("fence"), take=lambda *_: events.append("took"),
        _give=lambda *_: events.append("gave"))
    serve(header, None, np.zeros(0, np.float32), 512)
    assert events == ["fence", "took", "gave", "counter tap", "counter dry"]


def after_the_release(function: Callable[..., None]) -> list[str]:
    """Every instruction that compiled code may come to after it has stored the counter with release."""
    put = njit(nogil=True, error_model="numpy")(function)
    put(np.zeros((8, 2), np.float32), np.zeros(8, np.int64), 0, np.ones((4, 2), np.float32))
    module = llvm.parse_assembly(next(iter(put.inspect_llvm().values())))
    # NB: what numba makes for Python's sake may be the longer function, and may have no loop of its own
    compiled = [f for f in module.functions if "store atomic i64" in str(f) and "release" in str(f)]
    assert compiled
    return [line for function in compiled for line in _after_the_release(function)]


def _after_the_release(function: llvm.ValueRef) -> list[str]:
    blocks = {block.name: list(block.instructions) for block in function.blocks}
    starts = [(name, at + 1) for name, lines in blocks.items() for at, line in enumerate(lines)
              if "store atomic i64" in str(line) and "release" in str(line)]
    assert starts
    found, entered = [], set()
    while starts:
        name, at = starts.pop()
        lines = blocks[name][at:]
        found += [str(line) for line in lines]
        following = {operand.name for operand in lines[-1].operands} & blocks.keys() - entered
        entered |= following
        starts += [(block, 0) for block in following]
    return found


def moves_samples(line: str) -> bool:
    return "store float" in line or "store <" in line or "memcpy" in line or "memmove" in line


def test_no_sample_is_stored_after_the_compiled_counter_and_its_store_is_a_release() -> None:
    assert not any(map(moves_samples, after_the_release(ring._put.py_func)))


def test_a_counter_that_is_published_too_early_would_be_noticed() -> None:
    def early(data, counter, at, frames):  # type: ignore[no-untyped-def]
        for i in range(frames.shape[0]):
            store_release(counter, 0, at + i + 1)
            for c in range(frames.shape[1]):
                data[at + i, c] = frames[i, c]

    assert any(map(moves_samples, after_the_release(early)))


def test_the_compiled_reader_looks_at_the_counter_after_the_samples() -> None:
    get = njit(nogil=True, error_model="numpy")(ring._get.py_func)
    get(np.zeros((8, 2), np.float32), np.zeros(8, np.int64), 0, 1, np.ones((4, 2), np.float32))
    code = next(iter(get.inspect_llvm().values()))
    assert "load atomic i64" in code.split("fence acquire")[1]


ARCHITECTURES = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "arm64-apple-macosx",
                 "aarch64-pc-windows-msvc"]


def assembly(compiled: Callable[..., object], triple: str) -> list[str]:
    """What a processor is given for a compiled function, without what numba puts around it for Python's sake."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    code = next(iter(compiled.inspect_llvm().values()))  # type: ignore[attr-defined]
    own = next(body for body in re.findall(r"^define [^\n]*\{.*?^\}", code, re.MULTILINE | re.DOTALL)
               if not re.match(r'define [^@]*@"?(_ZN7cpython|cfunc|NRT_)', body))
    declared = re.findall(r"^declare [^\n]*@llvm\.(?!x86)[^\n]*", code, re.MULTILINE)
    module = llvm.parse_assembly("\n".join(re.sub(r" #\d+|, ![\w.]+ !\d+", "", text) for text in (*declared, own)))
    module.triple = triple
    machine = llvm.Target.from_triple(triple).create_target_machine(opt=3)
    return [line.strip() for line in machine.emit_assembly(module).splitlines()]


@pytest.mark.parametrize("triple", ARCHITECTURES[1:])
def test_on_arm_a_barrier_parts_the_last_counter_from_the_next_samples(triple: str) -> None:
    put = njit(nogil=True, error_model="numpy")(ring._put.py_func)
    put(np.zeros((8, 2), np.float32), np.zeros(8, np.int64), 0, np.ones((4, 2), np.float32))
    lines = assembly(put, triple)
    barrier = next(at for at, line in enumerate(lines) if line.startswith("dmb"))
    samples = next(at for at, line in enumerate(lines) if line.startswith("str\ts"))
    counter = next(at for at, line in enumerate(lines) if line.startswith("stlr"))
    assert barrier < samples < counter


@pytest.mark.parametrize("triple", ARCHITECTURES)
def test_the_counter_of_every_processor_is_one_that_runs(triple: str) -> None:
    counter = njit(now.py_func)  # NB: one out of numba's cache has no text
    counter()
    lines = assembly(counter, triple)
    wanted = "rdtsc" if triple.startswith("x86") else "CNTVCT_EL0"
    assert any(wanted in line for line in lines)


def order(lines: list[str], *starts: str) -> list[str]:
    """Which of these the instructions are, one after the other."""
    return [start for line in lines for start in starts if line.startswith(start)]


@pytest.mark.parametrize("triple", ARCHITECTURES[1:])
def test_on_arm_a_reader_looks_at_the_counter_behind_a_barrier_after_the_samples(triple: str) -> None:
    get = njit(nogil=True, error_model="numpy")(ring._get.py_func)
    get(np.zeros((8, 2), np.float32), np.zeros(8, np.int64), 0, 1, np.ones((4, 2), np.float32))
    lines = assembly(get, triple)
    barrier = next(at for at, line in enumerate(lines) if line.startswith("dmb"))
    assert order(lines[:barrier], "ldr\ts", "ldar").count("ldr\ts") > 0
    assert order(lines[barrier:], "ldr\ts", "ldar") == ["ldar"]


@pytest.mark.parametrize("triple", ARCHITECTURES[1:])
def test_on_arm_frames_are_counted_then_stamped_then_the_stamp_is_counted_with_a_barrier_before_it(triple: str) -> None:
    stamp = njit(error_model="numpy")(bridge.stamp.py_func)
    way = bridge.Bridge((44_100, 44_100), 64, 2)
    stamp(way.header[()], 64)
    lines = assembly(stamp, triple)
    assert order(lines, "stlr", "dmb", "mrs") == ["stlr", "dmb", "mrs", "stlr"]
    first, barrier, second = (at for at, line in enumerate(lines) if line.startswith(("stlr", "dmb")))
    stored = [at for at, line in enumerate(lines) if line.startswith(("str\tx", "stp\tx"))]
    assert not any(first < at < barrier for at in stored)
    assert any(barrier < at < second for at in stored)


@pytest.mark.parametrize("triple", ARCHITECTURES[1:])
def test_on_arm_a_stamp_is_read_between_its_counter_and_its_counter_again(triple: str) -> None:
    last = njit(error_model="numpy")(bridge._last_stamp.py_func)
    way = bridge.Bridge((44_100, 44_100), 64, 2)
    last(way.header[()])
    lines = assembly(last, triple)
    counted = [at for at, line in enumerate(lines) if line.startswith("ldar")]
    barriers = [at for at, line in enumerate(lines) if line.startswith("dmb")]
    assert len(counted) >= 2
    assert all(any(before < barrier < after for barrier in barriers)
               for before, after in itertools.pairwise(counted))
