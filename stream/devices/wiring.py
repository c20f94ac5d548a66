"""Which ports a JACK client has for its buses, and where they lead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stream.mixer.route import MIX, Route, buses, check_bus

SIDES = ("left", "right")


@dataclass(frozen=True)
class Wiring:
    """Outputs named after the buses: a pair of each, and one of each bus that leaves by a single port.

    names: of the outputs, in order      routes: of buses to outputs, by their places
    connections: an output's name, and the port that it leads to
    """

    names: tuple[str, ...]
    routes: tuple[Route, ...]
    connections: tuple[tuple[str, str], ...]


def ports(routes: Sequence[Route], there: Sequence[str]) -> tuple[Route, ...]:
    """The same routes, to ports by name.

    routes: to channels, which are those ports that are `there`, or to others by name; without any the mix has the
        first two
    Raises ValueError for a channel that is not there.
    """
    wanted = routes or [Route(MIX, tuple(range(len(there[:2]))))]
    for route in wanted:
        if any(channel >= len(there) for channel in route.channels):
            raise ValueError(f"--out {route}: the output device has only {len(there)} channels")
    return tuple(replace(route, ports=route.ports or tuple(there[c] for c in route.channels)) for route in wanted)


def wiring(routes: Sequence[Route], sources: Sequence[str]) -> Wiring:
    """Outputs for all buses.

    routes: to ports by name
    Raises ValueError for a bus that is not here, and for a port that is wanted twice.
    """
    taken: dict[str, str] = {}
    for route in routes:
        check_bus(route.bus, sources)
        for side, port in zip(SIDES if len(route.ports) == 2 else ("mono",), route.ports, strict=False):
            if port in taken:
                raise ValueError(f"--out {route}: the port {port} already has another bus")
            taken[port] = f"{route.bus}_{side}"
    names = [f"{bus}_{side}" for bus in buses(sources) for side in SIDES]
    mono = [bus for bus in buses(sources) if f"{bus}_mono" in taken.values()]
    made = [Route(bus, (2 * index, 2 * index + 1)) for index, bus in enumerate(buses(sources))]
    made += [Route(bus, (len(names) + index,)) for index, bus in enumerate(mono)]
    names += [f"{bus}_mono" for bus in mono]
    return Wiring(tuple(names), tuple(made), tuple((name, port) for port, name in taken.items()))
