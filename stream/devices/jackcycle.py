"""JACK's process callback as machine code: ports, each a channel of its own, to and from a callback like PortAudio's.

Everything is reached from one record, as in stream.callback.header. Until `running` is set it plays silence.
"""

import ctypes
from typing import Any

import numpy as np
from numba import cfunc, njit, types
from numba.core.ccallback import CFunc
from numba.np.numpy_support import carray

from stream.native.atomics import pointer
from stream.native.calling import calling
from stream.native.memory import Record, floats, integers, layout, record_at
from stream.native.signature import SIGNATURE

KEPT = 32
HEADER = layout(
    # counters, one writer: a thread of JACK's; `changes` are of graph, ports and period, `registered` are ports, by
    # anybody
    "xruns", "gone", "changes", "registered",
    "xruns_seen",  # by the process callback
    # parameters
    "running",  # from 0 to 1 once ports are connected
    "in_channels", "out_channels",
    "max_block",  # frames that are handed on at once
    # addresses: of the callback and of its header, and of libjack's functions
    "callback", "callback_header", "jack_port_get_buffer", "jack_port_set_latency_range",
    # addresses: of the ports, int64 (in_channels + out_channels,), inputs first; of what is handed on, float32
    # (max_block · in_channels,) and (max_block · out_channels,)
    "ports", "input_block", "output_block",
    "told_burst",  # address of an int64 that is told how many frames come at once, or 0
    # address of uint32 (2, 2), least and most, frames: how old what we play is, and how long until what we hear is
    # played
    "stated_latency",
    # the last ports that were registered, by JACK's numbers, each at its count modulo KEPT
    port_ids=(np.int64, KEPT))
OUTPUT_UNDERFLOW = 4  # PortAudio's flag for a call that is not in time, paOutputUnderflow


_call = calling(SIGNATURE)
_get_buffer = calling(types.voidptr(types.voidptr, types.uint32))
_set_range = calling(types.voidptr(types.voidptr, types.int32, types.voidptr))  # it returns nothing


@njit(error_model="numpy")
def _port(h: Any, at: Any, frames: Any) -> Any:
    """This cycle's samples of a port."""
    port = integers(h.ports, (h.in_channels + h.out_channels,))[at]
    return carray(_get_buffer(h.jack_port_get_buffer, (pointer(port), frames)), (np.int64(frames),), np.float32)


@njit(error_model="numpy")
def _hand_on(h: Any, frames: Any, done: Any, n: Any) -> None:
    """`n` frames of the cycle, from `done` on, through the callback."""
    ins, outs, flags = h.in_channels, h.out_channels, 0
    given, taken = floats(h.input_block, (n * ins,)), floats(h.output_block, (n * outs,))
    for c in range(ins):
        x = _port(h, c, frames)
        for i in range(n):
            given[i * ins + c] = x[done + i]
    if h.xruns != h.xruns_seen:
        h.xruns_seen, flags = h.xruns, OUTPUT_UNDERFLOW
    _call(h.callback, (pointer(h.input_block), pointer(h.output_block), n, pointer(np.int64(0)), flags,
                       pointer(h.callback_header)))
    for c in range(outs):
        y = _port(h, ins + c, frames)
        for i in range(n):
            y[done + i] = taken[i * outs + c]


def _process(frames: Any, user: Any) -> Any:
    h, n, done = record_at(user, HEADER), np.int64(frames), np.int64(0)
    if h.running == 0:
        for c in range(h.out_channels):
            _port(h, h.in_channels + c, frames)[:] = np.float32(0)
        return np.int32(0)
    if h.told_burst != 0:
        integers(h.told_burst, (1,))[0] = n
    while done < n:  # the server's period may grow while it runs
        piece = min(n - done, h.max_block)
        _hand_on(h, frames, done, piece)
        done += piece
    return np.int32(0)


def _latency(mode: Any, user: Any) -> None:
    """What our outputs play is as old as what our inputs hear and our own latency together; so it is the other way."""
    h = record_at(user, HEADER)
    ports = integers(h.ports, (h.in_channels + h.out_channels,))
    ins = h.in_channels
    first, last = (ins, ins + h.out_channels) if mode == 0 else (np.int64(0), ins)
    for at in range(first, last):
        stated = pointer(h.stated_latency + 8 * np.int64(mode))
        _set_range(h.jack_port_set_latency_range, (pointer(ports[at]), np.int32(mode), stated))
    h.changes += 1


def _period(frames: Any, user: Any) -> Any:
    h = record_at(user, HEADER)
    if h.told_burst != 0:
        integers(h.told_burst, (1,))[0] = np.int64(frames)
    h.changes += 1
    return np.int32(0)


def _graph(user: Any) -> Any:
    record_at(user, HEADER).changes += 1
    return np.int32(0)


def _registration(port: Any, is_there: Any, user: Any) -> None:
    h = record_at(user, HEADER)
    if is_there != 0:
        h.port_ids[h.registered % KEPT] = np.int64(port)
        h.registered += 1
    h.changes += 1


def _xrun(user: Any) -> Any:
    record_at(user, HEADER).xruns += 1
    return np.int32(0)


def _shutdown(user: Any) -> Any:
    record_at(user, HEADER).gone = 1


def _silent(_text: Any) -> Any:
    pass


process: CFunc = cfunc(types.int32(types.uint32, types.voidptr), error_model="numpy", cache=True)(_process)
"""JackProcessCallback: the audio thread."""
xrun: CFunc = cfunc(types.int32(types.voidptr), error_model="numpy", cache=True)(_xrun)
"""JackXRunCallback, whoever was late. On a thread of JACK's."""
latency: CFunc = cfunc(types.void(types.int32, types.voidptr), error_model="numpy", cache=True)(_latency)
"""JackLatencyCallback: the graph has changed, or what others state in it. On a thread of JACK's."""
graph: CFunc = cfunc(types.int32(types.voidptr), error_model="numpy", cache=True)(_graph)
"""JackGraphOrderCallback: something was connected or has gone. On a thread of JACK's."""
registration: CFunc = cfunc(types.void(types.uint32, types.int32, types.voidptr), error_model="numpy",
                            cache=True)(_registration)
"""JackPortRegistrationCallback: some program has a port more, or one less. On a thread of JACK's."""
period: CFunc = cfunc(types.int32(types.uint32, types.voidptr), error_model="numpy", cache=True)(_period)
"""JackBufferSizeCallback, which comes before the first cycle of the new period. On a thread of JACK's."""
shutdown: CFunc = cfunc(types.void(types.voidptr), error_model="numpy", cache=True)(_shutdown)
"""JackShutdownCallback: the server has ended, or has thrown us out. On a thread of JACK's."""
silent: CFunc = cfunc(types.void(types.voidptr), error_model="numpy", cache=True)(_silent)
"""What libjack prints with otherwise, on stderr; what is wrong is seen by other means."""


def watch(lib: ctypes.CDLL, client: int, header: Record, **own: CFunc) -> None:
    """Have JACK tell a client of every change. Call it before the client is activated.

    client: the address of libjack's      own: callbacks of who plays, too, each by the name that libjack has for it
    """
    callbacks = {"graph_order": graph, "port_registration": registration, "buffer_size": period, **own}
    setters = {f"jack_set_{name}_callback": callback for name, callback in callbacks.items()}
    for setter, callback in (setters | {"jack_on_shutdown": shutdown}).items():
        lib[setter](ctypes.c_void_p(client), ctypes.c_void_p(callback.address), ctypes.c_void_p(header.ctypes.data))
