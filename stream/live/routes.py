"""Which bus leaves by which channels of the output device."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dsp.mix import MIX_BUS, STEM_BUS
from stream.live.callback import MONO, SILENT

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
    if not bus or len(numbers) != channels.count("-") + 1 or len(numbers) > 2 or min(numbers) < 1:
        raise ValueError(f"{text!r} is no route, such as vocals=3-4 or mix=1")
    return Route(bus, tuple(number - 1 for number in numbers))


def width(routes: Sequence[Route]) -> int:
    """How many channels a device needs for them. [any-thread]"""
    return 1 + max(max(route.channels) for route in routes)


def table(routes: Sequence[Route], sources: Sequence[str], channels: int) -> npt.NDArray[np.int64]:
    """What each of so many output channels has, as the callback reads it; without routes the mix on the first two.

    Raises ValueError for a bus that is not here, a channel that the device lacks, or one that is wanted twice.
    [main-thread]
    """
    buses = {MIX: MIX_BUS, CUE: STEM_BUS + 2 * len(sources)}
    buses |= {stem: STEM_BUS + 2 * index for index, stem in enumerate(sources)}
    found = np.full(channels, SILENT, np.int64)
    for wanted in routes or [Route(MIX, tuple(range(min(2, channels))))]:
        if wanted.bus not in buses:
            raise ValueError(f"no bus {wanted.bus}; here are {', '.join(buses)}")
        at = buses[wanted.bus]
        for side, channel in enumerate(wanted.channels):
            if channel >= channels:
                raise ValueError(f"{wanted}: the output device has {channels} channels")
            if found[channel] != SILENT:
                raise ValueError(f"{wanted}: channel {channel + 1} has another bus already")
            found[channel] = at + side if len(wanted.channels) == 2 else MONO - at
    return found
