"""A JACK client that plays into a host and records what the host plays, in one compiled callback: exact to the frame.

    Loopback ──out_0, out_1──▶ host ──▶ in_0, in_1 ──▶ recorded        recorded[i + latency] answers play[i]

The way round is a circle, and JACK cuts every circle by one period: what is recorded is late by the host's own latency
plus one period. To PortAudio the client is a device like any other, named `rig`, which a host can simply open.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jack
import numba
import numpy as np
from numba import cfunc, types
from numpy.typing import NDArray

from benchmarks.machine import Jackd

carray: Any = numba.carray  # type: ignore[attr-defined]
HEAD = 64  # int64 words before the samples
STARTED, DONE, TOTAL, PLAYED, PLAY_CHANNELS, RECORD_CHANNELS, CLIENT, NEXT_TIME, SKIPPED = range(9)
PORTS = 16  # from here on the addresses of the ports: outputs, then inputs

_lib = ctypes.CDLL(jack._libname)  # the library that JACK-Client has loaded already
_get_buffer = _lib.jack_port_get_buffer  # addresses as integers: they come out of the header
_get_buffer.argtypes, _get_buffer.restype = [ctypes.c_size_t, ctypes.c_uint32], ctypes.POINTER(ctypes.c_float)
_last_frame_time = _lib.jack_last_frame_time
_last_frame_time.argtypes, _last_frame_time.restype = [ctypes.c_size_t], ctypes.c_uint32

_Latency = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p)
_CAPTURE, _PLAYBACK = 0, 1  # jack_latency_callback_mode_t


@cfunc(types.int32(types.uint32, types.voidptr), error_model="numpy")
def _process(frames: Any, user: Any) -> Any:
    """One cycle: play the next frames, record what came, count the frames of cycles in which JACK left us out."""
    n = np.int64(frames)
    head = carray(user, (HEAD,), np.int64)
    playing, recording = head[PLAY_CHANNELS], head[RECORD_CHANNELS]
    size = 2 * HEAD + head[PLAYED] * playing + head[TOTAL] * recording
    memory = carray(user, (size,), np.float32)
    now = np.int64(_last_frame_time(np.uint64(head[CLIENT])))
    done = head[DONE]
    active = head[STARTED] == 1 and done < head[TOTAL]
    if active and done > 0 and now != head[NEXT_TIME]:
        ahead = (now - head[NEXT_TIME]) & 0xFFFFFFFF  # JACK's clock is 32 bits wide, and may step back
        head[SKIPPED] += min(ahead, 0x100000000 - ahead)
    head[NEXT_TIME] = (now + n) & 0xFFFFFFFF
    for c in range(playing):
        out = carray(_get_buffer(np.uint64(head[PORTS + c]), frames), (n,))
        for i in range(n):
            at = done + i
            out[i] = memory[2 * HEAD + at * playing + c] if active and at < head[PLAYED] else np.float32(0)
    if active:
        first = 2 * HEAD + head[PLAYED] * playing
        for c in range(recording):
            came = carray(_get_buffer(np.uint64(head[PORTS + playing + c]), frames), (n,))
            for i in range(min(n, head[TOTAL] - done)):
                memory[first + (done + i) * recording + c] = came[i]
        head[DONE] = min(done + n, head[TOTAL])
    return np.int32(0)


class Loopback:
    """Plays `play` into a host and records the host's outputs, both from the frame at which `start` takes effect.

    play: float32 (frames, channels)
    recorded: float32 (frames + tail, record_channels), complete after `wait`
    skipped: frames of cycles in which JACK left this client out; they are missing from the recording
    xruns: JACK's, whoever was late; a late host leaves a block out or twice. Exact where both are 0, or freewheeling
    A host may open it by its `name` as an audio device of PortAudio, or be found and connected by `connect`.
    The process callback is compiled and never waits for the GIL.
    """

    def __init__(
        self, jackd: Jackd, play: NDArray[np.float32], record_channels: int = 2, tail: int = 0, name: str = "rig",
        beyond: tuple[int, int] = (0, 1)
    ) -> None:
        """beyond: periods beyond its ports, as it states them, capture and playback: the circle's own by default."""
        frames, channels = play.shape
        total = frames + tail
        self._memory = np.zeros(HEAD + (frames * channels + total * record_channels + 1) // 2, np.int64)
        self._head, samples = self._memory[:HEAD], self._memory.view(np.float32)[2 * HEAD :]
        samples[: play.size] = play.ravel()
        self.recorded = samples[play.size : play.size + total * record_channels].reshape(total, record_channels)
        self._head[[TOTAL, PLAYED, PLAY_CHANNELS, RECORD_CHANNELS]] = total, frames, channels, record_channels
        self.jackd, self.name, self.xruns, self._beyond = jackd, name, 0, beyond

    def __enter__(self) -> Loopback:
        self._client = jack.Client(self.name, use_exact_name=True, no_start_server=True, servername=self.jackd.name)
        outs = [self._client.outports.register(f"out_{c}", is_physical=True) for c in range(self._head[PLAY_CHANNELS])]
        ins = [self._client.inports.register(f"in_{c}", is_physical=True) for c in range(self._head[RECORD_CHANNELS])]
        self._head[CLIENT] = _address(self._client._ptr)
        self._head[PORTS : PORTS + len(outs) + len(ins)] = [_address(port._ptr) for port in outs + ins]
        self._client.set_xrun_callback(self._count_xrun)
        user = ctypes.c_void_p(self._memory.ctypes.data)
        client = ctypes.c_void_p(_address(self._client._ptr))
        self._latency = _Latency(self._state_latency)  # JACK keeps no reference
        _lib.jack_set_process_callback(client, ctypes.c_void_p(_process.address), user)
        _lib.jack_set_latency_callback(client, self._latency, None)
        self._client.activate()
        for mode in (_CAPTURE, _PLAYBACK):
            self._state_latency(mode, None)
        return self

    def __exit__(self, *exc: object) -> None:
        self._client.deactivate()
        self._client.close()

    @property
    def done(self) -> int:
        """Frames recorded so far."""
        return int(self._head[DONE])

    @property
    def skipped(self) -> int:
        """Frames of cycles in which JACK left this client out, since `start`."""
        return int(self._head[SKIPPED])

    def start(self) -> None:
        """Play and record from the next cycle on."""
        self._head[STARTED] = 1

    def wait(self, timeout_s: float | None = None) -> None:
        """Until all is recorded; raises TimeoutError, by default after twice its duration and 10 s."""
        total = int(self._head[TOTAL])
        end = time.monotonic() + (2 * total / self.jackd.samplerate + 10 if timeout_s is None else timeout_s)
        while self.done < total:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.done} of {total} frames recorded; jackd says: {self.jackd.log[-500:]}")
            time.sleep(0.01)

    @contextmanager
    def freewheel(self) -> Iterator[None]:
        """JACK as fast as it can, waiting for every client each cycle: no xruns whatever else the machine does."""
        self._client.set_freewheel(True)
        try:
            yield
        finally:
            self._client.set_freewheel(False)

    def grow(self, period: int) -> None:
        """Have the server's period be another, as `jack_bufsize` does, and state what that means for our ports."""
        self._client.blocksize = period
        for mode in (_CAPTURE, _PLAYBACK):
            self._state_latency(mode, None)
        _lib.jack_recompute_total_latencies(ctypes.c_void_p(_address(self._client._ptr)))

    def connect(
        self, host: str, ins: Sequence[int] = (0, 1), outs: Sequence[int] = (0, 1), timeout_s: float = 60
    ) -> None:
        """Connect to the host whose client name begins with `host`, in place of what it connected itself to.

        ins, outs: of the host's ports, in its order, those that hear out_0, out_1 … and are recorded by in_0, in_1 …
        It waits until the host has these ports and has connected one (PortAudio does so as its stream starts); the
        ports that are not named stay as they are. Raises TimeoutError.
        """
        heard, spoken = self._wait_for_ports(host, max(ins, default=-1), max(outs, default=-1), timeout_s)
        pairs = [(own, heard[i]) for own, i in zip(self._client.outports, ins, strict=False)]
        pairs += [(own, spoken[o]) for own, o in zip(self._client.inports, outs, strict=False)]
        for own, port in pairs:
            there = self._client.get_all_connections(port)
            for other in there:
                if other.name != own.name:
                    self._client.disconnect(*((other, port) if port.is_input else (port, other)))
            if own.name not in [other.name for other in there]:
                self._client.connect(*((own, port) if port.is_input else (port, own)))

    def _wait_for_ports(self, host: str, last_in: int, last_out: int, timeout_s: float) -> tuple[list[Any], list[Any]]:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            ports = [p for p in self._client.get_ports(is_audio=True) if p.name.startswith(host)]
            heard, spoken = [p for p in ports if p.is_input], [p for p in ports if p.is_output]
            connected = any(self._client.get_all_connections(p) for p in ports)
            if connected and len(heard) > last_in and len(spoken) > last_out:
                return heard, spoken
            time.sleep(0.02)
        there = ", ".join(p.name for p in self._client.get_ports())
        raise TimeoutError(f"no host {host!r} with {last_in + 1} inputs and {last_out + 1} outputs, connected: {there}")

    def _count_xrun(self, _delay_us: float) -> None:
        self.xruns += 1

    def _state_latency(self, mode: int, _user: int | None) -> None:
        """What a sound card's driver does: state what lies beyond its ports."""
        ports = self._client.outports if mode == _CAPTURE else self._client.inports
        frames = self._beyond[mode] * int(self._client.blocksize)
        for port in ports:
            spread = (ctypes.c_uint32 * 2)(frames, frames)
            _lib.jack_port_set_latency_range(ctypes.c_void_p(_address(port._ptr)), ctypes.c_int(mode), spread)


def _address(pointer: Any) -> int:
    return int(jack._ffi.cast("uintptr_t", pointer))
