"""All devices of a run: the one whose clock paces it, and those that have clocks of their own.

    input and output on one clock      one stream, in and out
    apart                              the output's paces the run, the input's comes over a stream.callback.bridge
    buses for another device           its stream has them all over one bridge
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Protocol

from stream.callback.bridge import Bridge
from stream.common.errors import Failure, Unfit
from stream.devices.aside import aside
from stream.devices.jackports import JackPorts
from stream.devices.portaudio import Device, find, leave
from stream.latency.geometry import Latency
from stream.live.engine import Engine
from stream.mixer.route import Route, width
from stream.native.memory import Record
from stream.session.devicerequest import DeviceRequest
from stream.session.line import AnyDevice, Line, StreamSettings

PATIENCE_S = 1.0  # for a device that is let go of and does not call
CALLING_S = 3.0  # for one that called just now: its server may hang since
STILL_S = 1.0  # without a call, and a device may hang


class Rejoining(Protocol):
    """What plays through the devices, and goes on when one is back."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of its buses, beside the mix and the cue bus."""

    def rejoin(self, channels: tuple[int, int], routes: Sequence[Route], block: int) -> None:
        """As of `Engine`."""


class Streams:
    """The open devices; nothing is called before `start`.

    samplerate: Hz, of the clock that paces      block: frames, the most that its stream asks for at once
    in_channels, out_channels: of its stream, once `wire` was called
    device: frames that devices add, in, out, and between two clocks      routes: of its output
    other_input, other_outputs: what the engine is told of devices with clocks of their own
    """

    def __init__(self, request: DeviceRequest, header: Record) -> None:
        """Open them. Raises Failure, and leaves none open, where a device refuses.

        header: of the engine's callback
        """
        self._request, self._header, self._open = request, header, ExitStack()
        self.routes: tuple[Route, ...] = ()
        self.other_input: Bridge | None = None
        self.other_outputs: list[Bridge] = []
        self._bridges: dict[Line, Bridge] = {}
        with ExitStack() as undo:
            undo.callback(self.close)
            self._build()
            undo.pop_all()

    def _build(self) -> None:
        self._main = self._first()
        self.samplerate, self.block = self._main.stream.samplerate, self._main.stream.block
        if self._request.apart:
            assert self._request.source is not None
            self._bridge_input(self._request.source)
        wanted: dict[Device, list[Route]] = {}
        for route in self._request.others:
            wanted.setdefault(find(route.device, "output"), []).append(route)
        for sink, routes in wanted.items():
            self._bridge_output(sink, routes)

    @property
    def lines(self) -> list[Line]:
        """All streams, the one that paces last."""
        return [*self._bridges, self._main]

    def _first(self) -> Line:
        """The stream that paces; a device that refuses a wanted rate keeps its own."""
        request = self._request
        source = None if request.apart else request.source

        def opened(rate: int | None) -> Line:
            settings = StreamSettings(source, request.sink, rate, request.block, Engine.address, self._header,
                                      "blocks", request.routes, self._header["incoming_burst"].ctypes.data)
            return self._line(settings, paces=True)

        if request.samplerate is None and request.wanted is not None:
            with suppress(Failure):
                return opened(request.wanted)
        return opened(request.samplerate)

    def _line(self, plan: StreamSettings, paces: bool = False) -> Line:
        line = Line(plan, paces)
        self._open.callback(lambda: line.stream.close())
        return line

    def wire(self, sources: Sequence[str]) -> None:
        """Have all buses of these stems leave by the outputs that are wanted. Raises ValueError."""
        self.routes = self._main.stream.wire(sources)
        self.in_channels, self.out_channels = self._main.stream.in_channels, self._main.stream.out_channels

    def _bridge_input(self, source: AnyDevice) -> None:
        from stream.callback.bridgecallbacks import capture  # most runs have one clock, and start sooner

        block = source.block if isinstance(source, JackPorts) else self._request.block
        bridge = Bridge((source.samplerate, self.samplerate), max(self.block, block), min(2, source.inputs))
        plan = StreamSettings(source, None, None, self._request.block, int(capture.address or 0), bridge.header,
                              "calls")
        self._bridges[self._line(plan)] = bridge
        self.other_input = bridge

    def _bridge_output(self, sink: Device, routes: list[Route]) -> None:
        """All buses that leave by another device."""
        from stream.callback.bridgecallbacks import playback

        for route in routes:
            if max(route.channels) >= sink.outputs:
                raise ValueError(f"--out {route}: {sink.name} has only {sink.outputs} channels")
        bridge = Bridge((self.samplerate, sink.samplerate), max(self.block, self._request.block), width(routes), routes)
        settings = StreamSettings(None, sink, None, self._request.block, int(playback.address or 0), bridge.header,
                                  "calls", tuple(routes))
        self._bridges[self._line(settings)] = bridge
        self.other_outputs.append(bridge)

    @property
    def device(self) -> tuple[int, int, int]:
        """Frames that devices add, in, out, and between two clocks."""
        main, before, drift = self._main.stream, self._main.stream.device_in, 0
        for line, bridge in self._bridges.items():
            if bridge is self.other_input:
                before = round(line.stream.device_in * self.samplerate / line.stream.samplerate)
                drift = bridge.latency
        return before, main.device_out, drift

    def look(self) -> tuple[int, int, int] | None:
        """`device`, as they state it now; None while that changes, or one is away."""
        if not all(line.here for line in self.lines):
            return None
        resting = [line.stream.look() for line in self.lines]
        return self.device if all(resting) else None

    def state(self, latency: Latency) -> None:
        """Tell the devices how late the music is, for those that pass it on."""
        capture = 0 if self._request.source is None else latency.total - latency.device_out
        playback = 0 if self._request.sink is None else latency.total - latency.device_in
        self._main.stream.state(capture, playback)
        for line, bridge in self._bridges.items():
            if bridge is self.other_input:
                line.stream.state(0, round(playback * line.stream.samplerate / self.samplerate))

    def start(self) -> None:
        """Let the callbacks be called. Raises Failure."""
        for line in self.lines:
            line.stream.start()

    def put(self, line: Line, plan: StreamSettings, engine: Rejoining) -> None:
        """Open a line that was away again, and have the run go on with it; nothing is called before it is started.

        Raises Unfit for what is no longer as the run needs it, Failure. [who waits, while the line does not call]
        """
        try:
            stream = plan.open()
        except ValueError as error:  # a port of another program's may come later
            raise (Failure if any(route.ports for route in plan.routes) else Unfit)(str(error)) from error
        try:
            bridge = self._bridges.get(line)
            if bridge is None:
                routes = stream.wire(engine.sources)
                engine.rejoin((stream.in_channels, stream.out_channels), routes, stream.block)
            elif bridge is self.other_input:
                bridge.change((stream.samplerate, self.samplerate), stream.block)
                bridge.header["channels"] = stream.in_channels
            elif stream.out_channels < bridge.header["channels"]:
                raise ValueError(f"--out {plan.routes[-1]}: {line.name} has only {stream.out_channels} channels")
            else:
                bridge.change((self.samplerate, stream.samplerate), stream.block)
                bridge.rest()
        except ValueError as error:
            stream.close()
            raise Unfit(str(error)) from error
        line.stream = stream

    def close(self) -> None:
        """Let go of all, whoever reads before whom he reads from: nobody shall miss anything.

        One that does not let go in time is left as it is.
        """
        lines = {bridge: line for line, bridge in self._bridges.items()}
        main = [self._main] if hasattr(self, "_main") else []
        for line in [*(lines[bridge] for bridge in self.other_outputs), *main, *self._bridges]:
            calls = line.stream.active and line.silent_s(time.monotonic()) < STILL_S
            if not aside(line.stream.close, CALLING_S if calls else PATIENCE_S) and line.portaudio:
                leave()
        self._open.close()
