"""Atomic loads and stores of one number, and the pointers that compiled code needs.

numpy's own loads and stores have no order on ARM; these have (LLVM's memory model, as in C11). A counter is published
with `store_release` after the samples that it counts, and read with `load_acquire` before them.
"""

from collections.abc import Callable
from typing import Any

from numba import njit, types
from numba.extending import intrinsic

_intrinsic: Callable[[Any], Any] = intrinsic  # its own type keeps the typing context as an argument


@_intrinsic
def load_acquire(_context: Any, array: Any, _index: Any) -> Any:
    """One int64 of an array; what was written before its store is seen after this."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = builder.gep(context.make_array(signature.args[0])(context, builder, args[0]).data, [args[1]])
        return builder.load_atomic(at, ordering="acquire", align=8)

    return types.int64(array, types.intp), generate


@_intrinsic
def store_release(_context: Any, array: Any, _index: Any, _value: Any) -> Any:
    """Set one int64 of an array, after everything that was written before."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = builder.gep(context.make_array(signature.args[0])(context, builder, args[0]).data, [args[1]])
        builder.store_atomic(args[2], at, ordering="release", align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), generate


@_intrinsic
def fence_acquire(_context: Any) -> Any:
    """Loads before this happen before loads after it."""

    def generate(context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        builder.fence("acquire")
        return context.get_dummy_value()

    return types.void(), generate


@_intrinsic
def fence_release(_context: Any) -> Any:
    """Loads and stores before this happen before stores after it."""

    def generate(context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        builder.fence("release")
        return context.get_dummy_value()

    return types.void(), generate


@_intrinsic
def pointer(_context: Any, _address: Any) -> Any:
    """An address kept as int64, as a pointer again."""

    def generate(_context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], _context.get_value_type(signature.return_type))

    return types.voidptr(types.int64), generate


@njit(cache=True, nogil=True)
def load(array: Any, index: int) -> int:
    """`load_acquire` for callers in Python."""
    found: int = load_acquire(array, index)
    return found


@njit(cache=True, nogil=True)
def store(array: Any, index: int, value: int) -> None:
    """`store_release` for callers in Python."""
    store_release(array, index, value)
