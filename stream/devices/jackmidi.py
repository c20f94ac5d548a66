"""Two MIDI ports of JACK whose messages come and go at the frame that they are meant for; the process callback is
compiled.

RtMidi's JACK ports send at the beginning of the next period: up to 23 ms of jitter, where a tick of MIDI clock at 120
BPM takes 21. Here whoever sends says at which of the server's frames.

    send(frame, message) ──▶ ring ──▶ process: what is due in this period, at its frame ──▶ out
    heard() ◀─────────────── ring ◀── process ◀── in
"""

import ctypes
from typing import Any, Self

import numpy as np
from numba import cfunc, njit, types
from numba.core.ccallback import CFunc
from numba.np.numpy_support import carray

from stream.common.errors import Failure
from stream.devices import jackcycle
from stream.devices.jackports import CLIENT_NAME, activate, address_of, client, connect, library, patiently, register
from stream.native.atomics import load, load_acquire, pointer, store, store_release
from stream.native.calling import calling
from stream.native.memory import fill, integers, layout, record_at

ROOM = 1024  # messages that may wait, a power of two
LONGEST = 3  # bytes of a message: those of the system that clocks have
HEADER = layout(
    # addresses: of the client and its ports, of libjack's functions
    "client", "port_in", "port_out", "jack_last_frame_time", "jack_port_get_buffer", "jack_midi_clear_buffer",
    "jack_midi_event_reserve", "jack_midi_get_event_count", "jack_midi_event_get",
    "event",  # address of JACK's record of a message: uint32 time, size_t size, pointer to bytes
    # addresses of int64 (8,): how many were given and taken; one writer each: who sends, process, process, who hears
    "given", "sent", "came", "taken",
    "lost",  # that came while there was no room
    out=(np.int64, (ROOM, 3)), incoming=(np.int64, (ROOM, 3)))
FRAME, BYTES, LENGTH = range(3)

_last_frame = calling(types.uint32(types.voidptr))
_get_buffer = calling(types.voidptr(types.voidptr, types.uint32))
_clear = calling(types.voidptr(types.voidptr))  # it returns nothing
_reserve = calling(types.int64(types.voidptr, types.uint32, types.uintp))
_count = calling(types.uint32(types.voidptr))
_get = calling(types.int32(types.voidptr, types.voidptr, types.uint32))


@njit(error_model="numpy")
def _since(frame: Any, start: Any) -> Any:
    """Frames from one to another of JACK's count, which has 32 bits and begins anew."""
    return (frame - start + 2**31) % 2**32 - 2**31


@njit(error_model="numpy")
def _send(h: Any, start: Any, n: Any) -> None:
    buffer = _get_buffer(h.jack_port_get_buffer, (pointer(h.port_out), np.uint32(n)))
    _clear(h.jack_midi_clear_buffer, (buffer,))
    given, sent = load_acquire(integers(h.given, (8,)), 0), integers(h.sent, (8,))[0]
    last = np.int64(0)  # messages leave in their order, whatever frames they were given
    while sent < given:
        row = h.out[sent % ROOM]
        at = _since(row[FRAME], start)
        if at >= n:
            break
        last = max(last, at)
        room = _reserve(h.jack_midi_event_reserve, (buffer, np.uint32(last), np.uint64(row[LENGTH])))
        if room != 0:
            data = carray(pointer(room), (LONGEST,), np.uint8)
            for i in range(row[LENGTH]):
                data[i] = row[BYTES] >> 8 * i & 255
        sent += 1
    store_release(integers(h.sent, (8,)), 0, sent)


@njit(error_model="numpy")
def _hear(h: Any, start: Any, n: Any) -> None:
    buffer = _get_buffer(h.jack_port_get_buffer, (pointer(h.port_in), np.uint32(n)))
    came, taken = integers(h.came, (8,))[0], load_acquire(integers(h.taken, (8,)), 0)
    for number in range(np.int64(_count(h.jack_midi_get_event_count, (buffer,)))):
        if _get(h.jack_midi_event_get, (pointer(h.event), buffer, np.uint32(number))) != 0:
            continue
        event = integers(h.event, (3,))
        if event[1] < 1 or event[1] > LONGEST:
            continue
        if came - taken >= ROOM:
            h.lost += 1
            continue
        data, packed = carray(pointer(event[2]), (event[1],), np.uint8), np.int64(0)
        for i in range(event[1]):
            packed |= np.int64(data[i]) << 8 * i
        row = h.incoming[came % ROOM]
        row[FRAME], row[BYTES], row[LENGTH] = start + (event[0] & 0xFFFFFFFF), packed, event[1]
        came += 1
    store_release(integers(h.came, (8,)), 0, came)


def _process(frames: Any, user: Any) -> Any:
    h, n = record_at(user, HEADER), np.int64(frames)
    start = np.int64(_last_frame(h.jack_last_frame_time, (pointer(h.client),)))
    _send(h, start, n)
    _hear(h, start, n)
    return np.int32(0)


process: CFunc = cfunc(types.int32(types.uint32, types.voidptr), error_model="numpy", cache=True)(_process)
"""JackProcessCallback. On JACK's audio thread."""

_FUNCTIONS = ("jack_last_frame_time", "jack_port_get_buffer", "jack_midi_clear_buffer", "jack_midi_event_reserve",
              "jack_midi_get_event_count", "jack_midi_event_get")


class JackMidi:
    """A client with the ports `clock_in` and `clock_out`; both are there until it is closed.

    samplerate: Hz, of the server      block: frames, of its period
    """

    def __init__(self) -> None:
        """Open it. Raises Failure."""
        self._client = client(f"{CLIENT_NAME} clock")
        self.samplerate, self.block = int(self._client.samplerate), int(self._client.blocksize)
        self._header, self._event = np.zeros((), HEADER), np.zeros(3, np.int64)
        self._counters = {name: np.zeros(8, np.int64) for name in ("given", "sent", "came", "taken")}
        self._lib = ctypes.CDLL(library()._libname)
        try:
            self._in = register(self._client.midi_inports, "clock_in")
            self._out = register(self._client.midi_outports, "clock_out")
            self._hand_over()
            activate(self._client)
        except library().JackError as error:
            self.close()
            raise Failure(f"JACK has no MIDI ports for us: {error}") from error

    def _hand_over(self) -> None:
        h = self._header
        fill(h, client=address_of(self._client._ptr), port_in=address_of(self._in._ptr),
             port_out=address_of(self._out._ptr), event=self._event.ctypes.data,
             **{name: array.ctypes.data for name, array in self._counters.items()},
             **{name: ctypes.cast(self._lib[name], ctypes.c_void_p).value or 0 for name in _FUNCTIONS})
        own = ctypes.c_void_p(address_of(self._client._ptr))
        self._lib.jack_set_process_callback(own, ctypes.c_void_p(process.address), ctypes.c_void_p(h.ctypes.data))
        self._lib.jack_on_shutdown(own, ctypes.c_void_p(jackcycle.silent.address), None)

    @property
    def names(self) -> tuple[str, str]:
        """Of the ports: what goes out, what comes in."""
        return str(self._out.name), str(self._in.name)

    @property
    def now(self) -> int:
        """The server's frame count at this moment; it has 32 bits and begins anew."""
        return int(self._client.frame_time)

    def send(self, frame: int, message: tuple[int, ...]) -> bool:
        """Have a message of up to three bytes leave at a frame of the server's count; one that is over leaves at once.

        False where no more can wait. One thread sends.
        """
        given = self._counters["given"]
        number = int(given[0])
        if number - load(self._counters["sent"], 0) >= ROOM:
            return False
        packed = sum(byte << 8 * at for at, byte in enumerate(message))
        self._header["out"][number % ROOM] = frame % 2**32, packed, len(message)
        store(given, 0, number + 1)
        return True

    def heard(self) -> list[tuple[int, tuple[int, ...]]]:
        """What has come since, and at which frames. One thread hears."""
        taken = self._counters["taken"]
        first, end = int(taken[0]), load(self._counters["came"], 0)
        rows = [self._header["incoming"][number % ROOM].tolist() for number in range(first, end)]
        store(taken, 0, end)
        return [(frame % 2**32, tuple(packed >> 8 * at & 255 for at in range(length)))
                for frame, packed, length in rows]

    def lead(self, source: str | None, sink: str | None) -> None:
        """Connect both sides with ports of others. Raises Failure for one that is not there."""
        for one, other in ((source, self._in.name), (self._out.name, sink)):
            if one is not None and other is not None:
                try:
                    patiently(lambda one=one, other=other: connect(self._client, one, other))  # type: ignore[misc]
                except library().JackError as error:
                    raise Failure(f"JACK does not connect {one} with {other}: {error}") from error

    def close(self) -> None:
        """Let go of the server."""
        self._client.deactivate()
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
