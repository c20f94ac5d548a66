"""Ports of a JACK server, or of PipeWire's where its libjack stands for JACK's. The only file that imports jack."""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count, takewhile
from typing import Any, TypeVar

from stream.common.errors import Failure
from stream.common.quiet import quiet

CLIENT_NAME = "demucs-stream"  # what patchbays show
NAME = "jack"  # what the user calls it
AUDIO = b"32 bit float mono audio"  # JACK_DEFAULT_AUDIO_TYPE
CAPTURE, PLAYBACK = 0, 1  # jack_latency_callback_mode_t
TRIES, AGAIN_S = 5, 0.1  # a server that is busy refuses for a moment
Done = TypeVar("Done")


def library() -> Any:
    """JACK-Client, loaded when it is wanted. Raises Failure where there is no libjack."""
    try:
        import jack
    except OSError as error:
        raise Failure("JACK is not installed; on Debian and Ubuntu run `apt-get install jackd2`, or install "
                      "pipewire-jack and run `pw-jack demucs-stream ...`") from error
    return jack


def client(name: str) -> Any:
    """A client of the server that runs; none is started. Raises Failure."""
    jack = library()
    try:
        with quiet():
            return patiently(lambda: jack.Client(name, no_start_server=True))
    except jack.JackOpenError as error:
        raise Failure("no JACK server answers: start one, or use PipeWire's: `pw-jack demucs-stream ...`") from error


def patiently(ask: Callable[[], Done]) -> Done:
    """What a server is asked for, and again where it refuses. Raises JackError where there is none, or it goes on."""
    for _ in range(TRIES - 1):
        try:
            return ask()
        except library().JackError as error:
            if getattr(getattr(error, "status", None), "server_failed", False):
                raise
        time.sleep(AGAIN_S)
    return ask()


def activate(ours: Any) -> None:
    """Have a client called. Raises JackError where the server goes on refusing."""
    def ask() -> None:
        try:
            ours.activate()
        except library().JackError:
            ours.deactivate()  # libjack takes it for active already, and would say so the next time
            raise

    patiently(ask)


def register(ports: Any, name: str) -> Any:
    """A port of ours. Raises JackError where the server goes on refusing. ports: `inports` or `outports` of a client"""
    return patiently(lambda: ports.register(name))


@dataclass(frozen=True)
class JackPorts:
    """Ports that ours are connected to, in the order in which they are counted as channels.

    name: what was asked for
    """

    name: str
    ports: tuple[str, ...]
    samplerate: int
    block: int
    inputs: int = 2  # ours, which they lead to

    def __str__(self) -> str:
        return f"{self.name}  ports named after the buses ({self.samplerate} Hz, blocks of {self.block} frames)"


def is_ours(client: str) -> bool:
    """Whether a client is of this program, this run or another: nobody is led to it by himself."""
    return client.lower().startswith(CLIENT_NAME)


def is_jack(query: str | None) -> bool:
    """Whether a device's name means this: `jack`, `jack:CLIENT`, `jack:PORT,PORT` or `jack:none`."""
    return query is not None and query.partition(":")[0].lower() == NAME


def find(query: str, kind: str) -> JackPorts:
    """The ports for `jack` (the sound card's), `jack:CLIENT` (of another program) or `jack:PORT,PORT`.

    kind: `input` or `output`, of ours
    Other runs of this program are meant only by their whole name.
    Raises ValueError, with what is there, where they are not; Failure where there is no server.
    """
    _, _, rest = query.partition(":")
    ours, there = client(f"{CLIENT_NAME} looks"), list[str]()
    try:
        there, physical = names(ours, kind), names(ours, kind, physical=True)
        ports = tuple(_chosen(rest.strip(), there, physical))
        if strange := [name for name in ports if name.encode(errors="ignore").decode() != name]:
            raise ValueError(f"the name of {strange[0]} is not valid UTF-8, so it cannot be connected")
        return JackPorts(query, ports, ours.samplerate, ours.blocksize)
    except ValueError as error:
        listing = "".join(f"\n  {name}" for name in there) or " none"
        raise ValueError(f"{kind} device {query}: {error}; here are:{listing}") from None
    finally:
        ours.close()


def names(ours: Any, kind: str, physical: bool = False) -> list[str]:
    """Of the audio ports that an end of ours can be connected to.

    NB: not by get_ports, which fails for all of them if one, whoever made it, has a name that is no UTF-8
    """
    lib, ffi = library()._lib, library()._ffi
    flags = (lib.JackPortIsOutput if kind == "input" else lib.JackPortIsInput) | lib.JackPortIsPhysical * physical
    return listed(lib.jack_get_ports(ours._ptr, ffi.NULL, AUDIO, flags))


def listed(names: Any) -> list[str]:
    """What libjack lists, which ends with NULL and is then freed."""
    lib, ffi = library()._lib, library()._ffi
    try:
        return [ffi.string(name).decode(errors="surrogateescape")
                for name in takewhile(bool, (names[at] for at in count()))] if names else []
    finally:
        lib.jack_free(names)


def program_of(port: str) -> str:
    """The client that has a port."""
    return port.partition(":")[0]


def connect(ours: Any, source: str, sink: str) -> None:
    """Connect two ports, unless somebody has done so already, such as a session's manager.

    Raises JackErrorCode where they do not connect.
    """
    try:
        ours.connect(source, sink)
    except library().JackErrorCode as error:
        if error.code != errno.EEXIST:
            raise


def address_of(pointer: Any) -> int:
    """Of what libjack points to."""
    return int(library()._ffi.cast("uintptr_t", pointer))


def _chosen(rest: str, there: list[str], physical: list[str]) -> list[str]:
    if rest == "none":
        return []
    if ":" in rest:
        names = [name.strip() for name in rest.split(",")]
        if strange := [name for name in names if name not in there]:
            raise ValueError(f"JACK has no port {strange[0]}")
        return names
    programs = {name: program_of(name).lower() for name in there}
    found = [name for name in physical if not is_ours(name)] if not rest else [
        name for name, program in programs.items() if program == rest.lower()] or [
        name for name, program in programs.items() if rest.lower() in program and not is_ours(program)]
    if not found:
        raise ValueError(f"no JACK program called {rest} has ports" if rest else
                         "no sound card has such ports (jack:none connects nothing)")
    return found


def here() -> JackPorts | None:
    """The server that runs, with no ports; None where there is none."""
    try:
        return replace(find(f"{NAME}:none", "output"), name=NAME)
    except Failure:
        return None
