"""What a stem's strip can be set to: parameters, their ranges, and where they rest. A table that everybody reads:
keyboard, MIDI maps, OSC addresses, scenes, the configuration and the screen.
[any-thread]
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

MOST_DB = 24.0
Found = TypeVar("Found")

Scene = Mapping[str, Mapping[str, float]]  # by stem and parameter
Strips = dict[str, dict[str, float]]  # one that may be changed


@dataclass(frozen=True)
class Parameter:
    """least, most: of its value      rest: where it changes nothing      unit: of the value, or empty

    switch: it is on (1) or off (0)      words: what its values are called, 0, 1 ..., where there are only these
    held: it is a button, pressed (1) and let go (0)
    """

    least: float
    most: float
    rest: float = 0.0
    unit: str = ""
    switch: bool = False
    words: tuple[str, ...] = ()
    held: bool = False

    def check(self, name: str, value: float) -> float:
        """The value, or the nearest that there is; raises ValueError for one that is out of range, or no number.

        Switches are on from a half on, and take whatever number there is.
        """
        if self.switch:
            return float(value >= 0.5)
        if self.least <= value <= self.most:
            return float(round(value)) if self.words else float(value)
        unit = f" {self.unit}" if self.unit else ""
        least = "at most" if self.least == -math.inf else f"{self.least:g} to"
        found = f"{value:g}" if isinstance(value, float) else str(value)[:20]  # no float holds every whole number
        raise ValueError(f"{name} must be {least} {self.most:g}{unit}, not {found}")


_SWITCH, _BAND = Parameter(0, 1, switch=True), Parameter(-26, 12, unit="dB")  # as low as DJ mixers go
PARAMETERS = {
    "mute": _SWITCH, "solo": _SWITCH,
    "cue": _SWITCH,  # whether it is heard on the cue bus
    "gain": Parameter(-math.inf, MOST_DB, unit="dB"),
    "pan": Parameter(-1, 1),  # left to right
    "low": _BAND, "mid": _BAND, "high": _BAND,  # the equalizer's
    "insert": Parameter(0, 1, rest=1.0, switch=True),  # off is past the effects, where a stem has some
    "filter": Parameter(-1, 1),  # closing from above (low-pass) to closing from below (high-pass)
}
REST = {name: parameter.rest for name, parameter in PARAMETERS.items()}


def known(table: Mapping[str, Found], name: str, owner: str) -> Found:
    """What a table has under a parameter's name. Raises ValueError, with those that there are. owner: whose they are"""
    if name not in tuple(table):  # whatever it is: a list has no hash
        raise ValueError(f"there is no parameter {name}; {owner} has {', '.join(table)}")
    return table[name]
