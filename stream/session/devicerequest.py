"""The devices that a run opens, out of all that it is asked for."""

from dataclasses import dataclass
from pathlib import Path

from stream.devices.jackports import JackPorts
from stream.devices.portaudio import JACK
from stream.mixer.route import Route, apart
from stream.session.line import AnyDevice
from stream.session.request import RunRequest


@dataclass(frozen=True)
class DeviceRequest:
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


def device_request(request: RunRequest, file_rate: int | None) -> DeviceRequest | None:
    """None for a run between files.

    file_rate: samplerate of the file that stands for the input device, in Hz; None where there is none
    Raises ValueError for a route that has no device.
    """
    source = None if isinstance(request.source, Path) else request.source
    sink = None if isinstance(request.sink, Path) else request.sink
    own, others = apart(request.routes)
    if request.routes and sink is None:
        raise ValueError(f"--out {request.routes[0]} needs a run with an output device")
    if source is None and sink is None:
        return None
    return DeviceRequest(source, sink, request.block, request.samplerate, file_rate, own, others, request.clocks)
