"""Memory that compiled code reaches by an address: arrays, and records, whose fields it reads by name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic
from numba.np.numpy_support import carray

from stream.native.atomics import pointer

_intrinsic: Callable[[Any], Any] = intrinsic  # its own type keeps the typing context as an argument

Record = npt.NDArray[np.void]  # in Python: of shape (), its fields are `record["delay"]`; another name is an error


def layout(*fields: str, **nested: Any) -> np.dtype[np.void]:
    """What a record has: int64 fields, and others with layouts of their own."""
    return np.dtype([*((name, np.int64) for name in fields), *nested.items()], align=True)


def fill(record: Record, **values: int) -> None:
    """Set several fields. Raises ValueError for one that is not there. While nobody reads them."""
    for name, value in values.items():
        record[name] = value


@_intrinsic
def record_at(_context: Any, _address: Any, dtype: Any) -> Any:
    """The record of a layout that a pointer leads to; in compiled code its fields are `h.delay`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(signature.return_type))

    return dtype.dtype(types.voidptr, dtype), generate


# NB: what makes arrays is put in its place in the source: each shape would be compiled by itself, a fifth of the time

@njit(error_model="numpy", inline="always")
def floats(address: Any, shape: Any) -> Any:
    """The float32 array at an address."""
    return carray(pointer(address), shape, np.float32)


@njit(error_model="numpy", inline="always")
def integers(address: Any, shape: Any) -> Any:
    """The int64 array at an address."""
    return carray(pointer(address), shape, np.int64)
