"""Denormal numbers as zero, on the thread that runs the network and only while it does.

Softmax leaves attention weights of 1e-38 and less by the million, and a multiplication with one of them takes a hundred
times as long: a quarter of a 7.8 s window, a tenth of a 2 s one, for values that change no bit of the stems
(docs/notes/speed.md). ONNX Runtime's `session.set_denormal_as_zero` reaches its own threads, and of the callers' only
the one that opened the process' first session.
[any-thread]
"""

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_intrinsic: Callable[[Any], Any] = intrinsic  # its own type keeps the typing context as an argument
FLUSH = 0x8040  # MXCSR: flush to zero (bit 15), denormals are zero (bit 6); Intel SDM, volume 1, 10.2.3
X86 = platform.machine().lower() in ("x86_64", "amd64", "i386", "i686")


def compiled(signature: Any) -> Any:
    """numba's njit where there is an MXCSR."""
    return njit(signature, cache=True) if X86 else lambda function: function


@_intrinsic
def _exchange(_context: Any, _bits: Any) -> Any:
    """Set MXCSR, give what it was."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()])
        at = builder.alloca(word)
        address = builder.bitcast(at, ir.IntType(8).as_pointer())
        store = builder.module.declare_intrinsic("llvm.x86.sse.stmxcsr", (), kind)
        load = builder.module.declare_intrinsic("llvm.x86.sse.ldmxcsr", (), kind)
        builder.call(store, [address])
        before = builder.load(at)
        builder.store(args[0], at)
        builder.call(load, [address])
        return before

    return types.uint32(types.uint32), generate


@compiled(types.uint32(types.uint32))
def exchange(bits: Any) -> Any:
    """Set this thread's MXCSR to `bits`, give what it was; on x86 only."""
    return _exchange(bits)


@compiled(types.uint32())
def _current() -> Any:
    bits = _exchange(types.uint32(0x1F80))
    _exchange(bits)
    return bits


@contextmanager
def flushed() -> Iterator[None]:
    """Denormals are zero on this thread while inside; nothing on processors other than x86."""
    if not X86:
        yield
        return
    before = _current()
    exchange(before | FLUSH)
    try:
        yield
    finally:
        exchange(before)


@contextmanager
def unchanged() -> Iterator[None]:
    """Whatever is done inside to this thread's treatment of denormals is undone."""
    before = _current() if X86 else 0
    try:
        yield
    finally:
        if X86:
            exchange(before)
