"""One stream of a run: what it is opened with, whether its device still calls, and how it is opened again by name."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy.typing as npt

from stream.common.errors import Failure
from stream.devices import jackports, portaudio
from stream.devices.jackports import JackPorts
from stream.devices.portaudio import JACK, Device, PortAudioStream
from stream.mixer.route import Route

if TYPE_CHECKING:
    from stream.devices.jackstream import JackStream

AnyDevice = Device | JackPorts
AnyStream: TypeAlias = "PortAudioStream | JackStream"
SILENT_S = 4.0  # without a call, a device is gone, whatever its system says


@dataclass(frozen=True)
class StreamSettings:
    """What a stream is opened with.

    source, sink: None where it has no such side
    samplerate: Hz; None is the device's own
    block: frames, asked of PortAudio
    address, header, calls: of the compiled callback, what it is given, and its field of how often it was called
    routes: of buses to the sink
    tell: the address of an int64 that JACK's callback tells how many frames come at once, or 0
    """

    source: AnyDevice | None
    sink: AnyDevice | None
    samplerate: int | None
    block: int
    address: int
    header: npt.NDArray[Any] = field(compare=False)
    calls: str
    routes: Sequence[Route] = ()
    tell: int = 0

    @property
    def name(self) -> str:
        """Of its devices."""
        return " and ".join(dict.fromkeys(device.name for device in (self.source, self.sink) if device))

    @property
    def listed(self) -> bool:
        """Whether PortAudio's list says whether its devices are here."""
        return any(isinstance(device, Device) and device.hostapi != JACK for device in (self.source, self.sink))

    @property
    def over_jack(self) -> bool:
        """Whether a server of JACK's has one of its devices."""
        return any(isinstance(device, JackPorts) or device.hostapi == JACK
                   for device in (self.source, self.sink) if device)

    @property
    def called(self) -> int:
        """How often the callback was called."""
        return int(self.header[self.calls])

    def open(self) -> AnyStream:
        """The stream, of whoever these devices belong to. Raises ValueError, Failure."""
        source, sink = self.source, self.sink
        if isinstance(source, JackPorts) or isinstance(sink, JackPorts):
            from stream.devices.jackstream import JackStream  # most runs have none, and start sooner

            assert not isinstance(source, Device)
            assert not isinstance(sink, Device)
            return JackStream(source, sink, self.samplerate, self.address, self.header, self.routes, self.tell)
        return PortAudioStream(source, sink, self.samplerate, self.block, self.address, self.header, self.routes,
                               self.tell)

    def again(self) -> "StreamSettings | None":
        """The same with its devices as they are here now; None while one is not. [who waits]"""
        source, sink = _found(self.source, "input"), _found(self.sink, "output")
        whole = (source is None) == (self.source is None) and (sink is None) == (self.sink is None)
        return replace(self, source=source, sink=sink) if whole else None


def _found(device: AnyDevice | None, kind: str) -> AnyDevice | None:
    """A device as it is here now, by name: one of PortAudio's over JACK as ports of our own, for PortAudio's side of
    JACK does not outlive its server."""
    if device is None:
        return None
    if isinstance(device, Device) and device.hostapi != JACK:
        return portaudio.again(device)
    query = device.name if isinstance(device, JackPorts) else f"{jackports.NAME}:{device.name}"
    try:
        return jackports.find(query, kind)
    except (ValueError, Failure):
        return None


class Line:
    """A stream that may vanish and come back.

    plan, stream: as it was opened last      paces: whether the run goes at its clock
    here: whether it calls, as far as anybody knows      gone_s, times: for how long in all it did not, and how often
    """

    def __init__(self, plan: StreamSettings, paces: bool = False) -> None:
        """Open it. Raises ValueError, Failure."""
        self.stream = plan.open()
        # whoever paces keeps his rate, whatever comes back
        self.plan, self.paces = replace(plan, samplerate=self.stream.samplerate if paces else plan.samplerate), paces
        self.name = plan.name
        self.here, self.times, self.gone_s = True, 0, 0.0
        self._called, self._since_s = -1, 0.0

    @property
    def portaudio(self) -> bool:
        """Whether PortAudio has it."""
        return isinstance(self.stream, PortAudioStream)

    def calls(self, now_s: float) -> bool:
        """Whether it has called since this was asked last."""
        called = self.plan.called
        if called == self._called:
            return False
        self._called, self._since_s = called, now_s
        return True

    def forgive(self, seconds: float) -> None:
        """Nobody could call in this time: the process was stopped."""
        self._since_s += seconds

    def silent_s(self, now_s: float) -> float:
        """Seconds since it was first seen that it does not call."""
        return 0.0 if self.calls(now_s) else now_s - self._since_s

    def alive(self, now_s: float) -> bool:
        """Whether it calls, or may yet."""
        return self.stream.active and self.silent_s(now_s) < SILENT_S
