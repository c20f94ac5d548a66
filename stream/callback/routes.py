"""Which bus leaves by which channels of the output device."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stream.callback.header import MONO, SILENT
from stream.mixer.route import MIX, Route, buses, check_bus


def bus(name: str, sources: Sequence[str]) -> int:
    """The number of a bus (dsp.console). Raises ValueError for one that is not here. [any-thread]"""
    check_bus(name, sources)
    return buses(sources).index(name)


def table(routes: Sequence[Route], sources: Sequence[str], channels: int) -> npt.NDArray[np.int64]:
    """What each of so many output channels has, as the callback reads it; without routes the mix on the first two.

    Raises ValueError for a bus that is not here, a channel that the device lacks, or one that is wanted twice.
    [main-thread]
    """
    for wanted in routes:
        check_bus(wanted.bus, sources)
    return placed(routes or [Route(MIX, tuple(range(min(2, channels))))], pairs(buses(sources)), channels)


def pairs(names: Sequence[str]) -> dict[str, int]:
    """Buses one after the other, and which pair of rows each is. [any-thread]"""
    return {name: at for at, name in enumerate(names)}


def placed(routes: Sequence[Route], buses: Mapping[str, int], channels: int) -> npt.NDArray[np.int64]:
    """The same for any buses by name, and which pair of rows each is. Raises ValueError. [main-thread]"""
    found = np.full(channels, SILENT, np.int64)
    for wanted in routes:
        at = 2 * buses[wanted.bus]
        for side, channel in enumerate(wanted.channels):
            if channel >= channels:
                raise ValueError(f"--out {wanted}: the output device has only {channels} channels")
            if found[channel] != SILENT:
                raise ValueError(f"--out {wanted}: channel {channel + 1} already has another bus")
            found[channel] = at + side if len(wanted.channels) == 2 else MONO - at
    return found
