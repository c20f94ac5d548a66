"""A clock for compiled code: the processor's counter, which runs evenly whatever anybody does, and how fast it is."""

import time
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from stream.common.errors import Failure

_intrinsic: Callable[[Any], Any] = intrinsic  # its own type keeps the typing context as an argument
# the time stamp counter (RDTSC) on x86, the virtual counter (CNTVCT_EL0) on ARM: both run evenly, and any program may
# read them. NB: llvm.readsteadycounter, whose name promises more, is compiled to the constant 0 on ARM
_NAME = "llvm.readcyclecounter"
CALIBRATED_S = 0.05
SLOWEST = 100_000  # ticks a second; a clock between devices has to tell 10 microseconds apart


@_intrinsic
def ticks(_context: Any) -> Any:
    """The counter now, int64."""

    def generate(_context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        read = builder.module.declare_intrinsic(_NAME, (), ir.FunctionType(ir.IntType(64), ()))
        return builder.call(read, ())

    return types.int64(), generate


@njit(cache=True)
def now() -> int:
    """`ticks` for callers in Python."""
    count: int = ticks()
    return count


def ticks_per_second() -> int:
    """How fast the counter is, measured. Raises Failure for one that does not run."""
    now()  # compiled
    start_s, start = time.perf_counter(), now()
    time.sleep(CALIBRATED_S)
    end, end_s = now(), time.perf_counter()
    rate = round((end - start) / (end_s - start_s))
    if rate < SLOWEST:
        raise Failure(f"the processor's counter runs at {rate} ticks a second, not {SLOWEST} or more: two devices with "
                      "clocks of their own cannot be kept in step here; use one device for input and output")
    return rate
