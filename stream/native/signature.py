"""What is called by its address, as numba knows it: PortAudio's PaStreamCallback, and a stage of ours."""

import ctypes

from numba import types

_ulong = types.uint64 if ctypes.sizeof(ctypes.c_ulong) == 8 else types.uint32  # 32 bits on Windows
# input, output, frames, time, flags, the user's pointer
SIGNATURE = types.int32(types.voidptr, types.voidptr, _ulong, types.voidptr, _ulong, types.voidptr)
# the callback's header, a position, frames, and whether it is the beginning of a block
STAGE = types.void(types.int64, types.int64, types.int64, types.int64)
