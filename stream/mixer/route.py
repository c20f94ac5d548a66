"""A bus and the output channels that it is wanted on. [any-thread]"""

from collections.abc import Sequence
from dataclasses import dataclass

MIX, CUE = "mix", "cue"
BOOTH = "booth"  # where there are decks


@dataclass(frozen=True)
class Route:
    """A bus (`mix`, `cue` or a stem) and the channels it leaves by, from 0 on; one alone has both sides together.

    device: a part of the name, or the number, of a device other than the run's output; None is that
    ports: of JACK's, in place of channels or for them
    """

    bus: str
    channels: tuple[int, ...]
    device: str | None = None
    ports: tuple[str, ...] = ()

    def __str__(self) -> str:
        other = f"@{self.device}" if self.device else ""
        return f"{self.bus}={'-'.join(str(channel + 1) for channel in self.channels) or ','.join(self.ports)}{other}"


def route(text: str) -> Route:
    """`vocals=3-4`, `mix=1`, `cue=1-2@Phones`, channels as they are counted on the box; `bass=A:PORT,A:PORT`.

    Raises ValueError.
    """
    bus, _, rest = text.partition("=")
    channels, at, device = rest.partition("@")
    if bus and ":" in channels:
        return _to_ports(text, bus, rest)
    numbers = [int(part) for part in channels.split("-") if part.isascii() and part.isdigit()]
    whole = len(numbers) == channels.count("-") + 1 <= 2 and min(numbers) >= 1
    if not (bus and whole and len({*numbers}) == len(numbers) and bool(at) == bool(device.strip())):
        raise ValueError(f"{text!r} is not a route such as vocals=3-4, mix=1 or cue=1-2@DEVICE")
    return Route(bus, tuple(number - 1 for number in numbers), device.strip() or None)


def _to_ports(text: str, bus: str, rest: str) -> Route:
    ports = tuple(port.strip() for port in rest.split(","))
    if len({*ports}) != len(ports) or len(ports) > 2 or not all(all(port.partition(":")) for port in ports):
        raise ValueError(f"{text!r} is not a route to one or two ports such as vocals=CLIENT:PORT,CLIENT:PORT")
    return Route(bus, (), None, ports)


def buses(sources: Sequence[str]) -> tuple[str, ...]:
    """All that there are."""
    return (MIX, *sources, CUE)


def check_bus(name: str, sources: Sequence[str]) -> None:
    """Raises ValueError for a bus that is not here."""
    if name not in buses(sources):
        raise ValueError(f"there is no bus {name}; the buses are {', '.join(buses(sources))}")


def apart(routes: Sequence[Route]) -> tuple[tuple[Route, ...], tuple[Route, ...]]:
    """Routes to the run's output, and those to other devices."""
    return tuple(r for r in routes if not r.device), tuple(r for r in routes if r.device)


def width(routes: Sequence[Route]) -> int:
    """How many channels of a device they want."""
    return 1 + max((channel for route in routes for channel in route.channels), default=1)
