"""What PortAudio calls: PaStreamCallback, as numba knows it."""

import ctypes

from numba import types

_ulong = types.uint64 if ctypes.sizeof(ctypes.c_ulong) == 8 else types.uint32  # 32 bits on Windows
# input, output, frames, time, flags, the user's pointer
SIGNATURE = types.int32(types.voidptr, types.voidptr, _ulong, types.voidptr, _ulong, types.voidptr)
