"""All devices of a run: the one whose clock paces it, and those that have clocks of their own.

    input and output on one clock      one stream, in and out
    apart                              the output's paces the run, the input's comes over a bridge (stream.live.bridge)
    buses for another device           its stream has them all over one bridge
"""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from stream.control.route import Route, width
from stream.devices.jackports import JackPorts
from stream.devices.portaudio import JACK, Device, PortAudioStream, find
from stream.errors import Failure
from stream.geometry import Latency
from stream.live.bridge import Bridge
from stream.live.engine import Engine
from stream.live.header import COMES

if TYPE_CHECKING:
    from stream.devices.jackstream import JackStream


AnyDevice = Device | JackPorts
AnyStream: TypeAlias = "PortAudioStream | JackStream"


@dataclass(frozen=True)
class Ends:
    """What is to be opened.

    source, sink: None where a file takes that side
    samplerate: Hz; None is the device's own, or `wanted` if the device has that
    routes, others: to the sink, and to other devices
    clocks: `one` or `two` for source and sink, or `auto`
    """

    source: AnyDevice | None
    sink: AnyDevice | None
    block: int
    samplerate: int | None = None
    wanted: int | None = None
    routes: tuple[Route, ...] = ()
    others: tuple[Route, ...] = ()
    clocks: str = "auto"

    @property
    def apart(self) -> bool:
        """Whether source and sink have clocks of their own, or are opened as if they had."""
        source, sink = self.source, self.sink
        if source is None or sink is None:
            return False
        if isinstance(source, JackPorts) or isinstance(sink, JackPorts):
            return type(source) is not type(sink)
        if self.clocks != "auto":
            return self.clocks == "two"
        return not (source.name == sink.name or source.hostapi == sink.hostapi == JACK)


class Streams:
    """The open devices; nothing is called before `start`.

    samplerate: Hz, of the clock that paces      block: frames, the most that its stream asks for at once
    in_channels, out_channels: of its stream, once `wire` was called
    device: frames that devices add, in, out, and between two clocks      routes: of its output
    other_input, other_outputs: what the engine is told of devices with clocks of their own
    """

    def __init__(self, ends: Ends, header: npt.NDArray[np.int64]) -> None:
        """Open them. Raises Failure, and leaves none open, where a device refuses. [main-thread]

        header: of the engine's callback
        """
        self._ends, self._header, self._open = ends, header, ExitStack()
        self.routes: tuple[Route, ...] = ()
        self.other_input: Bridge | None = None
        self.other_outputs: list[Bridge] = []
        self._others: list[AnyStream] = []
        self._closing: list[AnyStream] = []
        with ExitStack() as undo:
            undo.callback(self.close)
            self._build()
            undo.pop_all()

    def _build(self) -> None:
        main = self._main = self._first()
        self.samplerate, self.block = main.samplerate, main.block
        device_in, drift = main.device_in, 0
        if self._ends.apart:
            assert self._ends.source is not None
            device_in, drift = self._bridge_input(self._ends.source)
        heard_from = list(self._others)
        wanted: dict[Device, list[Route]] = {}
        for route in self._ends.others:
            wanted.setdefault(find(route.device, "output"), []).append(route)
        for sink, routes in wanted.items():
            self._bridge_output(sink, routes)
        self.device = (device_in, main.device_out, drift)
        self._closing = [*self._others[len(heard_from) :], main, *heard_from]

    def _first(self) -> AnyStream:
        """The stream that paces; a device that refuses a wanted rate keeps its own."""
        ends = self._ends
        source = None if ends.apart else ends.source

        def opened(rate: int | None) -> AnyStream:
            return self._stream(source, ends.sink, rate, (Engine.address, self._header), ends.routes)

        if ends.samplerate is None and ends.wanted is not None:
            with suppress(Failure):
                return opened(ends.wanted)
        return opened(ends.samplerate)

    def _stream(self, source: AnyDevice | None, sink: AnyDevice | None, rate: int | None,
                callback: tuple[int, npt.NDArray[np.int64]], routes: tuple[Route, ...] = ()) -> AnyStream:
        """A stream of whoever these devices belong to; callback: its address, and what it is given."""
        stream: AnyStream
        tell = self._header[COMES:].ctypes.data if callback[0] == Engine.address else 0
        if isinstance(source, JackPorts) or isinstance(sink, JackPorts):
            from stream.devices.jackstream import JackStream  # most runs have none, and start sooner

            assert not isinstance(source, Device)
            assert not isinstance(sink, Device)
            stream = JackStream(source, sink, rate, *callback, routes, tell)
        else:
            stream = PortAudioStream(source, sink, rate, self._ends.block, *callback, routes, tell)
        self._open.callback(stream.close)
        return stream

    def wire(self, sources: Sequence[str]) -> None:
        """Have all buses of these stems leave by the outputs that are wanted. Raises ValueError. [main-thread]"""
        self.routes = self._main.wire(sources)
        self.in_channels, self.out_channels = self._main.in_channels, self._main.out_channels

    def _bridge_input(self, source: AnyDevice) -> tuple[int, int]:
        """Frames of this clock's that the other input and the way from it add."""
        from stream.live.others import capture  # most runs have one clock, and start sooner

        channels, block = min(2, source.inputs), self._ends.block
        if isinstance(source, JackPorts):
            block = source.block
        bridge = Bridge((source.samplerate, self.samplerate), max(self.block, block), channels)
        stream = self._stream(source, None, source.samplerate, (int(capture.address or 0), bridge.header))
        self._others.append(stream)
        self.other_input = bridge
        return round(stream.device_in * self.samplerate / stream.samplerate), bridge.latency

    def _bridge_output(self, sink: Device, routes: list[Route]) -> None:
        """All buses that leave by another device."""
        from stream.live.others import playback

        for route in routes:
            if max(route.channels) >= sink.outputs:
                raise ValueError(f"{route}: {sink.name} has {sink.outputs} channels")
        bridge = Bridge((self.samplerate, sink.samplerate), max(self.block, self._ends.block), width(routes), routes)
        stream = self._stream(None, sink, sink.samplerate, (int(playback.address or 0), bridge.header), tuple(routes))
        self._others.append(stream)
        self.other_outputs.append(bridge)

    def look(self) -> tuple[int, int] | None:
        """Frames that the devices add, in and out, as they state them now; None while that changes. [main-thread]"""
        resting = [stream.look() for stream in (*self._others, self._main)]
        if not all(resting):
            return None
        before = self._others[0] if self._ends.apart else self._main
        return round(before.device_in * self.samplerate / before.samplerate), self._main.device_out

    def state(self, latency: Latency) -> None:
        """Tell the devices how late the music is, for those that pass it on. [main-thread]"""
        capture = 0 if self._ends.source is None else latency.total - latency.device_out
        playback = 0 if self._ends.sink is None else latency.total - latency.device_in
        self._main.state(capture, playback)
        if self._ends.apart:
            other = self._others[0]
            other.state(0, round(playback * other.samplerate / self.samplerate))

    def start(self) -> None:
        """Let the callbacks be called. Raises Failure. [main-thread]"""
        for stream in (*self._others, self._main):
            stream.start()

    @property
    def active(self) -> bool:
        """Whether all devices still call. [any-thread]"""
        return all(stream.active for stream in (*self._others, self._main))

    def close(self) -> None:
        """Let go of all, whoever reads before whom he reads from: nobody shall miss anything. [main-thread]"""
        for stream in self._closing:
            stream.close()
        self._open.close()
