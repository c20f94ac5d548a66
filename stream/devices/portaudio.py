"""Sound devices through PortAudio, with a compiled callback. The only file that imports sounddevice.

sounddevice passes any callback that it has not wrapped itself to PortAudio as a C pointer, which its `_StreamBase`
documents (rtmixer lives on it). The name is private: pyproject.toml pins the release, and a test opens a stream.
"""

import atexit
import ctypes
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from stream.common.closing import Closing
from stream.common.errors import Failure, Unfit
from stream.common.quiet import hush, quiet
from stream.devices.jacknames import free_name
from stream.devices.jackports import CAPTURE, PLAYBACK, here, is_ours
from stream.mixer.route import Route, width

if TYPE_CHECKING:
    from stream.devices.jackwatch import JackWatch

JACK = "JACK Audio Connection Kit"  # a host API, all of whose devices have one clock
_UNFIT = (-9998, -9997)  # paInvalidChannelCount, paInvalidSampleRate
_NUMBERS = re.compile(r"\(hw:\d+,\d+\)|^\d+- |(?<=\()\d+- ")  # ALSA's and Windows': others when plugged in again


def _portaudio() -> Any:
    """sounddevice, loaded when a device is wanted: without PortAudio files still work. Raises Failure."""
    try:
        with quiet():
            import sounddevice
    except OSError as error:
        raise Failure("PortAudio is not installed; on Debian and Ubuntu run `apt-get install libportaudio2`") from error
    return sounddevice


@dataclass(frozen=True)
class Device:
    """One device as PortAudio lists it."""

    index: int
    name: str
    hostapi: str
    inputs: int
    outputs: int
    samplerate: int
    default: str

    def __str__(self) -> str:
        return f"{self.index:3d}  {self.name}, {self.hostapi} ({self.inputs} in, {self.outputs} out){self.default}"


def devices() -> list[Device]:
    """All devices. Raises Failure where there is no PortAudio."""
    sd = _portaudio()
    found = []
    for index in range(sd._lib.Pa_GetDeviceCount()):
        info = _info(sd, index)
        found.append(Device(index, info["name"], sd.query_hostapis(info["hostapi"])["name"],
                            info["max_input_channels"], info["max_output_channels"],
                            int(info["default_samplerate"]), ""))
    for kind, index in zip(("input", "output"), sd.default.device, strict=True):
        default = _default(found, index, kind)
        found = [replace(each, default=f"{each.default}, default {kind}") if each == default else each
                 for each in found]
    return found


def _default(found: list[Device], index: int, kind: str) -> Device | None:
    """PortAudio's own; where that is another run of ours, the next that JACK has."""
    if not 0 <= index < len(found) or not _is_ours(found[index]):
        return found[index] if 0 <= index < len(found) else None
    others = (each for each in found[index:] if each.hostapi == JACK and not _is_ours(each))
    return next((each for each in others if (each.inputs if kind == "input" else each.outputs) > 0), None)


def _is_ours(device: Device) -> bool:
    return device.hostapi == JACK and is_ours(device.name)


def _info(sd: Any, index: int) -> Any:
    """What sounddevice says of a device, also of one whose name is no UTF-8: other clients of JACK's are devices."""
    try:
        return sd.query_devices(index)
    except UnicodeDecodeError:
        info = sd._lib.Pa_GetDeviceInfo(index)
        return {"name": sd._ffi.string(info.name).decode(errors="surrogateescape"), "hostapi": info.hostApi,
                "max_input_channels": info.maxInputChannels, "max_output_channels": info.maxOutputChannels,
                "default_samplerate": info.defaultSampleRate}


def find(query: str | None, kind: str) -> Device:
    """The device for a number or a part of its name; None is PortAudio's default.

    kind: `input` or `output`
    Other runs of this program are meant only by their number or whole name.
    Raises ValueError, with the list, where there is none or more than one.
    """
    able = [d for d in devices() if (d.inputs if kind == "input" else d.outputs) > 0]
    if query is None:
        matches = [d for d in able if f"default {kind}" in d.default]
    elif query.isdigit():
        matches = [d for d in able if d.index == int(query)]
    else:
        full = {d: f"{d.name}, {d.hostapi}".lower() for d in able}
        matches = [d for d in able if query.lower() in (d.name.lower(), full[d])] or [
            d for d in able if query.lower() in full[d] and not _is_ours(d)]
    if len(matches) == 1:
        return matches[0]
    listing = "".join(f"\n{device}" for device in able) or " none"
    count = "more than one" if matches else "no"
    what = f"there is {count} default {kind} device" if query is None else (
        f"{count} {kind} device {'has the number' if query.isdigit() else 'is called'} {query}")
    raise ValueError(f"{what}; here are:{listing}")


def again(device: Device) -> Device | None:
    """The same device by its name, as PortAudio knows it now (`refresh`); None where it is not."""
    here = [d for d in devices() if d.hostapi == device.hostapi and (d.inputs, d.outputs) != (0, 0)]
    exact = [d for d in here if d.name == device.name]
    alike = [d for d in here if _NUMBERS.sub("", d.name) == _NUMBERS.sub("", device.name)]
    return next(iter(exact or alike), None)


def refresh() -> None:
    """Have PortAudio see which devices are here now; no stream may be open.

    Only the thread that opens devices calls it.

    NB: with JACK in it it sees what it saw before: where JACK's server has ended in the meantime, PortAudio 19.6 aborts
    the program when it lets go of it
    """
    sd = _portaudio()
    if not _knows_jack(sd):
        sd._lib.Pa_Terminate()
        sd._lib.Pa_Initialize()  # NB: not by sounddevice, which points file descriptor 2 elsewhere


def _knows_jack(sd: Any) -> bool:
    return any(api["name"] == JACK for api in sd.query_hostapis())


def leave() -> None:
    """Let PortAudio not be tidied up when the program ends: that may wait for ever for what has died."""
    atexit.unregister(_tidy_up)
    if "sounddevice" in sys.modules:
        atexit.unregister(sys.modules["sounddevice"]._exit_handler)


def _tidy_up() -> None:
    """At the end, unless JACK's server has ended in the meantime: PortAudio 19.6 aborts when it lets go of it."""
    if here() is not None:
        _portaudio()._exit_handler()


class PortAudioStream(Closing):
    """A stream that calls compiled code.

    samplerate: Hz      block: frames      in_channels, out_channels: 0 where a side is not open
    device_in, device_out: frames, as PortAudio states them
    """

    def __init__(self, source: Device | None, sink: Device | None, samplerate: int | None, block: int,
                 address: int, header: npt.NDArray[Any], routes: Sequence[Route] = (), tell: int = 0) -> None:
        """Open it; nothing is called before `start`.

        source, sink: None where a file takes that side
        routes: of buses to the sink's channels; it may have fewer
        samplerate: Hz; None is the device's own
        block: frames, at the least; a server whose period is longer hands over its own
        address, header: of the compiled callback, and what it is given; both outlive the stream
        tell: the address of an int64 that is told how many frames JACK hands over at once, or 0
        Raises ValueError for a route that is not to channels, Failure where the device refuses.
        """
        for route in routes:
            if route.ports:
                raise ValueError(f"--out {route}: JACK ports need --output-device jack")
        self._sd, self._routes = _portaudio(), tuple(routes)
        self._keep, self._started, self._closed = header, False, False
        self._jack = _jack_of(self._sd, source, sink, tell)
        # shorter blocks would come several at a time, faster than stems are made for them
        self.block = block = max(block, self._jack.block if self._jack else 0)
        self.in_channels = min(2, source.inputs) if source else 0
        self.out_channels = min(width(routes), sink.outputs) if sink else 0
        asked: Any = {"samplerate": samplerate or (sink or source).samplerate, "blocksize": block,  # type: ignore[union-attr]
                      "dtype": "float32", "latency": "low"}
        pairs = [(d.index, c) for d, c in ((source, self.in_channels), (sink, self.out_channels)) if d]
        if len(pairs) == 2:
            kind, asked["device"], asked["channels"] = "duplex", [p[0] for p in pairs], [p[1] for p in pairs]
        else:
            kind, (asked["device"], asked["channels"]) = ("input" if source else "output"), pairs[0]
        cast = self._sd._ffi.cast
        try:
            self._stream = self._sd._StreamBase(
                kind=kind, callback=cast("void*", address), wrap_callback=None,
                userdata=cast("void*", header.ctypes.data), **asked)
        except (self._sd.PortAudioError, ValueError) as error:
            if self._jack:
                self._jack.close()
            names = " and ".join(d.name for d in (source, sink) if d)
            kind_of = Unfit if error.args[1:2] and error.args[1] in _UNFIT else Failure
            raise kind_of(f"{names} cannot be opened at {asked['samplerate']} Hz with {asked['channels']} channels: "
                          f"{_reason(error)}") from error
        self.samplerate = int(self._stream.samplerate)
        self._source, self._sink = source, sink
        latency = self._stream.latency if kind == "duplex" else (self._stream.latency,) * 2
        self.device_in = round(latency[0] * self.samplerate) if source else 0
        self.device_out = round(latency[1] * self.samplerate) if sink else 0
        self._take_over()

    def _take_over(self) -> None:
        """Say of JACK's devices what JACK says.

        PortAudio 19.6 takes a period off each side of it, in 32 bits that wrap around, and says it once and for all.
        From its input to its output it takes a block more, whatever the period is.
        """
        if self._jack is not None:
            device_in, device_out = self._jack.latency
            self.device_in = device_in if self._source else 0
            self.device_out = device_out + (self.block if self._source else 0) if self._sink else 0

    def wire(self, _sources: Sequence[str]) -> tuple[Route, ...]:
        """The routes of buses to its outputs: those that were wanted."""
        return self._routes

    def start(self) -> None:
        """Let the callback be called. Raises Failure."""
        self._started = True
        hush()
        try:
            self._stream.start()
        except self._sd.PortAudioError as error:
            raise Failure(f"the audio device does not start: {_reason(error)}") from error
        if self._jack is not None:
            self._jack.keep()

    def state(self, capture: int, playback: int) -> None:
        """PortAudio's ports state nothing of our own latency."""

    def look(self) -> bool:
        """Read again what JACK states of its devices; False while its graph is changing."""
        rests = self._jack is None or self._jack.look()
        self._take_over()
        return rests

    def gone(self) -> tuple[str, ...]:
        """Clients of JACK's that it was connected to and that have gone, as `JackPartners.look`."""
        return self._jack.gone() if self._jack else ()

    @property
    def active(self) -> bool:
        """Whether the device still calls."""
        return not self._closed and bool(self._stream.active)

    def close(self) -> None:
        """Stop after what was played, and let go of the device; that may wait for ever."""
        if self._closed:
            return
        self._closed = True
        if self._jack is not None:
            self._jack.close()
        if self._jack is None:
            self._stream.close(ignore_errors=True)
        elif self._started and not self._stream.active:
            # NB: when its server has died, PortAudio 19.6 on JACK waits for ever here, or aborts; and again at exit
            leave()
        else:  # it aborts too where the server dies while it closes: that is left to the end, when all is written
            self._stream.stop(ignore_errors=True)


def _jack_of(sd: Any, source: Device | None, sink: Device | None, tell: int) -> "JackWatch | None":
    """What watches JACK's server for its devices. Raises Failure."""
    ends = [(device.name, mode) for device, mode in ((source, CAPTURE), (sink, PLAYBACK)) if device
            and device.hostapi == JACK]
    if not ends:
        return None
    from stream.devices.jackwatch import JackWatch  # most devices are not JACK's, and start sooner

    name = ctypes.c_char_p()
    ctypes.CDLL(sd._libname).PaJack_GetClientName(ctypes.byref(name))
    return JackWatch((name.value or b"").decode(), ends, tell)


def _reason(error: Exception) -> str:
    return str(error.args[0] if error.args else error).strip()


def name_client() -> None:
    """Tell PortAudio's JACK side what to call us; without it patchbays show `PortAudio`. Call it first of all."""
    sd = _portaudio()
    if not _knows_jack(sd):
        return  # no server that it has found, or a PortAudio without JACK
    sd._terminate()
    leave()
    atexit.register(_tidy_up)
    with free_name() as free, quiet():
        name = ctypes.CDLL(sd._libname).PaJack_SetClientName
        name.argtypes = [ctypes.c_char_p]
        name(_permanent(free))
        sd._initialize()


@cache
def _permanent(name: str) -> bytes:
    """The same bytes as long as the program lives: PortAudio keeps the pointer."""
    return name.encode()
