"""A JACK client of our own, with ports named after the buses (stream.devices.jackports says where JACK is).

Its callbacks are compiled (stream.devices.jackcycle). JACK-Client does the rest; the pointers that it keeps are
private, so pyproject.toml pins the release, and a test opens a stream.
"""

import ctypes
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from stream.common.errors import Failure, Unfit
from stream.devices import jackcycle as cycle
from stream.devices.jackgraph import JackGraph
from stream.devices.jacknames import free_name
from stream.devices.jackpartners import JackPartners
from stream.devices.jackports import (
    CAPTURE,
    NAME,
    PLAYBACK,
    JackPorts,
    activate,
    address_of,
    client,
    connect,
    library,
    patiently,
    register,
)
from stream.devices.wiring import SIDES, Wiring, ports, wiring
from stream.mixer.route import Route
from stream.native.memory import Record, fill


class JackStream:
    """A client that calls compiled code, in the place of `stream.devices.portaudio.PortAudioStream`.

    samplerate: Hz      block: frames, of the server's period
    in_channels, out_channels: 0 where a side is not open; outputs are there once `wire` was called
    device_in, device_out: frames, as JACK states them of the ports that ours are connected to
    """

    def __init__(self, source: JackPorts | None, sink: JackPorts | None, samplerate: int | None, address: int,
                 header: Record, routes: Sequence[Route] = (), tell: int = 0) -> None:
        """Open it; nothing is called before `start`.

        source, sink: None where somebody else takes that side
        samplerate: Hz; None is the server's, and another is refused
        address, header: of the compiled callback, and what it is given; both outlive the stream
        routes: of buses, as for `stream.devices.wiring.ports`
        tell: the address of an int64 that is told how many frames come at once, or 0
        Raises ValueError for a route that leads nowhere, Failure.
        """
        self._source, self._sink, self._keep = source, sink, header
        with free_name() as name:
            self._client = client(name)
        self._closed = False
        self._header, self._stated = np.zeros((), cycle.HEADER), np.zeros((2, 2), np.uint32)
        self._graph = JackGraph(self._client, self._client.name, self._header)
        self._partners = JackPartners(self._client, self._client.name, self._header)
        self.samplerate, self.block = int(self._client.samplerate), int(self._client.blocksize)
        if samplerate not in (None, self.samplerate):
            self.close()
            raise Unfit(f"{NAME} cannot be opened at {samplerate} Hz: its server runs at {self.samplerate} Hz")
        self._lib = ctypes.CDLL(library()._libname)
        self._lib.jack_set_error_function(ctypes.c_void_p(cycle.silent.address))
        try:
            self._routes = ports(routes, sink.ports) if sink else ()
            self._graph.lead(self._sources(), CAPTURE)
            self._graph.lead([port for route in self._routes for port in route.ports], PLAYBACK)
        except ValueError:
            self.close()
            raise
        self.device_in, self.device_out = (most for _, most in self._graph.spreads)
        self.in_channels, self.out_channels = 2 if source else 0, 0
        self._wiring = Wiring((), (), ())
        fill(self._header, callback=address, callback_header=header.ctypes.data, told_burst=tell)

    def wire(self, sources: Sequence[str]) -> tuple[Route, ...]:
        """Have outputs for the buses of these stems; the routes to them. Call it once, before `start`.

        Raises ValueError for a bus that is not here, and for a port that is wanted twice.
        """
        if self._sink is not None:
            self._wiring = wiring(self._routes, sources)
            self.out_channels = len(self._wiring.names)
        return self._wiring.routes

    def start(self) -> None:
        """Let the callback be called, and connect. Raises Failure."""
        jack = library()
        try:
            ins = [register(self._client.inports, f"in_{side}") for side in SIDES[: self.in_channels]]
            outs = [register(self._client.outports, name) for name in self._wiring.names]
            self._hand_over(ins + outs)
            activate(self._client)
            pairs = [(port, own.name) for port, own in zip(self._sources(), ins, strict=False)]
            pairs += [(f"{self._client.name}:{name}", port) for name, port in self._wiring.connections]
            for source, sink in pairs:
                patiently(partial(connect, self._client, source, sink))
            self._partners.keep(pairs)
        except jack.JackError as error:
            raise Failure(f"{NAME} does not start: {error}") from error
        self._header["running"] = 1

    def _sources(self) -> tuple[str, ...]:
        """The port of each input; a single one leads to both."""
        ports = self._source.ports[:2] if self._source else ()
        return ports * 2 if len(ports) == 1 else ports

    def _hand_over(self, own: list[Any]) -> None:
        """Tell the process callback of everything, and JACK of the callbacks."""
        h, ins, outs = self._header, self.block * self.in_channels, self.block * self.out_channels
        self._arrays: dict[str, npt.NDArray[Any]] = {
            "ports": np.array([address_of(port._ptr) for port in own], np.int64),
            "input_block": np.zeros(ins, np.float32), "output_block": np.zeros(outs, np.float32)}
        fill(h, in_channels=self.in_channels, out_channels=self.out_channels, max_block=self.block,
             stated_latency=self._stated.ctypes.data,
             **{name: array.ctypes.data for name, array in self._arrays.items()})
        for name in ("jack_port_get_buffer", "jack_port_set_latency_range"):
            h[name] = ctypes.cast(self._lib[name], ctypes.c_void_p).value or 0
        cycle.watch(self._lib, address_of(self._client._ptr), h, process=cycle.process, xrun=cycle.xrun,
                    latency=cycle.latency)

    def state(self, capture: int, playback: int) -> None:
        """Have our ports state how old what they play is, and how long until what they hear is played.

        capture, playback: frames, at the most: what is stated beyond our ports, and our own latency
        """
        before, behind = self._graph.spreads
        least = capture - (before[1] - before[0]), playback - (behind[1] - behind[0])
        stated = np.array([[least[0], capture], [least[1], playback]]).clip(0).astype(np.uint32)
        if (stated != self._stated).any():
            self._stated[:] = stated
            if self._header["running"]:
                self._lib.jack_recompute_total_latencies(ctypes.c_void_p(address_of(self._client._ptr)))

    def look(self) -> bool:
        """Read again what the server states beyond our ports; False while its graph is changing."""
        rests = self._graph.look()
        self.device_in, self.device_out = (most for _, most in self._graph.spreads)
        return rests

    def gone(self) -> tuple[str, ...]:
        """Clients, or ports, that ours were connected to and that have gone, as `JackPartners.look`."""
        return self._partners.look()

    @property
    def active(self) -> bool:
        """Whether the server still calls."""
        return not self._header["gone"]

    def close(self) -> None:
        """Stop, and let go of the server."""
        if not self._closed:
            self._closed = True
            self._client.deactivate()
            self._client.close()

