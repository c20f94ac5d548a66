"""C functions that compiled code calls by their addresses."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_intrinsic: Callable[[Any], Any] = intrinsic


def calling(signature: Any) -> Any:
    """What calls a C function of this signature by its address, an int64; arguments are a tuple."""

    @_intrinsic
    def call(_context: Any, _address: Any, arguments: Any) -> Any:
        def generate(context: Any, builder: Any, given: Any, args: Any) -> Any:
            kind = ir.FunctionType(context.get_value_type(signature.return_type),
                                   [context.get_value_type(each) for each in signature.args])
            values = [context.cast(builder, builder.extract_value(args[1], index), have, want)
                      for index, (have, want) in enumerate(zip(given.args[1], signature.args, strict=True))]
            return builder.call(builder.inttoptr(args[0], kind.as_pointer()), values)

        return signature.return_type(types.int64, arguments), generate

    return call
