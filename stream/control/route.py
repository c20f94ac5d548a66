"""A bus and the output channels that it is wanted on."""

from collections.abc import Sequence
from dataclasses import dataclass

MIX, CUE = "mix", "cue"


@dataclass(frozen=True)
class Route:
    """A bus (`mix`, `cue` or a stem) and the channels it leaves by, from 0 on; one alone has both sides together."""

    bus: str
    channels: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.bus}={'-'.join(str(channel + 1) for channel in self.channels)}"


def route(text: str) -> Route:
    """`vocals=3-4` or `mix=1`, channels as they are counted on the box. Raises ValueError. [any-thread]"""
    bus, _, channels = text.partition("=")
    numbers = [int(part) for part in channels.split("-") if part.isascii() and part.isdigit()]
    whole = len(numbers) == channels.count("-") + 1 <= 2 and min(numbers) >= 1
    if not (bus and whole and len({*numbers}) == len(numbers)):
        raise ValueError(f"{text!r} is no route, such as vocals=3-4 or mix=1")
    return Route(bus, tuple(number - 1 for number in numbers))


def width(routes: Sequence[Route]) -> int:
    """How many channels of a device they want. [any-thread]"""
    return 1 + max((max(route.channels) for route in routes), default=1)
