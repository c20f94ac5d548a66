"""A clock for compiled code: the processor's counter, which runs evenly whatever anybody does, and how fast it is."""

import platform
import time
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_intrinsic: Callable[[Any], Any] = intrinsic  # its own type keeps the typing context as an argument
# NB: on ARM the cycle counter is the system's own, and reading it ends the program
_NAME = "llvm.readcyclecounter" if platform.machine().lower() in ("x86_64", "amd64") else "llvm.readsteadycounter"
CALIBRATED_S = 0.05


@_intrinsic
def ticks(_context: Any) -> Any:
    """The counter now, int64. [any-thread]"""

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
    """How fast the counter is, measured. [main-thread]"""
    now()  # compiled
    start_s, start = time.perf_counter(), now()
    time.sleep(CALIBRATED_S)
    end, end_s = now(), time.perf_counter()
    return round((end - start) / (end_s - start_s))
